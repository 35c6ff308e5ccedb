"""The report shows gold and answers through the contract's surrogates, and says so."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.documents.page_reader import read
from support.repositories.sample_run import CONTRACT, SUPPLIERS, make_run

from dslm.cases import write_records
from dslm.contract import Contract
from dslm.contract.text.folding import fold
from dslm.curation.personal.gold_with_surrogates import gold_with_surrogates
from dslm.provenance import write_atomic, write_manifest
from dslm.reporting.run_report.case_views import worst_cases
from dslm.reporting.run_report.cases_with_surrogates import cases_with_surrogates
from dslm.reporting.run_report.report import render, write_report
from dslm.settings.workspace import Workspace

KEY = {"DSLM_PERSONAL_KEY": "a secret of thirty-two characters"}
PERSONAL = {
    "mode": "surrogate", "kinds": ["email", "name"],
    "fields": {"target.supplier": "name", "target.number": "id"},
}  # fmt: skip


def with_personal(**given: Any) -> Contract:
    plain = CONTRACT.model_dump(mode="json", by_alias=True)
    plain["data"]["personal"] = PERSONAL | given
    return Contract.model_validate(plain)


def page_of(environment: dict[str, str], *, raw: bool = False, **given: Any) -> tuple[str, str]:
    """The page and the cases that its script inflates."""
    run = replace(make_run(60), contract=with_personal(**given))
    showing = gold_with_surrogates(run.contract, run.gold, environment, raw=raw)
    html = render(cases_with_surrogates(run, showing))
    packed = gzip.decompress(base64.b64decode(read(html).by_id("blob").text))
    return html, packed.decode()


def named_in(text: str) -> list[str]:
    """Which suppliers and numbers of gold stand in a text."""
    folded = fold(text)
    values = {str((case.target or {})["number"]) for case in make_run(60).gold} - {"None"}
    return [one for one in (*SUPPLIERS, *sorted(values)) if fold(one) in folded]


def test_neither_page_nor_packed_cases_hold_a_value_of_gold() -> None:
    html, packed = page_of(KEY)
    assert named_in(html) == []
    assert named_in(packed) == []
    assert json.loads(packed)["gold"][0][0] in ("invoice", "credit_note")  # the contract's words
    page = read(html)
    for place in ("worst", "all"):
        assert "Personal values are shown as surrogates" in page.by_id(place).text
        assert "dslm report invoice_intake --raw" in page.by_id(place).text


def test_raw_shows_them_and_warns() -> None:
    html, packed = page_of({}, raw=True)
    assert len(named_in(packed)) > len(SUPPLIERS)
    assert "holds personal data" in read(html).all("header")[0].text
    assert "do not pass this on" in read(html).by_id("all").text


def test_without_a_key_it_shows_kinds_and_says_what_to_do() -> None:
    html, packed = page_of({})
    assert named_in(html + packed) == []
    assert "[name]" in packed
    assert "DSLM_PERSONAL_KEY is not set; set it" in read(html).by_id("all").text


def test_a_contract_that_keeps_personal_data_says_so_and_shows_it() -> None:
    html, packed = page_of({}, mode="keep")
    assert named_in(packed)
    assert "counts personal data and keeps it" in read(html).by_id("worst").text


def test_what_was_judged_on_gold_as_it_is_stays() -> None:
    run = replace(make_run(60), contract=with_personal())
    seen = cases_with_surrogates(run, gold_with_surrogates(run.contract, run.gold, KEY))
    before, after = worst_cases(run, 12), worst_cases(seen, 12)
    assert [case.row.outcome for case in after] == [case.row.outcome for case in before]
    for old, new in zip(before, after, strict=True):
        assert [f.wrong for f in new.fields] == [f.wrong for f in old.fields]
        assert [bool(f.found) for f in new.fields] == [bool(f.found) for f in old.fields]
        right = [f for f in new.fields if not f.wrong]
        assert all(f.gold == f.answer for f in right)


@pytest.mark.parametrize("raw", [False, True])
def test_a_raw_report_is_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw: bool
) -> None:
    run, ws = make_run(20), Workspace(tmp_path, "invoice_intake")
    write_atomic(ws.contract, with_personal().model_dump_json(by_alias=True))
    write_atomic(ws.results / "scorecard.json", run.scorecard.model_dump_json())
    write_records(ws.gold, run.gold)
    write_records(ws.scores("candidate") / "rows.jsonl", run.rows["candidate"])
    write_manifest(ws.scores("candidate"), {})
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY["DSLM_PERSONAL_KEY"])
    done = write_report(ws, raw=raw)
    assert done.path == (ws.raw_report if raw else ws.report)
    assert (done.how, done.fault) == ("raw" if raw else "surrogates", None)
    assert ("holds personal data" in done.path.read_text()) is raw
    assert ws.report.exists() is not raw
