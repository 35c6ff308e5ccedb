from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import random
import re
from typing import Any

import pytest
from support.documents.page_reader import read
from support.repositories.sample_run import (
    CHECKS,
    CONTRACT,
    EVIDENCE,
    make_run,
    score_of,
    verdict_of,
)

from dslm.records import NOT_APPLICABLE, Case, Metric
from dslm.reporting.run_report.report import render
from dslm.reporting.run_report.report_data import ReportData
from dslm.reporting.run_report.verdict_headline import headline
from dslm.reporting.run_report.verdict_notes import MOST_LINES, not_narrowed

HOSTILE = '</script><img src=x onerror=alert(1)> \u202eyap\u202c " onclick="x {{ 7*7 }} \x07'


def hostile_run() -> ReportData:
    target = {"kind": "invoice"} | dict.fromkeys(CONTRACT.fields[1:], HOSTILE)
    cases = [
        Case(id=f"{HOSTILE}-{i}", input=HOSTILE, target=target,
             meta={"language": HOSTILE, "channel": "x"})
        for i in range(30)
    ]  # fmt: skip
    return make_run(gold=cases)


def blob_of(html: str) -> dict[str, Any]:
    return json.loads(gzip.decompress(base64.b64decode(read(html).by_id("blob").text)))


def test_the_page_is_well_formed_and_loads_nothing(html: str) -> None:
    page = read(html)
    for element in page.elements:
        for name in ("src", "href", "action", "poster", "data"):
            assert element.attributes.get(name, "#").startswith(("#", "data:"))
        assert "style" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
    style, script = page.all("style")[0].text, page.all("script")[-1].text
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import)\b", script)
    assert not re.search(r"https?://", html)


def test_only_our_own_script_and_style_may_run(html: str) -> None:
    policy = next(m for m in read(html).all("meta") if "http-equiv" in m.attributes)
    content = policy.attributes["content"]
    assert content.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in content
    assert content.count("'sha256-") == 2


def test_the_verdict_comes_first_as_a_word_and_a_reason(html: str) -> None:
    page = read(html)
    assert page.all("title")[0].text.startswith("FAIL · invoice_intake")
    assert page.all("h1")[0].text.strip() == "FAIL"
    reason = next(e for e in page.elements if e.attributes.get("class") == "reason")
    assert re.fullmatch(
        r"Wrong among what goes through: 3\.\d\s% \(.* to .*\s%\); required: at most 5 % at 90 %\.",
        reason.text,
    )
    sentence = next(e for e in page.elements if e.attributes.get("class") == "sentence")
    assert sentence.text.startswith("Of 120 cases 85 go through, 3 of them wrong")


@pytest.mark.parametrize("status", ["PASS", "INCONCLUSIVE"])
def test_every_verdict_has_its_word_and_icon(status: str) -> None:
    page = read(render(make_run(30, status=status)))
    assert page.all("h1")[0].text.strip() == status
    assert any("h1" in svg.parents for svg in page.all("svg"))


def test_a_run_that_was_not_gated_says_so() -> None:
    page = read(render(make_run(30, status=None)))
    assert page.all("h1")[0].text.strip() == "NOT GATED"
    assert "Not gated yet" in page.by_id("checks").text


def test_a_verdict_on_other_evidence_is_shown_as_stale() -> None:
    old = verdict_of("PASS", evidence=EVIDENCE | {"gold": "sha256:" + "0" * 64})
    page = read(render(dataclasses.replace(make_run(30), verdict=old)))
    assert page.all("h1")[0].text.strip() == "STALE"
    assert "is outdated: gold changed" in page.all("header")[0].text


def test_a_check_with_nothing_to_compare_with_is_shown_and_not_counted_as_passed() -> None:
    idle = CHECKS[0].model_copy(update={"id": "holds", "status": NOT_APPLICABLE})
    verdict = verdict_of("PASS", checks=(CHECKS[0], idle), first_release=True, baseline={})
    lifted = CHECKS[0].model_copy(update={"id": "right", "why": "WAIVED by Kim (was FAIL)"})
    waived = verdict.model_copy(update={"checks": (CHECKS[0], lifted, idle)})
    told = headline(dataclasses.replace(make_run(30), verdict=waived)).reason
    assert told.startswith("1 check passed, 1 waived, 1 not applicable; ")
    page = read(render(dataclasses.replace(make_run(30), verdict=verdict)))
    reason = next(e for e in page.elements if e.attributes.get("class") == "reason")
    said = "1 check passed, 1 not applicable; a first release, compared with no champion."
    assert said in reason.text
    checks = page.by_id("checks").text
    assert "NOT APPLICABLE" in checks
    assert "a first release: nothing was compared with a champion" in checks


