"""What `dvc metrics diff`, `dvc exp show` and `dvc plots diff` read: a few numbers, well named.

Takes a scorecard and rows; gives values for `eval/W/results/metrics.json` and `plots/`. Written by
the score stage. DVC draws one line a revision and lists every leaf of a metrics file, so these are
of the candidate, rounded, without digests; all of it, with every interval, is in `scorecard.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dslm.contract.answers.risk_coverage import risk_coverage
from dslm.records import Metric, ModelScore, Row, Scorecard

Point = dict[str, str | float]
DIGITS = 4
HEADLINE = ("case_exact_match", "straight_through_rate", "selective_risk", "cost_per_case")


def dvc_files(card: Scorecard, rows: Sequence[Row]) -> dict[str, str]:
    """What is written into `eval/W/results/`, by the file's name.

    Args:
        card: The scorecard.
        rows: The candidate's.
    """
    drawn = {"plots/risk_coverage": curve(rows), "plots/fields": field_f1(card),
             "metrics": metrics(card)}  # fmt: skip
    return {f"{name}.json": json.dumps(value, indent=1) + "\n" for name, value in drawn.items()}


def told_otherwise(results: Path, card: Scorecard, rows: Sequence[Row]) -> Iterator[str]:
    """Which of these files are there and say something else.

    Args:
        results: The folder.
        card: The scorecard.
        rows: The candidate's.
    """
    for name, text in dvc_files(card, rows).items():
        path = results / name
        if path.exists() and not (path.is_file() and path.read_bytes() == text.encode()):
            yield f"{name}: is not what the scorecard and its rows say"


def metrics(card: Scorecard) -> dict[str, Any]:
    """`metrics.json`: the candidate's metrics by name, then fields, slices and the other models.

    What could not be measured is left out.
    """
    mine = card.models["candidate"]
    found: dict[str, Any] = {**_values(mine, tuple(mine.metrics)), "threshold": card.threshold}
    found["interval"] = {
        name: f"{_rounded(m.low)} to {_rounded(m.high)}"
        for name, m in mine.metrics.items()
        if name in HEADLINE and m.low is not None and m.high is not None
    }
    found["f1"] = _named({name: score.f1 for name, score in mine.fields.items()})
    found["right_by_slice"] = {
        name: _named({v: metrics["case_exact_match"] for v, metrics in values.items()})
        for name, values in mine.slices.items()
    }
    found["by_traffic"] = _named(mine.traffic)
    for model in ("champion", "base"):
        if model in card.models:
            found[model] = _values(card.models[model], HEADLINE)
    return {name: value for name, value in found.items() if value not in (None, {})}


def _values(score: ModelScore, names: tuple[str, ...]) -> dict[str, float]:
    return _named({name: score.metrics[name] for name in names if name in score.metrics})


def _named(values: dict[str, Metric]) -> dict[str, float]:
    return {n: _rounded(m.value) for n, m in values.items() if m.value is not None}


def _rounded(value: float | None) -> float:
    return round(value or 0.0, DIGITS)


def curve(rows: Sequence[Row]) -> list[Point]:
    """`risk_coverage.json`: coverage and selective risk of the candidate at every threshold."""
    return [
        {"confidence": one.confidence, "coverage": round(one.coverage, 6),
         "selective_risk": round(one.risk, 6)}
        for one in risk_coverage(rows)
    ]  # fmt: skip


def field_f1(card: Scorecard) -> list[Point]:
    """`fields.json`: F1 of every field of the candidate; one that gold never has is left out."""
    return [
        {"field": field, "f1": score.f1.value}
        for field, score in card.models["candidate"].fields.items()
        if score.f1.value is not None
    ]
