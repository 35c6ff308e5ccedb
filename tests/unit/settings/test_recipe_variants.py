from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.models import tiny_model
from support.repositories.small_repository import ROOT, make_repository

from dslm.errors import DslmError
from dslm.settings.params import recipe_of
from dslm.settings.recipe import load_recipe
from dslm.settings.recipe_variants import carry_over_all, parents, require_as_claimed

Change = dict[str, Any]
yaml = YAML()


def write(folder: Path, name: str, extends: Change | None = None, **training: Any) -> Path:
    """A whole recipe, with comments to lose."""
    document = tiny_model.recipe_document("base", **training)
    if extends:
        document = {"extends": extends} | document
    path = folder / "recipes" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    yaml.dump(document, path)
    text = path.read_text().replace("  seed: 3", "  seed: 3   # any number")
    path.write_text(f"# Hardware: any\n{text}")
    return path


def variant(folder: Path, *changes: str, of: str = "parent", **training: Any) -> Path:
    return write(folder, "child", {"recipe": of, "changes": list(changes)}, **training)


def said(path: Path) -> str:
    with pytest.raises(DslmError) as caught:
        require_as_claimed(path)
    return caught.value.message()


def line(path: Path, text: str) -> int:
    return 1 + next(i for i, one in enumerate(path.read_text().splitlines()) if text in one)


def test_a_variant_holds_every_value_and_differs_where_it_says(tmp_path: Path) -> None:
    parent = write(tmp_path, "parent")
    child = variant(tmp_path, "training.epochs", epochs=2)
    require_as_claimed(child)
    assert parents(child) == [parent]
    assert load_recipe(child).training.epochs == 2
    assert load_recipe(child).training.seed == 3


def test_a_whole_part_may_be_its_own(tmp_path: Path) -> None:
    write(tmp_path, "parent")
    require_as_claimed(variant(tmp_path, "training", epochs=2, seed=9))


def test_every_value_that_is_not_the_parent_s_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "parent")
    child = variant(tmp_path, "training.epochs", epochs=2, seed=9, batch_size=8)
    first, second = said(child).splitlines()
    assert first.startswith(f"{child}:{line(child, 'batch_size: 8')}: training.batch_size is 8")
    assert "parent says 4" in first
    assert second.startswith(f"{child}:{line(child, 'seed: 9')}: training.seed is 9")
    assert "extends.changes" in second


def test_a_key_that_the_parent_has_and_the_variant_does_not_is_missed(tmp_path: Path) -> None:
    write(tmp_path, "parent")
    child = variant(tmp_path, "training.epochs", epochs=2)
    child.write_text(child.read_text().replace("  max_steps: 6\n", ""))
    assert "training.max_steps is missing, parent says 6" in said(child)


def test_a_listed_key_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "parent")
    child = variant(tmp_path, "training.epoch")
    assert said(child).startswith(f"{child}:{line(child, '- training.epoch')}: there is no key")


def test_an_unknown_parent_is_named_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "parent")
    child = variant(tmp_path, "training.epochs", of="parnt")
    assert said(child) == (
        f"{child}:{line(child, 'recipe: parnt')}: extends an unknown recipe 'parnt'"
        " — did you mean 'parent'?"
    )


def test_a_chain_is_followed_and_each_link_is_held_to_its_claim(tmp_path: Path) -> None:
    write(tmp_path, "top")
    middle = write(tmp_path, "parent", {"recipe": "top", "changes": ["training.seed"]}, seed=4)
    child = variant(tmp_path, "training.epochs", epochs=2, seed=4)
    require_as_claimed(child)
    assert [p.stem for p in parents(child)] == ["parent", "top"]
    middle.write_text(middle.read_text().replace("batch_size: 4", "batch_size: 5"))
    message = said(child)
    assert "training.batch_size is 5, top says 4" in message
    assert "training.batch_size is 4, parent says 5" in message


def test_a_circle_is_named_whole(tmp_path: Path) -> None:
    write(tmp_path, "parent", {"recipe": "child", "changes": ["training.seed"]})
    child = variant(tmp_path, "training.seed")
    assert "recipes extend each other: child → parent → child" in said(child)
    alone = write(tmp_path, "alone", {"recipe": "alone", "changes": ["training.seed"]})
    assert "alone → alone" in said(alone)


def test_the_claim_is_no_part_of_what_a_recipe_sets(tmp_path: Path) -> None:
    parent = write(tmp_path, "parent")
    child = variant(tmp_path, "training.seed")
    assert load_recipe(child).digest() == load_recipe(parent).digest()


@pytest.mark.slow
def test_a_change_of_the_parent_is_carried_into_the_file_and_its_comments_stay(
    tmp_path: Path,
) -> None:
    top = write(tmp_path, "top")
    write(tmp_path, "parent", {"recipe": "top", "changes": ["training.seed"]}, seed=4)
    child = variant(tmp_path, "training.epochs", epochs=2, seed=4)
    before = load_recipe(child)
    top.write_text(top.read_text().replace("batch_size: 4", "batch_size: 5"))
    assert [p.stem for p in carry_over_all(tmp_path)] == ["parent", "child"]
    after = load_recipe(child)
    assert (after.training.batch_size, after.training.epochs) == (5, 2)
    assert after.digest() != before.digest()
    assert child.read_text().startswith("# Hardware: any\n")
    require_as_claimed(child)
    assert carry_over_all(tmp_path) == []


def test_a_key_that_the_parent_gained_or_lost_is_gained_or_lost(tmp_path: Path) -> None:
    parent = write(tmp_path, "parent")
    child = variant(tmp_path, "training.epochs", epochs=2)
    text = parent.read_text().replace("  max_steps: 6\n", "  optimizer: adamw\n")
    parent.write_text(text)
    carry_over_all(tmp_path)
    assert "max_steps" not in child.read_text()
    assert "optimizer: adamw" in child.read_text()
    require_as_claimed(child)


def test_no_stage_works_with_a_variant_that_is_not_what_it_claims(tmp_path: Path) -> None:
    ws = make_repository(tmp_path)
    write(tmp_path, "parent")
    variant(tmp_path, "training.epochs", epochs=2, seed=9)
    (tmp_path / "params.yaml").write_text("workflows: {mini: {recipe: child}}\n")
    with pytest.raises(DslmError, match=r"training\.seed is 9, parent says 3"):
        recipe_of(ws)


def dvc(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "dvc", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_changed_parent_reruns_the_variant_s_training(tmp_path: Path) -> None:
    parent = write(tmp_path, "parent")
    variant(tmp_path, "training.epochs", epochs=2)
    stage = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]["train"]["do"]
    (tracked,) = [keys for p in stage["params"] for name, keys in p.items() if "recipe" in name]
    params = [{"recipes/child.yaml": tracked}]
    yaml.dump({"stages": {"train": {"cmd": "echo trained", "params": params}}},
              tmp_path / "dvc.yaml")  # fmt: skip
    dvc(tmp_path, "init", "--no-scm", "-q")
    assert "Running stage 'train'" in dvc(tmp_path, "repro")
    assert "Running stage 'train'" not in dvc(tmp_path, "repro")
    parent.write_text(parent.read_text().replace("batch_size: 4", "batch_size: 5"))
    carry_over_all(tmp_path)
    assert "Running stage 'train'" in dvc(tmp_path, "repro")
