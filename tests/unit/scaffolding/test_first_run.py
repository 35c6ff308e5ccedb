"""What `dslm init` makes needs no second start: room for the sample, parts, real groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.models import tiny_model
from support.repositories.small_repository import RECIPE, write_lines

from dslm.checking.check_workflow import prove
from dslm.contract.model.contract_model import load_contract
from dslm.errors import InputError
from dslm.scaffolding.init_workflow import Request, Scaffolded, scaffold
from dslm.scaffolding.recipe_lengths import Lengths, lengths_for
from dslm.settings.params import recipe_of
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace


def sample(path: Path, count: int = 80, **changes: Any) -> Path:
    rows = [
        {"text": f"order A-{n} of {['tea', 'coffee'][n % 2]} please",
         "target": {"intents": ["order"], "slots": {"number": f"A-{n}"} | (
             {"drink": ["tea", "coffee"][n % 2]} if n % 3 else {})},
         "meta": {"customer": f"c{n % 9}", "chat": f"chat-{n}"}} | changes
        for n in range(count)
    ]  # fmt: skip
    write_lines(path, rows)
    return path


def make(ws: Workspace, path: Path, **options: Any) -> Scaffolded:
    return scaffold(ws.root, Request("chats", path, **options))


def tiny(ws: Workspace, **changes: Any) -> None:
    """The repository's recipe, with a tokenizer that is on this machine."""
    document = tiny_model.recipe_document(tiny_model.base_folder(), max_tokens=changes["rows"])
    document["inference"]["max_answer_tokens"] = changes["answers"]
    document["base"]["lock"] = "sha256:" + 64 * "0"
    (ws.root / "recipes" / f"{RECIPE}.yaml").write_text(json.dumps(document, indent=1))


def failing(ws: Workspace) -> list[str]:
    return [f.message for f in prove(ws) if f.kind == "fail"]


def test_nested_slots_are_proposed_as_fields_of_their_own_and_said_so(
    repository: Workspace, tmp_path: Path
) -> None:
    made = make(repository, sample(tmp_path / "s.jsonl"))
    contract = load_contract(made.workspace.contract)
    assert contract.fields == ("intents", "slots_number", "slots_drink")
    assert contract.output["properties"]["slots_drink"] == {"enum": ["coffee", "tea", None]}
    assert contract.grounded == ["slots_number"]
    assert any(n.startswith("slots: an object, taken apart into slots_number") for n in made.notes)
    assert failing(made.workspace) == []


def test_rows_as_nested_as_the_sample_are_sources_too(
    repository: Workspace, tmp_path: Path
) -> None:
    made = make(repository, sample(tmp_path / "s.jsonl"))
    rows = [
        json.loads(line) for line in sample(tmp_path / "more.jsonl", 10).read_text().splitlines()
    ]
    write_lines(made.workspace.data / "sources" / "more.jsonl",
                [{"input": row["text"], "target": row["target"]} for row in rows])  # fmt: skip
    found = [f for f in prove(made.workspace) if f.proof == "sources" and "more" in f.message]
    assert [(f.kind, "10 rows" in f.message) for f in found] == [("ok", True)]


def test_nested_objects_are_kept_whole_where_asked(repository: Workspace, tmp_path: Path) -> None:
    made = make(repository, sample(tmp_path / "s.jsonl"), nested=True)
    assert load_contract(made.workspace.contract).fields == ("intents", "slots")
    assert any("right or wrong as a whole" in note for note in made.notes)


def test_a_group_of_one_case_each_is_told_to_be_none(repository: Workspace, tmp_path: Path) -> None:
    made = make(repository, sample(tmp_path / "s.jsonl"), group_by="chat")
    assert any(note.startswith("chat: every case has one of its own") for note in made.notes)
    again = make(repository, sample(tmp_path / "s.jsonl"), group_by="customer", again=True)
    assert not any("of its own, so it is no group" in note for note in again.notes)


def test_a_recipe_that_fits_is_taken_as_it_is(repository: Workspace, tmp_path: Path) -> None:
    tiny(repository, rows=512, answers=200)
    made = make(repository, sample(tmp_path / "s.jsonl"))
    assert made.recipe == RECIPE
    assert not (repository.root / "recipes" / "chats.yaml").exists()


def test_a_recipe_that_does_not_fit_gets_a_variant_that_check_accepts(
    repository: Workspace, tmp_path: Path
) -> None:
    tiny(repository, rows=40, answers=10)
    made = make(repository, sample(tmp_path / "s.jsonl"))
    assert made.recipe == "chats"
    recipe = recipe_of(made.workspace)  # held to what it claims to extend
    assert recipe.extends is not None
    assert recipe.extends.recipe == RECIPE
    assert recipe.training.max_tokens > 40
    assert recipe.inference.max_answer_tokens > 10
    proofs = {f.proof: f.kind for f in prove(made.workspace)}
    assert (proofs["answers"], proofs["rows"]) == ("ok", "ok")


