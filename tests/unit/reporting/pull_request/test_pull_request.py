"""A comment on a pull request: it tells the verdict, and nothing that it quotes can do anything."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from typing import Any, Literal
from xml.etree import ElementTree as Xml

import pytest
from markdown_it import MarkdownIt
from support.documents.page_reader import read
from support.repositories.sample_run import CONTRACT, make_run, verdict_of

from dslm.gating.changes.earlier_policies import HEADING
from dslm.gating.markdown_escaping import literal, words
from dslm.gating.verdict_markdown import as_markdown
from dslm.looks.look import Look
from dslm.records import Case, Check, Record, Row, Verdict
from dslm.reporting.pull_request import (
    MOST_CHARACTERS,
    Beside,
    comment,
    flips,
    junit,
    marker,
)
from dslm.reporting.run_report.report import render
from dslm.reporting.run_report.report_data import ReportData
from dslm.settings.waivers import Waiver

NASTY = (
    "@everyone and @org/team",
    "</code></td></table><img src=x onerror=alert(1)>",
    "<details><summary>x</summary>",
    "</details>\n\n# Heading\n\n- item\n/approve\n/merge",
    "| a | b | \\| c \\\\| d",
    "[click](javascript:alert(1)) ![pixel](https://evil.example/x.png)",
    "https://evil.example/path www.evil.example mailto:a@b.example a@b.example",
    "`code` ``two`` ```three``` ~~~",
    "**bold** __bold__ *i* _i_ ~~s~~ $x^2$ $$y$$",
    '#123 org/repo#45 GH-77 !88 %"milestone" ~label &9 ^alert $55 [vulnerability:3]',
    ":tada: &lt;b&gt; &#64;user &amp;",
    "\u202eevil\u202c \u2066iso\u2069 \u200b \u200e zero\u200dwidth \ufeff",
    "<!-- dslm gate other --> <!--",
    "--> <script>alert(1)</script>",
    "line one\r\nline two\u2028line three\x0bfour\x00five\x1b[31m",
    "\ud800 lone half",
    "===\n---\n***",
    "    indented\n\tcode",
    "1. one\n2. two\n> quote\n+ plus",
    "[^1]: note\n[x]: https://evil.example",
    "a\\",
    "!@#$%^&*()_+-=[]{}|;':\",./<>?`~",
)
# What GitHub and GitLab look for in finished text, outside code.
CALLS = re.compile(
    r"(?i)(?<![\w/])@[a-z0-9]|(?<!\w)[#!~$&^][a-z0-9\"]|%[a-z0-9\"]|\bGH-\d|\bwww\.|\b\w+://"
    r"|mailto:\w|[\w.]+@[\w.]+|\[vulnerability:|:\w+:"
)


def drawn(markdown: str) -> Any:
    """The markdown as a page; what is in code is drawn, not read for mentions."""
    return read(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
                .render(markdown))  # fmt: skip


def shape(markdown: str) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    """Every element with its attributes, in order."""
    return [(e.tag, tuple(e.attributes.items())) for e in drawn(markdown).elements]


def text_outside_code(markdown: str) -> str:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    rendered = re.sub(r"(?s)<code>.*?</code>", " ", rendered)
    return html.unescape(re.sub(r"<[^>]*>", " ", rendered))


def run_of(text: str, *, quoted: bool = True) -> ReportData:
    """A run all of whose ids, slices and values are this text."""
    target = {"kind": "invoice"} | dict.fromkeys(CONTRACT.fields[1:], text)
    cases = [
        Case(id=f"{text} {i}", input=text, target=target, meta={"language": text, "channel": "x"})
        for i in range(12)
    ]
    return allowing(make_run(gold=cases), quoted=quoted)


def allowing(run: ReportData, *, quoted: bool) -> ReportData:
    personal = run.contract.data.personal.model_copy(update={"quote_in_comments": quoted})
    data = run.contract.data.model_copy(update={"personal": personal})
    contract = run.contract.model_copy(update={"data": data})
    return dataclasses.replace(run, contract=contract)


def told_by(text: str) -> tuple[Verdict, ReportData, Beside]:
    checks = (
        Check(id=text, metric=text, status="FAIL", asked=text, seen=text, why=text),
        Check(id="x", metric=text, status="PASS", asked=text, seen=text, why=f"WAIVED by {text}"),
    )
    waiver = Waiver.model_construct(check=text, reason=text, signed_off_by=text,
                                    until=dt.date(2027, 1, 1), gold=None)  # fmt: skip
    verdict = verdict_of("FAIL", checks=checks, evidence={text: text})
    data = dataclasses.replace(run_of(text), verdict=verdict.model_copy(update={"evidence": {}}))
    return verdict, data, Beside(means={text: text}, waivers=[waiver], why_no_run=text)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("whole", [True, False], ids=["run", "verdict-alone"])
def test_nothing_that_a_comment_quotes_can_do_anything(text: str, whole: bool) -> None:
    verdict, data, beside = told_by(text)
    plain_verdict, plain_data, plain = told_by("harmless")
    found = comment(verdict, data if whole else None, beside)
    expected = comment(plain_verdict, plain_data if whole else None, plain)
    assert shape(found) == shape(expected)
    outside = text_outside_code(found)
    assert CALLS.search(outside) is None, CALLS.search(outside)
    assert not [line for line in found.splitlines() if line.startswith("/")]
    assert found.count("<!--") == 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b\ud800]", found)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("write", [words, literal])
def test_what_is_escaped_is_still_all_there(text: str, write: Any) -> None:
    page = drawn(f"x {write(text)} y")
    said = page.all("p")[0].text.replace("\u200b", "")
    kept = [char for char in text if char.isalnum() or char in "@#!$%^&*|`<>[]~_\\"]
    assert [char for char in said[2:-2] if char in kept] == kept or "⟨U+" in said
    assert {e.tag for e in page.elements} - {"html", "body"} == (
        {"p", "code"} if write is literal else {"p"}
    )


def test_the_verdict_alone_is_as_safe() -> None:
    for text in NASTY:
        verdict, _, _ = told_by(text)
        plain, _, _ = told_by("harmless")
        assert shape(as_markdown(verdict)) == shape(as_markdown(plain)), text


def test_a_comment_tells_verdict_news_numbers_flips_slices_cost_and_digests() -> None:
    run = make_run(120)
    assert run.verdict is not None
    text = comment(
        run.verdict, run, Beside(means={"risk": "Wrong bookings cost more than clerks."})
    )
    lines = text.splitlines()
    assert lines[:2] == [marker("invoice_intake"), "## ❌ invoice_intake: FAIL"]
    ordered = [
        "Wrong among what goes through:", "Of 120 cases",
        "Better (+) or worse (−) than the champion", "A person, every case",
        "The champion is version 4", "Newly wrong: ", "Newly right: ", "<summary>Slices",
        "A case costs: candidate", "people alone 3.20", "Wrong bookings cost more than clerks.",
        "What was judged, by digest",
    ]  # fmt: skip
    seen = html.unescape(text.replace("\u00a0", " "))
    assert sorted(ordered, key=seen.index) == ordered
    assert "Dear accounts team" not in text  # no input, no value, unless the contract says so
    assert not any(str((case.target or {})["number"]) in text for case in run.gold
                   if (case.target or {})["number"])  # fmt: skip
    tags = {e.tag for e in drawn(text).elements}
    assert {"table", "details", "h2"} <= tags


def test_inputs_are_quoted_only_where_the_contract_says_so() -> None:
    run = allowing(make_run(120), quoted=True)
    assert run.verdict is not None
    run = dataclasses.replace(run, shown_as="Personal values are shown as surrogates.")
    text = comment(run.verdict, run)  # type: ignore[arg-type]
    assert "Personal values are shown as surrogates." in text
    wrong = [f for f in flips(run.rows["candidate"], run.rows["champion"]) if f.newly_wrong]
    case = next(case for case in run.gold if case.id == wrong[0].id)
    assert html.unescape(case.input.split("\n")[0].split(",")[0]) in html.unescape(text)
    assert "→" in text
    raw = dataclasses.replace(run, raw=True)
    assert case.input[:12] not in comment(run.verdict, raw)  # type: ignore[arg-type]


def test_flips_are_told_field_by_field_and_what_goes_through_wrongly_comes_first() -> None:
    run = make_run(120)
    mine, theirs = run.rows["candidate"], run.rows["champion"]
    found = {flip.id: flip for flip in flips(mine, theirs)}
    for new, old in zip(mine, theirs, strict=True):
        now, before = set(new.outcome.wrong_fields), set(old.outcome.wrong_fields)
        if now == before:
            assert new.id not in found
            continue
        assert set(found[new.id].newly_wrong) == now - before
        assert set(found[new.id].newly_right) == before - now
    order = [(f.kind == "right", not f.proceeds) for f in flips(mine, theirs)]
    assert order == sorted(order)
    assert flips(mine, mine) == []


def test_without_a_champion_nothing_flips_and_it_is_said() -> None:
    run = make_run(40)
    rows: dict[str, tuple[Row, ...]] = {k: v for k, v in run.rows.items() if k != "champion"}
    assert run.verdict is not None
    verdict = run.verdict.model_copy(update={"first_release": True})
    text = comment(verdict, dataclasses.replace(run, rows=rows))
    assert "this is a first release" in text
    assert "Newly" not in text


@pytest.mark.parametrize("length", [3, 40, 2_000])
def test_a_comment_fits_and_says_what_it_left_out(length: int) -> None:
    run = run_of("@|<" * length)
    long = make_run(3_000) if length == 3 else run
    checks = tuple(
        Check(id=f"check_{i}", metric="coverage", status="FAIL", asked="<" * length,
              seen="|" * length, why="@" * length)
        for i in range(400)
    )  # fmt: skip
    verdict = verdict_of("FAIL", checks=checks)
    text = comment(verdict, dataclasses.replace(long, verdict=verdict))
    assert len(text.encode("utf-16-le")) // 2 <= MOST_CHARACTERS
    assert "… and" in text or "only the verdict is shown" in text
    assert "report.html" in text


def test_a_short_comment_leaves_nothing_out() -> None:
    run = make_run(40)
    assert run.verdict is not None
    assert "… and" not in comment(run.verdict, run)


class Change(Record):
    part: str
    was: str
    now: str
    loosens: bool


class Changes(Record):
    since: int = 0
    found: tuple[Change, ...] = ()


class Later(Verdict):
    changes: Changes = Changes()
    found_later: dict[str, Any] | None = None


def test_what_a_later_gate_adds_to_its_verdict_is_told() -> None:
    run = make_run(40)
    assert run.verdict is not None
    plain = run.verdict.model_dump(exclude={"changes", "look"})
    found = (
        Change(part="@policy", was="0.05", now="0.1", loosens=True),
        Change(part="gold", was="", now="g-7", loosens=False),
    )
    digest = "sha256:" + "a" * 64
    look = Look(gold=digest, candidate=digest, cases=digest, number=3, share=1 / 3, left=0.5)
    more = {"format": "1", "gold": digest, "number": 3, "share": 1 / 3, "left": 0,
            "after": [digest]}  # fmt: skip
    since = Changes(since=4, found=found)
    later = Later(**plain, changes=since, look=look, found_later=more)
    text = html.unescape(comment(later, run)).replace("\u200b", "")
    assert (
        "**What changed since the champion**\n\n- since: 4\n"
        "- loosens; part: @policy; was: 0.05; now: 0.1\n- part: gold; now: g-7\n" in text
    )
    assert "**Looks at this gold set**\n\n- Look 3 at this gold set, or one that shares" in text
    assert "it may spend 33.33% of alpha, 50.00% is left after it\n" in text
    assert "**Found later**\n\n- number: 3; share: 0.3333; left: 0\n" in text
    page = read(render(dataclasses.replace(run, verdict=later)))
    assert "loosens; part: @policy" in page.by_id("checks").text
    assert "What changed" not in comment(Later(**plain), run)


@pytest.mark.parametrize(
    ("status", "tag"),
    [("FAIL", "failure"), ("INCONCLUSIVE", "error"), ("NOT APPLICABLE", "skipped"), ("PASS", None)],
)
def test_each_check_is_a_test_of_junit(
    status: Literal["FAIL", "INCONCLUSIVE", "NOT APPLICABLE", "PASS"], tag: str | None
) -> None:
    check = Check(id="one", metric="coverage", status=status, asked="a", seen="s", why="w")
    suite = Xml.fromstring(junit(verdict_of("FAIL", checks=(check,))))[0]
    assert suite.attrib["tests"] == "1"
    assert [child.tag for child in suite[0]] == [tag or "system-out"]
    assert suite[0].attrib["classname"] == "gate.invoice_intake"
    counted = {"failure": "failures", "error": "errors", "skipped": "skipped"}
    for of, name in counted.items():
        assert suite.attrib[name] == ("1" if of == tag else "0")


@pytest.mark.parametrize("text", [*NASTY, "\ufffe\uffff\x00\x08"], ids=range(len(NASTY) + 1))
def test_junit_holds_any_text(text: str) -> None:
    check = Check(id=text, metric=text, status="FAIL", asked=text, seen=text, why=text)
    suite = Xml.fromstring(junit(verdict_of("FAIL", checks=(check,))).encode())[0]
    assert len(suite) == 1
    assert len(suite[0]) == 1


def test_a_comment_tells_that_a_stricter_policy_held_the_same_look_up() -> None:
    run = make_run(30, status="PASS")
    assert run.verdict is not None
    assert HEADING not in comment(run.verdict, run)
    lines = ("FAIL (risk) before; loosened since: checks.risk.at_most: 0.1 → 0.3", NASTY[0])
    told = comment(run.verdict, dataclasses.replace(run, loosened=lines))
    assert f"**{HEADING}**" in told
    assert "FAIL (risk) before; loosened since" in html.unescape(told)
    assert not CALLS.search(text_outside_code(told))
