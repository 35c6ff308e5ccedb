"""The report's sections as values that the template only has to lay out.

Takes `ReportData`; gives a `Page`. Called by `report.render`. Every number is the scorecard's own;
rows are used for the risk–coverage curve and the cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dslm.contract.answers.risk_coverage import risk_coverage
from dslm.records import Metric, ModelScore, OutcomeKind
from dslm.reporting.charts.inline_svg import Bar, bars, dots, stacked
from dslm.reporting.charts.risk_coverage_chart import Curve, at_threshold, curve_svg, describe
from dslm.reporting.display_names import (
    COST,
    EXACT,
    METRICS,
    MODELS,
    OUTCOMES,
    SELECTIVE_RISK,
    STRAIGHT_THROUGH,
    MetricName,
    metric_name,
)
from dslm.reporting.formatting import plain_value, rate, short_digest, visible
from dslm.reporting.run_report.certificate import certificate_steps as certificate_steps
from dslm.reporting.run_report.report_data import ReportData
from dslm.scoring.all_to_a_person import PERSON

NOTHING = Metric(value=None, low=None, high=None, n=0)
HEADLINE = (STRAIGHT_THROUGH, SELECTIVE_RISK, EXACT, COST)
FEW_CASES = 15  # below this, a slice's interval says little and the page says so


@dataclass(frozen=True)
class Compared:
    """One metric of every model in the scorecard, by model, the candidate first.

    Last, where it has the metric, of giving every case to a person. `by_traffic` is the
    candidate's, gold weighed by the contract's traffic; None where it is not weighed.
    """

    key: str
    name: MetricName
    values: tuple[tuple[str, Metric], ...]
    chart: Markup
    note: str = ""
    by_traffic: Metric | None = None


@dataclass(frozen=True)
class SliceRow:
    """One value of a slice: the candidate's metrics, with the base's exact match beside them."""

    value: str
    cases: int
    metrics: tuple[tuple[str, Metric], ...]
    chart: Markup


@dataclass(frozen=True)
class SliceTable:
    """All values of one slice, and the metrics that its columns show."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[SliceRow, ...]


@dataclass(frozen=True)
class CurveView:
    """The risk–coverage chart with its words."""

    svg: Markup
    words: str
    base_note: str


def models(data: ReportData) -> list[str]:
    """The scorecard's models in reading order: candidate, base, champion, then any other."""
    known = [m for m in MODELS if m in data.scorecard.models]
    return known + sorted(set(data.scorecard.models) - set(MODELS))


def _scale(key: str, metrics: Iterable[Metric], extra: float = 0.0) -> float:
    """Where a chart's scale ends: 1 for rates, the highest value or interval for the rest."""
    if metric_name(key).unit == "rate":
        return 1.0
    seen = [v for m in metrics for v in (m.value, m.high) if v is not None]
    return max([*seen, extra, 1e-9])


def _values(data: ReportData, key: str) -> tuple[tuple[str, Metric], ...]:
    cards = data.scorecard.models
    return tuple((model, cards[model].metrics.get(key, NOTHING)) for model in models(data))


def _person(data: ReportData, key: str) -> tuple[tuple[str, Metric], ...]:
    """The same of giving every case to a person, where its rows were made."""
    return ((PERSON, data.person.get(key, NOTHING)),) if data.person else ()


def _bars(values: Sequence[tuple[str, Metric]]) -> list[Bar]:
    return [Bar(model, metric) for model, metric in values]


def means(data: ReportData) -> dict[str, str]:
    """Check → why it is asked, in the owner's words."""
    return {c.id: c.means for c in data.asked.checks if c.means} if data.asked else {}


def tiles(data: ReportData) -> list[Compared]:
    """The four headline numbers, each with the other models' beside it."""
    policy = data.contract.decision
    notes = {
        SELECTIVE_RISK: f"bound {policy.max_selective_risk * 100:g}\u00a0%, "
        f"at {policy.confidence * 100:g}\u00a0% confidence"
    }
    shown = []
    for key in HEADLINE:
        values = _values(data, key) + (_person(data, key) if key == COST else ())
        scale = _scale(key, [metric for _, metric in values])
        chart = dots(_bars(values), scale)
        weighed = data.scorecard.models["candidate"].traffic.get(key)
        shown.append(Compared(key, metric_name(key), values, chart, notes.get(key, ""), weighed))
    return shown


def all_metrics(data: ReportData) -> list[Compared]:
    """Every metric of the scorecard, known ones first."""
    keys = {key for card in data.scorecard.models.values() for key in card.metrics}
    ordered = [key for key in METRICS if key in keys] + sorted(keys - set(METRICS))
    values = {key: _values(data, key) + _person(data, key) for key in ordered}
    return [Compared(k, metric_name(k), v, Markup("")) for k, v in values.items()]


