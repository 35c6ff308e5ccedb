"""Lines on standard error that tell what a user should know and that stop nothing.

Takes what is told, which may quote a release, a journal or a file of somebody else's; writes one
line that a terminal only shows. Called wherever something is told beside a result; faults are
raised instead (`dslm.errors`) and written by `dslm.cli.shell.boundary`, as the same kind of line.
"""

from __future__ import annotations

import re
import sys

# What no encoding has; file names that are not UTF-8 do.
HALVES = re.compile("[\ud800-\udfff]")
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # turn the direction of text


def notice(*told: object) -> None:
    """Write one line: where, then what, joined by colons."""
    sys.stderr.write(f"dslm: {one_line(': '.join(map(str, told)))}\n")


def one_line(text: str) -> str:
    """A text as one line that a terminal only shows: no line ends, no control characters."""
    joined = " ".join(part.strip() for part in text.splitlines()).strip()
    return "".join(c if c.isprintable() or HALVES.match(c) else _escape(c) for c in joined)


def _escape(character: str) -> str:
    if character.isspace():
        return " "
    hidden = ord(character) < 0xA0 or _TURNS.match(character)  # joiners are part of words
    return character.encode("unicode-escape").decode() if hidden else character
