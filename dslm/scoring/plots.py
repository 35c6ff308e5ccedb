"""The points that `dvc plots` draws, written by the score stage to `eval/W/results/plots/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dslm.contract.ranking import ranked, would_be_wrong
from dslm.records import Row, Scorecard

Point = dict[str, str | float]


def risk_coverage(rows_by_model: Mapping[str, Sequence[Row]]) -> list[Point]:
    """`risk_coverage.json`: coverage and selective risk at every threshold, by model."""
    points: list[Point] = []
    for model, rows in sorted(rows_by_model.items()):
        order, wrong = ranked(rows), 0
        for taken, row in enumerate(order, start=1):
            wrong += would_be_wrong(row)
            confidence = row.prediction.confidence
            if taken < len(order) and order[taken].prediction.confidence == confidence:
                continue  # a threshold takes equal confidences together
            points.append({"model": model, "confidence": confidence,
                           "coverage": round(taken / len(rows), 6),
                           "selective_risk": round(wrong / taken, 6)})  # fmt: skip
    return points


def field_f1(card: Scorecard) -> list[Point]:
    """`fields.json`: F1 of every field, by model; a field that gold never has is left out."""
    return [
        {"model": model, "field": field, "f1": score.f1.value}
        for model, scores in sorted(card.models.items())
        for field, score in scores.fields.items()
        if score.f1.value is not None
    ]
