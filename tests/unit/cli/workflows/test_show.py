from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from support.curation.sample_data_card import make_card
from support.repositories.sample_run import make_run

from dslm.cli.workflows.show import _form
from dslm.data_card import DataCard
from dslm.provenance import write_atomic
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


def test_a_contract_is_shown_in_words(dslm: Call, repository: Workspace) -> None:
    answer = dslm("show", "contract", "mini")
    assert answer.code == 0
    assert "A mail becomes an order" in answer.out
    assert "one of order, other" in answer.out
    assert "An order without a number cannot be found." in answer.out


@pytest.mark.parametrize(("schema", "words"), [
    ({"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
     "number (minimum 0) or nothing"),
    ({"anyOf": [{"enum": ["a", None]}, {"type": "null"}]}, "one of a, nothing or nothing"),
    ({"oneOf": [{"const": "a"}, {"type": "integer"}]}, "one of a or integer"),
    ({"const": "a"}, "one of a"),
    ({"type": ["number", "null"]}, "number or nothing"),
    ({"type": "null"}, "nothing"),
    ({"type": "string", "format": "date"}, "string (format date)"),
    ({"type": "array", "items": {"type": "string"}}, "array of string"),
    ({"type": "array", "prefixItems": [{}], "items": False}, "array"),
    ({"type": "object", "properties": {"flat": {}, "name": {}}}, "object of flat, name"),
    ({}, "any"),
])  # fmt: skip
def test_every_schema_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert _form(schema) == words


def test_a_contract_as_json_is_the_contract(dslm: Call, repository: Workspace) -> None:
    shown = json.loads(dslm("show", "contract", "mini", "--json").out)
    assert shown["compare"]["number"]["as"] == "text"


def test_data_counts_every_file(dslm: Call, repository: Workspace) -> None:
    shown = json.loads(dslm("show", "data", "mini", "--json").out)
    assert shown["cases"] == {"data/mini/sources/cases.jsonl": 300, "eval/mini/gold.jsonl": 60}
    assert shown["card"] is None
    assert "no data card yet: run `dvc repro curate@mini`" in dslm("show", "data", "mini").out


def test_the_data_card_is_told_in_the_terminal(dslm: Call, repository: Workspace) -> None:
    card = make_card()
    write_atomic(repository.data_card, card.to_json())
    answer = dslm("show", "data", "mini")
    assert answer.code == 0, answer.err
    said = answer.out.replace("\u00a0", " ")
    assert said.startswith("parcels: Of 100 rows, 90 are kept (90.0 %), 8 dropped")
    assert "40 gold cases can decide a non-inferiority margin of 8.8 % or more" in said
    assert "is nearly a gold case (leak_near)" in said
    assert "claim" in said
    assert "artifacts/mini/data-card.html" in said
    shown = json.loads(dslm("show", "data", "mini", "--json").out)
    assert DataCard.model_validate(shown["card"]) == card


def test_a_cut_data_card_is_one_line(dslm: Call, repository: Workspace) -> None:
    write_atomic(repository.data_card, '{"workflow": "mini"')
    answer = dslm("show", "data", "mini")
    assert answer.code == 2
    assert "data-card.json" in answer.err
    assert "dvc repro curate@mini" in answer.err


def test_a_run_that_was_not_says_so(dslm: Call, repository: Workspace) -> None:
    answer = dslm("show", "run", "mini")
    assert answer.code == 0
    lines = [line.split(maxsplit=1) for line in answer.out.splitlines()]
    assert lines == [
        ["Gate", "not yet"], ["Training", "not yet"], ["Calibration", "not yet"],
        ["Champion", "none"], ["Registry", "dslm release list mini"],
        ["Next", "dvc repro gate@mini"],
    ]  # fmt: skip


def test_a_run_is_shown_from_what_git_keeps(dslm: Call, repository: Workspace) -> None:
    made = make_run(8, status="PASS")
    assert made.verdict is not None
    repository.results.mkdir()
    (repository.results / "scorecard.json").write_text(made.scorecard.model_dump_json())
    (repository.results / "gate.json").write_text(made.verdict.model_dump_json())
    answer = dslm("show", "run", "mini")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("✓ PASS")
    assert "8 gold cases" in answer.out
    assert re.search(r"^Champion +none$", answer.out, re.MULTILINE)


def test_a_cut_result_is_one_line(dslm: Call, repository: Workspace) -> None:
    repository.results.mkdir()
    (repository.results / "gate.json").write_text('{"status": ')
    answer = dslm("show", "run", "mini")
    assert answer.code == 2
    assert "gate.json: not JSON" in answer.err


def test_a_training_is_shown_in_a_line_and_whole_as_json(dslm: Call, repository: Workspace) -> None:
    repository.adapter.mkdir(parents=True)
    told = {
        "steps": 1700, "rows": 3400, "batch_size": 2, "accumulation": 4, "losses": [[1, 2.5]],
        "validation_losses": [[0, 2.5], [1700, 0.25]], "evidence": {"data": "sha256:1"},
    }  # fmt: skip
    (repository.adapter / "training.json").write_text(json.dumps(told))
    answer = dslm("show", "run", "mini")
    line = "1,700 updates of 8 rows, 3,400 cases, validation loss 2.500, now 0.250"
    assert re.search(rf"^Training +{line}$", answer.out, re.MULTILINE)
    assert "sha256" not in answer.out
    assert json.loads(dslm("show", "run", "mini", "--json").out)["training"] == told
