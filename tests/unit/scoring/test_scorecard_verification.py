import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories.scored_repository import GOLD, finish_scoring, seal_again, seal_rows
from support.repositories.scored_rows import first, rows_of

from dslm import evidence
from dslm.cases import read_records
from dslm.errors import InputError
from dslm.provenance import write_manifest
from dslm.records import Row
from dslm.scoring.scorecard_verification import models_scored, threshold_of, verify
from dslm.settings.workspace import Workspace


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scored")
    finish_scoring(root, champion=first(180, 200))
    return root


@pytest.fixture
def ws(scored: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(scored, tmp_path / "copy")
    return Workspace(tmp_path / "copy", "mini")


def change(path: Path, turn: Callable[[dict], None]) -> None:
    value = json.loads(path.read_text())
    turn(value)
    path.write_text(json.dumps(value))


@pytest.mark.slow
def test_every_number_follows_from_the_rows(ws: Workspace) -> None:
    assert models_scored(ws) == ["base", "candidate", "champion"]
    assert verify(ws) == []


@pytest.mark.slow
def test_one_digit_of_one_aggregate_is_found(ws: Workspace) -> None:
    def turn(card: dict) -> None:
        metric = card["models"]["candidate"]["metrics"]["case_exact_match"]
        metric["high"] = round(metric["high"] + 1e-10, 10)

    change(ws.results / "scorecard.json", turn)
    (found,) = verify(ws)
    assert found.startswith("scorecard: models.candidate.metrics.case_exact_match.high: written")


@pytest.mark.slow
def test_a_row_that_says_more_than_its_text_is_found(ws: Workspace) -> None:
    path = ws.scores("candidate") / "rows.jsonl"
    lines = path.read_text().splitlines()
    row = json.loads(lines[199])
    row["outcome"] |= {"kind": "straight_through", "exact": True, "wrong_fields": [], "cost": 0.0}
    path.write_text("\n".join([*lines[:199], json.dumps(row)]) + "\n")
    write_manifest(ws.scores("candidate"), evidence.current(ws) | {"threshold": "0.99"})
    found = verify(ws)
    assert "candidate rows: case g-199: outcome.exact: written True, derived False" in found


def test_a_difference_goes_into_the_verdict_without_a_personal_answer(ws: Workspace) -> None:
    path = ws.scores("candidate") / "rows.jsonl"
    lines = path.read_text().splitlines()
    row = json.loads(lines[1])
    row["prediction"]["object"]["number"] = "KX-77"
    path.write_text("\n".join([lines[0], json.dumps(row), *lines[2:]]) + "\n")
    write_manifest(ws.scores("candidate"), evidence.current(ws) | {"threshold": "0.99"})
    said = "candidate rows: case g-001: prediction.object.number: "
    assert [d for d in verify(ws) if "KX-77" in d] == [f"{said}written 'KX-77', derived 'A-1'"]
    personal = "  personal: {mode: surrogate, kinds: [email], fields: {target.number: id}}\n"
    ws.contract.write_text(ws.contract.read_text() + personal)
    assert f"{said}is not what is derived (personal, not quoted)" in verify(ws)


def test_rows_of_before_log_probabilities_were_kept_are_told_so_once(ws: Workspace) -> None:
    path = ws.scores("base") / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows[3:]:
        del row["prediction"]["log_probs"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    seal_again(ws, "base")
    (found,) = [d for d in verify(ws) if "base rows" in d]
    assert found.startswith("base rows: 197 without log-probabilities")
    assert "case g-003 is the first" in found
    assert found.endswith("are scored again")


def test_bytes_that_no_manifest_names_are_found(ws: Workspace) -> None:
    with (ws.scores("base") / "rows.jsonl").open("a") as stream:
        stream.write("\n")
    (found,) = verify(ws)
    assert "bytes differ from the manifest" in found


def test_a_threshold_that_calibration_does_not_give_is_found(ws: Workspace) -> None:
    change(ws.calibration, lambda value: value.update(threshold=0.2))
    found = verify(ws)
    assert "calibration: threshold: written 0.2, derived 0.99" in found
    assert "candidate rows: decided with 0.99, not 0.2" in found


def test_rows_decided_with_another_threshold_than_stated_are_found(ws: Workspace) -> None:
    rows = rows_of(GOLD, first(190, 200), confidence=[0.5] * 200, threshold=0.4)
    seal_rows(ws, "candidate", rows, {"threshold": "0.99"})
    assert any("decision.action: written 'proceed', derived 'abstain'" in d for d in verify(ws))


def test_missing_parts_are_differences_too(ws: Workspace) -> None:
    shutil.rmtree(ws.scores("base"))
    (ws.results / "scorecard.json").unlink()
    ws.calibration.unlink()
    (found,) = verify(ws)
    assert "not calibrated yet" in found
    (ws.curated / "calibration.jsonl").unlink()
    first_of_all, then = verify(ws)
    assert f"nothing is curated yet — run `dvc repro curate@{ws.workflow}`" in first_of_all
    assert f"run `dvc repro calibrate@{ws.workflow}`" in then


@pytest.mark.slow
def test_a_long_list_of_differences_is_cut_and_counted(ws: Workspace) -> None:
    change(ws.results / "scorecard.json", lambda card: card.update(models={}))
    rows = read_records(ws.scores("candidate") / "rows.jsonl", Row)
    forged = [row.model_copy(update={"group": "all"}) for row in rows]
    seal_rows(ws, "candidate", forged, {"threshold": "0.99"})
    found = verify(ws)
    assert len(found) == 21
    assert found[-1].endswith("more differences")


def test_a_manifest_without_threshold_is_no_evidence(tmp_path: Path) -> None:
    for inputs in ({}, {"threshold": "high"}):
        with pytest.raises(InputError, match="names no threshold"):
            threshold_of(inputs, tmp_path)
