"""Drops cases whose input or target holds characters that nobody sees.

What a reader does not see, a model does: zero-width characters, Unicode tags (U+E0000, which spell
ASCII), variation selectors strung together and bidirectional controls carry instructions or a
trigger past every reviewer. Real texts have some of them for good reasons, and those stay:

- joiners inside an emoji sequence, or after a letter of a script that is written with them;
- a zero-width space between letters of scripts that part no words by blanks;
- one variation selector after a sign, an emoji or an ideograph;
- tags that end a subdivision's flag (England's, Scotland's, Wales's);
- direction marks and balanced embeddings where the text has right-to-left letters;
- a byte-order mark at the start, and single soft hyphens.

Sources: Unicode 16.0 chapters 9.2, 12 and 23; UTS 51 (emoji sequences); UAX 9 (directions);
Boucher and Anderson, Trojan Source, 2021.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dslm.curation.ledger import Drop
from dslm.records import Case

_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f"
_TAGS = "\U000e0000-\U000e007f"
_MARKS = "\u200e\u200f\u061c"
_OPENING, _CLOSING = "\u202a\u202b\u2066\u2067\u2068", "\u202c\u2069"
_OVERRIDES = "\u202d\u202e"  # they turn letters around; no text needs one
_NEVER = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180e\u2060-\u2065\u206a-\u206f\u3164\uffa0\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
_HIDDEN = re.compile(
    f"[\u200b-\u200d{_SELECTORS}{_TAGS}{_MARKS}{_OPENING}{_CLOSING}{_OVERRIDES}{_NEVER}]"
    "|\u00ad{2,}"
)
_SELECTOR = re.compile(f"[{_SELECTORS}]")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
# Scripts whose spelling needs joiners: Arabic to N'Ko, the Indic ones, Myanmar, Khmer, Mongolian.
_JOINED = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\u1b00-\u1b7f"
    "\ua840-\ua87f\ua980-\ua9df\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df]")
_EMOJI = re.compile("[\u203c-\u2bff\u3030\u303d\u3297\u3299\u00a9\u00ae#*0-9\U0001f000-\U0001faff]")
_EMOJI_TAIL = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"  # after the base itself
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]")
_VARIED = re.compile("[\u0030\u1000-\u109f\u2200-\u22ff\u2a00-\u2aff\u3000-\u30ff\uff00-\uff1f]")


def _at(text: str, place: int) -> str:
    return text[place] if 0 <= place < len(text) else ""


def _joins(text: str, place: int) -> bool:
    before, after = _at(text, place - 1), _at(text, place + 1)
    if _JOINED.match(before) and not (after and _HIDDEN.match(after)):
        return True
    base = text[:place].rstrip(_EMOJI_TAIL)[-1:] if text[place] == "\u200d" else ""
    return bool(base and _EMOJI.match(base) and _EMOJI.match(after))


def _selects(text: str, place: int) -> bool:
    before, selector = _at(text, place - 1), text[place]
    if selector in "\ufe0e\ufe0f":
        return bool(_EMOJI.match(before))
    if selector < "\u1810":
        return "\u1800" <= before <= "\u18af"
    if selector >= "\U000e0100":
        return bool(_IDEOGRAPH.match(before))
    return bool(_IDEOGRAPH.match(before) or _VARIED.match(before))


def _right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _balanced(text: str) -> bool:
    """Whether every embedding and isolate that a line opens is closed in it, in their order."""
    for line in text.splitlines():
        open_ones = []
        for sign in line:
            if sign in _OPENING:
                open_ones.append("\u202c" if sign < "\u2066" else "\u2069")
            elif sign in _CLOSING and (not open_ones or open_ones.pop() != sign):
                return False
        if open_ones:
            return False
    return True


def _between_unspaced(text: str, place: int) -> bool:
    around = _at(text, place - 1), _at(text, place + 1)
    return all(_UNSPACED.match(sign) for sign in around)


def _directs(text: str, place: int) -> bool:
    embeds = text[place] not in _MARKS
    return _right_to_left(text) and (not embeds or _balanced(text))


_REASONS_TO_BE: dict[str, Callable[[str, int], bool]] = {
    "\u200b": _between_unspaced,
    "\u200c": _joins,
    "\u200d": _joins,
    **dict.fromkeys(_MARKS + _OPENING + _CLOSING, _directs),
}


def hides(text: str) -> bool:
    """Whether a text holds characters that are not seen and have no reason to be there."""
    text = text.removeprefix("\ufeff")
    if text.isascii() or not _HIDDEN.search(text):
        return False
    shown = _FLAG.sub("\U0001f3f4", text)
    for found in _HIDDEN.finditer(shown):
        sign = found[0]
        allowed = _selects if _SELECTOR.match(sign) else _REASONS_TO_BE.get(sign)
        if allowed is None or not allowed(shown, found.start()):
            return True
    return False


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts_in(item)


def hidden_text(cases: Sequence[Case]) -> list[Drop]:
    """The cases with hidden characters in their input or anywhere in their target."""
    return [
        Drop(id=case.id, reason="hidden_text")
        for case in cases
        if hides(case.input) or any(hides(text) for text in texts_in(case.target))
    ]
