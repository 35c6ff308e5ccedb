"""`dslm verify --answers`: what was recorded is answered again, by a real model."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.repositories.answered_repository import COUNT, answer_all, finish_answering
from support.repositories.dvc_repository import POLICY
from support.repositories.scored_repository import inputs_of, seal_rows
from support.repositories.scored_rows import MINI

from dslm.cases import read_labelled, read_record, read_records
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.errors import ReleaseRefused
from dslm.evidence import Model, current, load_calibration
from dslm.gating.gate import gate_workspace, write_verdict
from dslm.provenance import write_atomic
from dslm.records import Baseline, Prediction, Row
from dslm.releasing.moves.promote_and_rollback import promote
from dslm.releasing.package.registration import register
from dslm.releasing.package.release_package import package
from dslm.releasing.package.smoke_test import smoke
from dslm.releasing.pyfunc import answer
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.scoring import calibrate, make_scorecard
from dslm.scoring.base_calibration import in_drawn_order
from dslm.scoring.dvc_metrics_files import dvc_files
from dslm.scoring.rows.scored_rows import make_rows, read_again
from dslm.scoring.scorecard_verification import models_scored, read_rows, threshold_of, verify
from dslm.settings.workspace import Workspace

Call = Callable[..., Any]
Change = Callable[[Prediction, str], Prediction]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return finish_answering(tmp_path_factory.mktemp("answered") / "repository")


@pytest.fixture
def ws(answered: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy, as a clone with its artifacts pulled is one."""
    shutil.copytree(answered.root, tmp_path / "clone")
    monkeypatch.setenv("DSLM_ROOT", str(tmp_path / "clone"))
    return Workspace(tmp_path / "clone", "mini")


def gold(prediction: Prediction, right: str) -> Prediction:
    """The right answer, and no doubt."""
    return prediction.model_copy(update={"text": right, "finish_reason": "stop", "log_probs": ()})


def surer(prediction: Prediction, _: str) -> Prediction:
    """The same answer, twice as sure of each token."""
    tokens = tuple((at, size, round(p / 2, 6)) for at, size, p in prediction.log_probs or ())
    return prediction.model_copy(update={"log_probs": tokens})


def cut(prediction: Prediction, _: str) -> Prediction:
    """Cut where the model was first unsure, and so wrong and held back."""
    first, *_ = (token[0] for token in prediction.log_probs or ())
    text = prediction.text.encode()[:first].decode()
    return prediction.model_copy(update={"text": text, "finish_reason": "length", "log_probs": ()})


def edited(ws: Workspace, model: Model, change: Change, count: int = 100) -> None:
    """Change the first rows of a model, with all that follows from them, and seal them anew."""
    path = ws.curated / "calibration.jsonl" if model.endswith("calibration") else ws.gold
    cases, (rows, inputs) = read_labelled(path, MINI), read_rows(ws, model)
    cases = in_drawn_order(cases) if model == "base_calibration" else cases
    answers = [
        read_again(MINI, change(row.prediction, canonical_text(MINI, case.target or {})))
        if n < count else row.prediction
        for n, (row, case) in enumerate(zip(rows, cases, strict=True))
    ]  # fmt: skip
    made = make_rows(MINI, cases, answers, threshold_of(inputs, ws.calibration))
    assert made != rows
    seal_rows(ws, model, made, inputs)
    if model == "base_calibration":
        return
    if model == "calibration":
        assert calibrate(MINI, made, inputs) == load_calibration(ws.calibration)
        return
    by_model = {m: read_records(ws.scores(m) / "rows.jsonl", Row) for m in models_scored(ws)}
    card = make_scorecard(MINI, cases, threshold=load_calibration(ws.calibration).threshold,
                          rows_by_model=by_model, evidence=inputs_of(ws, "candidate"))  # fmt: skip
    write_atomic(ws.results / "scorecard.json", card.model_dump_json(indent=2) + "\n")
    for name, text in dvc_files(card, by_model["candidate"]).items():
        write_atomic(ws.results / name, text)


