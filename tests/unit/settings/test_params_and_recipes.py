from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.repositories.small_repository import RECIPE, ROOT, make_repository

from dslm.errors import DslmError, InputError
from dslm.settings.params import load_params, recipe_of
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace, find_root, origin, workspace


@pytest.fixture
def repository(tmp_path: Path) -> Workspace:
    return make_repository(tmp_path)


def recipe_with(tmp_path: Path, change: dict[str, Any]) -> Path:
    """The default recipe with some keys (dotted) set, None meaning removed."""
    yaml = YAML(typ="safe")
    document = yaml.load(ROOT / "recipes" / f"{RECIPE}.yaml")
    for dotted, value in change.items():
        *parents, last = dotted.split(".")
        part = document
        for parent in parents:
            part = part[parent]
        if value is None:
            del part[last]
        else:
            part[last] = value
    path = tmp_path / "r.yaml"
    yaml.dump(document, path)
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"base": {}}, "name exactly one of embedded, hub, folder"),
        ({"base": {"folder": "a", "revision": "0" * 40}}, "`revision` is a hub model's"),
        ({"base": {"embedded": "a", "lock": "sha256:" + "0" * 64}}, "it has no `lock`"),
        ({"base": {"folder": "a", "lock": "0" * 64}}, "base.lock"),
        ({"training.optimizer": "adam"}, "training.optimizer"),
        ({"base": {"hub": "a/b", "revision": "main"}}, "base.revision"),
        ({"base": {"embedded": "x", "folder": "y"}}, "name exactly one"),
        ({"inference.dtype": "bfloat16"}, "merge_adapter rounds"),
        ({"method": "qlora"}, "not merged into 4-bit"),
        ({"training.learning_rate": None}, "'training.learning_rate' is missing"),
        ({"training.learning_rate": -1}, "training.learning_rate"),
        ({"training.lerning_rate": 1}, "did you mean 'learning_rate'?"),
        ({"training.threads": "all"}, "training.threads"),
    ],
)
def test_a_bad_recipe_is_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(DslmError) as caught:
        load_recipe(recipe_with(tmp_path, change))
    assert says in caught.value.message()


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_recipe_says_when_a_run_has_learnt_nothing(path: Path) -> None:
    must = load_recipe(path).training.must_learn
    assert must is not None
    assert 0 < must.share < 1


def test_a_recipes_digest_is_of_what_it_sets(tmp_path: Path) -> None:
    plain = load_recipe(ROOT / "recipes" / f"{RECIPE}.yaml").digest()
    assert load_recipe(recipe_with(tmp_path, {})).digest() == plain
    assert load_recipe(recipe_with(tmp_path, {"training.seed": 18})).digest() != plain


def test_a_workflows_recipe_is_found(repository: Workspace) -> None:
    assert list(load_params(repository.root).workflows) == ["mini"]
    assert recipe_of(repository).method == "lora"


def test_an_unknown_recipe_names_the_nearest(repository: Workspace) -> None:
    path = repository.root / "params.yaml"
    path.write_text(path.read_text().replace(RECIPE, RECIPE[:-1]))
    with pytest.raises(InputError, match=f"did you mean '{RECIPE}'"):
        recipe_of(repository)


def test_a_workflow_is_found_by_name(repository: Workspace) -> None:
    assert workspace("mini", repository.root) == repository
    with pytest.raises(InputError, match="did you mean 'mini'"):
        workspace("mimi", repository.root)


@pytest.mark.parametrize("name", ["../mini", "", "Mini", "mini/../mini", "mini\n"])
def test_a_name_is_never_a_path(repository: Workspace, name: str) -> None:
    with pytest.raises(InputError, match="no workflow"):
        workspace(name, repository.root)


def test_the_root_is_found_upwards(
    repository: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DSLM_ROOT", raising=False)
    assert find_root(repository.data) == repository.root.resolve()
    monkeypatch.setenv("DSLM_ROOT", str(tmp_path))
    assert find_root(Path("/")) == tmp_path.resolve()


def test_an_experiment_s_copy_knows_the_repository_it_was_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "tmpabc"
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert origin(copy) == copy
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert origin(copy) == tmp_path
    assert origin(tmp_path) == tmp_path
    other = tmp_path.parent / "another"
    assert origin(other) == other, "what DVC runs elsewhere is none of its business"
