from __future__ import annotations

import dataclasses
import io
from collections import Counter

import pytest
from rich.console import Console, RenderableType
from support.repositories.sample_run import EVIDENCE, make_run, verdict_of

from dslm.records import Baseline, Metric, Release
from dslm.reporting.run_report.report_data import ReportData
from dslm.reporting.run_report.verdict_headline import headline
from dslm.reporting.run_terminal import (
    headline_table,
    metric_text,
    run_summary,
    stage_line,
    verdict_line,
)


def printed(what: RenderableType, width: int = 200) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(what)
    return out.getvalue().replace("\u00a0", " ")


def test_a_run_is_told_verdict_first_then_numbers_then_places(run: ReportData) -> None:
    lines = printed(run_summary(run, {"Champion": "version 3"})).splitlines()
    assert lines[0].startswith("✗ FAIL  Wrong among what goes through: 3.")
    assert lines[1].startswith("Of 120 cases 85 go through, 3 of them wrong (")
    text = "\n".join(lines)
    ordered = ("Straight-through", "version 3", "artifacts/invoice_intake/report.html")
    assert sorted(ordered, key=text.index) == list(ordered)
    exact = run.scorecard.models["base"].metrics["case_exact_match"]
    assert exact.value is not None
    assert f"{exact.value * 100:.1f} %" in text


def test_the_fields_that_hold_a_run_back_are_named_the_worst_first(run: ReportData) -> None:
    fields = run.scorecard.models["candidate"].fields
    counts = Counter(n for row in run.rows["candidate"] for n in row.outcome.wrong_fields)
    wrong = sorted((-count, name) for name, count in counts.items())
    text = printed(run_summary(run, {}))
    (line,) = [line for line in text.splitlines() if line.startswith("Fields")]
    said = line.split("wrong most often: ")[1].split(", ")
    f1 = {name: score.f1.value or 0 for name, score in fields.items()}
    assert said == [f"{n} in {-k} (F1 {f1[n] * 100:.1f} %)" for k, n in wrong[: len(said)]]
    assert said
    assert (
        "read the worst cases in artifacts/invoice_intake/report.html; to change the result" in text
    )
    assert "decision.max_selective_risk" in text


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_has_all_that_the_report_has_and_breaks_no_word(
    run: ReportData, width: int
) -> None:
    metrics = run.scorecard.models["candidate"].metrics
    dear = {"cost_per_case": Metric(value=1234.5, low=1003.2, high=20145.1, n=9)}
    weighed = run.scorecard.models["candidate"].model_copy(update={"traffic": dear})
    models = {**run.scorecard.models, "candidate": weighed}
    card = run.scorecard.model_copy(update={"models": models})
    lines = printed(headline_table(dataclasses.replace(run, scorecard=card)), width).splitlines()
    text = "\n".join(lines)
    assert max(map(len, lines)) <= width
    for words in (
        "Candidate",
        "weighted",
        "traffic",
        "Base model",
        "A person,",
        "every case",
        "1,234.50 EUR",
        "1,003.20 to",
        "20,145.10 EUR",
    ):
        assert words in text
    for key in ("case_exact_match", "selective_risk"):
        low, high = metrics[key].low or 0, metrics[key].high or 0
        assert f"{low * 100:.1f} to {high * 100:.1f} %" in text
    assert run.person["cost_per_case"].value is not None
    assert f"{run.person['cost_per_case'].value:.2f} EUR" in text


def test_a_stages_line_says_what_it_made_and_reads_no_markup() -> None:
    line = printed(stage_line("curate", "mini", {"kept": "1,012 of 1,100", "out": "[red]a\u202e"}))
    assert line == "✓ curate mini  kept 1,012 of 1,100  out [red]a⟨U+202E⟩\n"


def test_what_was_not_measured_is_not_available() -> None:
    nothing = Metric(value=None, low=None, high=None, n=0)
    assert metric_text(nothing, "selective_risk", "EUR") == "n/a"


@pytest.mark.parametrize(
    ("status", "word", "reason"),
    [
        ("PASS", "✓ PASS", "The one check passed; compared with release 4."),
        ("INCONCLUSIVE", "? INCONCLUSIVE", "About 770 gold cases would decide it."),
        (None, "? NOT GATED", "the gate has not run on it"),
    ],
)
def test_each_verdict_is_a_word_and_a_reason(status: str | None, word: str, reason: str) -> None:
    line = printed(verdict_line(headline(make_run(8, status=status))))
    assert line.startswith(word)
    assert reason in line


def test_a_pass_on_other_evidence_is_no_pass() -> None:
    old = verdict_of("PASS", evidence=EVIDENCE | {"adapter": "sha256:0"})
    said = headline(dataclasses.replace(make_run(8), verdict=old))
    assert (said.word, said.tone) == ("STALE", "open")
    assert "adapter changed" in said.reason


def test_a_failure_without_a_failed_check_is_still_one() -> None:
    odd = verdict_of("FAIL", checks=())
    assert headline(dataclasses.replace(make_run(8), verdict=odd)).word == "FAIL"


@pytest.mark.parametrize(
    ("version", "changed", "champion", "said"),
    [
        (None, {}, (0, None), "it may be registered: make release W=invoice_intake"),
        (
            3,
            {"adapter": "sha256:0"},
            (3, "sha256:1"),
            "it may be registered: make release W=invoice_intake",
        ),
        (3, {}, (2, "sha256:1"), "promote it: dslm release promote invoice_intake --reason …"),
        (3, {}, (3, "sha256:2"), "promote it: dslm release promote invoice_intake --reason …"),
        (3, {}, (3, "sha256:1"), "nothing: version 3 is registered and is the champion"),
    ],
)
def test_after_a_pass_the_next_step_is_what_has_not_been_done(
    version: int | None, changed: dict[str, str], champion: tuple[int, str | None], said: str
) -> None:
    registered = version and Release(
        workflow="invoice_intake", version=version, digest="sha256:1", status="candidate",
        contract_version=1, created="2026-01-01T00:00:00+00:00", evidence=EVIDENCE | changed,
    )  # fmt: skip
    run = dataclasses.replace(
        make_run(8, status="PASS"),
        registered=registered,
        champion=Baseline(version=champion[0], digest=champion[1]),
    )
    assert headline(run).next_step == said
