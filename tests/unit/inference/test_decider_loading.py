from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.models import tiny_model
from support.releases.tiny_release import calibrated_by, make_candidate, release_of
from support.repositories.scored_rows import MINI

from dslm.contract.answers.decision import NEVER
from dslm.errors import DslmError, InputError, ReleaseRefused
from dslm.evidence import threshold_in
from dslm.inference.decider import engine_now
from dslm.inference.decider_loading import load_candidate, load_release
from dslm.provenance import digest_bytes
from dslm.settings.workspace import Workspace

BAD = [f'{{"threshold": {bad}, "evidence": {{}}}}' for bad in ('"0.5"', "true", "NaN", "1e999")]


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A repository with a trained adapter of the tiny model, and its calibration."""
    return make_candidate(tmp_path)


@pytest.fixture
def release(ws: Workspace, tmp_path: Path) -> Path:
    """The files of a release that answering needs."""
    return release_of(ws, tmp_path / "release")


@pytest.mark.slow
def test_the_threshold_is_the_calibrated_one_unless_another_is_given(ws: Workspace) -> None:
    assert load_candidate(ws).threshold == 0.25
    assert load_candidate(ws, threshold=NEVER).threshold == NEVER


@pytest.mark.slow
def test_a_calibration_that_certifies_nothing_lets_nothing_proceed(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"threshold": null, "evidence": {}}')
    assert threshold_in(path).cutoff == NEVER


@pytest.mark.slow
@pytest.mark.parametrize("text", [None, "{}", "[]", "{", '{"threshold": 0.5}', *BAD])
def test_a_calibration_that_does_not_say_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "calibration.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DslmError, match=r"calibration\.json"):
        threshold_in(path)


@pytest.mark.parametrize("part", ["adapter", "plan", "contract", "code", "lock"])
def test_a_candidate_does_not_answer_by_another_model_s_threshold(ws: Workspace, part: str) -> None:
    if part == "adapter":  # trained, not calibrated yet
        tiny_model.write_adapter(ws.adapter, seed=5)
    else:
        calibrated_by(ws, **{part: digest_bytes(b"another")})
    with pytest.raises(ReleaseRefused, match=f"certified for another {part}.*repro calibrate@mini"):
        load_candidate(ws)


def test_a_threshold_of_before_evidence_had_a_format_is_not_the_candidate_s(ws: Workspace) -> None:
    named = json.loads(ws.calibration.read_text())["evidence"]
    named.pop("format")
    ws.calibration.write_text(json.dumps({"threshold": 0.0, "evidence": named}))
    with pytest.raises(ReleaseRefused, match="the calibration: evidence of no format"):
        load_candidate(ws)


def test_a_release_with_another_model_s_threshold_is_not_loaded(
    ws: Workspace, release: Path
) -> None:
    tiny_model.write_adapter(ws.adapter, seed=5)
    calibrated_by(ws, threshold=0.0)
    shutil.copyfile(ws.calibration, release / "calibration.json")
    with pytest.raises(ReleaseRefused, match="certified for another adapter"):
        load_release(release, root=ws.root)


@pytest.mark.slow
def test_another_engine_than_the_threshold_s_is_told(ws: Workspace, release: Path) -> None:
    assert load_candidate(ws).told == ()
    calibrated_by(ws, packages="torch 1.0", device="abacus")
    shutil.copyfile(ws.calibration, release / "calibration.json")
    for decider in (load_candidate(ws), load_release(release, root=ws.root)):
        packages, device = decider.told
        assert "(was torch 1.0)" in packages
        assert device == f"{engine_now()['device']} (was abacus)"


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
