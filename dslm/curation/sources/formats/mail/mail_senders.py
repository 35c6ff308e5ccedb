"""Who wrote a mail: the address in its From header, and never a name in its place.

The standard's grammar is asked first (RFC 5322, section 3.4). Where it does not hold, as for
`Weber, Anna <anna@x.example>` without quotes, the address is what stands in angle brackets, or the
only word that looks like one. Called by the face.
"""

from __future__ import annotations

import email.policy
import re
from typing import Any

from dslm.curation.sources.formats.mail.message_parser import asked
from dslm.curation.sources.formats.source_rows import Unreadable

_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?!@)')  # a name, not the left part of an address
_ADDRESS = re.compile(
    r'(?:"(?:[^"\\]|\\.)+"|[^\s<>()\[\]:;,@"\\]+)@(?:\[[^\[\]\s]+\]|[^\s<>()\[\]:;,@"\\]+)'
)
_BRACKETED = re.compile(r"<\s*(?:mailto:)?\s*(?:@[^<>:]*:)?([^<>]*?)\s*>", re.IGNORECASE)


def sender_of(written: str) -> str | None:
    """The address of the first author, in small letters; None where there is none.

    Args:
        written: The From header on one line, its encoded words in UTF-8.
    """
    found = _by_the_grammar(written) or _by_its_form(written)
    return found.casefold() if found else None


def _by_the_grammar(written: str) -> str | None:
    try:
        parsed: Any = asked(lambda: email.policy.default.header_factory("From", written))
        addresses = asked(lambda: [a.addr_spec for a in parsed.addresses])
    except Unreadable:
        return None
    if parsed.defects or not addresses or not _is_address(addresses[0]):
        return None
    return str(addresses[0])


def _is_address(text: str) -> bool:
    return bool(_ADDRESS.fullmatch(text))


def _by_its_form(written: str) -> str | None:
    """What stands in brackets outranks what looks like an address, as a name may."""
    plain = _without_comments(written)
    outside = _QUOTED.sub(" ", plain)
    for text in (outside, plain):
        for bracketed in _BRACKETED.findall(text):
            if _is_address(bracketed):
                return str(bracketed)
    for text in (outside, plain):
        if found := _ADDRESS.search(text):
            return found[0].strip(".")
    return None


def _without_comments(text: str) -> str:
    """A header without its comments, which may stand in each other."""
    before = None
    while before != text:
        before, text = text, _COMMENT.sub(" ", text)
    return text
