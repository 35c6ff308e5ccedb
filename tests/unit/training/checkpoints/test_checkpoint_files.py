from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dslm.errors import InputError
from dslm.provenance import MANIFEST, digest_json
from dslm.training.checkpoints.checkpoint_files import Checkpoints

INPUTS = {"recipe": "sha256:r", "data": "sha256:d", "base": "sha256:b"}
FILES = ("adapter_model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")
SEEN = {"losses": [[1, 0.5]]}


def written(checkpoints: Checkpoints, step: int, *, without: str = "") -> Path:
    """What the trainer leaves in a checkpoint's folder."""
    folder = checkpoints.at(step)
    folder.mkdir(parents=True)
    for name in (*FILES, *(f"rng_state_{n}.pth" for n in range(2))):
        (folder / name).write_bytes(f"{name} of {step}".encode())
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    if without:
        (folder / without).unlink()
    return folder


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    """A run with whole checkpoints at steps 10 and 20, begun with three threads."""
    made = Checkpoints(tmp_path / "checkpoints", INPUTS)
    for step in (10, 20):
        written(made, step)
        made.seal(step, 3, SEEN)
    return made


def test_the_newest_is_taken_with_all_that_a_run_needs_to_go_on(checkpoints: Checkpoints) -> None:
    found, passed = checkpoints.newest()
    assert found is not None
    assert (found.step, found.threads, found.seen, passed) == (20, 3, SEEN, [])


def test_where_there_is_none_a_run_begins(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "nothing", INPUTS).newest() == (None, [])


def changed_bit(folder: Path) -> None:
    path = folder / "optimizer.pt"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def lists_too_little(name: str) -> Callable[[Path], None]:
    """A part that is missing, and that the manifest does not miss."""

    def damage(folder: Path) -> None:
        (folder / name).unlink()
        manifest = json.loads((folder / MANIFEST).read_bytes())
        del manifest["files"][name]
        manifest["digest"] = digest_json(manifest["files"])
        (folder / MANIFEST).write_text(json.dumps(manifest))

    return damage


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no manifest": (lambda f: (f / MANIFEST).unlink(), "half written"),
    "a cut manifest": (lambda f: (f / MANIFEST).write_text("{"), "broken manifest"),
    "a changed bit": (changed_bit, "bytes differ"),
    "a file too many": (lambda f: (f / "more").touch(), "not in the manifest"),
    "a missing file": (lambda f: (f / "optimizer.pt").unlink(), "is missing"),
    "no weights": (lists_too_little("adapter_model.safetensors"), "without weights"),
    "no optimizer": (lists_too_little("optimizer.pt"), "without optimizer"),
    "no scheduler": (lists_too_little("scheduler.pt"), "without scheduler"),
    "no random numbers": (lists_too_little("rng_state.pth"), "without random numbers"),
    "no state": (lists_too_little("trainer_state.json"), "without trainer's state"),
    "no losses": (lists_too_little("seen.json"), "without losses"),
}


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_one_that_is_not_whole_is_passed_over_and_tidied_away(
    checkpoints: Checkpoints, name: str
) -> None:
    damage, why = DAMAGE[name]
    damage(checkpoints.at(20))
    found, passed = checkpoints.newest()
    assert found is not None
    assert found.step == 10
    assert [one.folder for one in passed] == [checkpoints.at(20)]
    assert why in passed[0].why
    checkpoints.tidy()
    assert [path.name for path in checkpoints.folder.iterdir()] == ["checkpoint-10"]


@pytest.mark.parametrize("key", sorted(INPUTS))
def test_one_of_another_recipe_data_or_base_is_passed_over(
    checkpoints: Checkpoints, key: str
) -> None:
    other = Checkpoints(checkpoints.folder, INPUTS | {key: "sha256:other"})
    found, passed = other.newest()
    assert found is None
    assert {one.why for one in passed} == {f"of another run: {key} differ"}


def test_one_of_another_number_of_processes_is_passed_over(checkpoints: Checkpoints) -> None:
    found, passed = Checkpoints(checkpoints.folder, INPUTS, processes=2).newest()
    assert found is None
    assert "processes" in passed[0].why


def test_with_several_processes_each_one_s_random_numbers_are_needed(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, INPUTS, processes=2)
    written(checkpoints, 5, without="rng_state_1.pth")
    with pytest.raises(InputError, match=r"without random numbers \(rng_state_1.pth\)"):
        checkpoints.seal(5, 1, SEEN)
    assert checkpoints.newest()[0] is None


def test_only_the_last_two_are_kept(checkpoints: Checkpoints) -> None:
    for step in (100, 30):  # by number, not by name or age
        written(checkpoints, step)
        checkpoints.seal(step, 3, SEEN)
    assert {path.name for path in checkpoints.folder.iterdir()} == {
        "checkpoint-100",
        "checkpoint-30",
    }


def test_a_run_that_ended_well_leaves_none(checkpoints: Checkpoints) -> None:
    checkpoints.clear()
    assert not checkpoints.folder.exists()
