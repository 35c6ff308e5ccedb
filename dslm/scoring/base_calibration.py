"""The confidence from which the prompt-only base may proceed, certified as the candidate's is.

Takes the base's scored answers to the calibration split; gives a `Calibration`. A base that let
everything through would be cheap to beat by holding back. Called by the score_base stage, and again
by `dslm verify` and the gate.

An untrained base is often wrong wherever it is sure, and its long prompts are slow to answer. So it
is asked `FIRST` cases, and the others only where it is not hopeless by then. What is given up
certifies nothing, so that the certificate's error is no larger than without. Which cases come first
is drawn by digests of what they ask: in the order of a file they might be those of one source, or
those that somebody wants to come first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dslm.contract import Contract
from dslm.contract.answers.risk_coverage import ranked, would_be_wrong
from dslm.evidence import Calibration
from dslm.provenance import digest_bytes
from dslm.records import Case, Row
from dslm.scoring.calibration import calibrate

FIRST = 100  # cases
LOOKED_AT = 4  # of so many answers the most confident one
HOPELESS = 0.5  # share of wrong ones among those, and twice the contract's bound


def in_drawn_order(cases: Sequence[Case]) -> list[Case]:
    """The calibration split as the base is asked it, whatever the order of its file."""
    return sorted(cases, key=lambda case: (digest_bytes(case.input.encode()), case.id))


def is_hopeless(contract: Contract, rows: Sequence[Row]) -> bool:
    """Whether too many of the most confident of the first answers are wrong to ask for more."""
    wrong, sure = _surest(rows)
    return wrong > max(HOPELESS, 2 * contract.decision.max_selective_risk) * sure or not sure


def _surest(rows: Sequence[Row]) -> tuple[int, int]:
    """Wrong ones among the most confident answers that could proceed, and how many these are."""
    sure = ranked(rows)[: -(-len(rows) // LOOKED_AT)]
    return sum(map(would_be_wrong, sure)), len(sure)


def calibrate_base(
    contract: Contract, rows: Sequence[Row], cases: int, evidence: Mapping[str, str]
) -> Calibration:
    """The lowest threshold that the base's answers certify; none where it was given up.

    Args:
        contract: Bound and confidence.
        rows: Scored rows of the calibration split, or of its first cases.
        cases: Of the split.
        evidence: Of the rows.

    Raises:
        InputError: No rows.
    """
    made = calibrate(contract, rows, evidence)
    if len(rows) >= cases:
        return made
    wrong, sure = _surest(rows)
    why = (
        f"given up after {len(rows)} of {cases} cases: {wrong} of its {sure} most confident "
        "answers were wrong; nothing proceeds"
    )
    return made.model_copy(
        update={"threshold": None, "certified": False, "accepted": 0, "wrong": 0, "coverage": 0.0,
                "upper_bound": None, "groups": 0, "steps": (), "why": why}
    )  # fmt: skip
