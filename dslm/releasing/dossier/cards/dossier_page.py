"""The page of a dossier: one HTML file, no script, no network, for a screen, a telephone and paper.

Takes artefacts and what a dossier says; gives HTML. Every text in it was made visible and is
escaped by the template. Called by `derived_files`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dslm.records import Metric, Scorecard
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.cards.hugging_face_card import base_of
from dslm.reporting import display_names
from dslm.reporting.charts.inline_svg import stacked
from dslm.reporting.data_card.data_card_page import reach_sentence, reasons, sentence
from dslm.reporting.formatting import interval, quantity, short_digest, visible
from dslm.reporting.formatting import visible_value as shown
from dslm.reporting.page_templates import rendered

if TYPE_CHECKING:
    from dslm.releasing.dossier.derived_files import Dossier

MODELS = ("candidate", "base", "champion", "anchor")
CLASSES = {"evidenced": "evidenced", "partial": "partial", "not evidenced": "missing",
           "out of scope": "outside"}  # fmt: skip
MEANS = {
    "evidenced": "every claim that the row needs is shown by files of this release",
    "partial": "some of it is shown, or something stays open whatever is shown",
    "not evidenced": "nothing of this release shows it",
    "out of scope": "a matter of the organisation that no file of a release can show",
}


@dataclass(frozen=True)
class Cell:
    """A number and its interval, as read."""

    value: str
    interval: str = ""


@dataclass(frozen=True)
class Line:
    """A row of a table of numbers."""

    name: str
    cells: tuple[Cell, ...]


def page(found: Artefacts, told: Dossier) -> str:
    """The page as HTML."""
    card, contract = found.scorecard, found.contract
    models = [name for name in MODELS if card and name in card.models]
    return rendered(
        "dossier.html.jinja", None,
        told=shown(told.model_dump(mode="json")),
        made=shown(found.made.model_dump(mode="json")),
        summary=visible(contract.summary) if contract else "The release carries no contract.",
        task=visible(contract.task) if contract else "",
        contract_version=contract.version if contract else None,
        base=shown(base_of(found)),
        classes=CLASSES, means=MEANS,
        anchors={one.title: one.claim.replace(" ", "-") for one in told.claims},
        frameworks=_frameworks(told),
        models=[display_names.model_name(name) for name in models],
        metrics=list(_metrics(card, models)) if card else [],
        fields=list(_fields(card)) if card else [],
        slices=list(_slices(card)) if card else [],
        gold_cases=card.gold_cases if card else 0,
        data=_data(found),
        verdict=shown(found.verdict.model_dump(mode="json")) if found.verdict else None,
        moves=[shown(move.model_dump(mode="json")) for move in found.moves],
        signature=_signature(found),
        approvals=[shown(one.model_dump(mode="json")) for one in found.approvals],
        drill=shown(found.drill.model_dump(mode="json")) if found.drill else None,
        made_from=[(visible(key), visible(short_digest(value)))
                   for key, value in sorted(found.evidence.items())],
        parts=len((found.bill or {}).get("components", [])),
    )  # fmt: skip


def _frameworks(told: Dossier) -> list[dict[str, Any]]:
    found = []
    for one in told.frameworks:
        counts = [(CLASSES[status], count) for status, count in one.counts.items()]
        rows = [shown(row.model_dump(mode="json")) for row in told.controls
                if row.of == one.framework]  # fmt: skip
        found.append({
            "id": one.framework, "title": one.title, "source": one.source, "counts": one.counts,
            "chart": stacked(counts), "rows": rows,
        })  # fmt: skip
    return found


def _written(name: str, metric: Metric | None, currency: str) -> Cell:
    unit = display_names.METRICS[name].unit if name in display_names.METRICS else "rate"
    if metric is None or metric.value is None:
        return Cell("n/a")
    between = interval(metric, unit, currency) if metric.low is not None else ""
    return Cell(quantity(metric.value, unit, currency), between)


def _metrics(card: Scorecard, models: list[str]) -> Iterator[Line]:
    names = sorted({name for model in models for name in card.models[model].metrics})
    for name in sorted(names, key=lambda one: (one not in display_names.METRICS, one)):
        cells = [_written(name, card.models[m].metrics.get(name), card.currency) for m in models]
        yield Line(visible(display_names.metric_name(name).label), tuple(cells))
    waits = [card.models[model].latency_ms for model in models]
    if any("p95" in one for one in waits):
        told = [Cell(f"{one['p95']:,.0f} ms" if "p95" in one else "n/a") for one in waits]
        yield Line("Waited, 95 % at most", tuple(told))


def _fields(card: Scorecard) -> Iterator[Line]:
    candidate = card.models.get("candidate")
    for name, field in sorted(candidate.fields.items()) if candidate else ():
        asked = (field.precision, field.recall, field.f1, field.accuracy)
        yield Line(visible(name), tuple(_written("", one, card.currency) for one in asked))


def _slices(card: Scorecard) -> Iterator[Line]:
    candidate = card.models.get("candidate")
    for name, values in sorted(candidate.slices.items()) if candidate else ():
        for value, metrics in sorted(values.items()):
            exact = metrics.get(display_names.EXACT)
            through = metrics.get(display_names.STRAIGHT_THROUGH)
            cells = (
                Cell(f"{exact.n:,}" if exact else "n/a"),
                _written(display_names.EXACT, exact, card.currency),
                _written(display_names.STRAIGHT_THROUGH, through, card.currency),
            )
            yield Line(f"{visible(name)}: {visible(value)}", cells)


def _data(found: Artefacts) -> dict[str, Any] | None:
    card, contract = found.data_card, found.contract
    if card is None:
        return None
    sources = [(visible(s.path), visible(s.origin), visible(s.licence))
               for s in (contract.data.sources if contract else ())]  # fmt: skip
    parts = [
        (display_names.part_name(name), part.cases, part.groups)
        for name, part in card.parts.items()
    ]
    return {"sentence": sentence(card), "reach": reach_sentence(card), "parts": parts,
            "reasons": reasons(card), "sources": sources}  # fmt: skip


def _signature(found: Artefacts) -> dict[str, Any] | None:
    signed = found.signature
    if signed is None:
        return None
    policy = found.policy
    keys = [one.name for one in policy.signing.keys] if policy else []
    keys += policy.roles.get("trainer", []) if policy else []
    return {
        "key": visible(signed.key_id[:12]),
        "demonstration": signed.demonstration,
        "holders": [visible(one) for one in keys],
        "required": bool(found.policy and found.policy.signing.required),
    }
