from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.curation.sample_data_card import CASES, LENGTH, make_card, split_up, tallied
from support.documents.page_reader import read

from dslm.data_card import DataCard, read_data_card
from dslm.reporting.charts.histogram import histogram, top_of_scale
from dslm.reporting.data_card.data_card_page import (
    reach_rows,
    reasons,
    render_card,
    value_rows,
    write_data_card,
)
from dslm.reporting.data_card.data_notes import notes
from dslm.settings.workspace import Workspace

HOSTILE = '</script><img src="http://127.0.0.1:1/x" onerror="x">\u202e'


@pytest.fixture(scope="module")
def card() -> DataCard:
    return make_card()


def words(html: str, section: str) -> str:
    return read(html).by_id(section).text.replace("\u00a0", " ")


def test_the_page_opens_with_what_became_of_the_rows(card_html: str) -> None:
    header = read(card_html).all("header")[0].text.replace("\u00a0", " ")
    assert "Of 100 rows, 90 are kept (90.0 %), 8 dropped with a reason and 2 rejected." in header
    assert "a non-inferiority margin of 8.8 % or more and can show a gain of 17.3 % or" in header


def test_every_source_has_its_licence_and_origin(card_html: str) -> None:
    said = words(card_html, "sources")
    assert all(text in said for text in ("sources/a.jsonl", "CC0-1.0", "made here"))
    assert "did not look for personal data" in said


def test_personal_data_is_told_in_words() -> None:
    book = {"mode": "surrogate", "key": "816d", "kinds": {"iban": {"cases": 17, "findings": 1018}}}
    said = words(render_card(make_card(personal=book)), "sources")
    assert "replaced by invented values of the same form" in said
    assert "IBANs1,018 in 17 cases" in said
    assert "fingerprint of the key816d" in said


def test_what_was_found_of_personal_data_is_told_where_it_was_looked_for() -> None:
    said = words(render_card(make_card(personal={"found": {"iban": 17}})), "sources")
    assert "found › iban" in said
    assert "17" in said
    assert "did not look" not in said


def test_values_stand_with_their_share_of_each_part(card: DataCard) -> None:
    claim, lost, rarer = value_rows(card, card.labels[0])
    assert claim.counts[0] == (48, 0.8)
    assert 'class="bar train" x="0" y="0" width="80.00%"' in claim.chart
    assert (lost.text, lost.odd) == ("lost", "not in training")
    assert rarer.text == "3 rarer values"
    assert sum(row.counts[0][0] for row in (claim, lost, rarer)) == CASES["train"]


def test_reasons_are_in_words_the_most_frequent_first(card: DataCard) -> None:
    assert [(row.reason, row.words, row.cases) for row in reasons(card)] == [
        ("exact_duplicate", "same input and answer as another case", 5),
        ("leak_near", "is nearly a gold case", 3),
    ]


def test_columns_are_shares_of_a_part_on_a_scale_that_all_parts_share(card: DataCard) -> None:
    assert top_of_scale(card) == 1.0
    heights = {
        name: re.findall(r'class="column"[^>]* height="([\d.]+)"', histogram(card, name, name, 1.0))
        for name in CASES
    }
    assert heights["train"] == heights["gold"] == ["88.5", "29.5"]
    assert "100+" in histogram(card, "gold", "Gold", 1.0)


def test_contradictions_are_shown_field_by_field(card_html: str) -> None:
    said = words(card_html, "labels")
    assert "s-1, s-2" in said
    assert "kind: claim or null" in said
    assert "all were dropped" in said


def test_what_gold_can_show_is_told_for_the_whole_each_slice_and_each_check(
    card: DataCard, card_html: str
) -> None:
    said = words(card_html, "reach")
    assert [one.name for one, _ in reach_rows(card)] == ["gold", "language=en", "language=de"]
    assert "differ on 5.0 % of the cases" in said
    assert re.search(
        r"no\s*holds\s*no loss of 0.050\s*can decide a margin of 0.088 or "
        r"more\s*124",
        said,
    )
    assert re.search(r"not known\s*cheap", said)


def test_days_of_arrival_are_shown_where_they_are_known(card_html: str) -> None:
    assert "Arrived" not in card_html
    part = {"cases": 60, "groups": 30, "length": LENGTH, "bins": (60, 0, 0), "untimed": 1,
            "first": "2024-01-02", "last": "2025-03-04"}  # fmt: skip
    parts = make_card().model_dump()["parts"] | {"train": part}
    html = render_card(make_card(parts=parts))
    assert "2024-01-02 to2025-03-04" in words(html, "rows")
    assert "1 cases have no readable date of arrival." in words(html, "look")


def test_what_stands_out_is_said_first(card: DataCard) -> None:
    said = notes(card)
    assert said[0] == "2 of 100 rows are not cases; rejects.jsonl names each."
    assert said[1].startswith("3 cases repeated gold")
    assert said[2].startswith("1 input has several answers")
    assert said[3] == "kind is measured on values that training does not have: lost."
    assert said[4] == (
        "Gold is too small for the check holds: it can decide a margin of 0.088 or more. Needs "
        "about "
        "124 cases."
    )
    assert len(said) == 5


def test_a_card_with_nothing_odd_says_so() -> None:
    clean = make_card(
        read=90, rejected=0, dropped={}, labels=[tallied("kind", ("claim", split_up(all=1.0)))],
        files=[{"file": "a", "licence": "CC0", "origin": "o", "read": 90, "kept": 90,
                "dropped": 0, "rejected": 0}],
        leakage={"compared": 90, "found": {}}, contradictions={"found": 0, "shown": []},
        reach=make_card().reach.model_copy(update={"checks": ()}).model_dump(),
    )  # fmt: skip
    html = render_card(clean)
    assert notes(clean) == []
    assert "Nothing stands out." in words(html, "look")
    assert "No case was dropped." in words(html, "rows")
    assert "No input has several answers." in words(html, "labels")
    assert 'class="verdict plain"' in html


def test_the_page_runs_no_script_and_asks_for_nothing(card_html: str) -> None:
    page = read(card_html)
    policy = next(e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes)
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert not page.all("script")
    linked = [e.attributes[k] for e in page.elements for k in ("src", "href") if k in e.attributes]
    assert all(link.startswith(("#", "data:")) for link in linked)


def test_hostile_text_is_text() -> None:
    labels = [tallied(HOSTILE, (HOSTILE, split_up(all=1.0)))]
    hostile = make_card(summary=HOSTILE, workflow=HOSTILE, labels=labels,
                        slices=labels, personal={HOSTILE: HOSTILE})  # fmt: skip
    page = read(render_card(hostile))
    assert not page.all("img")
    assert not page.all("script")
    assert "\u202e" not in page.all("html")[0].text
    assert "⟨U+202E⟩" in page.all("main")[0].text


def test_card_and_page_are_written_and_the_same_card_gives_the_same_bytes(
    card: DataCard, tmp_path: Path
) -> None:
    ws = Workspace(tmp_path, "parcels")
    write_data_card(ws, card)
    assert read_data_card(ws.data_card, "parcels") == card
    assert ws.data_page.read_text() == render_card(make_card())
    assert str(tmp_path) not in ws.data_page.read_text() + ws.data_card.read_text()
