"""Where code or engine are others, a release gives its recorded answers again, or is refused."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.models import tiny_model
from support.releases.signed_folders import new_key
from support.releases.tiny_release import answered_release_of, make_candidate, sealed
from support.repositories.scored_rows import MINI

from dslm.cases import read_records, write_records
from dslm.errors import ReleaseRefused
from dslm.inference.decider import Decider
from dslm.provenance import digest_file
from dslm.records import Case, Row
from dslm.releasing.package import recorded_answers
from dslm.releasing.package.recorded_answers import AT_LEAST, FILE, bridge, cases_to_record
from dslm.releasing.pyfunc import AnswersAgain
from dslm.releasing.signing.signed_folder import SIGNED_BESIDE, sign_folder
from dslm.releasing.verification.verified_loading import load_verified
from dslm.settings.workspace import Workspace

pytestmark = pytest.mark.slow
OLD = {"packages": "torch 1.0", "device": "abacus"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path]:
    there = tmp_path_factory.mktemp("gated")
    ws = make_candidate(there / "repository")
    return ws, answered_release_of(ws, there / "release")


@pytest.fixture
def ws(made: tuple[Workspace, Path], tmp_path: Path) -> Workspace:
    for name in ("base", "data", "eval"):
        shutil.copytree(made[0].root / name, tmp_path / "repository" / name)
    return Workspace(tmp_path / "repository", "mini")


@pytest.fixture
def release(made: tuple[Workspace, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[1], tmp_path / "release"))


def gated_with(release: Path, **engine: str) -> None:
    """As if it had been gated with another engine or other code."""
    path = release / "calibration.json"
    said = json.loads(path.read_text())
    said["evidence"] |= engine
    path.write_text(json.dumps(said))
    named = json.loads((release / "MANIFEST.json").read_text())["inputs"]
    named |= engine | {"calibration": digest_file(path)}
    (release / "evidence.json").write_text(json.dumps({"candidate": named}))
    sealed(release, named)


def rows_changed(release: Path, change: Any, only: int = 0) -> None:
    path = release / "rows" / "candidate.jsonl"
    carried = {case.id for case in read_records(release / FILE, Case)}
    values = [row.model_dump(mode="json") for row in read_records(path, Row)]
    for value in [value for value in values if value["id"] in carried][only : only + 1]:
        change(value)
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    sealed(release)


def otherwise(value: dict[str, Any]) -> None:
    """Another answer than the model gives."""
    kept = {"log_probs": []} if "log_probs" in value["prediction"] else {}
    value["prediction"].update(text='{"kind":"other","number":null}', **kept)


def test_the_same_code_and_engine_need_no_bridge(ws, release, monkeypatch) -> None:
    monkeypatch.setattr(recorded_answers, "bridge", None)
    verified = load_verified(release, ws.root)
    assert (verified.told, verified.bridged, verified.said()) == ((), None, [])


@pytest.mark.parametrize("other", [OLD, {"code": "sha256:" + "0" * 64}], ids=["engine", "code"])
def test_another_engine_or_other_code_is_told_and_bridged(ws, release, other) -> None:
    gated_with(release, **other)
    verified = load_verified(release, ws.root)
    assert verified.bridged is not None
    assert (verified.bridged.answers, verified.bridged.whole) == (AT_LEAST, True)
    assert verified.bridged.was.items() >= other.items()
    assert verified.bridged.now == {
        key: verified.decider.identity[key] for key in ("code", "device", "packages")
    }
    assert verified.told
    assert verified.said()[-1] == "it repeated its 20 recorded answers exactly"


@pytest.mark.parametrize("place", [0, AT_LEAST - 1])
def test_one_other_answer_is_refused(ws, release, place: int) -> None:
    gated_with(release, **OLD)
    rows_changed(release, otherwise, place)
    with pytest.raises(ReleaseRefused, match=r"gives 1 of 20 recorded answers otherwise.*g-0"):
        load_verified(release, ws.root)


def test_the_same_words_decided_otherwise_are_refused(ws, release) -> None:
    gated_with(release, **OLD)

    def turned(value: dict[str, Any]) -> None:
        action = "escalate" if value["decision"]["action"] != "escalate" else "abstain"
        value["decision"].update(action=action)

    rows_changed(release, turned)
    with pytest.raises(ReleaseRefused, match=r"1 of 20 recorded answers otherwise.*action"):
        load_verified(release, ws.root)


def test_another_model_answers_otherwise(ws, release) -> None:
    verified = load_verified(release, ws.root)
    other = Path(shutil.copytree(release / "adapter", release.parent / "other"))
    tiny_model.write_adapter(other, seed=5)
    from dslm.inference.decider_loading import load_decider
    from dslm.inference.prompts.prompt import tuned_prompt
    from dslm.settings.recipe import load_recipe

    decider = load_decider(MINI, load_recipe(release / "recipe.yaml"), tuned_prompt(MINI),
                           root=ws.root, adapter=other, threshold=0.25, locked=False)  # fmt: skip
    with pytest.raises(ReleaseRefused, match="of 20 recorded answers otherwise"):
        bridge(decider, release, verified.evidence, None)


def test_just_beside_the_threshold_is_the_same_decision(ws, release) -> None:
    verified = load_verified(release, ws.root)
    moved = replace(verified.decider, threshold=1.0)
    assert bridge(moved, release, verified.evidence, None).answers == AT_LEAST


def test_a_release_that_carries_none_is_bridged_by_the_gold_that_it_was_gated_on(
    ws, release
) -> None:
    (release / FILE).unlink()
    gated_with(release, **OLD)
    verified = load_verified(release, ws.root)
    assert verified.bridged is not None
    assert (verified.bridged.answers, verified.bridged.whole) == (AT_LEAST, True)
    write_records(ws.gold, read_records(ws.gold, Case)[1:])
    verified = load_verified(release, ws.root)  # by the case of its smoke test alone
    assert verified.bridged is not None
    assert (verified.bridged.answers, verified.bridged.whole) == (1, False)
    assert "fewer than a bridge asks for" in verified.said()[-1]
    (release / "smoke.json").unlink()
    sealed(release)
    with pytest.raises(ReleaseRefused, match="has no recorded answer to give"):
        load_verified(release, ws.root)


def test_of_before_log_probabilities_were_kept_the_words_are_compared(ws, release) -> None:
    gated_with(release, **OLD)
    for place in range(AT_LEAST):
        rows_changed(release, lambda value: value["prediction"].pop("log_probs"), place)
    assert load_verified(release, ws.root).bridged is not None
    rows_changed(release, otherwise)
    with pytest.raises(ReleaseRefused, match="1 of 20 recorded answers otherwise"):
        load_verified(release, ws.root)


def test_an_edited_plan_is_refused_and_told_where_other_code_made_the_digest(ws, release) -> None:
    recipe = release / "recipe.yaml"
    recipe.write_text(re.sub(r'(max_answer_tokens"?: )64', r"\g<1>65", recipe.read_text()))
    sealed(release)
    with pytest.raises(ReleaseRefused, match="its plan is not what its evidence names"):
        load_verified(release, ws.root)
    gated_with(release, code="sha256:" + "0" * 64)
    assert "another plan digest of the same file" in load_verified(release, ws.root).told


@pytest.mark.parametrize("code", ["now", "then"])
def test_an_edited_contract_is_refused_whatever_code_named_it(ws, release, code: str) -> None:
    if code == "then":
        gated_with(release, code="sha256:" + "0" * 64)
    contract = release / "workflow.yaml"
    contract.write_text(contract.read_text().replace("breach: abstain", "breach: escalate"))
    sealed(release)
    with pytest.raises(ReleaseRefused, match="its contract is not what its evidence names"):
        load_verified(release, ws.root)


def test_rows_that_the_verdict_is_not_about_are_refused(ws, release) -> None:
    path = release / "rows" / "candidate.jsonl"
    verdict = (release / "gate.json").read_text()
    path.write_text(path.read_text().replace('"cost":3.0', '"cost":0.0', 1))
    sealed(release)
    (release / "gate.json").write_text(verdict)
    from dslm.provenance import write_manifest

    named = json.loads((release / "MANIFEST.json").read_text())["inputs"]
    write_manifest(release, named)
    with pytest.raises(ReleaseRefused, match="rows_candidate changed"):
        load_verified(release, ws.root)


def test_what_a_release_carries_is_drawn_by_ids_and_holds_nothing_personal(ws) -> None:
    drawn = cases_to_record(ws)
    assert len(drawn) == AT_LEAST
    assert {case.target for case in drawn} == {None}
    assert drawn == cases_to_record(ws)
    personal = "  personal: {mode: surrogate, kinds: [email], fields: {target.number: id}}\n"
    ws.contract.write_text(ws.contract.read_text() + personal)
    assert all("A-" not in case.input for case in cases_to_record(ws))


@pytest.fixture
def trusted(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The release, signed, on a machine that trusts that key alone."""
    key = new_key()
    pem = textwrap.indent(key.public.pem, "      ")
    trust = tmp_path / "trust.yaml"
    trust.write_text(f"keys:\n  - name: ann\n    public_key: |\n{pem}")
    monkeypatch.setenv("DSLM_TRUST_ROOT", str(trust))
    sign_folder(release, key)
    return release


