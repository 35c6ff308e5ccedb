r"""A pattern of the schema, written so that validator and grammar cannot read it differently.

Takes a regular expression of ECMA 262, the dialect that JSON Schema names; gives one that matches
the same whole texts, in the part of the syntax that all engines share: classes by code point,
anchors at both ends, no flags. Left to themselves the engines differ: in Rust `\d` is any digit of
any script, in ECMA 0 to 9, and `[a&&b]` is an intersection. Called by `decodable_schema`.

U+0000 matches nothing here: a class that holds every control character and no quote, such as
`[^"]`, is read by llguidance 1.9 as if it held the quote too.

Source: ECMA 262, 22.2 (patterns), read as with the flag `u`.
"""

from __future__ import annotations

import re
from typing import TypeAlias

_SPACE = (
    r"\u{9}-\u{d}\u{20}\u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}"
    r"\u{3000}\u{feff}"
)
_NO_SPACE = (
    r"\u{1}-\u{8}\u{e}-\u{1f}\u{21}-\u{9f}\u{a1}-\u{167f}\u{1681}-\u{1fff}\u{200b}-\u{2027}"
    r"\u{202a}-\u{202e}\u{2030}-\u{205e}\u{2060}-\u{2fff}\u{3001}-\u{fefe}\u{ff00}-\u{10ffff}"
)
_CLASSES = {
    "d": "0-9", "D": r"\u{1}-\u{2f}\u{3a}-\u{10ffff}",
    "w": r"0-9A-Z\u{5f}a-z", "W": r"\u{1}-\u{2f}\u{3a}-\u{40}\u{5b}-\u{5e}\u{60}\u{7b}-\u{10ffff}",
    "s": _SPACE, "S": _NO_SPACE,
}  # fmt: skip
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
# General categories, each with the second letters of its own.
_CATEGORIES = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "S": "mcko", "Z": "slp"}
_NUL = r"\u{0}"
_DOT = r"[^\u{0}\u{a}\u{d}\u{2028}\u{2029}]"
_ANYTHING = r"[\u{1}-\u{10ffff}]*"
_COUNT = re.compile(r"[*+?]|\{(\d+)(,(\d*))?\}")
_GROUP = re.compile(r"\?(?::|P?<[A-Za-z_]\w*>)")
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}")
_IN_THE_MIDDLE = "`^` or `$` in the middle: put `^` before and `$` behind each alternative"
_SYNTAX = frozenset("^$\\.*+?()[]{}|/-&~#!%,:;<=>@'`\" _")


class PatternError(ValueError):
    """A pattern that the grammar cannot hold, or that is none."""


def whole_pattern(pattern: str) -> str:
    r"""A pattern that matches the same texts from `^` to `$`; idempotent.

    Raises:
        PatternError: What it needs is beyond a grammar (look-around, `\b`, back-references), not
            ECMA (`(?i)`, `\A`), or anchored in the middle; the message says what to write.
    """
    reader = _Reader(pattern)
    found = reader.alternatives()
    if reader.at < len(pattern):
        raise PatternError("a `)` that nothing opened")
    return f"^(?:{'|'.join(_unwrapped(found))})$"


# One alternative: whether `^` stands before it and `$` behind, its parts, and the alternatives of a
# group that is all of it.
_Alternative: TypeAlias = "tuple[bool, bool, list[str], list[_Alternative] | None]"


def _unwrapped(found: list[_Alternative], first: bool = False, last: bool = False) -> list[str]:
    """Every alternative as a text that matches all of what it is asked about."""
    made = []
    for starts, ends, parts, inner in found:
        starts, ends = starts or first, ends or last
        if inner is not None:
            made += _unwrapped(inner, starts, ends)
            continue
        before, after = "" if starts else _ANYTHING, "" if ends else _ANYTHING
        made.append(before + "".join(parts) + after if parts else before or after)
    return made