def test_one_row_far_longer_than_all_others_does_not_set_the_room(repository: Workspace) -> None:
    lengths = Lengths((*(100,) * 400, 9000), (*(20,) * 401,), counted=True)
    room = lengths_for(repository.root, "chats", RECIPE, lengths)
    assert (room.recipe, room.text) == (RECIPE, None)
    assert any(note.startswith("1 rows are far longer") for note in room.notes)


def test_rows_of_a_page_take_the_longer_sister(repository: Workspace) -> None:
    room = lengths_for(repository.root, "chats", RECIPE, Lengths((900,), (100,), counted=True))
    assert (room.recipe, room.text) == (f"{RECIPE}-long", None)


@given(row=st.integers(1, 6000), answer=st.integers(1, 3000))
def test_the_room_holds_every_row_and_answer_whatever_their_lengths(
    tmp_path_factory: pytest.TempPathFactory, row: int, answer: int
) -> None:
    root = tmp_path_factory.mktemp("repository")
    (root / "recipes").mkdir()
    for name in (RECIPE, f"{RECIPE}-long"):
        source = Path(__file__).parents[3] / "recipes" / f"{name}.yaml"
        (root / "recipes" / f"{name}.yaml").write_text(source.read_text())
    room = lengths_for(root, "chats", RECIPE, Lengths((row,), (answer,), counted=True))
    if room.text is not None:
        (root / "recipes" / "chats.yaml").write_text(room.text)
    recipe = load_recipe(root / "recipes" / f"{room.recipe}.yaml")
    assert recipe.training.max_tokens >= row
    assert recipe.inference.max_answer_tokens >= answer


def test_starting_over_replaces_everything_and_keeps_what_was_there(
    repository: Workspace, tmp_path: Path
) -> None:
    tiny(repository, rows=40, answers=10)
    made = make(repository, sample(tmp_path / "s.jsonl"))
    made.workspace.contract.write_text("mine, edited by hand\n")
    tiny(repository, rows=512, answers=200)
    again = make(repository, sample(tmp_path / "s.jsonl", 100), group_by="customer", again=True)
    told = {one.path: one.change for one in again.replaced}
    assert told["data/chats/workflow.yaml"] == "replaced"
    assert told["eval/chats/waivers.yaml"] == "unchanged"
    assert told["recipes/chats.yaml"] == "removed"
    assert again.kept_in is not None
    kept = again.kept_in / "data" / "chats" / "workflow.yaml"
    assert kept.read_text() == "mine, edited by hand\n"
    assert again.recipe == RECIPE
    assert failing(again.workspace) == []


def test_without_again_the_way_to_start_over_is_named(
    repository: Workspace, tmp_path: Path
) -> None:
    make(repository, sample(tmp_path / "s.jsonl"))
    with pytest.raises(InputError, match="--again"):
        make(repository, sample(tmp_path / "s.jsonl"))


@pytest.mark.parametrize("kind", ["champion", "receipt"])
def test_a_workflow_with_releases_is_never_started_over(
    repository: Workspace, tmp_path: Path, kind: str
) -> None:
    ws = make(repository, sample(tmp_path / "s.jsonl")).workspace
    if kind == "champion":
        ws.champion.write_text('{"version": 2, "digest": "sha256:x", "contract_version": 1}\n')
    else:
        ws.receipt.write_text("{}\n")
    before = ws.contract.read_bytes()
    with pytest.raises(InputError, match="has releases"):
        make(repository, sample(tmp_path / "s.jsonl"), again=True)
    assert ws.contract.read_bytes() == before


def test_a_failure_while_starting_over_brings_back_what_was_there(
    repository: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny(repository, rows=40, answers=10)
    path = sample(tmp_path / "s.jsonl")
    make(repository, path)
    from dslm.scaffolding import init_workflow as module

    real = module.write_atomic

    def full(place: Path, data: str) -> None:
        if place.name == "params.yaml":
            raise OSError(28, "No space left on device", str(place))
        real(place, data)

    def there() -> dict[Path, bytes]:
        files = (p for p in repository.root.rglob("*") if p.is_file() and ".dslm" not in p.parts)
        return {p: p.read_bytes() for p in files}

    before = there()
    monkeypatch.setattr(module, "write_atomic", full)
    with pytest.raises(OSError, match="No space left"):
        make(repository, path, again=True)
    assert there() == before
