"""The data card in the terminal: what was kept, what was dropped, what gold can show.

Takes a card and where its files lie; gives rich renderables, text from data never read as markup.
Called by `dslm show data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dslm.data_card import PARTS, DataCard, ListField, Tallied
from dslm.reporting.data_card.data_card_page import reach_sentence, reasons, sentence, timed
from dslm.reporting.data_card.data_notes import notes
from dslm.reporting.display_names import part_name
from dslm.reporting.formatting import cut, plain_value, rate, visible

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

TOP = 5  # values shown of each label and slice


def _table(title: str, columns: list[str], rows: list[list[str]]) -> Table:
    """A table whose first column is words and whose others are numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="dim")
    for place, column in enumerate(columns):
        drawn.add_column(column, justify="right" if place else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn


def parts_table(card: DataCard) -> Table:
    """Cases, groups and input lengths by part, and days of arrival where they are known."""
    rows = []
    for name in PARTS:
        part, length = card.parts[name], card.parts[name].length
        spread = f"{length.median:,} ({length.p5:,} to {length.p95:,})" if length else "none"
        row = [part_name(name), f"{part.cases:,}", f"{part.groups:,}", spread]
        if timed(card):
            row.append(f"{part.first} to {part.last}" if part.first else "none")
        rows.append(row)
    columns = ["", "cases", "groups", "characters, middle (5 to 95 %)"]
    return _table("Parts", [*columns, "arrived"] if timed(card) else columns, rows)


def drops_table(card: DataCard) -> Table:
    """Why cases were dropped, the most frequent reason first."""
    rows = [[f"{row.words} ({row.reason})", f"{row.cases:,}"] for row in reasons(card)]
    return _table("Dropped", ["reason", "cases"], rows)


def values_table(card: DataCard, tallied: Tallied, items: ListField | None = None) -> Table:
    """The most frequent values of a label or slice, or items of a list, as shares of each part."""
    wholes = {p: card.parts[p].cases if items is None else items.parts[p].items for p in PARTS}
    rows = [
        [
            cut(plain_value(one.value), 40),
            *(rate(one.cases[p] / n if (n := wholes[p]) else None) for p in PARTS),
        ]
        for one in tallied.values[:TOP]
    ]
    left = len(tallied.values) - TOP + tallied.unlisted_values
    title = visible(tallied.name) + (f", {left:,} rarer values left out" if left > 0 else "")
    title += "" if items is None else ", share of all items"
    return _table(title, ["", *map(part_name, PARTS)], rows)


def lists_table(card: DataCard) -> Table:
    """Lists: share empty, items a case, different items, by part."""
    rows = []
    for field in card.lists:
        cells = []
        for name in PARTS:
            one, cases = field.parts[name], card.parts[name].cases
            sizes = one.per_case
            spread = f", {sizes.p5:,} to {sizes.p95:,} a case" if sizes else ""
            empty = rate(one.empty / cases if cases else None)
            cells.append(f"{empty} empty{spread}, {one.distinct:,} different")
        rows.append([visible(field.name), *cells])
    return _table("Lists", ["", *map(part_name, PARTS)], rows)


def _notes(card: DataCard) -> list[Text]:
    from rich.text import Text

    return [Text.assemble(("! ", "bold yellow"), visible(note)) for note in notes(card)]


def data_summary(card: DataCard, where: Mapping[str, str]) -> Group:
    """A card for `dslm show data`: the sentence, what to look at, tables, where things lie."""
    from rich.console import Group
    from rich.text import Text

    width = max(map(len, where)) + 2
    return Group(
        Text(f"{card.workflow}: {sentence(card)}", style="bold"),
        Text(reach_sentence(card)),
        *_notes(card),
        parts_table(card),
        *([drops_table(card)] if card.dropped else []),
        *(values_table(card, one) for one in (*card.labels, *card.slices)),
        *(values_table(card, one.values, items=one) for one in card.lists if one.values),
        *([lists_table(card)] if card.lists else []),
        *(Text.assemble((label.ljust(width), "dim"), text) for label, text in where.items()),
    )