def _anchored(found: list[_Alternative] | None) -> bool:
    return any(one[0] or one[1] or _anchored(one[3]) for one in found or ())


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, pattern: str):
        self.text, self.at = pattern, 0

    def ahead(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def take(self, length: int = 1) -> str:
        found = self.ahead(length)
        self.at += length
        return found

    def alternatives(self) -> list[_Alternative]:
        found = [self.alternative()]
        while self.ahead() == "|":
            self.take()
            found.append(self.alternative())
        return found

    def alternative(self) -> _Alternative:
        starts = ends = False
        parts: list[str] = []
        group: list[_Alternative] | None = None
        anchored = False
        while self.ahead() not in ("", "|", ")"):
            if self.ahead() == "^":
                self.take()
                if parts:
                    raise PatternError(_IN_THE_MIDDLE)
                starts = True
                continue
            if ends:
                raise PatternError(_IN_THE_MIDDLE)
            if self.ahead() == "$":
                self.take()
                ends = True
                continue
            atom, inner = self.atom()
            count = self.count()
            inner_anchored = _anchored(inner)
            if inner_anchored and (count or parts):
                raise PatternError(_IN_THE_MIDDLE)
            anchored = anchored or inner_anchored
            parts.append(atom + count)
            group = inner if not count and len(parts) == 1 else None
        if anchored and len(parts) > 1:
            raise PatternError(_IN_THE_MIDDLE)
        return starts, ends, parts, group

    def count(self) -> str:
        found = _COUNT.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        if self.ahead() == "?":  # lazy: the same texts match
            self.take()
        if found[1] and found[3] and int(found[1]) > int(found[3]):
            raise PatternError(f"{found[0]} counts backwards")
        if _COUNT.match(self.text, self.at):
            raise PatternError(f"nothing to repeat before {self.ahead()!r}")
        return found[0]

    def atom(self) -> tuple[str, list[_Alternative] | None]:
        match char := self.take():
            case "(":
                return self.group()
            case "[":
                return self.bracket(), None
            case ".":
                return _DOT, None
            case "\\":
                return self.escape(within=False), None
            case "*" | "+" | "?" | "{":
                raise PatternError(
                    f"nothing to repeat before {char!r}; the sign itself is \\{char}"
                )
        return self.literal(ord(char)), None

    def literal(self, point: int) -> str:
        if point == 0:
            raise PatternError("U+0000 cannot be held")
        return _literal(point)

    def group(self) -> tuple[str, list[_Alternative] | None]:
        if self.ahead() == "?":
            kind = _GROUP.match(self.text, self.at)
            if not kind:
                raise PatternError(_unknown_group(self.ahead(3)))
            self.at = kind.end()
        inner = self.alternatives()
        if self.take() != ")":
            raise PatternError("a `(` that nothing closes")
        return f"(?:{'|'.join(''.join(one[2]) for one in inner)})", inner

    def escape(self, *, within: bool) -> str:
        """What stands behind a backslash; `within` brackets a class has none of its own."""
        if code := self.code():
            return self.literal(code[0])
        char = self.take()
        if char in _CLASSES:
            return _CLASSES[char] if within else f"[{_CLASSES[char]}]"
        if char in ("p", "P"):
            return self.category(char, within=within)
        raise PatternError(_unknown_escape(char))

    def code(self) -> tuple[int] | None:
        """The code point that an escape names, the backslash being read."""
        if found := _HEX.match(self.text, self.at):
            self.at = found.end()
            point = int(found[1] or found[2] or found[3], 16)
            low = re.compile(r"\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE).match(self.text, self.at)
            if 0xD800 <= point < 0xDC00 and low:
                self.at = low.end()
                point = 0x10000 + ((point - 0xD800) << 10) + int(low[1], 16) - 0xDC00
            if 0xD800 <= point < 0xE000 or point > 0x10FFFF:
                raise PatternError(f"\\u{point:x} is no character")
            return (point,)
        char = self.ahead()
        digits = char == "0" and self.ahead(2)[1:].isdecimal()
        if char in _CONTROLS and char and not digits:
            self.take()
            return (_CONTROLS[char],)
        if char in _SYNTAX and char:
            self.take()
            return (ord(char),)
        return None

    def category(self, kind: str, *, within: bool) -> str:
        found = re.compile(r"\{([LMNPSZ]\w?)\}").match(self.text, self.at)
        if not found or found[1][1:] not in ("", *_CATEGORIES.get(found[1][0], "")):
            raise PatternError(f"\\{kind} takes a general category, such as \\p{{L}} or \\p{{Nd}}")
        self.at = found.end()
        if kind == "p":
            return f"\\p{{{found[1]}}}"
        if within:
            raise PatternError("\\P within brackets: write it before or behind them")
        return f"[^\\u{{0}}\\p{{{found[1]}}}]"

    def bracket(self) -> str:
        negated = self.ahead() == "^"
        if negated:
            self.take()
        if re.compile(r"\[?[:.=]\w+[:.=]\]").match(self.text, self.at):
            raise PatternError("[:name:] is not ECMA: list the characters, or write \\p{L}")
        parts: list[str] = []
        while self.ahead() != "]":
            if not self.ahead():
                raise PatternError("a `[` that nothing closes")
            parts.append(self.member(0 if negated else 1))
        self.take()
        if negated and not any(part.startswith(_NUL) for part in parts):
            parts.insert(0, _NUL)
        if not "".join(parts):
            raise PatternError("a class that nothing is in")
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def member(self, least: int) -> str:
        """A character, a range or a class within brackets, from a code point on."""
        first = self.point()
        if isinstance(first, str):
            return first
        last: int | str = first
        if self.ahead() == "-" and self.ahead(2)[1:] not in ("]", ""):
            self.take()
            last = self.point()
        if isinstance(last, str) or last < first:
            raise PatternError(f"a range that begins with {chr(first)!r} and does not end")
        first = max(first, least)
        if first > last:
            return ""
        return _literal(first) if first == last else f"{_literal(first)}-{_literal(last)}"

    def point(self) -> int | str:
        """A code point, or what stands for a class."""
        char = self.take()
        if char != "\\":
            return ord(char)
        if self.ahead() == "b":
            self.take()
            return 8
        if code := self.code():
            return code[0]
        return self.escape(within=True)


def _literal(point: int) -> str:
    char = chr(point)
    return char if char.isascii() and char.isalnum() else f"\\u{{{point:x}}}"


def _unknown_group(text: str) -> str:
    if text[1:2] in ("=", "!") or text[1:3] in ("<=", "<!"):
        return "look-around: a grammar cannot look ahead or back; write out what may stand there"
    return f"({text} is not ECMA: write flags and comments out"


def _unknown_escape(char: str) -> str:
    if char in ("b", "B"):
        return f"\\{char}: a grammar cannot look around; write out what may stand there"
    if char.isdecimal() or char == "k":
        return "back-reference: a grammar cannot repeat what it found; write the forms out"
    if char in ("A", "z", "Z"):
        return f"\\{char} is not ECMA: write ^ and $"
    return f"\\{char} is no escape of ECMA" if char else "a backslash at the end"
