"""An evaluator's answer, and how numbers in it are worded.

Made by the evaluators of `bounds`, `paired_checks` and `slice_alarm`; `check_kinds` turns it into a
`Check`.
"""

from __future__ import annotations

from dataclasses import dataclass

from dslm.gating.checks.paired_difference import Comparison
from dslm.gating.evidence.gate_input import GateInput
from dslm.records import NOT_APPLICABLE, CheckStatus, Metric
from dslm.scoring.all_to_a_person import PERSON
from dslm.scoring.metrics import METRICS
from dslm.statistics.power_and_sample_size import Needed

UNMEASURED = "not measured, so it does not pass"


@dataclass(frozen=True)
class CheckResult:
    """What was asked, what was seen, and what follows.

    `needed` cases, in `needed_groups`, would decide four times in five. `measured` is False where a
    number was missing: no waiver stands in for evidence.
    """

    status: CheckStatus
    asked: str
    seen: str
    why: str
    needed: int | None = None
    needed_groups: int | None = None
    measured: bool = True


def at_least_one_more(needed: Needed, groups: int) -> Needed:
    """What decides is more than what did not, whatever the chances say."""
    if needed.groups > groups:
        return needed
    return Needed(groups + 1, -(-needed.cases * (groups + 1) // max(1, needed.groups)))


def more_groups(needed: Needed, groups: int, cases: int) -> str:
    """How many more groups, and cases, would decide."""
    more = needed.groups - groups
    if groups == cases:
        return f"; about {more} more cases would decide, this gold set has {cases}"
    return (
        f"; about {more} more groups like these, with {max(1, needed.cases - cases)} cases, would "
        f"decide; this gold set has {cases} cases in {groups} groups"
    )


def unmeasured(asked: str) -> CheckResult:
    """FAIL, since there is nothing to judge."""
    return CheckResult("FAIL", asked, "nothing", UNMEASURED, measured=False)


def nothing_to_compare(asked: str, why: str, model: str = "champion") -> CheckResult:
    """NOT APPLICABLE, since there is no champion or anchor release, or none that can be asked."""
    return CheckResult(NOT_APPLICABLE, asked, f"no {model}", why)


def named(model: str) -> str:
    """A model that is compared with, in a sentence."""
    return "people alone" if model == PERSON else f"the {model}"


def unit_of(metric: str, submission: GateInput) -> str | None:
    """The currency of a metric in money, None for a share."""
    money = METRICS[metric].unit == "money"
    return submission.contract.costs.currency if money else None


def amount(value: float, unit: str | None) -> str:
    """A share, or an amount of money."""
    return f"{value:.3f}" if unit is None else f"{value:.2f} {unit}"


def signed(value: float, unit: str | None) -> str:
    """A difference."""
    return f"{value:+.3f}" if unit is None else f"{value:+.2f} {unit}"


def worded(metric: Metric, unit: str | None) -> str:
    """A measured value with its interval."""
    if metric.value is None or metric.low is None or metric.high is None:
        return "nothing"
    low, high = (
        f"{end:.3f}" if unit is None else f"{end:.2f}" for end in (metric.low, metric.high)
    )
    return f"{amount(metric.value, unit)} [{low}, {high}], n = {metric.n}"


def compared(found: Comparison, unit: str | None) -> str:
    """A paired difference with its bounds, and on how many cases the models differ."""
    bounds = f"[{signed(found.low, unit)}, {signed(found.high, unit)}]"
    text = f"{signed(found.difference, unit)} {bounds}, better on {found.gained} and worse on "
    text += f"{found.lost} of {found.cases} cases"
    if found.grouped:
        text += f" in {found.groups} groups"
    if found.p_equal is None:
        return text
    if found.grouped and found.p_equal == 0.0:  # beyond the places that are kept of it
        return f"{text}, p < 1e-08"
    return f"{text}, {'p' if found.grouped else 'McNemar p'} = {found.p_equal:.3g}"
