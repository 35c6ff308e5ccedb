from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel
from support.documents.page_reader import read
from support.repositories.sample_run import make_run

from dslm.cases import write_records
from dslm.errors import InputError
from dslm.provenance import write_manifest
from dslm.reporting.run_report.report import write_report
from dslm.reporting.run_report.report_data import ReportData, read_report_data
from dslm.settings.workspace import Workspace


def put(path: Path, value: BaseModel | object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        value.model_dump_json(by_alias=True) if isinstance(value, BaseModel) else json.dumps(value)
    )


@pytest.fixture
def written(tmp_path: Path) -> tuple[Workspace, ReportData]:
    run, ws = make_run(40), Workspace(tmp_path, "invoice_intake")
    put(ws.contract, run.contract)
    put(ws.results / "scorecard.json", run.scorecard)
    put(ws.results / "gate.json", run.verdict)
    put(ws.curated / "ledger.json", run.ledger)
    put(ws.adapter / "training.json", run.training)
    put(ws.calibration, run.calibration)
    write_records(ws.gold, run.gold)
    for model, rows in run.rows.items():
        write_records(ws.scores(model) / "rows.jsonl", rows)
        write_manifest(ws.scores(model), {})
    return ws, run


def test_a_run_on_disk_is_read_as_it_was_written(written: tuple[Workspace, ReportData]) -> None:
    ws, run = written
    found = read_report_data(ws)
    assert (found.scorecard, found.verdict, found.gold) == (run.scorecard, run.verdict, run.gold)
    assert found.rows == run.rows
    assert (found.ledger, found.training, found.calibration) == (
        run.ledger, run.training, run.calibration,
    )  # fmt: skip


@pytest.mark.slow
def test_the_report_is_written_whole_and_names_no_path_of_the_machine(
    written: tuple[Workspace, ReportData],
) -> None:
    ws, _ = written
    path = write_report(ws).path
    assert path == ws.report
    html = path.read_text()
    assert read(html).all("h1")[0].text.strip() == "FAIL"
    assert str(ws.root) not in html
    assert [p.name for p in path.parent.iterdir() if "partial" in p.name] == []
    assert write_report(ws).path.read_text() == html


def test_without_a_verdict_the_report_is_still_written(
    written: tuple[Workspace, ReportData],
) -> None:
    ws, _ = written
    (ws.results / "gate.json").unlink()
    assert "NOT GATED" in write_report(ws).path.read_text()


def test_without_a_scorecard_it_says_what_to_run(written: tuple[Workspace, ReportData]) -> None:
    ws, _ = written
    (ws.results / "scorecard.json").unlink()
    with pytest.raises(InputError, match=r"not scored yet.*dvc repro gate@invoice_intake"):
        write_report(ws)
    assert not ws.report.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "not JSON"), ('{"workflow": 1}', "workflow: Input should be"), ("\udcff", "not JSON")],
)
def test_a_broken_scorecard_is_one_clear_line(
    written: tuple[Workspace, ReportData], content: str, said: str
) -> None:
    ws, _ = written
    card = ws.results / "scorecard.json"
    card.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=f"scorecard.json: {said}"):
        read_report_data(ws)


def test_rows_of_other_cases_are_refused(written: tuple[Workspace, ReportData]) -> None:
    ws, run = written
    write_records(ws.gold, run.gold[1:])
    with pytest.raises(InputError, match="40 rows are not those of the 39 gold cases"):
        read_report_data(ws)


def test_rows_that_were_changed_by_hand_are_refused(written: tuple[Workspace, ReportData]) -> None:
    ws, run = written
    write_records(ws.scores("candidate") / "rows.jsonl", run.rows["candidate"][1:])
    with pytest.raises(InputError, match="bytes differ from the manifest"):
        read_report_data(ws)


def test_base_rows_may_be_missing_and_the_page_says_so(
    written: tuple[Workspace, ReportData],
) -> None:
    ws, _ = written
    (ws.scores("base") / "rows.jsonl").unlink()
    assert "base model&#39;s rows are not here" in write_report(ws).path.read_text()