def field_rows(data: ReportData) -> list[Compared]:
    """F1 of every field, in the order of the contract, model by model."""
    rows = []
    for field in data.contract.fields:
        cards = data.scorecard.models
        values = tuple(
            (m, cards[m].fields[field].f1 if field in cards[m].fields else NOTHING)
            for m in models(data)
        )
        name = MetricName(visible(field), "rate", "")
        rows.append(Compared(field, name, values, bars(_bars(values), 1.0)))
    return rows


def cost_rows(data: ReportData) -> list[tuple[str, Metric, Markup]]:
    """Cost per case of every model, and of giving every case to a person."""
    values = [*_values(data, COST), *_person(data, COST)]
    scale = _scale(COST, [metric for _, metric in values])
    return [(model, metric, bars([Bar(model, metric)], scale)) for model, metric in values]


def outcome_rows(data: ReportData) -> list[tuple[str, tuple[tuple[OutcomeKind, int], ...], Markup]]:
    """How many cases of each model had which outcome."""
    rows = []
    for model in models(data):
        counts = data.scorecard.models[model].outcomes
        parts = tuple((kind, counts.get(kind, 0)) for kind in OUTCOMES)
        rows.append((model, parts, stacked(parts) if any(n for _, n in parts) else Markup("")))
    return rows


def _slice_row(
    value: str, columns: tuple[str, ...], mine: Mapping[str, Metric], base: Mapping[str, Metric]
) -> SliceRow:
    shown = [Bar("candidate", mine.get(EXACT, NOTHING))]
    if EXACT in base:
        shown.append(Bar("base", base[EXACT]))
    return SliceRow(
        value=visible(value),
        cases=mine[EXACT].n if EXACT in mine else max((m.n for m in mine.values()), default=0),
        metrics=tuple((key, mine.get(key, NOTHING)) for key in columns),
        chart=dots(shown, 1.0),
    )


def slice_tables(data: ReportData) -> list[SliceTable]:
    """One table a slice, in the order of the contract."""
    cards = data.scorecard.models
    mine = cards["candidate"].slices
    base: ModelScore | None = cards.get("base")
    order = [name for name in data.contract.slices if name in mine]
    tables = []
    for name in order + sorted(set(mine) - set(order)):
        held = {key for metrics in mine[name].values() for key in metrics}
        columns = tuple(key for key in (EXACT, STRAIGHT_THROUGH, SELECTIVE_RISK, COST)
                        if key in held)  # fmt: skip
        others = base.slices.get(name, {}) if base else {}
        rows = tuple(
            _slice_row(value, columns, metrics, others.get(value, {}))
            for value, metrics in sorted(mine[name].items())
        )
        tables.append(SliceTable(visible(name), columns, rows))
    return tables


def curve_view(data: ReportData) -> CurveView:
    """The risk–coverage chart."""
    points = {model: risk_coverage(rows) for model, rows in data.rows.items()}
    mine, base = points["candidate"], points.get("base", [])
    threshold = data.scorecard.threshold
    curve = Curve(
        candidate=mine,
        base=base,
        bound=data.contract.decision.max_selective_risk,
        operating=None if threshold is None else at_threshold(mine, threshold),
        risk=data.scorecard.models["candidate"].metrics.get(SELECTIVE_RISK),
    )
    if "base" not in data.rows:
        note = "The base model's rows are not here, so its curve is not drawn."
    elif not base:
        note = "None of the base model's answers may proceed, at any threshold."
    else:
        last = base[-1]
        note = f"For the base model it would be {rate(last.coverage)} at {rate(last.risk)}"
        through = any(row.decision.action == "proceed" for row in data.rows["base"])
        note += "." if through else (
            ": nothing could be certified on its calibration answers, so nothing of "
            "it proceeds."
        )  # fmt: skip
    return CurveView(curve_svg(curve), describe(curve), note)


def facts(value: Mapping[str, Any] | None, *, most: int = 60) -> list[tuple[str, str]]:
    """A stage's summary as label and text, nested keys joined; long lists by their length."""
    found: list[tuple[str, str]] = []

    def walk(label: str, part: Any) -> None:
        if isinstance(part, Mapping) and part:
            for key, inner in part.items():
                walk(f"{label} › {key}" if label else str(key), inner)
        elif isinstance(part, list) and (len(part) > 8 or any(isinstance(i, dict) for i in part)):
            found.append((label, f"{len(part)} entries"))
        else:
            text = plain_value(part)
            found.append((label, short_digest(text) if text.startswith("sha256:") else text))

    walk("", value or {})
    return [(visible(k).replace("_", " "), v) for k, v in found if k][:most]


def provenance(data: ReportData) -> list[tuple[str, str]]:
    """Every digest that scorecard and verdict are evidence of."""
    verdict = data.verdict.evidence if data.verdict else {}
    return sorted({**verdict, **data.scorecard.evidence}.items())


def percentiles(data: ReportData) -> list[str]:
    """The latency figures that any model has, p50 before p95 before p99."""
    keys = {key for card in data.scorecard.models.values() for key in card.latency_ms}
    return sorted(keys, key=lambda key: (len(key), key))
