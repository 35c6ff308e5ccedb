from __future__ import annotations

import json
from collections.abc import Callable

from sample_run import make_run

from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


def test_a_contract_is_shown_in_words(dslm: Call, repository: Workspace) -> None:
    answer = dslm("show", "contract", "mini")
    assert answer.code == 0
    assert "A mail becomes an order" in answer.out
    assert "one of order, other" in answer.out
    assert "An order without a number cannot be found." in answer.out


def test_a_contract_as_json_is_the_contract(dslm: Call, repository: Workspace) -> None:
    shown = json.loads(dslm("show", "contract", "mini", "--json").out)
    assert shown["compare"]["number"]["as"] == "text"


def test_data_counts_every_file(dslm: Call, repository: Workspace) -> None:
    shown = json.loads(dslm("show", "data", "mini", "--json").out)
    assert shown["cases"] == {"data/mini/sources/cases.jsonl": 300, "eval/mini/gold.jsonl": 60}
    assert shown["ledger"] is None
    assert "not curated yet" in dslm("show", "data", "mini").out


def test_counts_of_the_ledger_are_shown_and_its_lists_of_cases_are_not(
    dslm: Call, repository: Workspace
) -> None:
    ledger = {"read": 3, "dropped": {"leak_near": 1}, "cases": [["s-007", "leak_near"]]}
    repository.curated.mkdir(parents=True)
    (repository.curated / "ledger.json").write_text(json.dumps(ledger))
    answer = dslm("show", "data", "mini")
    assert "dropped.leak_near" in answer.out
    assert "s-007" not in answer.out
    shown = json.loads(dslm("show", "data", "mini", "--json").out)
    assert shown["ledger"] == {"read": 3, "dropped": {"leak_near": 1}}


def test_a_run_that_was_not_says_so(dslm: Call, repository: Workspace) -> None:
    answer = dslm("show", "run", "mini")
    assert answer.code == 0
    assert "gate: not yet" in answer.out
    assert "champion: version none" in answer.out


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
    assert "champion: version none" in answer.out


def test_a_cut_result_is_one_line(dslm: Call, repository: Workspace) -> None:
    repository.results.mkdir()
    (repository.results / "gate.json").write_text('{"status": ')
    answer = dslm("show", "run", "mini")
    assert answer.code == 2
    assert "gate.json: not JSON" in answer.err


def test_lists_and_digests_of_a_training_stay_in_its_file(
    dslm: Call, repository: Workspace
) -> None:
    repository.adapter.mkdir(parents=True)
    told = {"steps": 7, "losses": [[1, 2.5]], "evidence": {"data": "sha256:1"}}
    (repository.adapter / "training.json").write_text(json.dumps(told))
    answer = dslm("show", "run", "mini")
    assert "steps" in answer.out
    assert "losses" not in answer.out
    assert "sha256" not in answer.out
    assert json.loads(dslm("show", "run", "mini", "--json").out)["training"] == told
