"""Who is to be forgotten: the group, its cases, and what curation made of them.

Takes a group's id and what sources and gold hold; gives a `Person`, which knows an object of a file
as one of the person's cases, rows or verdicts. Made by `find_cases`; asked by `other_copies` and
`releases_holding`.

A group is known by its name as curation folds it, by what stands for that name in curated data, and
by the ids of its cases, as long as those are nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dslm.contract.cases.identifiers import NoName, group_key


def key_of(value: object) -> str:
    """A group's name as curation knows it; empty where a value names none."""
    try:
        return group_key(value)
    except NoName:
        return ""


@dataclass(frozen=True)
class Person:
    """One group, and all that names it.

    Attributes:
        key: The group's name, folded.
        group_by: The key of meta that has it.
        names: How it is written, wherever it was met.
        stand_ins: What stands for it in curated data, folded; the name itself where nothing does.
        ids: Of its cases in sources and in curated data.
        gold_ids: Of its cases in gold.
        texts: Inputs of its cases, as they came and as they were curated.
        others: The names of all other groups, folded.
        other_ids: Of curated cases that are not the person's.
        pseudonymised: Whether curated data has other names for groups: one of them may be drawn
            for two groups, or be somebody's real one.
    """

    key: str
    group_by: str
    names: frozenset[str] = frozenset()
    stand_ins: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    gold_ids: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    others: frozenset[str] = field(default=frozenset(), repr=False)
    other_ids: frozenset[str] = field(default=frozenset(), repr=False)
    pseudonymised: bool = False

    def of_group(self, value: object) -> bool:
        """Whether a value names the group, itself or by what stands for it."""
        key = key_of(value)
        return bool(key) and (key == self.key or key in self.stand_ins)

    def has_case(self, case: Mapping[str, Any], *, gold: bool = False) -> bool:
        """Whether an object with an input and a meta is one of the person's cases.

        Args:
            case: As it is read from a file.
            gold: Whether the file is of gold, whose ids are others than those of sources.
        """
        meta = case.get("meta")
        named = key_of(meta.get(self.group_by)) if isinstance(meta, Mapping) else ""
        if named and (named == self.key or named in self.stand_ins):
            return True
        if named in self.others:
            return False
        return self.has_id(case.get("id"), gold=gold) or case.get("input") in self.texts

    def is_named_in(self, one: Mapping[str, Any], *, at_top: bool) -> bool:
        """Whether an object of any form names the group under its key.

        Args:
            one: A label, a row of a source.
            at_top: Whether the key may stand beside the others, and not in `meta` alone.
        """
        meta = one.get("meta")
        if isinstance(meta, Mapping) and self.of_group(meta.get(self.group_by)):
            return True
        return at_top and self.of_group(one.get(self.group_by))

    def has_row(self, row: Mapping[str, Any], *, gold: bool) -> bool:
        """Whether a row of answers is of one of the person's cases.

        Args:
            row: As it is read from a file.
            gold: Whether it answers gold, which has names as they are; else a curated case.
        """
        named = key_of(row.get("group"))
        if gold or not self.pseudonymised:
            mine = bool(named) and named == self.key
            return mine or (named not in self.others and self.has_id(row.get("id"), gold=gold))
        if self.has_id(row.get("id"), gold=False):
            return True
        return named in self.stand_ins and row.get("id") not in self.other_ids

    def has_id(self, value: object, *, gold: bool) -> bool:
        """Whether an id is of one of the person's cases; a repeated one has a number behind it."""
        if not isinstance(value, str):
            return False
        if gold:
            return value in self.gold_ids
        head, _, number = value.rpartition("-")
        return value in self.ids or (number.isdigit() and value.startswith("c-")
                                     and head in self.ids)  # fmt: skip
