"""Proof of `review.csv`: curation can obey every verdict, and none speaks of something else.

Gives what it says for the proofs of the sources, and findings once those were read. Called by
`dslm.checking.data.before_curation`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dslm.checking.data.source_cases import SourceCases
from dslm.checking.finding import Finding, failures, named, ok, warn
from dslm.contract.model.contract_model import Contract
from dslm.curation.labels import (
    ReviewDecisions,
    ReviewRow,
    outdated,
    parsed,
    read_decisions,
    read_review,
)
from dslm.curation.personal import personal_pipeline
from dslm.errors import DslmError
from dslm.settings.files.regular_files import is_there
from dslm.settings.workspace import Workspace


def cases_to_look_at(ws: Workspace, contract: Contract) -> SourceCases:
    """An empty memory of the sources that knows what the review file says, if it can be read."""
    try:
        rows = [row for row in read_review(ws.review) if row.decided]
        verdicts = read_decisions(ws.review, contract)
    except DslmError:
        return SourceCases(contract)  # `prove_review` tells
    try:
        cleaning = personal_pipeline(contract, os.environ)
    except DslmError:  # `surrogate_key` tells
        cleaning = None
    replacer = cleaning.replacer if cleaning else None
    return SourceCases(contract, verdicts, frozenset(row.id for row in rows), replacer)


def prove_review(ws: Workspace, contract: Contract, seen: SourceCases) -> Iterator[Finding]:
    """Wrong verdicts fail; those of cases that are gone, or of older labels, are warned of."""
    try:
        if not is_there(ws.review):
            return
        verdicts = read_decisions(ws.review, contract)
        rows = [row for row in read_review(ws.review) if row.decided]
        fixed = (verdicts.fixed(case) for case in seen.reviewed.values())
        verdicts.refuse_misfits(contract, (case for case in fixed if case.id in verdicts.fixes))
    except DslmError as error:
        yield from failures("review", error)
        return
    stale = [*_absent(rows, seen), *_outdated(contract, verdicts, rows, seen)]
    for what, where in stale:
        yield warn("review", what, where=f"{ws.review}:{where[0].line}",
                   fix=f"look at {'it' if len(where) == 1 else 'them'} again: "
                   f"`dslm review {ws.workflow}`, or take the rows out")  # fmt: skip
    if not stale:
        told = f"{len(rows)} verdicts, each of a case that is there" if rows else "no verdict yet"
        yield ok("review", told)


Stale = tuple[str, list[ReviewRow]]


def _absent(rows: list[ReviewRow], seen: SourceCases) -> list[Stale]:
    gone = [row for row in rows if row.id not in seen.reviewed]
    if not gone:
        return []
    ids = named(dict.fromkeys(row.id for row in gone))
    return [(f"{len(gone)} of {len(rows)} verdicts are on cases that no source has: {ids}", gone)]


def _outdated(
    contract: Contract, verdicts: ReviewDecisions, rows: list[ReviewRow], seen: SourceCases
) -> list[Stale]:
    """Verdicts on labels that were changed since; not told where surrogates changed them anyway."""
    if contract.data.personal.mode in ("surrogate", "mask"):
        return []
    changed = [
        row
        for row in rows
        if parsed(contract, row)[0] != "drop"
        and outdated(contract, row, seen.reviewed.get(row.id))
        and not _done(row, verdicts, seen)
    ]
    if not changed:
        return []
    keys = named(f"{row.field} of {row.id}" for row in changed)
    return [(f"{len(changed)} of {len(rows)} verdicts speak of another label than there is now: "
             f"{keys}", changed)]  # fmt: skip


def _done(row: ReviewRow, verdicts: ReviewDecisions, seen: SourceCases) -> bool:
    """Whether the label is by now what the verdict makes of it."""
    case, fixes = seen.reviewed.get(row.id), verdicts.fixes.get(row.id, {})
    if case is None or row.field not in fixes:
        return False
    return bool((case.target or {}).get(row.field) == fixes[row.field])
