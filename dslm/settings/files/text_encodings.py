"""Which names stand for an encoding of text, for contracts that name one and mails that do.

Python knows some names, the Encoding Standard those that mails and pages really use
(https://encoding.spec.whatwg.org), and programs write others still, such as cp-1251. Called by
`dslm.contract.model.contract_model` and by the readers of `dslm.curation`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

# Codecs of Python that no file of text is in, or that mean another one on each machine.
_NO_FILES = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape",
             "x-user-defined"}  # fmt: skip
_CODE_PAGE = re.compile(r"(?:x-)?(?:cp|win|windows|ibm|ms|dos|ansi)[-_ ]*(\d{3,5})\Z")
_ISO = re.compile(r"(?:x-)?iso[-_ ]*8859[-_ ]*(\d{1,2})(?:[-_ ]*[ie])?\Z")  # i, e: its direction
_MAC = re.compile(r"x-mac-([a-z]+)\Z")
_MACS = {"ce": "mac-latin2", "centraleurroman": "mac-latin2"}


def _spellings(name: str) -> Iterator[str]:
    """A name as Python may know it, the likeliest first."""
    yield name
    if found := _CODE_PAGE.match(name):
        yield "utf-8" if found[1] == "65001" else f"cp{found[1]}"
    if found := _ISO.match(name):
        yield f"iso8859-{found[1]}"
    if found := _MAC.match(name):
        yield _MACS.get(found[1], f"mac-{found[1]}")


def _codec(name: str) -> str | None:
    try:
        codec = codecs.lookup(name).name
        if codec.replace("_", "-") in _NO_FILES:
            return None
        "".encode(codec)  # refuses those that turn bytes into bytes, such as base64
    except (LookupError, ValueError):
        return None
    return codec


@lru_cache(maxsize=256)
def text_encoding(name: str) -> str | None:
    """The codec's own name for an encoding, None for one that is not known as one of text."""
    import webencodings

    wanted = name.strip().strip("\"'").strip().lower()
    if not wanted:
        return None
    for spelling in _spellings(wanted):
        if known := _codec(spelling):
            return known
    of_the_web = webencodings.lookup(wanted)
    # the standard's "replacement" stands for encodings that no page may be in
    return _codec(of_the_web.codec_info.name) if of_the_web else None
