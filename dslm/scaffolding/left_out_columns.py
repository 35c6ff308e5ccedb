"""Columns of a sample that become no part of a workflow: `dslm init --leave-out`.

Takes rows as they were read, and cases with their fields; gives them without the columns named, or
an error that names the nearest column there is. Called by `sample` and `init_workflow`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dslm.curation.sources import JOINT
from dslm.errors import InputError
from dslm.settings.did_you_mean import nearest

if TYPE_CHECKING:
    from dslm.scaffolding.sample_reader import Numbered


def without_columns(row: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """A row without some of its columns, and without those of its `meta`."""
    if not names:
        return row
    kept = {key: value for key, value in row.items() if key not in names}
    if isinstance(own := kept.get("meta"), Mapping):
        kept["meta"] = {key: value for key, value in own.items() if key not in names}
    return kept


def columns_left_out(row: Mapping[str, Any], names: Collection[str]) -> tuple[str, ...]:
    """Which of these columns a row has, beside its parts or in its `meta`."""
    own = row.get("meta")
    held = {*row, *(own if isinstance(own, Mapping) else ())}
    return tuple(name for name in names if name in held)


def without_fields(sample: Sequence[Numbered], names: Collection[str]) -> tuple[Numbered, ...]:
    """The sample without some fields of its answers."""
    return tuple(_without(one, names) for one in sample) if names else tuple(sample)


def _without(one: Numbered, names: Collection[str]) -> Numbered:
    target = one.case.target or {}
    dropped = tuple(name for name in names if name in target)
    if not dropped:
        return one
    kept = {key: value for key, value in target.items() if key not in dropped}
    case = one.case.model_copy(update={"target": kept})
    return replace(one, case=case, dropped=(*one.dropped, *dropped))


def refuse_unknown(path: Path, sample: Sequence[Numbered], names: Collection[str]) -> None:
    """Refuse names of columns that no row has, and a sample that nothing is left of.

    Args:
        path: The sample, for messages.
        sample: Without the columns.
        names: What was to be left out.

    Raises:
        InputError: A name is none of a column, or that of an object's part: rows that are read
            later would have it; or no answer keeps a field.
    """
    found = {name for one in sample for name in one.dropped}
    known = sorted({key for one in sample for key in (*one.case.meta, *(one.case.target or {}))})
    for name in names:
        if name not in found:
            parts = [key for key in known if name.startswith(f"{key}{JOINT}")]
            near = parts[0] if parts else nearest(name, known)
            fix = f"did you mean {near!r}?" if near else f"there are: {', '.join(known)}"
            raise InputError(f"no row has a column {name!r}", where=path,
                             fix=f"--leave-out: {fix}")  # fmt: skip
    if names and not any(one.case.target for one in sample):
        raise InputError("every field of the answers is left out", where=path,
                         fix="--leave-out: keep what is to be answered")  # fmt: skip
