"""A narrowed answer's grammar, in llguidance's Lark syntax.

Takes the tree of `narrowed_parts`; gives rules that accept exactly its objects, keys in order and
without free blanks, as `dslm.contract.answers.canonical_answer.grammar` writes them. A part that
keeps its schema goes in as `%json`. A value that is held to the input is one terminal with its
quotes, so that it ends where it ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dslm.contract.narrowing.copy_grammar import copy_terminals
from dslm.contract.narrowing.narrowed_parts import Copied, Either, Free, Keyed, Listed, Part, Row
from dslm.contract.schemas.canonical_values import written

_CHARACTER = r'(\\["\\]|[^"\\])'  # of a copy, as JSON has it: no control character is copied
_COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}


def lark_of(part: Part, text: str) -> str:
    """The grammar of all texts that a part allows, for one input."""
    writer = _Writer()
    start = writer.written(part)
    lines = [f"start: {start}", *writer.lines]
    if writer.copies:
        lines.append(copy_terminals(text))
    return "\n".join(lines) + "\n"


def _literal(text: str) -> str:
    """A terminal of one text; Lark's strings are escaped as JSON's are."""
    return written(text)


def exactly(text: str) -> str:
    """The grammar of one text."""
    return f"start: {_literal(text)}\n"


class _Writer:
    """Rules (`part_3`) and terminals (`VALUE_3`) of one grammar; equal ones are written once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.copies = False
        self._names: dict[str, str] = {}

    def written(self, part: Part) -> str:
        """The name of the rule or terminal that accepts a part."""
        match part:
            case Free(schema):
                return self._rule("%json " + _schema_text(schema))
            case Listed(texts):
                return self._terminal(" | ".join(map(_literal, texts)))
            case Copied():
                self.copies = True
                return self._terminal(_copied(part))
            case Either(options):
                return self._rule(" | ".join(map(self.written, options)))
            case Row(item, least, most):
                return self._rule(_row(self.written(item), least, most))
            case Keyed(members):
                found = [
                    (_literal(written(k) + ":") + " " + self.written(p), m) for k, p, m in members
                ]
                return self._rule(f'"{{" {self._members(found, 0, False)} "}}"')

    def _members(self, members: list[tuple[str, bool]], n: int, after_another: bool) -> str:
        """The rule of the members from the n-th on; one that may be left out need not be there."""
        if n == len(members):
            return self._rule('""')
        member, needed = members[n]
        rest = self._members(members, n + 1, True)
        one = f'"," {member}' if after_another else member
        if needed:
            return self._rule(f"{one} {rest}")
        if after_another:
            return self._rule(f"({one})? {rest}")
        return self._rule(f"{one} {rest} | {self._members(members, n + 1, False)}")

    def _rule(self, body: str) -> str:
        return self._named("part", body)

    def _terminal(self, body: str) -> str:
        return self._named("VALUE", body)

    def _named(self, kind: str, body: str) -> str:
        if body not in self._names:
            name = self._names[body] = f"{kind}_{len(self._names)}"
            self.lines.append(f"{name}: {body}")
        return self._names[body]


def _schema_text(schema: Mapping[str, Any]) -> str:
    return json.dumps({**schema, "x-guidance": _COMPACT}, ensure_ascii=True)


def _copied(part: Copied) -> str:
    allowed = ["COPY"]
    if part.least > 1 or part.most is not None:
        most = "" if part.most is None else part.most
        allowed.append(f"/{_CHARACTER}{{{part.least},{most}}}/")
    if part.expression is not None:
        allowed += [r'/[^"\\]*/', f"/{part.expression}/"]
    return rf'"\"" ({" & ".join(allowed)}) "\""'


def _row(item: str, least: int, most: int | None) -> str:
    if most == 0:
        return '"[]"'
    further = f"{{{max(least - 1, 0)},{'' if most is None else most - 1}}}"
    items = item if most == 1 else f'{item} ("," {item}){further}'
    return f'"[" {items} "]"' if least else f'"[" ({items})? "]"'
