"""A run's cases as its page shows them: personal values of gold and of answers replaced.

Takes what was read and how gold is shown; gives the same with changed inputs, right answers,
answers and slices. What was judged (outcomes, wrong fields, how a value was found in its input)
stays as it was judged on gold as it is. Called by `report`.
"""

from __future__ import annotations

from dataclasses import replace

from dslm.curation.personal import GoldWithSurrogates, in_words
from dslm.records import Row
from dslm.reporting.run_report.grounding_words import grounding_words
from dslm.reporting.run_report.report_data import ReportData


def cases_with_surrogates(data: ReportData, showing: GoldWithSurrogates) -> ReportData:
    """The run as it is shown, and the sentence that says so."""
    personal = (data.ledger or {}).get("personal") or {}
    told = in_words(showing, curated_with=personal.get("key"),
                    raw_by=f"dslm report {data.contract.name} --raw")  # fmt: skip
    data = replace(data, shown_as=told, raw=showing.how == "raw")
    if not showing.hides:
        return data
    answers = {row.id: row.prediction.object for row in data.rows["candidate"]}
    found = {
        case.id: {
            field: showing.quoting(case.id, words)
            for field, words in grounding_words(data.contract, case.input, answers[case.id]).items()
        }
        for case in data.gold
    }
    rows = {model: tuple(_row(row, showing) for row in rows) for model, rows in data.rows.items()}
    gold = tuple(showing.case(case) for case in data.gold)
    return replace(data, gold=gold, rows=rows, found=found)


def _row(row: Row, showing: GoldWithSurrogates) -> Row:
    said = row.prediction
    answer = None if said.object is None else showing.answer(row.id, said.object)
    prediction = said.model_copy(
        update={"object": answer, "text": showing.quoting(row.id, said.text)}
    )
    slices = {name: showing.quoting(row.id, value) for name, value in row.slices.items()}
    return row.model_copy(update={"prediction": prediction, "slices": slices})
