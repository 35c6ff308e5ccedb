"""The books of one curation: what was rejected, dropped and kept, by reason and by source.

Takes the rows that were read and what became of them; gives the ledger. Called by `pipeline`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dslm.contract.model.contract_model import Contract
from dslm.curation.case_table import CaseTable, Places
from dslm.curation.labels import ReviewDecisions
from dslm.curation.ledger import (
    Drop,
    LeakageCheck,
    Ledger,
    PersonalBook,
    Reject,
    ReviewCount,
    SourceCount,
)
from dslm.curation.sources import Rows, refuse_many_rejects
from dslm.curation.splits import SPLITS

LEAKS = ("leak_exact", "leak_near", "leak_quoted", "leak_group")


def rejects_of(rows: Rows, contract: Contract, folder: Path) -> list[Reject]:
    """The rows that are no cases, in the order of their places."""
    import pyarrow.compute as pc

    broken = rows.table.filter(pc.is_valid(rows.table.column("fault")))
    found = broken.select(["file", "line", "fault"]).to_pylist()
    rejects = [
        Reject(source=rows.sources[row["file"]], line=row["line"], reason=row["fault"])
        for row in sorted(found, key=lambda row: (row["file"], row["line"]))
    ]
    refuse_many_rejects(rejects, len(rows.table), most=contract.data.max_rejects, folder=folder,
                        setting="data.max_rejects")  # fmt: skip
    return rejects


def ledger_of(
    rows: Rows, rejects: Sequence[Reject], cases: CaseTable, drops: Mapping[int, Drop],
    kept: CaseTable, review: ReviewCount, personal: PersonalBook | None,
) -> Ledger:  # fmt: skip
    """The ledger.

    Args:
        rows: Every row that was read.
        rejects: Those that are no cases.
        cases: Those that are.
        drops: Those that are not kept, by place.
        kept: Those that are.
        review: What verdicts did.
        personal: What was found of personal data; None where none is looked for.
    """
    reasons = Counter(drop.reason for drop in drops.values())
    read = _by_source(rows, np.arange(len(rows.table)))
    rejected = Counter(reject.source for reject in rejects)
    left = _by_source(rows, kept.order)
    groups = kept.numbers("group_number")
    split = kept.among("split", SPLITS)
    return Ledger(
        read=len(rows.table),
        rejected=len(rejects),
        dropped=dict(sorted(reasons.items())),
        kept=kept.counts("split", SPLITS),
        groups={name: len(np.unique(groups[split == n])) for n, name in enumerate(SPLITS)},
        sources={
            name: SourceCount(read=count, rejected=rejected[name], kept=left[name],
                              dropped=count - rejected[name] - left[name])
            for name, count in sorted(read.items())
        },
        leakage=LeakageCheck(
            compared=len(cases), found={reason: reasons[reason] for reason in LEAKS}
        ),
        review=review.model_copy(update={"fixed_dropped": review.fixed - _fixed(kept)}),
        drops=tuple(drop for _, drop in sorted(drops.items())),
        personal=personal,
    )  # fmt: skip


def review_count(cases: CaseTable, fixed: int, verdicts: ReviewDecisions) -> ReviewCount:
    """What the verdicts of the review file did."""
    named = sorted({*verdicts.drops, *verdicts.fixes})
    there = (cases.among("id", named) >= 0).sum() if named else 0
    return ReviewCount(fixed=fixed, absent=len(named) - int(there))


def _fixed(cases: CaseTable) -> int:
    """How many of the cases have a replaced value."""
    return int(cases.flags("fixed").sum())


def _by_source(rows: Rows, places: Places) -> Counter[str]:
    files = rows.table.column("file").to_numpy()[places]
    counts = np.bincount(files, minlength=len(rows.sources)).tolist()
    return Counter({name: n for name, n in zip(rows.sources, counts, strict=True) if n})
