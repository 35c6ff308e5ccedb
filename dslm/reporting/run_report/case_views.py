"""Cases as readers see them: the worst ones field by field, and all of them as one packed blob.

Takes rows and gold; gives case views for the page and base64 of gzipped JSON for its script.
Called by the page.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dslm.provenance import canonical_json
from dslm.records import Case, OutcomeKind, Row
from dslm.reporting.display_names import reason_text
from dslm.reporting.formatting import cut, laid_out, visible, visible_value
from dslm.reporting.run_report.grounding_words import grounding_words
from dslm.reporting.run_report.report_data import ReportData

MOST_BYTES = 240_000  # of the blob, so that a page of thousands of cases stays below 400 kB
INPUT_LENGTHS = (20_000, 4_000, 1_500, 700, 350, 160, 60, 0)
STATIC_INPUT = 2_000  # characters of input shown of a case that is on the page itself
_RANK: dict[OutcomeKind, int] = {
    "wrong_proceed": 0, "held_back": 1, "rightly_held": 1, "straight_through": 2,
}  # fmt: skip


@dataclass(frozen=True)
class FieldView:
    """One field of one case: what gold says, what the model said, and whether that is right."""

    name: str
    gold: str
    answer: str
    wrong: bool
    confidence: float | None
    gold_is_null: bool
    answer_is_null: bool
    found: str  # how the answer occurs in the input; empty for a field that need not


@dataclass(frozen=True)
class CaseView:
    """One case with everything that was done to it."""

    row: Row
    input: str
    fields: tuple[FieldView, ...]
    reasons: tuple[str, ...]
    raw: str | None
    base: Row | None


def worst(rows: Sequence[Row], most: int) -> list[Row]:
    """The cases to look at first: wrong ones that proceeded, then what else was wrong or held.

    Within each, the dearest first, then the wrong before the exact, then the most confident.
    Cases that went straight through, or were rightly held with the right answer, are none.
    """
    seen = [
        row for row in rows
        if row.outcome.kind in ("wrong_proceed", "held_back") or not row.outcome.exact
    ]  # fmt: skip
    seen.sort(key=lambda row: (
        _RANK[row.outcome.kind], row.outcome.exact and row.outcome.kind != "wrong_proceed",
        -row.outcome.cost, -row.prediction.confidence, row.id,
    ))  # fmt: skip
    return seen[:most]


def _found_in(data: ReportData, case: Case, row: Row) -> Mapping[str, str]:
    """How an answer's values were found in its input."""
    if data.found is not None:
        return data.found[case.id]
    return grounding_words(data.contract, case.input, row.prediction.object)


def _field(name: str, gold: Mapping[str, Any], row: Row, found: str) -> FieldView:
    answer = row.prediction.object
    given = None if answer is None else answer.get(name)
    return FieldView(
        name=visible(name),
        gold=laid_out(gold.get(name)),
        answer="no valid answer" if answer is None else laid_out(given),
        wrong=name in row.outcome.wrong_fields,
        confidence=row.prediction.field_confidence.get(name),
        gold_is_null=gold.get(name) is None,
        answer_is_null=given is None,
        found=found,
    )


def case_view(data: ReportData, row: Row, case: Case, base: Row | None) -> CaseView:
    """One case as the page shows it."""
    target = case.target or {}
    found = _found_in(data, case, row)
    return CaseView(
        row=row,
        input=cut(visible(case.input), STATIC_INPUT),
        fields=tuple(
            _field(name, target, row, found.get(name, "")) for name in data.contract.fields
        ),
        reasons=tuple(visible(reason_text(data.contract, r)) for r in row.decision.reasons),
        raw=cut(visible(row.prediction.text), 600) if row.prediction.object is None else None,
        base=base,
    )


def worst_cases(data: ReportData, most: int) -> list[CaseView]:
    """The worst cases of the candidate, ready to show."""
    gold = {case.id: case for case in data.gold}
    base = {row.id: row for row in data.rows.get("base", ())}
    return [
        case_view(data, row, gold[row.id], base.get(row.id))
        for row in worst(data.rows["candidate"], most)
    ]


def _differing(fields: Sequence[str], row: Row, target: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer's values that are not gold's to the letter, by field place; the rest is gold."""
    answer = row.prediction.object
    if answer is None:
        return None
    return {
        str(place): visible_value(answer.get(field))
        for place, field in enumerate(fields)
        if answer.get(field) != target.get(field)
    }


def _found(data: ReportData) -> tuple[list[str], list[dict[str, int]]]:
    """How answers were found in their inputs: the words that occur, and by case field → words."""
    rows, fields = {row.id: row for row in data.rows["candidate"]}, list(data.contract.fields)
    told = [_found_in(data, case, rows[case.id]) for case in data.gold]
    words = list(dict.fromkeys(text for one in told for text in one.values()))
    places = {text: place for place, text in enumerate(words)}
    return words, [{str(fields.index(f)): places[t] for f, t in one.items()} for one in told]


def columns(data: ReportData, input_length: int) -> dict[str, Any]:
    """All cases by column, in the order of the gold set, which packs better than by row."""
    rows = {row.id: row for row in data.rows["candidate"]}
    base = {row.id: row for row in data.rows.get("base", ())}
    ordered = [(case, rows[case.id]) for case in data.gold]
    fields = list(data.contract.fields)
    slices = sorted({name for row in rows.values() for name in row.slices})
    reasons = sorted({r for row in rows.values() for r in row.decision.reasons})
    return {
        "fields": [visible(f) for f in fields],
        "sliceNames": [visible(s) for s in slices],
        "reasonTexts": [visible(reason_text(data.contract, r)) for r in reasons],
        "currency": data.scorecard.currency,
        "id": [visible(case.id) for case, _ in ordered],
        "kind": [row.outcome.kind for _, row in ordered],
        "action": [row.decision.action for _, row in ordered],
        "reasons": [[reasons.index(r) for r in row.decision.reasons] for _, row in ordered],
        "confidence": [round(row.prediction.confidence, 4) for _, row in ordered],
        "cost": [round(row.outcome.cost, 6) for _, row in ordered],
        "wrong": [[fields.index(f) for f in row.outcome.wrong_fields] for _, row in ordered],
        "slices": [[visible(row.slices.get(s, "")) for s in slices] for _, row in ordered],
        "base": [base[case.id].outcome.exact if case.id in base else None for case, _ in ordered],
        "gold": [[visible_value((c.target or {}).get(f)) for f in fields] for c, _ in ordered],
        "answer": [_differing(fields, row, case.target or {}) for case, row in ordered],
        "raw": [cut(visible(row.prediction.text), 300) if row.prediction.object is None else ""
                for _, row in ordered],
        "input": [cut(visible(case.input), input_length) for case, _ in ordered],
    }  # fmt: skip


def packed(data: ReportData) -> tuple[str, int]:
    """All cases as base64 of gzipped JSON, and how many characters of each input are in it.

    Inputs are cut to the longest length that fits the page's budget; a clock-free gzip header
    keeps same data at same bytes.
    """
    words, found = _found(data)
    for length in INPUT_LENGTHS:
        all_cases = columns(data, length) | {"foundWords": words, "found": found}
        blob = gzip.compress(canonical_json(all_cases), compresslevel=9, mtime=0)
        if len(blob) * 4 / 3 <= MOST_BYTES or length == INPUT_LENGTHS[-1]:
            break
    return base64.b64encode(blob).decode("ascii"), length
