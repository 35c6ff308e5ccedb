from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.repositories.small_repository import case, write_lines

from dslm.curation.labels.review_csv import read_review
from dslm.provenance import write_manifest
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


def curated(ws: Workspace) -> None:
    """Curated splits, one number of which is not in its input."""
    cases = [case(n, prefix="s") for n in range(120)]
    for number, one in enumerate(cases):
        one["meta"]["sender"] = f"s{number % 7}"
    cases[1]["target"]["number"] = "Z-99"
    for number, name in enumerate(("train", "validation", "calibration")):
        write_lines(ws.curated / f"{name}.jsonl", cases[number::3])
    write_manifest(ws.curated, {})


def test_without_curated_cases_the_next_step_is_named(dslm: Call, repository: Workspace) -> None:
    answer = dslm("review", "mini")
    assert answer.code == 2
    assert "nothing is curated yet — run `dvc repro curate@mini`" in answer.err


@pytest.mark.slow
def test_a_review_names_its_file_and_what_to_write(dslm: Call, repository: Workspace) -> None:
    curated(repository)
    answer = dslm("review", "mini")
    assert answer.code == 0
    assert "data/mini/review.csv: 1 rows to look at (not_in_input 1), 0 decided" in answer.out
    assert "write keep, fix:<value> or drop" in answer.out
    assert [row.id for row in read_review(repository.review)] == ["s-001"]


def test_a_review_as_json_lists_its_rows(dslm: Call, repository: Workspace) -> None:
    curated(repository)
    shown = json.loads(dslm("review", "mini", "--at-most", "5", "--json").out)
    assert shown["file"] == "data/mini/review.csv"
    assert (shown["open"], shown["decided"], shown["left_out"]) == (1, 0, 0)
    assert shown["rows"][0]["label"] == "Z-99"


@pytest.mark.slow
def test_a_wrong_verdict_is_an_error_with_its_line(dslm: Call, repository: Workspace) -> None:
    curated(repository)
    dslm("review", "mini")
    text = repository.review.read_text().rstrip("\n") + "perhaps\n"
    repository.review.write_text(text)
    answer = dslm("review", "mini", "--json")
    assert answer.code == 2
    error = json.loads(answer.err)["error"]
    assert error["what"] == "'perhaps' is no verdict"
    assert error["where"].endswith("review.csv:2")


def test_gold_is_reviewed_and_mended_by_two_commands(dslm: Call, repository: Workspace) -> None:
    gold = [case(n) for n in range(60)]
    gold[1]["target"]["number"] = "Z-99"
    write_lines(repository.gold, gold)
    shown = json.loads(dslm("review", "mini", "--gold", "--json").out)
    assert shown["file"] == "eval/mini/gold-review.csv"
    assert [row["id"] for row in shown["rows"]] == ["g-001"]
    text = repository.gold_review.read_text()
    repository.gold_review.write_text(text.rstrip("\n") + "fix:A-1\n")
    done = dslm("review", "mini", "--gold", "--apply")
    assert (done.code, done.err) == (0, "")
    assert "eval/mini/gold.jsonl: 1 cases fixed, 0 dropped, 60 left" in done.out
    assert "dslm check mini" in done.out


def test_gold_is_listed_through_surrogates_unless_asked_raw(
    dslm: Call, repository: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = repository.contract.read_text()
    repository.contract.write_text(text + (
        "  personal: {mode: surrogate, kinds: [email], fields: {target.number: id}}\n"
    ))  # fmt: skip
    gold = [case(n) for n in range(60)]
    gold[1]["target"]["number"] = "Z-99"
    write_lines(repository.gold, gold)
    monkeypatch.delenv("DSLM_PERSONAL_KEY", raising=False)
    bare = dslm("review", "mini", "--gold")
    assert "Z-99" not in bare.out
    assert "DSLM_PERSONAL_KEY is not set" in " ".join(bare.out.split())
    monkeypatch.setenv("DSLM_PERSONAL_KEY", "a secret of thirty-two characters")
    shown = json.loads(dslm("review", "mini", "--gold", "--json").out)
    assert "Z-99" not in json.dumps(shown)
    assert "shown as surrogates" in shown["shown_as"]
    assert "Z-99" in dslm("review", "mini", "--gold", "--raw").out
    assert "Z-99" in repository.gold_review.read_text()


def test_only_golds_verdicts_are_applied_by_the_command(dslm: Call, repository: Workspace) -> None:
    answer = dslm("review", "mini", "--apply")
    assert answer.code == 2
    assert "obeyed by curation — dvc repro gate@mini" in answer.err
