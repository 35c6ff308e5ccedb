"""What would else only fail in curation or after training, asked before any of it.

Breaches that no case declares, cases that gold holds, a review file that cannot be obeyed, a key
that is not set, rows and answers that are too long. Called by `dslm.checking.check_workflow`, once
the sources were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dslm.checking.data.gold_leaks import prove_leaks
from dslm.checking.data.review_csv_checks import cases_to_look_at, prove_review
from dslm.checking.data.row_lengths import prove_lengths
from dslm.checking.data.rule_breaches import prove_breaches
from dslm.checking.data.source_cases import SourceCases
from dslm.checking.data.surrogate_key_checks import prove_surrogate_key
from dslm.checking.finding import Finding
from dslm.contract.model.contract_model import Contract
from dslm.records import Case
from dslm.settings.workspace import Workspace

__all__ = ["cases_to_look_at", "prove_before_curation"]


def prove_before_curation(
    ws: Workspace, contract: Contract, gold: Sequence[Case], seen: SourceCases
) -> Iterator[Finding]:
    """All such proofs."""
    yield from prove_breaches(ws, seen)
    yield from prove_leaks(ws, seen)
    yield from prove_review(ws, contract, seen)
    yield from prove_surrogate_key(ws, contract)
    yield from prove_lengths(ws, contract, gold, seen)
