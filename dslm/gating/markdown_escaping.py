"""Text of anybody as markdown that shows it and does nothing else.

Takes text that a case, a contract or a pull request brought along; gives markdown of one line for a
comment of GitHub or GitLab. It opens no table cell, tag, link, emphasis, code, formula or emoji, it
calls nobody and refers to nothing, nothing in it is invisible, and it begins no line, so that it is
no quick action. Used by `verdict_markdown` and by `dslm.reporting.pull_request`.

Entities are no structure to a markdown parser, but both sites look for mentions, references and
addresses in the finished text. So what would begin one is cut from what follows by a blank of no
width.
"""

from __future__ import annotations

import re

from dslm.contract.text.visible_text import visible

APART = "&#8203;"  # a blank of no width
MOST = 300  # characters of a text that nobody bounds
_PLAIN = frozenset(" ,;'\"()+-/=?.%:_")
_BEGINS = frozenset("@#!~$&^*%:[")  # a mention, reference, formula or emoji, where a word follows
_NAMES = "\"'[_/("  # how a name begins that is no word
_STARTS = re.compile(
    r"[-+=]|\d+[.)](?=\s|$)"
)  # a list, where it is the first of a line or of another list
_ADDRESS = re.compile(r"(?i)(\bwww(?=\.)|\b(?:https?|ftp|mailto|xmpp)(?=:)|\bGH-(?=\d))")


def cut(text: str, most: int = MOST) -> str:
    """At most so many characters, and a sign that some are missing."""
    return text if len(text) <= most else text[:most].rstrip() + " …"


def _inside_a_word(text: str, place: int) -> bool:
    around = text[max(0, place - 1) : place + 2]
    return len(around) == 3 and around[0].isalnum() and around[2].isalnum()


def _escaped(text: str) -> str:
    """One line of visible text, every sign of markdown as an entity."""
    shown = []
    marks = {found.end() for found in _ADDRESS.finditer(text)}
    start = _STARTS.match(text)
    first = start.end() - 1 if start else -1
    for place, char in enumerate(text):
        if place in marks:
            shown.append(APART)
        special = not (char.isalnum() or char in _PLAIN or ord(char) > 127)
        special = special or place == first or (char == "_" and not _inside_a_word(text, place))
        shown.append(f"&#{ord(char)};" if special else char)
        after = text[place + 1 : place + 2]
        if char in _BEGINS and (after.isalnum() or after in _NAMES) and after:
            shown.append(APART)
    return "".join(shown)


def words(text: str, most: int = MOST) -> str:
    """A sentence: white space of any kind is one blank."""
    return _escaped(cut(" ".join(visible(text).split()), most))


def literal(text: str, most: int = MOST) -> str:
    """An id, a name or a value, to the letter; line breaks are shown as ⏎."""
    one_line = visible(text).replace("\n", "⏎").replace("\t", "⇥")
    return f"<code>{_escaped(cut(one_line, most))}</code>" if one_line.strip() else "(empty)"
