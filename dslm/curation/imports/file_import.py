"""Brings a file of labelled texts into a workflow: its own source file, and a frozen gold set.

Takes a file of any kind that a source may be, or a folder of texts with their labels
(`command_line_inputs`), fits the targets to the contract's schema, parts the cases by group and
writes `sources/imported.jsonl` and `gold.jsonl`, both or none. Called by `dslm import`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dslm.cases import write_records
from dslm.contract.cases.case_groups import group_of
from dslm.contract.model.contract_model import Columns, Contract
from dslm.curation.case_table import CaseTable
from dslm.curation.filters import exact_duplicates, rule_breaks
from dslm.curation.imports.command_line_inputs import given_files
from dslm.curation.imports.import_mapping import USUAL_KEYS, Keys, map_rows
from dslm.curation.labels import contradictions
from dslm.curation.ledger import Drop, Reject
from dslm.curation.sources import files_matching, refuse_many_rejects, rows_with_unique_ids
from dslm.curation.splits import position
from dslm.errors import InputError
from dslm.records import Case, Record
from dslm.settings.workspace import Workspace

IMPORTED = "sources/imported.jsonl"


class Imported(Record):
    """What an import did with the rows: read = sources + gold + rejected + dropped."""

    read: int
    sources: int
    gold: int
    rejects: tuple[Reject, ...]
    dropped: tuple[Drop, ...]
    source_groups: int
    gold_groups: int
    extra_fields: dict[str, int]
    missing_fields: dict[str, int]
    breaches: dict[str, int]
    beside: tuple[str, ...]  # other files that curation reads, of an earlier draw for example


def _refuse_bad_call(
    ws: Workspace, contract: Contract, path: Path, *, gold_share: float, group_by: str | None,
    overwrite: bool,
) -> None:  # fmt: skip
    """Everything that can be said before a row is read."""
    given_files(path)
    if not 0 < gold_share < 1:
        raise InputError(f"gold share {gold_share} is not between 0 and 1", where="gold_share")
    if group_by is not None and contract.data.group_by is None:
        raise InputError("the contract has no data.group_by to put the group under",
                         where=ws.contract, fix="add it, e.g. `group_by: group`")  # fmt: skip
    readable = (
        source.columns == Columns() and PurePosixPath(IMPORTED).match(source.path)
        for source in contract.data.sources
    )
    if not any(readable):
        raise InputError(f"no entry of data.sources reads {IMPORTED}", where=ws.contract,
                         fix="add `{path: sources/*.jsonl, licence: …, origin: …}`")  # fmt: skip
    for existing in (ws.gold, ws.data / IMPORTED):
        if existing.exists() and not existing.is_file():
            raise InputError("is no regular file", where=existing, fix="move it away")
        if existing.exists() and not overwrite:
            raise InputError("is there already, and gold is frozen", where=existing,
                             fix="`--overwrite` replaces it")  # fmt: skip


def _write_both(parts: dict[Path, Sequence[Case]]) -> None:
    """Write all files beside their places, then rename: a full disk leaves what was there."""
    staged = {path: path.with_name(f".{path.name}.{os.getpid()}.staged") for path in parts}
    try:
        for path, cases in parts.items():
            write_records(staged[path], cases)
        for path, beside in staged.items():
            beside.replace(path)
    finally:
        for beside in staged.values():
            beside.unlink(missing_ok=True)


def _clean_gold(contract: Contract, gold: Sequence[Case]) -> tuple[list[Case], list[Drop]]:
    """Gold with each text once, and none that has two answers."""
    cases = CaseTable.of(gold, contract)
    drops = contradictions(cases, contract)
    left = cases.all_but(drops)
    repeated = exact_duplicates(cases.only(left))
    drops |= {left[place].item(): drop for place, drop in repeated.items()}
    kept = [case for place, case in enumerate(gold) if place not in drops]
    return kept, [drop for _, drop in sorted(drops.items())]


def _undeclared_breaches(contract: Contract, cases: Sequence[Case]) -> dict[str, int]:
    """How many cases break each rule without saying so: wrong labels, or `meta.breaks` is due."""
    broken = Counter(
        drop.reason.removeprefix("breaks:")
        for drop in rule_breaks(cases, contract)
        if drop.reason.startswith("breaks:")
    )
    return dict(sorted(broken.items()))


def _beside(ws: Workspace, contract: Contract) -> tuple[str, ...]:
    """The other files that curation reads, relative to the contract."""
    found = {
        path.relative_to(ws.data).as_posix()
        for source in contract.data.sources
        for path in files_matching(source.path, ws.data)
        if path.is_file()
    }
    return tuple(sorted(found - {IMPORTED}))


def import_cases(
    path: Path, ws: Workspace, contract: Contract, *, gold_share: float,
    group_by: str | None = None, seed: int = 0, overwrite: bool = False, keys: Keys = USUAL_KEYS,
) -> Imported:  # fmt: skip
    """Import a file into a workflow's sources and gold.

    Args:
        path: A file or folder, as `row_mapping` takes it.
        ws: The workflow's paths.
        contract: Its contract; targets get exactly its fields, absent ones null.
        gold_share: Share of the groups that becomes gold, in (0, 1).
        group_by: Where a row's group is: `meta.x`, `target.x`, or a key of meta. Its folded value
            is written to `meta` under the contract's `data.group_by`. None: what `meta` has there,
            as it is, or, where the contract has no groups, the text itself.
        seed: Draws other groups for gold.
        overwrite: Replace an earlier import and its gold.
        keys: Of input and target, where they are not the usual ones.

    Raises:
        InputError: The call does not fit the contract, a gold set is there, or a part came out
            empty. Nothing is written.
        Problems: More rows do not fit than `data.max_rejects` allows, or ids used twice.
    """
    _refuse_bad_call(ws, contract, path, gold_share=gold_share, group_by=group_by,
                     overwrite=overwrite)  # fmt: skip
    fitted = map_rows(path, contract, group_by or contract.data.group_by, keys)
    read = len(fitted.found) + len(fitted.rejects)
    if not read:
        raise InputError("no rows in this file", where=path, fix="give labelled cases")
    refuse_many_rejects(fitted.rejects, read, most=contract.data.max_rejects, folder=path.parent,
                        setting="data.max_rejects")  # fmt: skip
    cases = sorted(
        (one.case for one in rows_with_unique_ids(fitted.found)), key=lambda case: case.id
    )
    name = contract.data.group_by
    groups = {case.id: group_of(case, name) for case in cases}
    salt = f"gold:{contract.name}:{seed}"  # not that of the splits, or gold would empty one
    chosen = {key for key in groups.values() if position(salt, key) < gold_share}
    sources = [case for case in cases if groups[case.id] not in chosen]
    gold, drops = _clean_gold(contract, [case for case in cases if groups[case.id] in chosen])
    if drops and not gold:
        raise InputError(f"all {len(drops)} cases that fell into gold repeat or contradict others",
                         where=path, fix="correct labels, or change the gold share")  # fmt: skip
    for part, kept in {"gold": gold, "sources": sources}.items():
        if not kept:
            raise InputError(f"no case fell into {part}: {len(set(groups.values()))} groups",
                             where=path, fix="change the gold share or group_by")  # fmt: skip
    beside = _beside(ws, contract)
    _write_both({ws.data / IMPORTED: sources, ws.gold: gold})
    return Imported(
        read=read, sources=len(sources), gold=len(gold),
        rejects=tuple(fitted.rejects), dropped=tuple(drops),
        source_groups=len(set(groups.values()) - chosen), gold_groups=len(chosen),
        extra_fields=fitted.extra, missing_fields=fitted.missing,
        breaches=_undeclared_breaches(contract, cases),
        beside=beside,
    )  # fmt: skip
