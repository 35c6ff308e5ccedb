from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from support.models import tiny_model

from dslm.errors import DslmError, InputError
from dslm.inference.base_models.base_locks import (
    Lock,
    licence_of,
    locate_locked,
    lock_base,
    lock_path,
    read_lock,
)
from dslm.provenance import digest_file
from dslm.settings.recipe import BaseModelSource, load_recipe

HUB, COMMIT, OTHER = "acme/tiny-instruct", "a1" * 20, "b2" * 20
HUB_BASE = BaseModelSource(hub=HUB)


def snapshot(cache: Path, commit: str = COMMIT) -> Path:
    """A commit of a hub model, laid out as the hub's cache does: links into blobs."""
    home = cache / f"models--{HUB.replace('/', '--')}"
    folder = home / "snapshots" / commit
    folder.mkdir(parents=True)
    (home / "blobs").mkdir(exist_ok=True)
    for file in tiny_model.base_folder().iterdir():
        blob = home / "blobs" / digest_file(file).removeprefix("sha256:")
        shutil.copyfile(file, blob)
        (folder / file.name).symlink_to(Path("../..") / "blobs" / blob.name)
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# Tiny\n")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, no network."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    return tmp_path / "hub"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two recipes of the hub model, one of a folder, and the folder."""
    recipes = tmp_path / "repository" / "recipes"
    recipes.mkdir(parents=True)
    for name, base in (("one", HUB), ("two", HUB), ("folder", None)):
        document = tiny_model.recipe_document("models/tiny")
        if base:
            document["base"] = {"hub": base}
        (recipes / f"{name}.yaml").write_text(f"# a comment\n{json.dumps(document, indent=1)}\n")
    tiny_model.write_base(recipes.parent / "models" / "tiny")
    return recipes.parent


def base_of(root: Path, recipe: str) -> BaseModelSource:
    return load_recipe(root / "recipes" / f"{recipe}.yaml").base


def said(source: BaseModelSource, root: Path) -> str:
    with pytest.raises(DslmError) as caught:
        locate_locked(source, root)
    return caught.value.message()


# --- what a lock holds ----------------------------------------------------------------------------


def test_a_hub_model_is_locked_by_commit_and_every_file(cache: Path, root: Path) -> None:
    folder = snapshot(cache)
    path, lock, recipes = lock_base(HUB_BASE, root)
    assert path == root / "recipes" / "locks" / "acme--tiny-instruct.json"
    assert read_lock(path) == lock
    assert (lock.base, lock.commit, lock.licence) == (HUB, COMMIT, "apache-2.0")
    assert set(lock.files) == {p.name for p in folder.iterdir()}
    weights = folder / "model.safetensors"
    assert lock.files["model.safetensors"] == {
        "sha256": digest_file(weights), "size": weights.stat().st_size,
    }  # fmt: skip
    assert set(lock.digests) == {"base", "tokenizer", "template"}
    assert [p.stem for p in recipes] == ["one", "two"]
    assert str(cache) not in path.read_text()


def test_a_lock_is_pinned_in_every_recipe_of_the_base_and_the_rest_stays(
    cache: Path, root: Path
) -> None:
    snapshot(cache)
    before = load_recipe(root / "recipes" / "one.yaml")
    folder = (root / "recipes" / "folder.yaml").read_bytes()
    _, lock, _ = lock_base(HUB_BASE, root)
    after = load_recipe(root / "recipes" / "one.yaml")
    assert (after.base.revision, after.base.lock) == (COMMIT, lock.digest())
    assert after.model_copy(update={"base": before.base}) == before
    assert after.digest() != before.digest()
    assert (root / "recipes" / "one.yaml").read_text().startswith("# a comment\n")
    assert (root / "recipes" / "folder.yaml").read_bytes() == folder
    assert lock_base(HUB_BASE, root)[2] == []


def test_a_locked_hub_model_is_found_in_the_cache_without_a_network(
    cache: Path, root: Path
) -> None:
    folder = snapshot(cache)
    _, lock, _ = lock_base(HUB_BASE, root)
    found = locate_locked(base_of(root, "one"), root)
    assert found.folder == folder
    assert found.digests() == lock.digests


def test_a_folder_is_locked_the_same_way(root: Path) -> None:
    path, lock, recipes = lock_base(BaseModelSource(folder="models/tiny"), root)
    assert path.name == "tiny.json"
    assert (lock.base, lock.commit, lock.licence) == ("tiny", None, None)
    assert [p.stem for p in recipes] == ["folder"]
    assert locate_locked(base_of(root, "folder"), root).digests() == lock.digests


def test_a_folder_carried_over_from_a_cache_has_the_lock_of_the_hub_model(
    cache: Path, root: Path, tmp_path: Path
) -> None:
    folder = snapshot(cache)
    _, lock, _ = lock_base(HUB_BASE, root)
    carried = tmp_path / "stick" / folder.relative_to(cache)
    shutil.copytree(folder, carried)  # links become files
    path, same, _ = lock_base(BaseModelSource(folder=str(carried)), root)
    assert path.name == "acme--tiny-instruct.json"
    assert same.digest() == lock.digest()
    assert (same.base, same.commit) == (HUB, COMMIT)


# --- what is refused ------------------------------------------------------------------------------


