"""`dslm check` tells what would only fail later: key, breaches, review file, lengths."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.models import tiny_model
from support.repositories.small_repository import RECIPE, case, write_lines

from dslm.cases import read_labelled
from dslm.checking.check_workflow import prove
from dslm.checking.finding import Finding
from dslm.contract import load_contract
from dslm.curation.labels.review_csv import COLUMNS, ReviewRow, write_review
from dslm.curation.personal.surrogates.surrogate_key import fingerprint
from dslm.curation.pipeline import curate
from dslm.curation.sources.daft_engine import Engine
from dslm.settings.workspace import Workspace

WITHOUT = {"kind": "order", "number": None}  # breaks `numbered`


def found(ws: Workspace, proof: str) -> list[Finding]:
    return [f for f in prove(ws) if f.proof == proof]


def change(path: Path, number: int, **changes: Any) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[number] |= changes
    write_lines(path, rows)


def sources(ws: Workspace) -> Path:
    return ws.data / "sources" / "cases.jsonl"


def recipe(ws: Workspace, *, answer: int = 64, **training: Any) -> None:
    """A recipe whose tokenizer is on this machine."""
    document = tiny_model.recipe_document(tiny_model.base_folder(), **training)
    document["inference"]["max_answer_tokens"] = answer
    document["base"]["lock"] = "sha256:" + 64 * "0"
    (ws.root / "recipes" / f"{RECIPE}.yaml").write_text(json.dumps(document))


def surrogates(ws: Workspace) -> None:
    text = ws.contract.read_text()
    ws.contract.write_text(text + "  personal: {mode: surrogate, kinds: [email]}\n")


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def said(ws: Workspace, *rows: tuple[str, str, str, str]) -> None:
    blank = dict.fromkeys(COLUMNS, "")
    write_review(ws.review, [
        ReviewRow(**(blank | {"id": i, "field": f, "label": label, "verdict": v}))
        for i, f, label, v in rows
    ])  # fmt: skip


@pytest.mark.parametrize("key", [None, "short", "dslm demonstration key: published, hides nothing"])
def test_a_key_that_curation_would_refuse_fails(
    repository: Workspace, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    surrogates(repository)
    monkeypatch.delenv("DSLM_PERSONAL_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("DSLM_PERSONAL_KEY", key)
    (finding,) = found(repository, "personal.key")
    assert finding.kind == "fail"
    assert "DSLM_PERSONAL_KEY" in finding.message
    assert str(repository.contract) in (finding.where or "")


def test_a_key_that_is_set_holds(repository: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    surrogates(repository)
    monkeypatch.setenv("DSLM_PERSONAL_KEY", 32 * "k")
    assert [f.kind for f in found(repository, "personal.key")] == ["ok"]


def test_another_key_than_curation_used_is_told(
    repository: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    surrogates(repository)
    monkeypatch.setenv("DSLM_PERSONAL_KEY", 32 * "k")
    contract = load_contract(repository.contract)
    ungrouped = contract.data.model_copy(update={"group_by": None})
    contract = contract.model_copy(update={"data": ungrouped})
    gold = read_labelled(repository.gold, contract)
    curate(contract, repository.data, gold, made(repository.curated), Engine(workers=1))
    assert [f.kind for f in found(repository, "personal.key")] == ["ok"]
    monkeypatch.setenv("DSLM_PERSONAL_KEY", 32 * "n")
    (finding,) = found(repository, "personal.key")
    assert finding.kind == "warn"
    assert fingerprint(32 * b"k") in finding.message
    assert fingerprint(32 * b"n") in finding.message
    assert "dvc repro" in (finding.fix or "")


@pytest.mark.parametrize(
    ("columns", "kind", "told"),
    [("", "warn", "no case has anything there: nothing is replaced; did you mean 'meta.contact'?"),
     ("meta: [sender, language]", "fail", "no source has such a column"),
     ("meta: [sender, language, contcat]", "warn", "no case has anything there")],
)  # fmt: skip
def test_a_personal_field_that_no_case_has_is_told(
    repository: Workspace, columns: str, kind: str, told: str
) -> None:
    text = repository.contract.read_text()
    if columns:
        text = text.replace("licence:", f"columns: {{{columns}}}, licence:")
    fields = "{target.number: id, meta.sender: id, meta.contact: name, meta.contcat: name}"
    repository.contract.write_text(f"{text}  personal: {{mode: keep, fields: {fields}}}\n")
    change(repository.gold, 0, meta={"sender": "a", "language": "en", "contact": "Robin"})
    (finding,) = found(repository, "personal.fields")
    assert (finding.kind, told in finding.message) == (kind, True), finding
    assert "'meta.contcat'" in finding.message


@pytest.mark.parametrize("missing", ["UK", "phonenumbers"])
def test_what_looks_for_personal_data_fails_where_it_cannot(
    repository: Workspace, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    surrogates(repository)
    monkeypatch.setenv("DSLM_PERSONAL_KEY", 32 * "k")
    if missing == "phonenumbers":
        monkeypatch.setitem(sys.modules, missing, None)
    else:
        text = repository.contract.read_text()
        asked = "kinds: [phone], regions: [UK]"
        repository.contract.write_text(text.replace("kinds: [email]", asked))
    told = [f.message for f in found(repository, "personal") if f.kind == "fail"]
    assert len(told) == 1
    assert missing in told[0]


def test_sources_that_break_rules_are_counted_with_the_first_line_and_the_command(
    repository: Workspace,
) -> None:
    for number in (7, 11):
        change(sources(repository), number, target=WITHOUT)
    (finding,) = found(repository, "sources.breaks")
    assert finding.kind == "warn"
    assert "2 of 300 cases" in finding.message
    assert "numbered 2" in finding.message
    assert (finding.where or "").endswith("cases.jsonl:8")
    assert "`dslm breaks mini`" in (finding.fix or "")


def test_a_declared_breach_is_no_warning(repository: Workspace) -> None:
    change(sources(repository), 7, target=WITHOUT,
           meta=case(7)["meta"] | {"breaks": ["numbered"]})  # fmt: skip
    assert [f.kind for f in found(repository, "sources.breaks")] == ["ok"]


def test_a_broken_review_file_fails_with_its_line(repository: Workspace) -> None:
    said(repository, ("s-001", "kind", "order", "maybe"))
    (finding,) = found(repository, "review")
    assert (finding.kind, (finding.where or "").rpartition("/")[2]) == ("fail", "review.csv:2")


def test_a_verdict_on_a_case_that_is_gone_and_one_on_an_older_label_are_stale(
    repository: Workspace,
) -> None:
    said(repository, ("gone", "kind", "order", "drop"), ("s-001", "kind", "other", "keep"),
         ("s-002", "kind", "order", "keep"))  # fmt: skip
    findings = found(repository, "review")
    assert [f.kind for f in findings] == ["warn", "warn"]
    assert "no source has: gone" in findings[0].message
    assert "another label than there is now: kind of s-001" in findings[1].message


def test_a_fix_that_the_source_has_taken_over_is_not_stale(repository: Workspace) -> None:
    said(repository, ("s-001", "kind", "other", "fix:order"))
    assert [f.kind for f in found(repository, "review")] == ["ok"]


def test_answers_beyond_the_recipes_bound_fail_and_the_knob_is_named(repository: Workspace) -> None:
    recipe(repository, answer=5)
    (finding,) = found(repository, "answers")
    assert finding.kind == "fail"
    assert "inference.max_answer_tokens" in (finding.where or "")
    assert "360 right answers have more than 5 tokens" in finding.message
    need = int((finding.fix or "").split()[3])
    recipe(repository, answer=need)
    assert [f.kind for f in found(repository, "answers")] == ["ok"]
    recipe(repository, answer=need - 1)
    assert [f.kind for f in found(repository, "answers")] == ["fail"]


def test_rows_beyond_the_recipes_bound_are_warned_of_and_named(repository: Workspace) -> None:
    recipe(repository)
    change(sources(repository), 4, input="Thanks for the nice day. " * 60)
    (finding,) = found(repository, "rows")
    assert finding.kind == "warn"
    assert "1 of 300 rows" in finding.message
    assert "cases.jsonl:5" in finding.message
    assert "training.max_tokens" in (finding.where or "")


def test_rows_that_are_all_too_long_fail_as_curation_would(repository: Workspace) -> None:
    recipe(repository, max_tokens=16)
    assert [f.kind for f in found(repository, "rows")] == ["fail"]


def test_what_cannot_be_measured_here_is_said_with_the_reason(
    repository: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DSLM_CACHE", str(tmp_path / "nothing"))
    (finding,) = found(repository, "lengths")
    assert (finding.kind, finding.skipped) == ("ok", True)
    assert "not prepared on this machine" in finding.message


@pytest.mark.parametrize("group", [None, "sender"])
def test_a_source_that_holds_gold_is_told_with_its_place(
    repository: Workspace, group: str | None
) -> None:
    assert [f.kind for f in found(repository, "sources.gold")] == ["ok"]
    held = json.loads(repository.gold.read_text().splitlines()[3])
    other = case(7, prefix="again")
    if group is None:
        other |= {"input": f"  {held['input'].upper()}."}
    else:
        other["meta"][group] = held["meta"][group]
    write_lines(repository.data / "sources" / "older.jsonl", [case(3, prefix="old"), other])
    (warning,) = found(repository, "sources.gold")
    assert warning.kind == "warn"
    assert str(warning.where).endswith(("older.jsonl:1", "older.jsonl:2"))
    assert "curation drops them" in warning.message
    assert "delete what is left of the older draw" in str(warning.fix)
