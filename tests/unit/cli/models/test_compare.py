from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories.scored_rows import MINI, cases, first, rows_of
from support.repositories.small_repository import write_lines

from dslm.scoring import make_scorecard
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


@pytest.fixture
def answered(repository: Workspace, tmp_path: Path) -> tuple[Workspace, Path, Path]:
    held = cases(50, prefix="h")
    write_lines(tmp_path / "labels.jsonl", [case.model_dump(mode="json") for case in held])
    write_lines(tmp_path / "out.jsonl", [
        {"id": c.id, "object": c.target, "action": "proceed"} for c in held
    ])  # fmt: skip
    return repository, tmp_path / "out.jsonl", tmp_path / "labels.jsonl"


def promise(ws: Workspace) -> None:
    gold = cases(100)
    rows = {"candidate": rows_of(gold, first(60, 100))}
    card = make_scorecard(MINI, gold, threshold=0.5, rows_by_model=rows, evidence={})
    ws.results.mkdir(parents=True)
    (ws.results / "scorecard.json").write_text(card.model_dump_json())


def test_the_newest_scorecards_promise_stands_beside_what_was_found(
    dslm: Call, answered: tuple[Workspace, Path, Path]
) -> None:
    ws, out, labels = answered
    promise(ws)
    said = dslm("compare", "mini", out, labels, "--candidate")
    assert said.code == 0, said.err
    assert "Promised by eval/mini/results/scorecard.json." in said.out
    assert "60.0%" in said.out
    assert "better (" in said.out
    document = json.loads(dslm("compare", "mini", out, labels, "--candidate", "--json").out)
    assert document["cases"] == 50
    assert document["promises"][0]["promised"]["n"] == 100
    assert [one["metric"] for one in document["promises"]] == [
        "case_exact_match", "straight_through_rate", "selective_risk",
    ]  # fmt: skip


def test_without_a_scorecard_nothing_was_promised_and_that_is_said(
    dslm: Call, answered: tuple[Workspace, Path, Path]
) -> None:
    said = dslm("compare", "mini", *answered[1:], "--candidate")
    assert said.code == 0, said.err
    assert "No scorecard yet" in said.out


def test_inputs_that_the_promise_was_made_on_are_told(
    dslm: Call, answered: tuple[Workspace, Path, Path]
) -> None:
    ws, out, _ = answered
    promise(ws)
    gold = [json.loads(line) for line in ws.gold.read_text().splitlines()]
    write_lines(out, [{"id": g["id"], "object": g["target"], "action": "abstain"} for g in gold])
    said = dslm("compare", "mini", out, ws.gold, "--candidate")
    assert "Not independent: of these inputs the model has met 60 in gold" in said.out


def test_a_broken_answer_is_named_and_is_the_users_fault(
    dslm: Call, answered: tuple[Workspace, Path, Path]
) -> None:
    _, out, labels = answered
    out.write_text('{"id": "h-000"}\n')
    said = dslm("compare", "mini", out, labels, "--candidate")
    assert said.code == 2
    assert "out.jsonl:1: has no object" in said.err


def test_nested_labels_are_read_as_sources_are(
    dslm: Call, answered: tuple[Workspace, Path, Path]
) -> None:
    ws, out, labels = answered
    ws.contract.write_text(ws.contract.read_text().replace("number", "slots_number"))
    for path in (out, labels):
        path.write_text(path.read_text().replace('"number"', '"slots_number"'))
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    for row in rows:
        number = row["target"].pop("slots_number")
        row["target"]["slots"] = {"number": number} if number else {}
    write_lines(labels, rows)
    said = dslm("compare", "mini", out, labels, "--candidate", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["promises"][0]["found"]["value"] == 1.0
