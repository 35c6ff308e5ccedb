"""Reads the contract's sources into cases, counting every row that is none.

Takes the contract and its folder; gives all cases sorted by id, the rejected rows, and where each
case came from. Stops when too many rows are broken, or when an id names two cases. Called by
`pipeline`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from dslm.contract.model import Contract, Source
from dslm.curation.formats import format_of
from dslm.curation.ledger import Reject
from dslm.curation.mapping import Misfit, to_case
from dslm.errors import DslmError, InputError, Problems
from dslm.records import Case

MOST_REPORTED = 20


@dataclass(frozen=True)
class Reading:
    """All that the sources hold."""

    cases: tuple[Case, ...]
    rejects: tuple[Reject, ...]
    source_of: dict[str, str]
    read: dict[str, int]


@dataclass(frozen=True)
class Found:
    """A case, where it stands, and whether its id is its own."""

    case: Case
    source: str
    line: int
    own_id: bool


def source_files(contract: Contract, folder: Path) -> dict[Path, Source]:
    """The files that the contract's sources name, sorted.

    Raises:
        InputError: A path that matches nothing, or a file that two sources match.
    """
    files: dict[Path, Source] = {}
    for source in contract.data.sources:
        if Path(source.path).is_absolute():
            raise InputError("an absolute source path", where=source.path,
                             fix="write it relative to the contract's folder")  # fmt: skip
        matched = [path for path in folder.glob(source.path) if not path.is_dir()]
        if not matched:
            raise InputError("no such source file", where=folder / source.path,
                             fix="mend data.sources in the contract")  # fmt: skip
        for path in matched:
            if path in files:
                raise InputError(f"two sources match this file: {files[path].path!r} and "
                                 f"{source.path!r}", where=path)  # fmt: skip
            files[path] = source
    return dict(sorted(files.items()))


def _read_file(
    contract: Contract, path: Path, source: Source, name: str
) -> tuple[list[Found], list[Reject]]:
    found: list[Found] = []
    rejects: list[Reject] = []
    kind = format_of(path)
    for row in kind.rows(path):
        if row.value is None:
            rejects.append(Reject(source=name, line=row.line, reason=row.fault or "no row"))
            continue
        try:
            case, own = to_case(contract, row.value, source.columns, textual=kind.textual)
        except Misfit as misfit:
            rejects.append(Reject(source=name, line=row.line, reason=misfit.what))
        else:
            found.append(Found(case, name, row.line, own))
    if not found and not rejects:
        raise InputError("no rows in this source", where=path, fix="add cases, or take it out")
    return found, rejects


def refuse_many_rejects(
    rejects: list[Reject], read: int, *, most: float, folder: Path, setting: str
) -> None:
    """Stop where the share of broken rows is above a bound, naming the first of them.

    Args:
        rejects: The broken rows.
        read: How many rows there were.
        most: The largest share that is put up with.
        folder: What the rejects' sources are relative to.
        setting: The key that sets the bound, for the message.
    """
    if len(rejects) <= most * read:
        return
    shown = rejects[:MOST_REPORTED]
    fix = (f"mend {'it' if len(rejects) == 1 else 'them'}: {len(rejects)} of {read} rows are "
           f"unusable, {setting} allows {most:.1%}")  # fmt: skip
    raise Problems([
        InputError(r.reason, where=f"{folder / r.source}:{r.line}", fix=fix if last else None)
        for last, r in ((r is shown[-1], r) for r in shown)
    ])  # fmt: skip


def unique_ids(found: list[Found]) -> list[Found]:
    """Cases whose ids are unique: equal content ids are numbered, equal own ids are refused.

    Raises:
        Problems: Own ids that name two rows, with both places.
    """
    by_id: defaultdict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_id[one.case.id].append(one)
    unique: list[Found] = []
    faults: list[DslmError] = []
    for identity, same in by_id.items():
        if len(same) > 1 and any(one.own_id for one in same):
            first, second = same[:2]
            faults.append(InputError(f"id {identity!r} is also at {first.source}:{first.line}",
                                     where=f"{second.source}:{second.line}",
                                     fix="ids must be unique"))  # fmt: skip
        unique.append(same[0])
        for number, one in enumerate(same[1:], start=2):
            case = one.case.model_copy(update={"id": f"{identity}-{number}"})
            unique.append(Found(case, one.source, one.line, own_id=False))
    if faults:
        raise Problems(faults[:MOST_REPORTED])
    return unique


def read_sources(contract: Contract, folder: Path) -> Reading:
    """All cases of the contract's sources.

    Args:
        contract: The workflow's contract.
        folder: The folder that the contract lies in.

    Raises:
        InputError: A source is missing, empty or of an unknown kind.
        Problems: More broken rows than `data.max_rejects` allows, or ids used twice.
    """
    found: list[Found] = []
    rejects: list[Reject] = []
    read: Counter[str] = Counter()
    for path, source in source_files(contract, folder).items():
        name = path.relative_to(folder).as_posix()
        cases, broken = _read_file(contract, path, source, name)
        read[name] = len(cases) + len(broken)
        found += cases
        rejects += broken
    refuse_many_rejects(rejects, read.total(), most=contract.data.max_rejects, folder=folder,
                        setting="data.max_rejects")  # fmt: skip
    unique = sorted(unique_ids(found), key=lambda one: one.case.id)
    return Reading(
        cases=tuple(one.case for one in unique),
        rejects=tuple(rejects),
        source_of={one.case.id: one.source for one in unique},
        read=dict(read),
    )
