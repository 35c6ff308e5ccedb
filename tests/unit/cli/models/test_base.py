from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.models import tiny_model
from support.repositories.small_repository import RECIPE

from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


@pytest.mark.parametrize(
    "options",
    [["--hub", "a/b"], ["--revision", "0" * 40], ["--hub", "a/b", "--revision", "main"],
     ["--hub", "a/b", "--revision", "0" * 41]],
    ids=["no revision", "no hub", "a branch", "too long"],
)  # fmt: skip
def test_a_hub_model_needs_its_commit(dslm: Call, options: list[str]) -> None:
    answer = dslm("base", "prepare", *options)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert "--revision (40 hex digits)" in answer.err


def test_an_unknown_embedded_model_names_those_there_are(dslm: Call) -> None:
    answer = dslm("base", "prepare", "smallm")
    assert answer.code == 2
    assert "known: smollm2-135m-instruct" in answer.err


@pytest.mark.slow
def test_a_folder_is_locked_and_what_was_written_is_shown(
    dslm: Call, repository: Workspace
) -> None:
    tiny_model.write_base(repository.root / "models" / "tiny")
    recipe = repository.root / "recipes" / "tiny.yaml"
    recipe.write_text(tiny_model.recipe_text("models/tiny"))
    answer = dslm("base", "lock", "tiny", "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == {
        "base": "tiny", "commit": None, "licence": None, "lock": "recipes/locks/tiny.json",
        "recipes": ["recipes/tiny.yaml"],
    }  # fmt: skip
    assert load_recipe(recipe).base.lock
    again = dslm("base", "lock", "models/tiny")
    assert again.code == 0
    assert "no recipe that was not already" in again.out


def test_an_embedded_base_needs_no_lock(dslm: Call, repository: Workspace) -> None:
    answer = dslm("base", "lock", RECIPE)
    assert answer.code == 0
    assert "needs no lock" in answer.out
    assert not (repository.root / "recipes" / "locks").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [(["nothing"], "no recipe, no folder and no hub id"), (["a/b", "--revision", "main"], "40 hex"),
     (["a/none"], "add --online")],
)  # fmt: skip
def test_what_cannot_be_locked_is_one_clear_line(
    dslm: Call, repository: Workspace, words: list[str], says: str
) -> None:
    answer = dslm("base", "lock", *words)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert says in answer.err
