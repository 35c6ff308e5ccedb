"""Which names stand for an encoding of text, for contracts that name one and mails that do.

Called by `dslm.contract.model` and by the readers of `dslm.curation`.
"""

from __future__ import annotations

import codecs

# Codecs of Python that no file of text is in, or that mean another one on each machine.
_NO_FILES = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}


def text_encoding(name: str) -> str | None:
    """The codec's own name for an encoding, None for one that is not known as one of text."""
    try:
        codec = codecs.lookup(name).name
        if codec.replace("_", "-") in _NO_FILES:
            return None
        "".encode(codec)  # refuses those that turn bytes into bytes, such as base64
    except (LookupError, ValueError):
        return None
    return codec
