"""The trivial policy, every case to a person, as a model with rows like any other.

Takes contract and gold; gives rows that no stage has to answer and nobody has to believe: each case
is held back and reviewed, priced by the same function as everybody's outcomes. Called by the gate,
for checks `over: person` or `to: person`, and by report and comment, which show it beside the
models.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract import Contract
from dslm.records import Case, Decision, Metric, Prediction, Row
from dslm.scoring.intervals import DECIMALS, MICRO
from dslm.scoring.metrics import METRICS, counts
from dslm.scoring.rows.scored_rows import make_row

PERSON = "person"
# What follows from holding every case back. How often people are right the contract does not say.
KNOWN = ("cost_per_case", "straight_through_rate", "coverage")

_UNASKED = Prediction(object=None, text="", confidence=0.0, finish_reason="invalid",
                      prompt_tokens=0, answer_tokens=0, latency_ms=0.0)  # fmt: skip
_REVIEWED = Decision(action="abstain", reasons=("all_to_a_person",))


def person_rows(contract: Contract, gold: Sequence[Case]) -> list[Row]:
    """A row a case, in the order of gold: held back, and reviewed.

    Raises:
        InputError: A case has no target.
    """
    return [make_row(contract, case, _UNASKED, _REVIEWED) for case in gold]


def person_metrics(contract: Contract, gold: Sequence[Case]) -> dict[str, Metric]:
    """What the rows come to, of the metrics that it has; no interval, since no chance is in it."""
    rows = person_rows(contract, gold)
    return {name: _certain(name, rows) for name in KNOWN} if rows else {}


def _certain(name: str, rows: Sequence[Row]) -> Metric:
    measure = METRICS[name]
    above, below = counts(measure, rows)
    unit = MICRO if measure.unit == "money" else 1
    value = round(int(above.sum()) / (int(below.sum()) * unit), DECIMALS)
    return Metric(value=value, low=None, high=None, n=len(rows))