def test_rows_of_a_model_are_what_it_answers_again(ws: Workspace, dslm: Call) -> None:
    told = dslm("verify", "mini", "--answers", "--json")
    assert told.code == 0, told.err
    said = json.loads(told.out)
    assert [one["model"] for one in said["answered_again"]] == [
        "candidate", "calibration", "base", "base_calibration"
    ]  # fmt: skip
    for one in said["answered_again"]:
        assert one["asked"] == one["same"] == {COUNT: 19, 12: 12}[one["rows"]]  # 1 of 20 edited
        assert one["largest"] <= 1e-4
        assert (one["unlike"], one["told"], one["near_ties"]) == ([], [], 0)
    again = dslm("verify", "mini", "--answers", "--draw", said["draw"], "--model", "candidate")
    assert f"draw {said['draw']}" in again.out
    assert "candidate: 19 of 20 cases answered again, 19 the same, 0 not" in again.out


# (were the calibration's rows all right and sure, they would certify another threshold)
@pytest.mark.parametrize(
    ("model", "change"),
    [("candidate", gold), ("candidate", surer), ("base", gold), ("base", surer),
     ("calibration", surer), ("base", cut), ("calibration", cut), ("base_calibration", surer)],
)  # fmt: skip
def test_rows_that_no_recomputing_can_doubt_are_refused_by_the_model(
    ws: Workspace, dslm: Call, model: Model, change: Change
) -> None:
    edited(ws, model, change)
    assert verify(ws) == []
    told = dslm("verify", "mini", "--answers", "--model", model, "--cases", "4", "--json")
    assert told.code == 4, told.out
    (one,) = json.loads(told.out)["answered_again"]
    assert len(one["unlike"]) == 4
    surest = "a token's logarithm of probability differs"  # an answer may be gold's by itself
    wanted = {gold: ("answers otherwise", surest), cut: ("cannot be held to the row's",)}
    for line in one["unlike"]:
        assert any(words in line for words in wanted.get(change, (surest,)))


def test_a_single_row_is_found_where_all_are_asked_and_not_quoted(
    ws: Workspace, dslm: Call
) -> None:
    edited(ws, "candidate", gold, count=1)
    told = dslm("verify", "mini", "--answers", "--model", "candidate", "--cases", COUNT)
    assert told.code == 4
    (line,) = [line for line in told.out.splitlines() if "candidate rows:" in line]
    assert line.startswith("  candidate rows: case g-0: answers otherwise (")
    assert f"20 of {COUNT} cases answered again, 19 the same, 1 not as in their rows" in told.out


def test_numbers_that_differ_are_told_before_any_model_is_loaded(ws: Workspace, dslm: Call) -> None:
    (ws.results / "scorecard.json").write_text("{}")
    told = dslm("verify", "mini", "--answers")
    assert told.code == 2
    assert "draw" not in told.out


@pytest.mark.parametrize("name", ["metrics.json", "plots/risk_coverage.json", "plots/fields.json"])
def test_numbers_that_dvc_shows_follow_from_the_rows_too(
    ws: Workspace, dslm: Call, name: str
) -> None:
    assert verify(ws) == []
    path = ws.results / name
    path.write_text(path.read_text().replace("0.", "0.9", 1) + "\n")
    told = dslm("verify", "mini")
    assert told.code == 2
    assert f"{name}: is not what the scorecard and its rows say" in told.out


