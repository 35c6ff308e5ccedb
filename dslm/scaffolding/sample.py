"""Reads a user's own sample into cases, for `dslm init`.

Takes a file, or a folder of texts with labels, with a text and what it should become, read as
curation reads sources; gives numbered cases, or one error with every faulty line. Called by
`dslm.scaffolding.scaffold`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.cases import MOST_REPORTED
from dslm.curation.given import given_rows
from dslm.errors import DslmError, InputError, Problems
from dslm.records import Case
from dslm.settings.loading import nearest
from dslm.strict_json import strict_json

INPUT_KEYS = ("input", "text")
TARGET_KEYS = ("target", "output", "label")
OWN_KEYS = ("id", "meta")


@dataclass(frozen=True)
class Numbered:
    """A case and the line of the sample it stands on."""

    line: int
    case: Case


@dataclass(frozen=True)
class Keys:
    """Where a sample keeps the text, and what it should become: one key, or one a field."""

    input: str
    target: tuple[str, ...]


def read_sample(path: Path, given: str | None, targets: tuple[str, ...]) -> tuple[Numbered, ...]:
    """All cases of a sample.

    Args:
        path: A file of any kind that a source may be, or a folder of texts with their labels.
        given: The key of the input; by default `input` or `text`.
        targets: The key of the target, or several that become its fields; by default `target`,
            `output` or `label`.

    Raises:
        Problems: Every faulty line, each with what is wrong.
    """
    rows = list(given_rows(path))
    if not rows:
        raise InputError("no rows in this file", where=path, fix="add labelled cases")
    keys: Keys | None = None
    faults: list[DslmError] = []
    cases: list[Numbered] = []
    first_seen: dict[str, str] = {}
    stem = path.name.split(".")[0]
    for number, row in enumerate(rows, start=1):
        place = f"{path / row.source if path.is_dir() else path}:{row.line}"
        if row.value is None:
            faults.append(InputError(row.fault or "no row", where=place))
            continue
        keys = keys or _keys(path, row.value, given, targets)
        line = number if path.is_dir() else row.line
        try:
            case = _case(row.value, keys, line, stem)
            if case.id in first_seen:
                raise InputError(f"id {case.id!r} is used on line {first_seen[case.id]} too")
        except InputError as error:
            faults.append(InputError(error.what, where=place, fix=error.fix))
            continue
        first_seen[case.id] = str(row.line) if not path.is_dir() else row.source
        cases.append(Numbered(line, case))
    if faults:
        raise Problems(shortened(faults, path))
    return tuple(cases)


def shortened(faults: list[DslmError], path: Path) -> list[DslmError]:
    """The first faults, and how many there are beyond."""
    more = len(faults) - MOST_REPORTED
    rest = [InputError(f"and {more} more lines are wrong", where=path)] if more > 0 else []
    return [*faults[:MOST_REPORTED], *rest]


def _keys(path: Path, row: Mapping[str, Any], given: str | None, targets: tuple[str, ...]) -> Keys:
    """The keys to read, checked against the first row."""

    def must_have(key: str, option: str) -> str:
        if key in row:
            return key
        near = nearest(key, list(row))
        known = f"did you mean {near!r}?" if near else f"there are: {', '.join(map(str, row))}"
        raise InputError(f"no key {key!r} in the first row", where=path, fix=f"{option}: {known}")

    def default(names: tuple[str, ...], option: str) -> str:
        for name in names:
            if name in row:
                return name
        fix = f"name it with {option}; there are: {', '.join(map(str, row))}"
        raise InputError(f"none of {', '.join(names)} in the first row", where=path, fix=fix)

    text = must_have(given, "--input") if given else default(INPUT_KEYS, "--input")
    found = tuple(must_have(t, "--target") for t in targets)
    return Keys(text, found or (default(TARGET_KEYS, "--target"),))


def _case(row: Mapping[str, Any], keys: Keys, line: int, stem: str) -> Case:
    text = row.get(keys.input)
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{keys.input!r} is empty or no text", fix="every case needs its input")
    identity = row.get("id")
    if identity is None:
        identity = f"{stem}-{line:05d}"
    if not isinstance(identity, str | int):
        raise InputError("'id' is no text or whole number")
    return Case(id=str(identity), input=text, target=_target(row, keys), meta=_meta(row, keys))


def _target(row: Mapping[str, Any], keys: Keys) -> dict[str, Any]:
    if len(keys.target) > 1:
        return {key: row.get(key) for key in keys.target}
    key = keys.target[0]
    value = row.get(key)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = strict_json(value)
        except ValueError as error:
            raise InputError(f"{key!r} looks like JSON but is not: {error}") from None
    if value is None or value == {}:
        raise InputError(f"{key!r} is empty", fix="every case of the sample needs its right answer")
    return value if isinstance(value, dict) else {key: value}


def _meta(row: Mapping[str, Any], keys: Keys) -> dict[str, Any]:
    """The row's own meta, and every other plain value it has."""
    own = row.get("meta")
    if isinstance(own, str) and own.lstrip().startswith("{"):
        try:
            own = strict_json(own)
        except ValueError as error:
            raise InputError(f"'meta' looks like JSON but is not: {error}") from None
    if own is not None and not isinstance(own, dict):
        raise InputError("'meta' is no object")
    used = {keys.input, *keys.target, *OWN_KEYS}
    plain = {k: v for k, v in row.items() if k not in used and isinstance(v, str | int | float)}
    return plain | (own or {})
