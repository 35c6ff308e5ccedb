"""How much work a rule's expression may be for one answer, told before it is evaluated.

CEL's evaluator knows no limit, and one loop within another over a long list takes it minutes. Takes
an expression, an input and an answer; gives an upper bound of the steps, by the loops (`all`,
`exists`, `exists_one`, `map`, `filter`) that stand in each other, the lists that they may go over
and the texts that are searched. Called by `cel_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dslm.contract.rules.regex_steps import CHARACTERS, steps_of_matching, text_of, unrolled

MOST_STEPS = 50_000_000  # of some 40 nanoseconds each
_LOOPS = {"all": False, "exists": False, "exists_one": False, "map": True, "filter": True}
_COSTLY = re.compile(rf"\.\s*(?:{'|'.join(_LOOPS)}|matches)\s*\(")
_TOKEN = re.compile(
    r"//[^\n]*|(?P<text>[bB]?[rR][bB]?(?:'''.*?'''|\"\"\".*?\"\"\"|'[^']*'|\"[^\"]*\")"
    r"|[bB]?(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"))"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d+)?\w*)|(?P<sign>[^\s\w])",
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class _Word:
    """A variable, with what is looked up in it; a text or number where it has no name.

    `unrolled` is what counts make of a text that is a pattern.
    """

    name: str | None
    unrolled: int = 0


@dataclass(frozen=True)
class _Several:
    """Parts that are put together; `listed` as the items of a list or object."""

    parts: tuple[_Node, ...]
    listed: bool


@dataclass(frozen=True)
class _Call:
    """A function of some parts."""

    name: str
    parts: tuple[_Node, ...]


@dataclass(frozen=True)
class _Loop:
    """What is done for each item of a list; `kept`: the results become a list."""

    over: _Node
    variable: str
    body: _Several
    kept: bool


_Node = _Word | _Several | _Call | _Loop


@dataclass(frozen=True)
class _Bound:
    """What a part may be at most: items of a list in it, its size in all, the size of an item."""

    items: int
    size: int
    item: int


class _Reader:
    """Reads an expression as far as loops, calls and brackets go; it need not be right CEL."""

    def __init__(self, expr: str):
        found = (match for match in _TOKEN.finditer(expr) if match.lastgroup)
        self.tokens = [(str(match.lastgroup), match.group()) for match in found]
        self.at = 0

    def ahead(self, further: int = 0) -> tuple[str, str]:
        place = self.at + further
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def several(self, closing: str, *, listed: bool = False) -> _Several:
        parts: list[_Node] = []
        while self.ahead()[0] != "end" and self.ahead()[1] != closing:
            kind, token = self.ahead()
            if kind == "sign" and token not in _CLOSING:
                self.at += 1
            else:
                parts.append(self.chain())
        self.at += 1
        return _Several(tuple(parts), listed)

    def chain(self) -> _Node:
        """One operand with all that is looked up in it and done with it."""
        kind, token = self.ahead()
        self.at += 1
        node: _Node = _Word(token if kind == "word" else None,
                            unrolled(text_of(token)) if kind == "text" else 0)  # fmt: skip
        if token in _CLOSING and kind == "sign":
            node = self.several(_CLOSING[token], listed=token != "(")
        while self.ahead()[0] == "sign" and self.ahead()[1] in ("(", "[", "{", "."):
            sign = self.ahead()[1]
            self.at += 1
            if sign == ".":
                node = self.member(node)
            else:
                node = _Call("", (node, self.several(_CLOSING[sign])))
        return node

    def member(self, node: _Node) -> _Node:
        self.at += self.ahead()[1] == "?"
        name = self.ahead()[1]
        self.at += 1
        if self.ahead()[1] != "(":
            return node
        self.at += 1
        if name in _LOOPS and self.ahead()[0] == "word" and self.ahead(1)[1] == ",":
            variable = self.ahead()[1]
            self.at += 2
            return _Loop(node, variable, self.several(")"), _LOOPS[name])
        return _Call(name, (node, self.several(")")))


@lru_cache(maxsize=512)
def _read(expr: str) -> _Several | None:
    """An expression as it is reckoned with; None where nothing in it can take long."""
    return _Reader(expr).several("") if _COSTLY.search(expr) else None


def too_many_steps(expr: str, text: str, answer: Mapping[str, Any]) -> int:
    """How many steps an evaluation may take, where that is more than `MOST_STEPS`; else 0.

    Args:
        expr: In CEL.
        text: The input.
        answer: The output.

    Raises:
        RecursionError: Brackets stand in each other by the hundred.
    """
    tree = _read(expr)
    if tree is None:
        return 0
    sizes = _Sizes(patterns=_matches_what_is_given(tree))
    whole = sizes.of(dict(answer))
    sizes.of(text)
    asked = (sizes.longest, whole, sizes.item, sizes.characters, len(text), sizes.unrolled)
    if _steps(expr, *(1 << number.bit_length() for number in asked)) <= MOST_STEPS:
        return 0
    found = _steps(expr, *asked)
    return found if found > MOST_STEPS else 0


@lru_cache(maxsize=4096)
def _steps(
    expr: str, longest: int, size: int, item: int, characters: int, said: int, states: int
) -> int:
    """An upper bound of the steps, by the sizes of input and answer."""
    tree = _read(expr)
    assert tree is not None
    whole = _Bound(longest, size, item)
    given = {"output": whole, "input": _Bound(1, 1 + said // CHARACTERS, 1)}
    matched = (1 + characters // CHARACTERS) * (1 + expr.count("+"))
    reckoning = _Reckoning(whole, matched, states)
    reckoning.bound(tree, given)
    return reckoning.steps


class _Sizes:
    """How long the lists and objects of an answer are, and how large their items."""

    def __init__(self, *, patterns: bool) -> None:
        self.longest = self.item = 1
        self.characters = self.unrolled = 0
        self.patterns = patterns  # whether a text may be one

    def of(self, value: Any) -> int:
        """The size of a value: its parts, keys and long texts."""
        if isinstance(value, str):
            self.characters = max(self.characters, len(value))
            if self.patterns:
                self.unrolled = max(self.unrolled, unrolled(value))
            return 1 + len(value) // CHARACTERS
        if not isinstance(value, dict | list):
            return 1
        self.longest = max(self.longest, len(value))
        inner = value.values() if isinstance(value, dict) else value
        sizes = [self.of(one) for one in inner]
        if isinstance(value, list):
            self.item = max(self.item, *sizes, 1)
        return 1 + sum(sizes) + (len(value) if isinstance(value, dict) else 0)


def _words(node: _Node) -> Iterator[_Word]:
    """The variables and texts of a part."""
    match node:
        case _Word():
            yield node
        case _Several(parts) | _Call(_, parts):
            for part in parts:
                yield from _words(part)
        case _Loop():
            yield from _words(node.over)
            yield from _words(node.body)


def _matches_what_is_given(node: _Node) -> bool:
    """Whether a pattern is a variable anywhere, and not written into the expression."""
    match node:
        case _Call("matches", parts):
            return any(word.name is not None for part in parts[1:] for word in _words(part))
        case _Several(parts) | _Call(_, parts):
            return any(map(_matches_what_is_given, parts))
        case _Loop():
            return _matches_what_is_given(node.over) or _matches_what_is_given(node.body)
    return False


class _Reckoning:
    """Adds up the steps of an expression."""

    def __init__(self, whole: _Bound, matched: int, states: int):
        self.whole, self.matched, self.states, self.steps = whole, matched, states, 0

    def bound(self, node: _Node, known: Mapping[str, _Bound]) -> _Bound:
        """What a part may become; its own steps are added."""
        match node:
            case _Word(name):
                found = _Bound(1, 1, 1) if name is None else known.get(name, self.whole)
                self.steps += found.size
                return found
            case _Several(parts, listed):
                bounds = [self.bound(part, known) for part in parts]
                most = max((one.size if listed else one.item for one in bounds), default=1)
                items = sum(one.items for one in bounds) + (len(bounds) if listed else 0)
                return _Bound(items, 1 + sum(one.size for one in bounds), most)
            case _Call(name, parts):
                made = self.bound(_Several(parts, False), known)
                states = [word.unrolled if word.name is None else self.states
                          for part in parts[1:] for word in _words(part)]  # fmt: skip
                searched = steps_of_matching(max(states, default=0)) * min(self.matched, made.size)
                self.steps += searched if name == "matches" else made.size
                return made
            case _Loop():
                return self.loop(node, known)

    def loop(self, node: _Loop, known: Mapping[str, _Bound]) -> _Bound:
        over = self.bound(node.over, known)
        before, self.steps = self.steps, 0
        each = _Bound(over.items, over.item, over.item)
        made = self.bound(node.body, {**known, node.variable: each})
        times = over.items
        copied = times * made.size if node.kept else 0  # of the list so far, each time anew
        self.steps = before + times * (1 + self.steps + copied)
        if not node.kept:
            return _Bound(1, 1, 1)
        return _Bound(max(times, made.items), 1 + times * made.size, made.size)