def test_every_number_on_the_page_is_the_scorecards(run: ReportData, html: str) -> None:
    known = {run.contract.costs.review, 0.0}  # of people alone
    for score in run.scorecard.models.values():
        held = [score.metrics, *(v for by in score.slices.values() for v in by.values())]
        known |= {m.value for metrics in held for m in metrics.values() if m.value is not None}
        known |= {f.f1.value for f in score.fields.values() if f.f1.value is not None}
    shown = [float(e.attributes["value"]) for e in read(html).all("data")]
    assert len(shown) > 60
    assert set(shown) <= known


def test_headline_numbers_stand_with_their_intervals(run: ReportData, html: str) -> None:
    text = read(html).by_id("numbers").text
    metric = run.scorecard.models["candidate"].metrics["straight_through_rate"]
    assert metric.value is not None
    assert f"{metric.value * 100:.1f}\u00a0%" in text
    assert f"{metric.low * 100:.1f} to {metric.high * 100:.1f}\u00a0%" in text  # type: ignore[operator]
    for label in ("Straight-through rate", "Selective risk", "Case exact match", "Cost per case"):
        assert label in text


def test_people_alone_stand_beside_the_models_where_their_rows_were_made(
    run: ReportData, html: str
) -> None:
    page = read(html)
    price = f"{run.contract.costs.review:.2f}\u00a0EUR"
    for section in ("numbers", "cost"):
        text = page.by_id(section).text
        assert "A person, every case" in text
        assert price in text
    bare = read(render(dataclasses.replace(run, person={})))
    assert "A person, every case" not in bare.by_id("numbers").text


def test_gold_weighed_by_traffic_stands_beside_gold_as_it_is(run: ReportData) -> None:
    weighed = Metric(value=1.2345, low=0.5, high=4.5, n=120)
    mine = run.scorecard.models["candidate"].model_copy(
        update={"traffic": {"cost_per_case": weighed}}
    )
    models = run.scorecard.models | {"candidate": mine}
    card = run.scorecard.model_copy(update={"models": models})
    line = "shares of channel: mail 0.9, ocr 0.1; checks are judged on gold as it is"
    verdict = verdict_of("FAIL").model_copy(update={"traffic": (line,)})
    page = read(render(dataclasses.replace(run, scorecard=card, verdict=verdict)))
    numbers = page.by_id("numbers").text
    assert "gold weighted by traffic" in numbers
    assert "1.23\u00a0EUR" in numbers
    assert "Weighted by the contract's traffic" in page.by_id("checks").text
    assert line in page.by_id("checks").text


def test_hostile_text_stays_text() -> None:
    html = render(hostile_run())
    page = read(html)
    assert not page.all("img")
    assert len(page.all("script")) == 2
    assert "<img" not in html
    assert "\u202e" not in html
    assert "\x07" not in html
    assert "⟨U+202E⟩yap" in page.by_id("worst").text
    assert "{{ 7*7 }}" in page.by_id("worst").text


def test_hostile_text_in_the_packed_rows_is_visible_too() -> None:
    packed = json.dumps(blob_of(render(hostile_run())), ensure_ascii=False)
    assert "\u202e" not in packed
    assert "⟨U+202E⟩" in packed


@pytest.mark.slow
def test_two_thousand_cases_fit_in_400_kilobytes() -> None:
    html = render(make_run(2000))
    assert len(html.encode()) <= 400_000
    packed = blob_of(html)
    assert len(packed["id"]) == len(packed["input"]) == 2000
    assert all(packed["input"])


@pytest.mark.slow
def test_long_inputs_are_cut_to_keep_the_size_and_the_page_says_so() -> None:
    run, draw = make_run(150), random.Random(3)
    noise = [
        case.model_copy(update={"input": f"{draw.getrandbits(16_000):x}"}) for case in run.gold
    ]
    html = render(dataclasses.replace(run, gold=tuple(noise)))
    assert len(html.encode()) <= 400_000
    assert re.search(r"Inputs are cut at \d+ characters here", html)


def test_the_worst_cases_can_be_read_without_a_script(run: ReportData, html: str) -> None:
    page = read(html)
    worst = page.by_id("worst").text
    wrong = [row for row in run.rows["candidate"] if row.outcome.kind == "wrong_proceed"]
    gold = {case.id: case for case in run.gold}
    assert wrong
    for row in wrong:
        assert row.id in worst
        assert gold[row.id].input in worst
        assert all(name in worst for name in row.outcome.wrong_fields)
    assert "hidden" in page.by_id("browser").attributes
    assert "scores/candidate/rows.jsonl" in page.by_id("no-browser").text


