import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from support.repositories.scored_repository import digest_of, finish_scoring, score, seal_again
from support.repositories.scored_rows import first

from dslm.errors import InputError, Problems
from dslm.gating.changes.waiver_template import candidate_digest
from dslm.gating.gate import gate_workspace, read_documents, unlike, write_verdict
from dslm.gating.verdict_markdown import as_markdown
from dslm.provenance import digest_file, write_manifest
from dslm.records import Baseline, Verdict
from dslm.settings.workspace import Workspace

TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("gated")
    finish_scoring(root, champion=first(188, 200))
    return root


@pytest.fixture(scope="module")
def first_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("first")
    finish_scoring(root)
    return root


@pytest.fixture
def ws(scored: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(scored, tmp_path / "copy")
    return Workspace(tmp_path / "copy", "mini")


def said(ws: Workspace) -> str:
    """What the gate refuses to judge."""
    verdict = gate_workspace(ws, TODAY)
    assert verdict.status == "FAIL"
    assert {check.id for check in verdict.checks} == {"evidence"}
    return verdict.checks[0].seen


def test_current_evidence_of_a_good_candidate_passes(ws: Workspace) -> None:
    verdict = gate_workspace(ws, TODAY)
    assert verdict.status == "PASS"
    assert verdict.baseline.version == 3
    assert str(verdict.threshold).startswith("0 wrong among the 96 most confident answers")
    write_verdict(ws, verdict)
    assert f"Threshold: {verdict.threshold}." in (ws.results / "gate.md").read_text()
    assert {"adapter", "gold", "policy", "scorecard", "rows_champion"} <= set(verdict.evidence)
    write_verdict(ws, verdict)
    assert Verdict.model_validate_json((ws.results / "gate.json").read_bytes()) == verdict
    assert (ws.results / "gate.md").read_text().startswith("## ✅ mini: PASS")


def test_a_first_release_passes_only_where_the_baseline_says_so(
    first_release: Path, tmp_path: Path
) -> None:
    shutil.copytree(first_release, tmp_path / "copy")
    ws = Workspace(tmp_path / "copy", "mini")
    verdict = gate_workspace(ws, TODAY)
    assert verdict.status == "PASS"
    assert verdict.checks[-1].why == "first release: nothing to compare with"
    ws.baseline.write_text("{}")
    assert "names no version" in said(ws)
    ws.baseline.unlink()
    assert "no such file" in said(ws)


def test_a_verdict_is_never_told_as_another_workflows(ws: Workspace) -> None:
    ws.contract.write_text(ws.contract.read_text().replace("name: mini", "name: other"))
    with pytest.raises(InputError, match="the contract is called 'other'"):
        gate_workspace(ws, TODAY)


@pytest.mark.slow
def test_a_worse_candidate_fails(ws: Workspace) -> None:
    score(ws, first(120, 200), champion=first(188, 200))
    assert gate_workspace(ws, TODAY).status == "FAIL"


@pytest.mark.parametrize("content", ["{}", "", "[]", '{"workflow": "mini"}', "NaN"])
def test_an_empty_scorecard_is_no_evidence(ws: Workspace, content: str) -> None:
    (ws.results / "scorecard.json").write_text(content)
    assert "scorecard.json" in said(ws)


@pytest.mark.slow
def test_a_missing_scorecard_is_no_evidence(ws: Workspace) -> None:
    (ws.results / "scorecard.json").unlink()
    assert "not scored yet" in said(ws)


@pytest.mark.parametrize("model", ["candidate", "base", "champion"])
def test_rows_with_a_changed_byte_are_no_evidence(ws: Workspace, model: str) -> None:
    path = ws.scores(model) / "rows.jsonl"
    path.write_text(path.read_text().replace('"en"', '"fr"', 1))
    assert "bytes differ from the manifest" in said(ws)


def test_an_empty_rows_file_is_no_evidence(ws: Workspace) -> None:
    folder = ws.scores("candidate")
    inputs = json.loads((folder / "MANIFEST.json").read_text())["inputs"]
    (folder / "rows.jsonl").write_text("")
    write_manifest(folder, inputs)
    assert "no rows in this file" in said(ws)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["candidate", "base", "champion"])
