"""One evaluator a kind of check, and what a waiver does to its answer.

Takes a check of the policy and a submission; gives a `Check`. Called by `gate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dslm.gating.checks.candidate_checks import bound, zero_tolerance
from dslm.gating.checks.check_result import CheckResult
from dslm.gating.checks.paired_checks import gain, non_inferior
from dslm.gating.checks.slice_alarm import slice_alarm
from dslm.gating.evidence.gate_input import GateInput
from dslm.records import NOT_APPLICABLE, WAIVED, Check, CheckStatus
from dslm.settings.gate_policy import AnyCheck
from dslm.settings.waivers import Waiver

# Each takes its own kind of check, a submission, and the policy's alpha.
EVALUATORS: dict[str, Callable[[Any, GateInput, float], CheckResult]] = {
    "zero_tolerance": zero_tolerance,
    "bound": bound,
    "gain": gain,
    "non_inferior": non_inferior,
    "slice_alarm": slice_alarm,
}


def evaluate(
    check: AnyCheck, submission: GateInput, alpha: float, waiver: Waiver | None = None
) -> Check:
    """One check of the policy on a submission."""
    found = EVALUATORS[check.kind](check, submission, alpha)
    status, why = _waived(found, waiver)
    return Check(
        id=check.id,
        metric=check.metric,
        status=status,
        asked=found.asked,
        seen=found.seen,
        why=why,
        needed_cases=found.needed,
        needed_groups=found.needed_groups,
    )


def _waived(found: CheckResult, waiver: Waiver | None) -> tuple[CheckStatus, str]:
    """A waiver lifts a FAIL or INCONCLUSIVE that was measured, and stays visible."""
    if waiver is None:
        return found.status, found.why
    signed = f"{waiver.signed_off_by} until {waiver.until}: {waiver.reason}"
    if not found.measured:
        return found.status, f"{found.why}; a waiver does not stand in for evidence ({signed})"
    if found.status in ("PASS", NOT_APPLICABLE):
        return found.status, f"{found.why}; the waiver by {signed} is not needed"
    return "PASS", f"{WAIVED} by {signed} (was {found.status}: {found.why})"