def test_the_packed_rows_hold_every_answer(run: ReportData, html: str) -> None:
    packed = blob_of(html)
    rows = {row.id: row for row in run.rows["candidate"]}
    for place, case_id in enumerate(packed["id"]):
        answer = rows[case_id].prediction.object
        if answer is None:
            assert packed["answer"][place] is None
            continue
        told = {f: packed["answer"][place].get(str(i), packed["gold"][place][i])
                for i, f in enumerate(packed["fields"])}  # fmt: skip
        assert told == answer


def test_same_data_same_bytes() -> None:
    assert render(make_run(40)) == render(make_run(40))


def test_nothing_measured_prints_as_not_available() -> None:
    run = make_run(20)
    empty = score_of(())
    card = run.scorecard.model_copy(
        update={"models": {"candidate": empty.model_copy(update={"metrics": {}}), "base": empty},
                "threshold": None})  # fmt: skip
    bare = dataclasses.replace(run, scorecard=card, rows={"candidate": run.rows["candidate"]},
                               calibration=None, ledger=None, training=None, where={})  # fmt: skip
    page = read(render(bare))
    assert page.by_id("numbers").text.count("n/a") >= 8
    assert "No threshold could be certified" in page.by_id("curve").text
    assert "ledger is not here" in page.by_id("data").text


def test_a_threshold_that_could_not_be_certified_is_explained() -> None:
    run = make_run(20)
    card = run.scorecard.model_copy(update={"threshold": None})
    told = {"threshold": None, "why": "needs 45 right answers, 12 could proceed"}
    page = read(render(dataclasses.replace(run, scorecard=card, calibration=told)))
    assert "so nothing proceeds: needs 45 right answers, 12 could proceed." in (
        page.by_id("curve").text
    )


def test_the_answers_that_the_certificate_was_tried_on_are_listed() -> None:
    run = make_run(20)
    step = {"answers": 46, "groups": 40, "wrong": 3, "p": 0.034, "level": 0.027,
            "certified": False, "risk": 0.21}  # fmt: skip
    told = {"threshold": 0.9, "why": "3 wrong", "steps": [step]}
    text = read(render(dataclasses.replace(run, calibration=told))).by_id("curve").text
    assert re.search(r"46\s*40\s*3\s*21\.0\s*%\s*no", text)
    broken = told | {"steps": [{"answers": "many"}, 7]}
    assert "Risk, about" not in render(dataclasses.replace(run, calibration=broken))


def test_unknown_metrics_are_shown_under_their_own_name() -> None:
    run = make_run(20)
    metric = Metric(value=3.25, low=None, high=None, n=20)
    score = run.scorecard.models["candidate"]
    score = score.model_copy(update={"metrics": score.metrics | {"edit_distance": metric}})
    card = run.scorecard.model_copy(update={"models": {"candidate": score}})
    text = read(render(dataclasses.replace(run, scorecard=card))).by_id("numbers").text
    assert "Edit distance" in text
    assert "3.25" in text


def test_text_of_any_script_survives() -> None:
    text = "領収書 № 12 · فاتورة ١٢ · 👩‍💻 · Müller"
    case = Case(id="üñí", input=text, target={"kind": "other"} | dict.fromkeys(CONTRACT.fields[1:]),
                meta={"language": "ja", "channel": "mail"})  # fmt: skip
    html = render(make_run(gold=[case]))
    assert blob_of(html)["input"] == [text]
    assert "üñí" in blob_of(html)["id"]


def test_answers_that_were_not_held_to_their_input_are_counted() -> None:
    run = make_run()
    assert "Not copied from the input" not in render(run)
    rows = [
        row.model_copy(update={"prediction": row.prediction.model_copy(update={
            "not_narrowed": {"lines[].paid": "is <true>"} if n < 7 else {}
        })})
        for n, row in enumerate(run.rows["candidate"])
    ]  # fmt: skip
    html = render(dataclasses.replace(run, rows={**run.rows, "candidate": tuple(rows)}))
    said = f"Not copied from the input: lines[].paid, in 7 of {len(rows):,} answers: is <true>."
    assert said in [p.text for p in read(html).all("p")]


def test_of_many_reasons_the_most_frequent_are_shown() -> None:
    rows = make_run().rows["candidate"]
    some = [
        row.model_copy(update={"prediction": row.prediction.model_copy(update={
            "not_narrowed": {f"field_{n // 2}": "why"}
        })})
        for n, row in enumerate(rows[: 2 * MOST_LINES + 4])
    ]  # fmt: skip
    found = not_narrowed(some)
    assert len(found) == MOST_LINES + 1
    assert found[-1] == "2 more"