def test_rows_of_another_gold_set_are_no_evidence(ws: Workspace, model: str) -> None:
    seal_again(ws, model, gold=digest_of("other gold"))
    assert f"the rows of the {model} is outdated evidence: gold changed" in said(ws)


def test_rows_of_another_champion_are_no_evidence(ws: Workspace) -> None:
    four = Baseline(version=4, digest=digest_of("four")).model_dump_json()
    ws.baseline.write_text(four)
    assert "names version 4" in said(ws)
    ws.champion.write_text(four)
    assert "release.json: is not of the champion" in said(ws)


def test_one_changed_gold_case_makes_everything_stale(ws: Workspace) -> None:
    ws.gold.write_text(ws.gold.read_text().replace("Please send", "Please, send", 1))
    assert "gold changed since" in said(ws)


def test_an_adapter_trained_since_makes_everything_stale(ws: Workspace) -> None:
    inputs = json.loads((ws.adapter / "MANIFEST.json").read_text())["inputs"]
    (ws.adapter / "adapter_model.safetensors").write_text("other weights")
    assert "bytes differ" in said(ws)
    write_manifest(ws.adapter, inputs)
    assert "adapter changed since" in said(ws)


def test_a_forged_number_is_found_in_the_rows(ws: Workspace) -> None:
    path = ws.results / "scorecard.json"
    card = json.loads(path.read_text())
    card["models"]["candidate"]["metrics"]["case_exact_match"]["value"] = 0.99
    path.write_text(json.dumps(card))
    assert "models.candidate.metrics.case_exact_match.value: written 0.99, derived 0.95" in said(ws)


def test_what_the_team_wrote_wrongly_is_an_input_error(ws: Workspace) -> None:
    def waive(until: str, candidate: str) -> None:
        ws.waivers.write_text(
            "waivers:\n  - {check: right, reason: agreed in review, signed_off_by: J. Doe, "
            f'until: "{until}", candidate: {candidate}, gold: {digest_file(ws.gold)}}}\n'
        )

    before = gate_workspace(ws, TODAY)
    assert before.judged_on is None
    candidate = candidate_digest("mini", before.evidence)
    waive("2026-11-21", candidate)
    with pytest.raises(Problems, match="expired on 2026-11-21"):
        gate_workspace(ws, TODAY)
    waive("2026-11-22", digest_of("another candidate"))
    with pytest.raises(Problems, match=f"for another candidate than {candidate}"):
        gate_workspace(ws, TODAY)
    waive("2026-11-22", candidate)
    verdict = gate_workspace(ws, TODAY)
    assert verdict.judged_on == TODAY
    documents = read_documents(ws, TODAY)
    assert unlike(verdict, verdict, documents) == []
    for day, says in (
        (None, "written None, derived 2026-11-22"),
        (TODAY + dt.timedelta(days=1), "2026-11-23 is yet to come"),
        (TODAY - dt.timedelta(days=91), "on 2026-08-23 right could not be waived until 2026-11-22"),
    ):
        (found,) = unlike(verdict.model_copy(update={"judged_on": day}), verdict, documents)
        assert found == f"judged_on: {says}"
    (found,) = unlike(before.model_copy(update={"judged_on": TODAY}), before, documents)
    assert found == "judged_on: written 2026-11-22, derived None"
    assert verdict.evidence["waivers"] == digest_file(ws.waivers)
    assert "judged on 2026-11-22" in as_markdown(verdict)
    ws.waivers.unlink()
    with pytest.raises(InputError, match="no such file"):
        gate_workspace(ws, TODAY)
    ws.waivers.write_text("waivers: []\n")
    ws.policy.write_text("checks: []\n")
    with pytest.raises(Problems, match="at least 1 item"):
        gate_workspace(ws, TODAY)
    ws.gold.write_text("")
    with pytest.raises(InputError, match="no cases in this file"):
        gate_workspace(ws, TODAY)
