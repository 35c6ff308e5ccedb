from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_model
from scored_rows import MINI
from small_repository import make_repository

from dslm.contract.deciding import NEVER
from dslm.errors import DslmError, InputError
from dslm.inference.loading import load_candidate, load_release, threshold_in
from dslm.inference.locks import lock_base
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A repository with a trained adapter of the tiny model, and its calibration."""
    made = make_repository(tmp_path)
    tiny_model.write_base(tmp_path / "base" / "tiny")
    (tmp_path / "recipes" / "tiny.yaml").write_text(tiny_model.recipe_text("base/tiny"))
    lock_base(BaseModelSource(folder="base/tiny"), tmp_path)
    (tmp_path / "params.yaml").write_text("workflows: {mini: {recipe: tiny}}\n")
    tiny_model.write_adapter(made.adapter)
    made.calibration.write_text('{"threshold": 0.25}')
    return made


@pytest.fixture
def release(ws: Workspace, tmp_path: Path) -> Path:
    """The files of a release that answering needs."""
    folder = tmp_path / "release"
    shutil.copytree(ws.adapter, folder / "adapter")
    shutil.copyfile(ws.contract, folder / "workflow.yaml")
    shutil.copyfile(ws.root / "recipes" / "tiny.yaml", folder / "recipe.yaml")
    shutil.copyfile(ws.calibration, folder / "calibration.json")
    return folder


@pytest.mark.slow
def test_the_threshold_is_the_calibrated_one_unless_another_is_given(ws: Workspace) -> None:
    assert load_candidate(ws).threshold == 0.25
    assert load_candidate(ws, threshold=NEVER).threshold == NEVER


@pytest.mark.slow
def test_a_calibration_that_certifies_nothing_lets_nothing_proceed(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"threshold": null}')
    assert threshold_in(path) == NEVER


@pytest.mark.slow
@pytest.mark.parametrize("text", ["{}", '{"threshold": "0.5"}', '{"threshold": true}', "[]", "{"])
def test_a_calibration_that_does_not_say_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(DslmError, match=r"calibration\.json"):
        threshold_in(path)


@pytest.mark.slow
def test_what_was_gated_is_what_a_release_serves(ws: Workspace, release: Path) -> None:
    gated, served = load_candidate(ws), load_release(release, root=ws.root)
    assert dict(gated.identity) == dict(served.identity)
    assert gated.threshold == served.threshold
    texts = ["Please send order A-1.", "Thanks"]
    assert [p.text for p in gated.predict(texts)] == [p.text for p in served.predict(texts)]


@pytest.mark.slow
def test_a_release_of_another_contract_version_is_not_asked(ws: Workspace, release: Path) -> None:
    raised = MINI.model_copy(update={"version": 2})
    with pytest.raises(InputError, match="release answers contract version 1, asked for 2"):
        load_release(release, root=ws.root, contract=raised)


@pytest.mark.slow
def test_a_candidate_s_base_has_to_be_locked_and_as_it_was_then(ws: Workspace) -> None:
    config = ws.root / "base" / "tiny" / "config.json"
    config.write_text(config.read_text() + "\n")
    with pytest.raises(InputError, match=r"tiny/config\.json: differs from what was locked"):
        load_candidate(ws)
    (ws.root / "recipes" / "tiny.yaml").write_text(tiny_model.recipe_text("base/tiny"))
    with pytest.raises(InputError, match="the base is not locked"):
        load_candidate(ws)


@pytest.mark.slow
def test_a_release_needs_no_lock_where_it_is_loaded_and_still_no_other_base(
    ws: Workspace, release: Path
) -> None:
    shutil.rmtree(ws.root / "recipes")
    assert load_release(release, root=ws.root).threshold == 0.25
    config = ws.root / "base" / "tiny" / "config.json"
    config.write_text(config.read_text() + "\n")
    with pytest.raises(InputError, match="trained on another base"):
        load_release(release, root=ws.root)
