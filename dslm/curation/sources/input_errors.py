"""When rows that were read cannot be used: too many are broken, or an id names two of them.

Called by `pipeline` and `file_import`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from dslm.curation.ledger import Reject
from dslm.errors import DslmError, InputError, Problems
from dslm.records import Case

MOST_REPORTED = 20


@dataclass(frozen=True)
class RowsFound:
    """A case, where it stands, and whether its id is its own."""

    case: Case
    source: str
    line: int
    own_id: bool


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
    if len(rejects) == read and len({reject.reason for reject in rejects}) == 1:
        shown = [_as_first(rejects)]  # of the file, as a wrong key is, and not of single rows
    fix = (f"mend {'it' if len(rejects) == 1 else 'them'}: {len(rejects)} of {read} rows are "
           f"unusable, {setting} allows {most:.1%}")  # fmt: skip
    raise Problems([
        InputError(r.reason, where=f"{folder / r.source}:{r.line}", fix=fix if last else None)
        for last, r in ((r is shown[-1], r) for r in shown)
    ])  # fmt: skip


def _as_first(same: list[Reject]) -> Reject:
    """The first of some rejects for one reason, which says how many more there are."""
    first, more = same[0], len(same) - 1
    also = f" (and {more} more {'row' if more == 1 else 'rows'})" if more else ""
    return first.model_copy(update={"reason": first.reason + also})


def rows_with_unique_ids(found: list[RowsFound]) -> list[RowsFound]:
    """Cases whose ids are unique: equal content ids are numbered, equal own ids are refused.

    Raises:
        Problems: Own ids that name two rows, with both places.
    """
    by_id: defaultdict[str, list[RowsFound]] = defaultdict(list)
    for one in found:
        by_id[one.case.id].append(one)
    unique: list[RowsFound] = []
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
            unique.append(RowsFound(case, one.source, one.line, own_id=False))
    if faults:
        raise Problems(faults[:MOST_REPORTED])
    return unique
