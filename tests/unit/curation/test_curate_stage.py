from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.models import tiny_model
from support.repositories.dvc_repository import unlike_cases
from support.repositories.small_repository import RECIPE, ROOT, make_repository, write_lines

from dslm.cases import read_labelled
from dslm.contract import load_contract
from dslm.data_card import read_data_card
from dslm.errors import InputError, Problems
from dslm.evidence import data_digest
from dslm.inference.prompts.prompt import Prompt, tuned_prompt
from dslm.provenance import digest_file, read_manifest
from dslm.records import Case
from dslm.settings.workspace import Workspace
from dslm.training.encoded_rows import Encoded, encode
from pipelines.curate import body


def recipe_file(ws: Workspace) -> Path:
    return ws.root / "recipes" / f"{RECIPE}.yaml"


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = make_repository(tmp_path)
    write_lines(made.data / "sources" / "cases.jsonl", unlike_cases(120, prefix="s", seed=1))
    write_lines(made.gold, unlike_cases(30, prefix="g", seed=2))
    recipe_file(made).write_text(tiny_model.recipe_text(tiny_model.base_folder()))
    return made


def told(ws: Workspace) -> tuple[bytes, bytes]:
    return ws.data_card.read_bytes(), ws.data_page.read_bytes()


@pytest.mark.slow
def test_the_stage_writes_card_and_page_of_what_it_curated_to_the_same_bytes(ws) -> None:
    body(ws)
    first, card = told(ws), read_data_card(ws.data_card, "mini")
    book = json.loads((ws.curated / "ledger.json").read_bytes())
    assert (card.read, card.kept) == (120, sum(book["kept"].values()))
    assert card.digests["data"] == data_digest(ws.curated)
    assert card.digests["gold"] == digest_file(ws.gold)
    assert card.digests["sources"].startswith("sha256:")
    assert [check.id for check in card.reach.checks] == ["readable", "right", "holds"]
    body(ws)
    assert told(ws) == first
    assert list(ws.artifacts.glob("*.partial")) == []


@pytest.mark.slow
def test_another_policy_changes_the_card_and_not_what_is_trained_on(ws) -> None:
    body(ws)
    data, first = (ws.curated / "MANIFEST.json").read_bytes(), told(ws)
    ws.policy.write_text(ws.policy.read_text().replace("margin: 0.12", "margin: 0.02"))
    body(ws)
    assert (ws.curated / "MANIFEST.json").read_bytes() == data
    assert all(one != other for one, other in zip(told(ws), first, strict=True))


@pytest.mark.parametrize("broken", ["policy", "gold"])
def test_what_the_card_needs_is_asked_for_before_the_work(ws, broken: str) -> None:
    getattr(ws, broken).unlink()
    with pytest.raises((InputError, Problems)):
        body(ws)
    assert not ws.artifacts.exists()


@pytest.mark.slow
def test_what_the_stage_keeps_training_takes_whatever_the_limit(ws: Workspace) -> None:
    tokenizer, prompt = tiny_model.tokenizer(), tuned_prompt(load_contract(ws.contract))
    body(ws)
    rows = [row for row, _ in encoded(ws, tokenizer, prompt)]
    limit = sorted(len(row.input_ids) for row in rows)[len(rows) // 2]
    longer = {row.case_id for row in rows if len(row.input_ids) > limit}
    assert longer
    base = tiny_model.base_folder()
    recipe_file(ws).write_text(tiny_model.recipe_text(base, max_tokens=limit))
    body(ws)
    kept = encoded(ws, tokenizer, prompt)
    assert max(len(row.input_ids) for row, _ in kept) == limit
    assert {row.case_id for row in rows} - {row.case_id for row, _ in kept} == longer
    book = json.loads((ws.curated / "ledger.json").read_bytes())
    assert book["dropped"]["too_long"] == len(longer)
    assert {case for case, why in book["cases"] if why == "too_long"} == longer
    inputs = read_manifest(ws.curated, made_by="it")["inputs"]
    assert inputs["max_tokens"] == str(limit)
    files = tiny_model.base_files()
    assert (inputs["tokenizer"], inputs["template"]) == (files.tokenizer, files.template)


def encoded(ws: Workspace, tokenizer: Any, prompt: Prompt) -> list[tuple[Encoded, Case]]:
    contract = load_contract(ws.contract)
    parts = [read_labelled(ws.curated / f"{n}.jsonl", contract) for n in ("train", "validation")]
    return [(encode(tokenizer, prompt, case), case) for part in parts for case in part]


@pytest.mark.slow
def test_another_learning_rate_changes_nothing_that_is_written(ws: Workspace) -> None:
    body(ws)
    first = (ws.curated / "MANIFEST.json").read_bytes()
    base = tiny_model.base_folder()
    recipe_file(ws).write_text(tiny_model.recipe_text(base, learning_rate=0.001))
    body(ws)
    assert (ws.curated / "MANIFEST.json").read_bytes() == first


def test_a_base_that_is_not_here_is_one_clear_error_before_the_work(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    document = tiny_model.recipe_document("x")
    document["base"] = {"hub": "nobody/nothing", "revision": "0" * 40}
    recipe_file(ws).write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"hub nobody/nothing: not in the cache.*dslm base"):
        body(ws)
    assert not ws.artifacts.exists()


@pytest.mark.slow
def test_the_stage_loads_no_torch(ws: Workspace) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from dslm.settings.workspace import Workspace\nfrom pipelines.curate import body\n"
        f"body(Workspace(Path({str(ws.root)!r}), 'mini'))\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False True"
