from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from support.documents.page_reader import read
from support.repositories.sample_run import CONTRACT

from dslm.contract import Contract
from dslm.records import Case, Decision, Outcome, Prediction, Row
from dslm.reporting.formatting import rate
from dslm.reporting.run_report.errors_by_field import (
    MOST_LABELS,
    labels_wrong,
    standing,
    ways_wrong,
)
from dslm.reporting.run_report.report_data import ReportData
from dslm.reporting.run_terminal import weakest_fields


def test_page_and_terminal_tell_one_number_of_a_field(run: ReportData, html: str) -> None:
    rows = run.rows["candidate"]
    counted = Counter(name for row in rows for name in row.outcome.wrong_fields)
    found = standing(run.scorecard)
    assert {one.field: one.wrong_in for one in found if one.wrong_in} == counted
    worst = found[0]
    told = f"{worst.field} in {worst.wrong_in} (F1 {rate(worst.f1.value)})"
    assert weakest_fields(run.scorecard).startswith(told)
    cells = [element.text.strip() for element in read(html).elements if element.tag in ("th", "td")]
    share = rate(worst.wrong_in / worst.cases)
    assert (worst.field, str(worst.wrong_in), share) in zip(
        cells, cells[1:], cells[2:], strict=False
    )


def test_every_wrong_field_is_wrong_in_one_way(run: ReportData) -> None:
    gold = {case.id: case for case in run.gold}
    ways = ways_wrong(run.rows["candidate"], gold)
    for one in standing(run.scorecard):
        if one.wrong_in:
            way = ways[one.field]
            summed = way.left_empty + way.made_up + way.another + way.no_answer
            assert summed == one.wrong_in >= way.alone


OUTPUT: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "required": ["intents", "mood", "note"],
    "properties": {
        "intents": {"type": "array", "items": {"enum": ["book", "cancel"]}},
        "mood": {"enum": ["calm", "angry", None]},
        "note": {"type": ["string", "null"]},
    },
}  # fmt: skip


def chats() -> Contract:
    told = CONTRACT.model_dump(mode="json", by_alias=True)
    told |= {"output": OUTPUT, "compare": {"intents": {"as": "set"}}, "grounded": [],
             "out_of_scope": {}, "rules": []}  # fmt: skip
    told["costs"]["by_field"] = {}
    return Contract.model_validate(told)


@pytest.fixture
def answered() -> tuple[list[Row], dict[str, Case]]:
    """Six chats: (intents, mood, note) that are right, and those that were answered."""
    pairs: list[tuple[tuple[Any, ...], tuple[Any, ...] | None]] = [
        ((["book"], "calm", None), (["book"], "calm", None)),
        ((["book"], "calm", None), (["book"], "angry", "x")),
        ((["book", "cancel"], "calm", "x"), (["book"], "angry", "x")),
        ((["cancel"], "angry", "x"), ([], "angry", None)),
        ((["cancel"], None, "x"), (["cancel", "book"], "angry", "y")),
        ((["book"], "calm", "x"), None),
    ]
    rows, gold = [], {}
    names = OUTPUT["required"]
    for number, (right, said) in enumerate(pairs):
        case_id = f"c{number}"
        target = dict(zip(names, right, strict=True))
        answer = None if said is None else dict(zip(names, said, strict=True))
        wrong = tuple(n for n in names if answer is None or _set(answer[n]) != _set(target[n]))
        gold[case_id] = Case(id=case_id, input="x", target=target)
        rows.append(Row(
            id=case_id, slices={}, group=case_id,
            prediction=Prediction(object=answer, text="", confidence=0.5, finish_reason="stop",
                                  prompt_tokens=1, answer_tokens=1, latency_ms=1.0),
            decision=Decision(action="abstain", reasons=()),
            outcome=Outcome(kind="held_back", exact=not wrong, wrong_fields=wrong, cost=1.0),
        ))  # fmt: skip
    return rows, gold


def _set(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def test_ways_tell_empty_from_made_up_from_another(
    answered: tuple[list[Row], dict[str, Case]],
) -> None:
    ways = ways_wrong(*answered)
    note, intents = ways["note"], ways["intents"]
    assert (note.made_up, note.left_empty, note.another, note.no_answer) == (1, 1, 1, 1)
    assert (intents.left_empty, intents.another, intents.alone) == (1, 2, 0)


def test_labels_tell_what_was_answered_instead(
    answered: tuple[list[Row], dict[str, Case]],
) -> None:
    found = {(one.place, one.label): one for one in labels_wrong(chats(), *answered)}
    calm, angry = found["mood", "calm"], found["mood", "angry"]
    assert (calm.in_gold, calm.missed, calm.wrongly) == (4, 3, 0)
    assert calm.instead == {"angry": 2, "no valid answer": 1}
    assert (angry.in_gold, angry.missed, angry.wrongly) == (1, 0, 3)
    cancel, book = found["intents", "cancel"], found["intents", "book"]
    assert (cancel.in_gold, cancel.missed, cancel.instead) == (3, 2, {"left out": 2})
    assert (book.in_gold, book.missed, book.wrongly) == (4, 1, 1)
    assert next(iter(found)) == ("mood", "calm")
    assert len(found) <= MOST_LABELS
