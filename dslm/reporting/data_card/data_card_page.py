"""The data card as one HTML file: no network, no JavaScript, light and dark.

Takes a `DataCard`; gives the page's sections as values that the template only has to lay out, and
writes card and page. Pure: same card, same bytes. Called by `pipelines.curate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dslm.data_card import PARTS, DataCard, ListField, OpenField, ReachOf, Tallied
from dslm.provenance import write_atomic
from dslm.records import Metric
from dslm.reporting import display_names
from dslm.reporting.charts.histogram import describe, histogram, top_of_scale
from dslm.reporting.charts.inline_svg import Bar, bars, stacked
from dslm.reporting.data_card.data_notes import notes
from dslm.reporting.formatting import plain_value, rate, visible
from dslm.reporting.page_templates import rendered
from dslm.reporting.run_report.page_sections import FEW_CASES, facts
from dslm.settings.workspace import Workspace

BECOMES = {
    "keep": "it is counted and stays as it is",
    "surrogate": "it is replaced by invented values of the same form",
    "mask": "it is replaced by its kind in brackets",
    "drop": "a case that has any is dropped",
}
KINDS = {"email": "e-mail addresses", "iban": "IBANs", "card": "card numbers", "tax": "tax numbers",
         "phone": "telephone numbers", "name": "names", "national_id": "national identity numbers",
         "id": "numbers of a person", "address": "addresses", "date": "dates of birth",
         "company": "companies"}  # fmt: skip
SPLITS = tuple(part for part in PARTS if part != "gold")


@dataclass(frozen=True)
class ValueRow:
    """One value of a label or slice: cases and share by part, and what is odd about it."""

    text: str
    is_null: bool
    counts: tuple[tuple[int, float | None], ...]
    chart: Markup
    odd: str


@dataclass(frozen=True)
class ReasonRow:
    """Why cases were dropped: the name in the ledger, in words, and how many."""

    reason: str
    words: str
    cases: int
    chart: Markup


def _share(count: int, whole: int) -> float | None:
    return count / whole if whole else None


def _cases(card: DataCard) -> dict[str, int]:
    return {name: part.cases for name, part in card.parts.items()}


def share_bars(wholes: Mapping[str, int], counts: Mapping[str, int]) -> Markup:
    """One bar a part: the share of its cases, or of whatever is counted."""
    return bars(
        [
            Bar(name, Metric(value=_share(counts[name], wholes[name]), low=None, high=None,
                             n=wholes[name]))
            for name in PARTS
        ],
        1.0,
    )  # fmt: skip


def _odd(counts: dict[str, int]) -> str:
    if not counts["train"]:
        return "not in training"
    return "few in gold" if counts["gold"] < FEW_CASES else ""


def value_rows(card: DataCard, tallied: Tallied) -> list[ValueRow]:
    """The values of a label or slice, the most frequent first, what is not listed last."""
    return _rows(_cases(card), tallied)


def item_rows(field: ListField) -> list[ValueRow]:
    """The same of a list's items, as shares of all items."""
    if field.values is None:
        return []
    return _rows({name: one.items for name, one in field.parts.items()}, field.values)


def _rows(wholes: Mapping[str, int], tallied: Tallied) -> list[ValueRow]:
    def row(text: str, is_null: bool, counts: dict[str, int], odd: str) -> ValueRow:
        found = tuple((counts[p], _share(counts[p], wholes[p])) for p in PARTS)
        return ValueRow(text, is_null, found, share_bars(wholes, counts), odd)

    rows = [
        row(plain_value(one.value), one.value is None, one.cases, _odd(one.cases))
        for one in tallied.values
    ]
    if tallied.unlisted_values:
        rows.append(row(f"{tallied.unlisted_values:,} rarer values", True, tallied.unlisted, ""))
    return rows


def null_bars(card: DataCard, field: OpenField) -> Markup:
    """One bar a part: the share of its cases that leave the field null."""
    return share_bars(_cases(card), {part: field.parts[part].null for part in PARTS})


def empty_bars(card: DataCard, field: ListField) -> Markup:
    """One bar a part: the share of its cases with a list of nothing."""
    return share_bars(_cases(card), {part: field.parts[part].empty for part in PARTS})


def timed(card: DataCard) -> bool:
    """Whether it is known when cases arrived."""
    return any(part.first for part in card.parts.values())


def row_parts(card: DataCard) -> list[tuple[str, int]]:
    """What became of the rows: the splits, dropped, rejected."""
    kept = [(name, card.parts[name].cases) for name in SPLITS]
    return [*kept, ("dropped", sum(card.dropped.values())), ("rejected", card.rejected)]


def rows_bar(card: DataCard) -> Markup:
    """The same as one bar."""
    return stacked(row_parts(card)) if card.read else Markup("")


