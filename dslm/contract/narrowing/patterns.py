"""A schema's `pattern` as the regular expression of a whole text, for llguidance's Lark syntax.

JSON Schema searches (`^a` is any text that begins with a), a terminal is matched from its first
character to its last. Takes a pattern; gives what may stand between quotes. Used by `grammars`.
An anchor that is not at an end stays, and llguidance then refuses the terminal.
"""

from __future__ import annotations

import re

_ANYTHING = "(?s:.*)"
# An escape, a class, a way into a group, or one other character; a quantifier goes with it.
_PIECE = re.compile(
    r"(?P<open>\((?!\?)|\(\?(?::|P?<[A-Za-z]\w*>))|(?P<close>\))|(?P<or>\|)"
    r"|(?P<one>\\[pPkux]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?|.)",
    re.DOTALL,
)
_QUANTIFIER = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?")


class _Alternatives(list[list["str | _Alternatives"]]):
    """A pattern or group as alternatives of pieces; a piece is text or an unrepeated group."""


def whole_text(pattern: str) -> str:
    """The expression, in Lark's syntax, of all texts in which a pattern is found.

    Raises:
        ValueError: It has flags, looks around, or closes a group that it never opened.
    """
    from llguidance import regex_to_lark

    found, end = _read(pattern, 0)
    if end < len(pattern):
        raise ValueError(f"{pattern!r} closes a group that it never opened")
    return str(regex_to_lark(_written(found, left=True, right=True), "dw"))


def _read(pattern: str, at: int) -> tuple[_Alternatives, int]:
    """The alternatives from a place on, to the end of their group, and where that is."""
    found = _Alternatives([[]])
    while at < len(pattern) and (match := _PIECE.match(pattern, at)):
        at = match.end()
        if match["close"]:
            break
        if match["or"]:
            found.append([])
            continue
        inner: str | _Alternatives = match.group()
        if inner == "(?":
            raise ValueError(f"{pattern!r} has flags or look-arounds")
        if match["open"]:
            inner, at = _read(pattern, at)
        if times := _QUANTIFIER.match(pattern, at):
            at = times.end()
            inner = _plain(inner) + times.group()
        found[-1].append(inner)
    return found, at


def _plain(piece: str | _Alternatives) -> str:
    return piece if isinstance(piece, str) else _written(piece, left=False, right=False)


def _written(found: _Alternatives, *, left: bool, right: bool) -> str:
    """Alternatives as text; anything may stand before them (`left`) and after them (`right`)."""
    made = []
    for pieces in found:
        if len(pieces) == 1 and isinstance(group := pieces[0], _Alternatives):
            made.append(_written(group, left=left, right=right))
            continue
        before, inner = _edge(pieces, 0) if left else ("", pieces)
        after, inner = _edge(inner, -1) if right else ("", inner)
        made.append(before + "".join(map(_plain, inner)) + after)
    return "(?:" + "|".join(made) + ")"


def _edge(pieces: list[str | _Alternatives], end: int) -> tuple[str, list[str | _Alternatives]]:
    """What may stand beyond one end of a row of pieces, and the pieces without their anchor."""
    anchor = "^" if end == 0 else "$"
    if not pieces:
        return _ANYTHING, pieces
    if pieces[end] == anchor:
        return "", pieces[1:] if end == 0 else pieces[:-1]
    if isinstance(group := pieces[end], _Alternatives):
        opened: list[str | _Alternatives] = [_written(group, left=end == 0, right=end == -1)]
        return "", opened + pieces[1:] if end == 0 else pieces[:-1] + opened
    return _ANYTHING, pieces