def test_a_base_that_is_not_locked_is_refused_with_the_command(root: Path) -> None:
    assert said(base_of(root, "folder"), root) == (
        "base models/tiny: the base is not locked — put the model's safetensors, JSON and text "
        "files into models/tiny, run `dslm base lock models/tiny`, and commit what it writes"
    )
    assert "run `dslm base lock acme/tiny-instruct --online` once" in said(
        base_of(root, "one"), root
    )


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "chat_template.jinja",
                                  "tokenizer_config.json"])  # fmt: skip
def test_one_changed_byte_is_refused_and_its_file_named(root: Path, name: str) -> None:
    lock_base(BaseModelSource(folder="models/tiny"), root)
    file = root / "models" / "tiny" / name
    file.write_bytes(file.read_bytes() + b" ")
    assert f"{name}: differs from what was locked" in said(base_of(root, "folder"), root)


def test_files_that_went_or_came_are_named(root: Path) -> None:
    folder = root / "models" / "tiny"
    (folder / "vocab.txt").write_text("a")
    lock_base(BaseModelSource(folder="models/tiny"), root)
    (folder / "vocab.txt").unlink()
    (folder / "generation_config.json").write_text("{}")
    message = said(base_of(root, "folder"), root)
    assert "vocab.txt: was locked, and is missing" in message
    assert "generation_config.json: was not there when the base was locked" in message


def test_a_lock_that_was_edited_is_refused(root: Path) -> None:
    path, lock, _ = lock_base(BaseModelSource(folder="models/tiny"), root)
    file = root / "models" / "tiny" / "config.json"
    file.write_bytes(file.read_bytes() + b" ")
    text = path.read_text().replace(lock.files["config.json"]["sha256"], digest_file(file))
    path.write_text(text)
    assert "is not the lock that the recipe names" in said(base_of(root, "folder"), root)


@pytest.mark.parametrize("text", ["{", "{}", '{"base": 1}'])
def test_a_lock_that_is_none_is_refused(root: Path, text: str) -> None:
    path, _, _ = lock_base(BaseModelSource(folder="models/tiny"), root)
    path.write_text(text)
    assert "is no lock" in said(base_of(root, "folder"), root)
    path.unlink()
    assert "no such lock" in said(base_of(root, "folder"), root)


def test_an_unsafe_folder_is_not_locked(root: Path) -> None:
    (root / "models" / "tiny" / "modeling_tiny.py").write_text("")
    with pytest.raises(InputError, match=r"modeling_tiny\.py: can run code"):
        lock_base(BaseModelSource(folder="models/tiny"), root)
    assert not (root / "recipes" / "locks").exists()


def test_a_changed_base_is_locked_again_only_when_asked_and_makes_another_recipe(
    root: Path,
) -> None:
    source = BaseModelSource(folder="models/tiny")
    lock_base(source, root)
    recipe = load_recipe(root / "recipes" / "folder.yaml")
    file = root / "models" / "tiny" / "config.json"
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"tiny\.json: locks other files — add --again"):
        lock_base(source, root)
    lock_base(source, root, again=True)
    assert load_recipe(root / "recipes" / "folder.yaml").digest() != recipe.digest()
    locate_locked(base_of(root, "folder"), root)


# --- commits --------------------------------------------------------------------------------------


def test_the_commit_is_the_only_one_cached_or_that_of_main(cache: Path, root: Path) -> None:
    with pytest.raises(InputError, match="not in the cache — add --online, which fetches it"):
        lock_base(HUB_BASE, root)
    snapshot(cache)
    assert lock_base(HUB_BASE, root)[1].commit == COMMIT
    folder = snapshot(cache, OTHER)
    with pytest.raises(InputError, match="the cache has 2 commits of it — name one: --revision"):
        lock_base(HUB_BASE, root)
    (folder.parents[1] / "refs").mkdir()
    (folder.parents[1] / "refs" / "main").write_text(OTHER)
    with pytest.raises(InputError, match=r"one\.yaml: names another state of the base"):
        lock_base(HUB_BASE, root)
    assert lock_base(HUB_BASE, root, again=True)[1].commit == OTHER
    assert base_of(root, "two").revision == OTHER


def test_a_commit_that_is_named_is_the_one_that_is_locked(cache: Path, root: Path) -> None:
    snapshot(cache)
    snapshot(cache, OTHER)
    named = BaseModelSource(hub=HUB, revision=OTHER)
    assert lock_base(named, root)[1].commit == OTHER


@pytest.mark.parametrize(
    ("card", "config", "licence"),
    [
        ("---\nlicense: 'mit'\n---\n", {}, "mit"),
        ("---\ntags: [x]\n---\nlicense: mit\n", {"license": "Apache-2.0"}, "Apache-2.0"),
        (None, {"license": 3}, None),
    ],
)
def test_the_licence_is_what_card_or_config_say(
    tmp_path: Path, card: str | None, config: dict[str, Any], licence: str | None
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    if card:
        (tmp_path / "README.md").write_text(card)
    assert licence_of(tmp_path) == licence


def test_a_lock_s_digest_is_of_files_only() -> None:
    files = {"a": {"sha256": "sha256:1", "size": 1}}
    one = Lock("x", None, None, {}, files)
    other = Lock("y/z", COMMIT, "mit", {}, files)
    assert one.digest() == other.digest()


def test_locks_of_hub_models_and_folders_lie_side_by_side(root: Path) -> None:
    assert lock_path(root, HUB_BASE).name == "acme--tiny-instruct.json"
    assert lock_path(root, BaseModelSource(folder="models/tiny")).name == "tiny.json"