def reasons(card: DataCard) -> list[ReasonRow]:
    """Why cases were dropped, the most frequent reason first."""
    most = max(card.dropped.values(), default=1)
    found = []
    for reason, cases in sorted(card.dropped.items(), key=lambda pair: (-pair[1], pair[0])):
        metric = Metric(value=float(cases), low=None, high=None, n=cases)
        chart = bars([Bar("dropped", metric)], float(most))
        found.append(
            ReasonRow(visible(reason), visible(display_names.drop_text(reason)), cases, chart)
        )
    return found


def histograms(card: DataCard) -> list[tuple[str, Markup]]:
    """Input lengths, part by part, on one scale."""
    top = top_of_scale(card)
    return [(name, histogram(card, name, display_names.part_name(name), top)) for name in PARTS]


def reach_rows(card: DataCard) -> list[tuple[ReachOf, Markup]]:
    """What gold and each slice of it can show, with the margin as a bar."""
    found = [card.reach.gold, *card.reach.slices]
    most = max(one.margin for one in found)
    return [
        (one, bars([Bar("gold", Metric(value=one.margin, low=None, high=None, n=one.cases))], most))
        for one in found
    ]


def sentence(card: DataCard) -> str:
    """What became of the rows, in one sentence."""
    share = rate(_share(card.kept, card.read))
    return (
        f"Of {card.read:,} rows, {card.kept:,} are kept ({share}), {sum(card.dropped.values()):,} "
        f"dropped with a reason and {card.rejected:,} rejected."
    )


def reach_sentence(card: DataCard) -> str:
    """What the whole gold set can show, in one sentence."""
    gold = card.reach.gold
    gain = "no gain" if gold.gain is None else f"a gain of {rate(gold.gain)} or more"
    return (
        f"{gold.cases:,} gold cases can decide a non-inferiority margin of {rate(gold.margin)} or "
        f"more and can show {gain}; a share near {rate(card.reach.right)} is known to about "
        f"± {rate(gold.half_width)}."
    )


def personal_facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ledger's section on personal data as label and text, what is odd in it as it stands."""
    rest = dict(found)
    mode, key, kinds = (rest.pop(name, None) for name in ("mode", "key", "kinds"))
    told = [("what becomes of it", BECOMES.get(mode, str(mode)))] if mode else []
    for kind, count in (kinds if isinstance(kinds, Mapping) else {}).items():
        text = f"{count['findings']:,} in {_counted(count['cases'])}"
        told.append((KINDS.get(kind, visible(kind)), text))
    if isinstance(fields := rest.pop("fields", None), Mapping) and fields:
        held = rest.pop("in_fields", None)
        listed = (f"{visible(place)} ({KINDS.get(kind, visible(str(kind)))}){_held(place, held)}"
                  for place, kind in fields.items())  # fmt: skip
        told.append(("fields that hold it, by the contract", ", ".join(listed)))
    if key:
        told.append(("fingerprint of the key", str(key)))
    told += _left(rest)
    return told + facts(rest)


def _held(place: str, held: Any) -> str:
    """In how many cases a field holds anything; nothing where an older ledger does not say."""
    if not isinstance(held, Mapping) or place not in held:
        return ""
    return f" in {_counted(held[place])}" if held[place] else ": 0 values"


def _counted(cases: int) -> str:
    return f"{cases:,} case{'' if cases == 1 else 's'}"


def _left(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What stays, taken out of the section: common words, short values, what nobody declared."""
    exempted, short, left = (found.pop(name, None) for name in ("exempted", "short", "left"))
    shared = found.pop("shared", None)
    told = [
        (what, f"{count:,} {'stays' if count == 1 else 'stay'} outside of their group")
        for what, count in (("common words that are names too", exempted),
                            ("short values, towns and years", short))
        if count
    ]  # fmt: skip
    if shared:
        told.append(("words and first letters that many groups share",
                     f"{shared:,} {'stays' if shared == 1 else 'stay'}"))  # fmt: skip
    for place, cases in (left if isinstance(left, Mapping) else {}).items():
        told.append((f"left: {visible(place)}", f"looks personal in {_counted(cases)}"))
    return told


def render_card(card: DataCard) -> str:
    """The page."""
    from dslm.reporting.data_card import data_card_page

    return rendered(
        "data-card.html.jinja", None, card=card, page=data_card_page, naming=display_names,
        parts=PARTS,
        splits=SPLITS, notes=notes(card), describe=describe,
        personal=None if card.personal is None else personal_facts(card.personal),
    )  # fmt: skip


def write_data_card(ws: Workspace, card: DataCard) -> None:
    """Write `data-card.html` and `data-card.json`, each whole or not at all."""
    write_atomic(ws.data_page, render_card(card))
    write_atomic(ws.data_card, card.to_json())