def test_a_base_that_the_machine_cannot_hold_is_refused(
    ws: Workspace, dslm: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSLM_MEMORY_GB", "0.5")
    told = dslm("verify", "mini", "--answers")
    assert told.code == 5
    assert "base/tiny takes about 1.5 GB to answer in float32, the DSLM_MEMORY_GB is" in told.err


def test_a_model_that_is_not_the_one_of_the_rows_is_refused(ws: Workspace, dslm: Call) -> None:
    rows, inputs = read_rows(ws, "base")
    seal_rows(ws, "base", rows, inputs | {"template": "sha256:" + "0" * 64})
    told = dslm("verify", "mini", "--answers", "--model", "base")
    assert told.code == 4
    assert "the rows of the base is outdated evidence: template" in told.err
    (ws.root / "base" / "tiny" / "model.safetensors").write_bytes(b"")
    told = dslm("verify", "mini", "--answers", "--model", "base")
    assert told.code == 2
    assert "model.safetensors: cannot be read as safetensors" in told.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--cases", "3"), "--cases without --answers"),
        (("--draw", "3", "--model", "base"), "--model, --draw without --answers"),
        (("--answers", "--model", "teacher"), "no model 'teacher'"),
        (("--answers", "--share", "0"), "share 0.0"), (("--answers", "--chance", "1"), "chance 1"),
        (("--answers", "--cases", "0"), "--cases"),
        (("--answers", "--model", "champion"), "no champion has answered"),
        (("--answers", "--model", "anchor"), "no anchor other than the champion has answered"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_usage(ws: Workspace, dslm: Call, arguments, says: str) -> None:
    told = dslm("verify", "mini", *arguments)
    assert told.code == 2
    assert says in told.err


def test_a_release_of_such_rows_answers_its_case_as_recorded_and_edited_it_does_not(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smoke test, with the model that serves; here, where a model has answered."""
    monkeypatch.chdir(ws.root)  # its base's folder is relative
    (ws.root / "registry" / "card-template.md.jinja").write_text("{{ contract.name }}\n")

    def released(name: str) -> ReleaseProof:
        verdict = gate_workspace(ws, dt.datetime.now(dt.UTC).date())
        write_verdict(ws, verdict)
        now = current(ws)
        folder = package(ws, tmp_path / name, now)
        return ReleaseProof(1, name, now, folder, MINI, verdict, "")

    smoke(ws, released("as it is"), answer)
    edited(ws, "candidate", gold)
    with pytest.raises(ReleaseRefused, match=r"answers case g-\d+ wrongly: another .* than was"):
        smoke(ws, released("edited"), answer)


@pytest.mark.slow
def test_the_champion_is_fetched_and_answers_again(
    ws: Workspace, dslm: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ws.root)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (ws.root / "registry" / "card-template.md.jinja").write_text("{{ contract.name }}\n")
    ws.policy.write_text(POLICY)
    verdict = gate_workspace(ws, dt.datetime.now(dt.UTC).date())
    assert verdict.status == "PASS", verdict.checks
    write_verdict(ws, verdict)
    register(ws, answer)
    promote(ws, None, "first", "ann")
    answer_all(ws, seed=1)  # another candidate
    told = dslm("verify", "mini", "--answers", "--model", "champion")
    assert told.code == 0, told.err
    assert "champion: 19 of 20 cases answered again, 19 the same" in told.out
    edited(ws, "champion", gold)
    assert verify(ws) == []
    told = dslm("verify", "mini", "--answers", "--model", "champion", "--cases", "3")
    assert told.code == 4
    served = read_record(ws.baseline, Baseline, missing="", fix="")
    later = Baseline(version=9, digest="sha256:later", anchor_release=served)
    write_atomic(ws.baseline, later.model_dump_json())
    shutil.rmtree(ws.scores("anchor"))
    shutil.copytree(ws.scores("champion"), ws.scores("anchor"))
    edited(ws, "anchor", lambda answer, _: gold(answer, '{"kind":"order","number":"A"}'))
    told = dslm("verify", "mini", "--answers", "--model", "anchor", "--cases", "3")
    assert told.code == 4
    assert "anchor rows: case g-" in told.out
    write_atomic(ws.baseline, served.model_dump_json())
    clone = ws.root.with_name("another clone")  # where nobody has named a registry
    shutil.copytree(ws.root, clone, ignore=shutil.ignore_patterns(".mlflow"))
    monkeypatch.setenv("DSLM_ROOT", str(clone))
    told = dslm("verify", "mini", "--answers", "--model", "champion")
    assert told.code == 4
    assert "is not in the registry" in told.err
