"""What production would see, in words: the candidate's numbers on gold and by traffic side by side.

Takes contract, gold and scorecard; gives lines that stand in every verdict whose contract has
`traffic`. They decide nothing: checks are judged on gold as it is. Called by `gate`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dslm.contract.cases.slices import slices_of
from dslm.gating.checks.check_result import unit_of, worded
from dslm.gating.evidence.gate_input import GateInput
from dslm.records import Metric

NOTHING = Metric(value=None, low=None, high=None, n=0)
TOLD = ("candidate", "champion", "base")


def weighed_told(submission: GateInput) -> tuple[str, ...]:
    """A line on the shares, and one a metric and model; none without traffic."""
    return tuple(_lines(submission)) if submission.contract.traffic else ()


def _lines(submission: GateInput) -> Iterator[str]:
    for name, shares in submission.contract.traffic.items():
        told = ", ".join(f"{value} {share:.4g}" for value, share in sorted(shares.items()))
        counted = Counter(slices_of(submission.contract, one)[name] for one in submission.gold)
        outside = sum(n for value, n in counted.items() if value not in shares)
        left = f"; {outside} gold cases of other values do not count" if outside else ""
        yield f"shares of {name}: {told}{left}; checks are judged on gold as it is"
    for model in TOLD:
        score = submission.scorecard.models.get(model)
        for metric, found in (score.traffic if score else {}).items():
            unit = unit_of(metric, submission)
            plain = score.metrics.get(metric, NOTHING) if score else NOTHING
            yield (f"{model}, {metric}: {worded(found, unit)} by traffic, "
                   f"{worded(plain, unit)} on gold as it is")  # fmt: skip