def test_a_folder_is_held_to_its_signature_before_anything_of_it_is_read(ws, trusted) -> None:
    (trusted / "registered_model_meta").write_text("a note of MLflow's")
    assert load_verified(trusted, ws.root).bridged is None
    (trusted / "MANIFEST.json").write_text("{")
    with pytest.raises(ReleaseRefused, match=r"MANIFEST\.json"):
        load_verified(trusted, ws.root)


def test_a_release_of_another_hand_or_without_a_signature_is_not_loaded(ws, trusted) -> None:
    sign_folder(trusted, new_key())
    with pytest.raises(ReleaseRefused, match="key"):
        load_verified(trusted, ws.root)
    for name in SIGNED_BESIDE:
        (trusted / name).unlink()
    with pytest.raises(ReleaseRefused, match=r"is not signed, and .*trust\.yaml says whose"):
        load_verified(trusted, ws.root)


@pytest.mark.parametrize("at", [-3, -4])  # of what stands in quotes last
def test_an_answer_edited_by_one_letter_is_refused_though_it_is_the_draft(
    ws, release, monkeypatch, at: int
) -> None:
    drafted: list[list[str]] = []
    predict = Decider.predict

    def noted(decider: Any, texts: Any, progress: Any = None, drafts: Any = None) -> Any:
        drafted.append(list(drafts or ()))
        return predict(decider, texts, progress, drafts)

    def edited(value: dict[str, Any]) -> None:
        text = value["prediction"]["text"]
        changed = "b" if text[at] != "b" else "c"
        value["prediction"].update(text=text[:at] + changed + text[at + 1 :])

    monkeypatch.setattr(Decider, "predict", noted)
    rows_changed(release, edited, only=7)
    with pytest.raises(ReleaseRefused, match="gives 1 of 20 recorded answers otherwise here"):
        AnswersAgain(ws.root)(release, "any")
    rows = {row.id: row for row in read_records(release / "rows" / "candidate.jsonl", Row)}
    cases = read_records(release / FILE, Case)
    assert drafted == [[rows[case.id].prediction.text for case in cases]]


def test_a_rollback_has_the_recorded_answers_given_again_on_the_same_engine_too(
    ws, release
) -> None:
    answers = AnswersAgain(ws.root)
    said = answers(release, "any")
    assert answers.given == AT_LEAST
    assert (said["told"], said["bridged"]) == ((), None)
    rows_changed(release, otherwise, only=3)
    with pytest.raises(ReleaseRefused, match="gives 1 of 20 recorded answers otherwise here"):
        AnswersAgain(ws.root)(release, "any")


def test_a_release_that_carries_too_few_answers_answers_its_one_case(ws, release) -> None:
    (release / FILE).unlink()
    ws.gold.unlink()
    sealed(release)
    answers = AnswersAgain(ws.root)
    said = answers(release, read_records(release / "rows" / "candidate.jsonl", Row)[0].id)
    assert answers.given is None
    assert said["action"] in ("proceed", "abstain", "escalate")
