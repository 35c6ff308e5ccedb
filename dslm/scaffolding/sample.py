"""Reads a user's own sample into cases, for `dslm init`.

Takes JSONL(.gz) or CSV with a text and what it should become; gives numbered cases, or one error
with every faulty line. Called by `dslm.scaffolding.scaffold`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.cases import MOST_REPORTED, json_lines
from dslm.errors import DslmError, InputError, Problems
from dslm.records import Case
from dslm.settings.loading import nearest, read_text

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
        path: `.jsonl`, `.jsonl.gz` or `.csv`.
        given: The key of the input; by default `input` or `text`.
        targets: The key of the target, or several that become its fields; by default `target`,
            `output` or `label`.

    Raises:
        Problems: Every faulty line, each with what is wrong.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputError("no rows in this file", where=path, fix="add labelled cases")
    keys = _keys(path, rows[0][1], given, targets)
    faults: list[DslmError] = []
    cases: list[Numbered] = []
    first_seen: dict[str, int] = {}
    for line, row in rows:
        try:
            case = _case(row, keys, line, path.name.split(".")[0])
            if case.id in first_seen:
                raise InputError(f"id {case.id!r} is used on line {first_seen[case.id]} too")
        except InputError as error:
            faults.append(InputError(error.what, where=f"{path}:{line}", fix=error.fix))
            continue
        first_seen[case.id] = line
        cases.append(Numbered(line, case))
    if faults:
        raise Problems(shortened(faults, path))
    return tuple(cases)


def shortened(faults: list[DslmError], path: Path) -> list[DslmError]:
    """The first faults, and how many there are beyond."""
    more = len(faults) - MOST_REPORTED
    rest = [InputError(f"and {more} more lines are wrong", where=path)] if more > 0 else []
    return [*faults[:MOST_REPORTED], *rest]


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix == ".csv":
        yield from _csv_rows(path)
    elif path.name.endswith((".jsonl", ".jsonl.gz")):
        for line, value in json_lines(path):
            if not isinstance(value, dict):
                raise InputError("a JSON object was expected", where=f"{path}:{line}")
            yield line, value
    else:
        fix = "give a .jsonl, .jsonl.gz or .csv file"
        raise InputError("is no kind of sample that can be read", where=path, fix=fix)


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows of a CSV; an empty cell is null."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                columns = len(reader.fieldnames or ())
                fix = f"the header names {columns} columns; quote cells that hold commas"
                bad = "another number of cells than columns"
                raise InputError(bad, where=f"{path}:{reader.line_num}", fix=fix)
            yield reader.line_num, {k: v if v != "" else None for k, v in row.items()}
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", where=f"{path}:{reader.line_num}") from None


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
            value = json.loads(value)
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
            own = json.loads(own)
        except ValueError as error:
            raise InputError(f"'meta' looks like JSON but is not: {error}") from None
    if own is not None and not isinstance(own, dict):
        raise InputError("'meta' is no object")
    used = {keys.input, *keys.target, *OWN_KEYS}
    plain = {k: v for k, v in row.items() if k not in used and isinstance(v, str | int | float)}
    return plain | (own or {})
