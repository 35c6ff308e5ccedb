"""Page and terminal tell of lists: empty ones, items, and which items there are."""

from __future__ import annotations

import io
from typing import Any

import pytest
from support.curation.sample_data_card import LENGTH, make_card, split_up
from support.documents.page_reader import read

from dslm.data_card import PARTS, DataCard
from dslm.reporting.data_card.data_card_page import item_rows, render_card
from dslm.reporting.data_card.data_card_terminal import data_summary
from dslm.reporting.data_card.data_notes import notes


def filling(items: int) -> dict[str, Any]:
    return {"null": 0, "empty": 5, "per_case": LENGTH, "items": items, "distinct": 2,
            "length": LENGTH}  # fmt: skip


@pytest.fixture
def card() -> DataCard:
    items = split_up(all=2)
    few = dict.fromkeys(PARTS, 0) | {"gold": 3}
    rest = {part: items[part] - few[part] for part in PARTS}
    values = {
        "name": "tags", "unlisted_values": 0, "unlisted": dict.fromkeys(PARTS, 0),
        "values": [{"value": "red", "cases": rest}, {"value": "<b>blue", "cases": few}],
    }  # fmt: skip
    parts = {part: filling(items[part]) for part in PARTS}
    return make_card(lists=[{"name": "tags", "parts": parts, "values": values},
                            {"name": "lines[].sku", "parts": parts, "values": None}])  # fmt: skip


def test_the_page_shows_lists_and_their_items(card: DataCard) -> None:
    html = render_card(card)
    said = read(html).by_id("fields").text.replace("\u00a0", " ")
    assert "Lists" in said
    assert "lines[].sku" in said
    assert "120 items, 2 different" in said
    assert "8.3 % empty" in said  # 5 of 60
    assert "<b>blue" not in html  # escaped
    assert item_rows(card.lists[0])[0].counts[0] == (120, 1.0)


def test_a_card_without_lists_shows_no_heading_for_them() -> None:
    assert "Share of cases with an empty list" not in render_card(make_card())


def test_an_item_that_only_gold_has_is_a_note(card: DataCard) -> None:
    assert any(note.startswith("tags is measured on items that training does") for note in
               notes(card))  # fmt: skip


def test_the_terminal_shows_them_too(card: DataCard) -> None:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=200).print(data_summary(card, {"page": "x"}))
    said = out.getvalue()
    assert "tags, share of all items" in said
    assert "8.3 % empty, 12 to 55 a case, 2 different" in said.replace("\u00a0", " ")
