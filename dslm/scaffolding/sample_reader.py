"""Reads a user's own sample into cases, for `dslm init`.

Takes a file, or a folder of texts with labels, with a text and what it should become, read as
curation reads sources; gives numbered cases, or one error with every faulty line. Called by
`dslm.scaffolding.init_workflow`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dslm.cases import MOST_REPORTED
from dslm.contract.cases.identifiers import NoName, identifier
from dslm.curation.imports import (
    INPUT_KEYS,
    TARGET_KEYS,
    Meta,
    given_rows,
    input_in,
    meta_in,
    object_in,
)
from dslm.curation.sources import without_chat
from dslm.errors import DslmError, InputError, Problems
from dslm.records import Case
from dslm.scaffolding.left_out_columns import columns_left_out, without_columns
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.file_names import writable_name


@dataclass(frozen=True)
class Numbered:
    """A case, and the line of the sample it stands on.

    `left_out`: keys of it that `meta` cannot hold; `dropped`: columns that the user left out.
    """

    line: int
    case: Case
    left_out: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Keys:
    """Where a sample keeps the text, and what it should become: one key, or one a field."""

    input: str
    target: tuple[str, ...]


def read_sample(
    path: Path, given: str | None, targets: tuple[str, ...], leave_out: Collection[str] = ()
) -> tuple[Numbered, ...]:
    """All cases of a sample.

    Args:
        path: A file of any kind that a source may be, or a folder of texts with their labels.
        given: The key of the input; by default `input` or `text`.
        targets: The key of the target, or several that become its fields; by default `target`,
            `output` or `label`.
        leave_out: Columns, of a row or of its `meta`, that become no part of a case.

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
    stem = writable_name(path.name).split(".")[0]
    for number, row in enumerate(rows, start=1):
        place = f"{path / row.source if path.is_dir() else path}:{row.line}"
        if row.value is None:
            faults.append(InputError(row.fault or "no row", where=place))
            continue
        line = number if path.is_dir() else row.line
        try:
            whole = _without_chat(row.value, given, targets)
            value, dropped = without_columns(whole, leave_out), columns_left_out(whole, leave_out)
            keys = keys or _keys(path, value, given, targets)
            numbered = replace(_numbered(value, keys, line, stem), dropped=dropped)
            identity = numbered.case.id
            if identity in first_seen:
                raise InputError(f"id {identity!r} is used on line {first_seen[identity]} too")
        except InputError as error:
            if keys is None and error.where:  # of the first row's keys, and so of all rows
                raise
            faults.append(InputError(error.what, where=place, fix=error.fix))
            continue
        first_seen[identity] = str(row.line) if not path.is_dir() else row.source
        cases.append(numbered)
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


def _without_chat(
    row: Mapping[str, Any], given: str | None, targets: tuple[str, ...]
) -> Mapping[str, Any]:
    try:
        named = targets if len(targets) < 2 else ()  # several are keys of the row's own
        return without_chat(row, (given,) if given else INPUT_KEYS,
                            named or (() if targets else TARGET_KEYS))  # fmt: skip
    except ValueError as error:
        raise InputError(f"chat: {error}") from None


def _numbered(row: Mapping[str, Any], keys: Keys, line: int, stem: str) -> Numbered:
    try:
        text = input_in(row, keys.input)
    except ValueError as error:
        raise InputError(
            str(error), fix="every case needs its input: give it one, or take the row out"
        ) from None
    try:
        identity = identifier(row.get("id")) or f"{stem}-{line:05d}"
    except NoName as fault:
        raise InputError(f"'id' {fault}") from None
    meta = _meta(row, keys)
    case = Case(id=identity, input=text, target=_target(row, keys), meta=meta.known)
    return Numbered(line, case, meta.left_out)


def _target(row: Mapping[str, Any], keys: Keys) -> dict[str, Any]:
    for key in keys.target:
        try:
            json.dumps(row.get(key), allow_nan=False)
        except (TypeError, ValueError):  # bytes that are no text, a number that is none
            raise InputError(f"{key!r} holds what JSON has no form for") from None
    if len(keys.target) > 1:
        return {key: row.get(key) for key in keys.target}
    key = keys.target[0]
    value = _object(row, key)
    if value is None or value == {}:
        raise InputError(f"{key!r} is empty", fix="every case of the sample needs its right answer")
    return value if isinstance(value, dict) else {key: value}


def _object(row: Mapping[str, Any], key: str) -> Any:
    try:
        return object_in(row, key)
    except ValueError as error:
        raise InputError(str(error)) from None


def _meta(row: Mapping[str, Any], keys: Keys) -> Meta:
    try:
        return meta_in(row, {"id", keys.input, *keys.target})
    except ValueError as error:
        raise InputError(str(error)) from None
