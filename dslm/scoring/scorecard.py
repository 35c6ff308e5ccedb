"""All aggregates of one run, a pure function of gold and rows.

Called by the score stage to write `eval/W/results/scorecard.json`, and again by `dslm verify` and
the gate, which compare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dslm.contract import Contract
from dslm.errors import InputError
from dslm.records import Case, Metric, ModelScore, OutcomeKind, Row, Scorecard
from dslm.scoring.field_scores import field_scores
from dslm.scoring.metrics import Table, latency_percentiles, tabulated
from dslm.scoring.outcome import dearest
from dslm.scoring.rows.scored_rows import same_cases
from dslm.scoring.traffic_weighting import traffic_metrics

KINDS: tuple[OutcomeKind, ...] = ("straight_through", "wrong_proceed", "held_back", "rightly_held")


def _slices(
    contract: Contract, rows: Sequence[Row], table: Table
) -> dict[str, dict[str, dict[str, Metric]]]:
    """Slice → its value → metrics over the rows that have it."""
    found: dict[str, dict[str, dict[str, Metric]]] = {}
    for name in contract.slices:
        parts: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            parts.setdefault(row.slices[name], []).append(place)
        found[name] = {v: table.metrics(dearest(contract), parts[v]) for v in sorted(parts)}
    return found


def score_model(contract: Contract, gold: Sequence[Case], rows: Sequence[Row]) -> ModelScore:
    """All aggregates of one model.

    Raises:
        InputError: No rows, or rows of other cases than gold.
    """
    if not rows:
        raise InputError("no rows to score", fix="score again")
    same_cases(gold, rows)
    kinds, table = Counter(row.outcome.kind for row in rows), tabulated(rows)
    return ModelScore(
        metrics=table.metrics(dearest(contract)),
        fields=field_scores(contract, gold, rows),
        slices=_slices(contract, rows, table),
        latency_ms=latency_percentiles(rows),
        outcomes={kind: kinds[kind] for kind in KINDS},
        traffic=traffic_metrics(contract, rows, table, dearest(contract)),
    )


def make_scorecard(
    contract: Contract,
    gold: Sequence[Case],
    *,
    threshold: float | None,
    rows_by_model: Mapping[str, Sequence[Row]],
    evidence: Mapping[str, str],
) -> Scorecard:
    """The scorecard of a run.

    Args:
        contract: The workflow's contract.
        gold: The gold set, in file order.
        threshold: The candidate's certified threshold, None where nothing may proceed.
        rows_by_model: Rows over gold of `candidate`, `base` and, if there is one, `champion`.
        evidence: Digests of what the candidate's rows were made from.

    Raises:
        InputError: Rows of other cases than gold, or none.
    """
    return Scorecard(
        workflow=contract.name,
        gold_cases=len(gold),
        currency=contract.costs.currency,
        threshold=threshold,
        models={m: score_model(contract, gold, r) for m, r in sorted(rows_by_model.items())},
        evidence=dict(sorted(evidence.items())),
    )
