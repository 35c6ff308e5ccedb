"""The data card of a workflow: what its data is, in numbers that add up.

Made by `dslm.curation.books.data_card_numbers` from what curation wrote, with the gate's word on
how much the gold set can show (`Reach`); written as `data-card.json`, read by the page, `dslm show
data` and packaging. A card whose numbers do not reconcile cannot be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import JsonValue, model_validator

from dslm.cases import read_record
from dslm.records import Record

PARTS = ("train", "validation", "calibration", "gold")
Counts = dict[str, int]


class SourceFile(Record):
    """One file of cases: whose it is, and what became of its rows."""

    file: str
    licence: str
    origin: str
    read: int
    kept: int
    dropped: int
    rejected: int


class Spread(Record):
    """Lengths in characters at some quantiles (nearest rank)."""

    least: int
    p5: int
    p25: int
    median: int
    p75: int
    p95: int
    most: int


class Part(Record):
    """One part of the data: a split, or gold.

    Attributes:
        cases: How many.
        groups: How many different groups they are of; every case its own where there are none.
        length: Of the inputs.
        bins: How many inputs have a length from each edge of the card to the next; the last bin
            has no end.
        first: Day of the earliest arrival, where the contract has `data.time`.
        last: Day of the latest.
        untimed: Cases without a readable day; 0 where the contract has no `data.time`.
    """

    cases: int
    groups: int
    length: Spread | None
    bins: tuple[int, ...]
    first: str | None
    last: str | None
    untimed: int


class Tally(Record):
    """How often one value occurs in each part."""

    value: JsonValue
    cases: Counts


class Tallied(Record):
    """A field with few values, or a slice: its values, and what is left of them unlisted."""

    name: str
    values: tuple[Tally, ...]
    unlisted_values: int
    unlisted: Counts


class Filling(Record):
    """What one part holds in a field of open values."""

    null: int
    distinct: int
    length: Spread | None


class OpenField(Record):
    """A field whose values are not listed in the contract."""

    name: str
    parts: dict[str, Filling]


class ListFilling(Record):
    """What one part holds in a list.

    Attributes:
        null: Cases without the list.
        empty: Cases with a list of nothing.
        per_case: How many items a list has, over the lists that are there.
        items: All items together.
        distinct: How many of them are different.
        length: Of the items, in characters; as JSON where they are no text.
    """

    null: int
    empty: int
    per_case: Spread | None
    items: int
    distinct: int
    length: Spread | None


class ListField(Record):
    """A list, also one within an object (`order.lines`) or of an object's parts (`lines[].sku`).

    `values` are the items that the contract names and how often each occurs, None where it names
    none: free text is counted, and never quoted here.
    """

    name: str
    parts: dict[str, ListFilling]
    values: Tallied | None = None


class Leakage(Record):
    """How many cases were compared with gold, and how many leaks of each kind were dropped."""

    compared: int
    found: Counts


class Said(Record):
    """One value that some of the cases of one input give."""

    value: JsonValue
    cases: int


class Disagreement(Record):
    """One input with several answers; `fields` counts what was said, value by value.

    `ids` are the first of its `cases`; `settled` says whether a majority was kept.
    """

    ids: tuple[str, ...]
    cases: int
    fields: dict[str, tuple[Said, ...]]
    settled: bool


class Disagreements(Record):
    """Inputs with several answers: all counted, the first ones shown."""

    found: int
    shown: tuple[Disagreement, ...]


class ReachOf(Record):
    """What so many gold cases can show.

    Attributes:
        name: Of the slice value, as `slice=value`; "gold" for all of it.
        cases: How many there are.
        groups: They are of; None in cards of before they counted.
        margin: Smallest non-inferiority margin that an equal model passes with the power; 1: none.
        gain: Smallest true gain that is told from none with the power; None: no gain is.
        half_width: Of the 95 % interval of a share at the usual share of right answers.
    """

    name: str
    cases: int
    margin: float
    gain: float | None
    half_width: float
    groups: int | None = None


class CheckReach(Record):
    """Whether the gold set is large enough for one check of the gate policy.

    `can` says what the gold set can do, after "it"; about `needed` cases in `needed_groups` would
    do. `enough` is None where it cannot be said before there are scores.
    """

    id: str
    asked: str
    can: str
    needed: int | None
    enough: bool | None
    needed_groups: int | None = None


class Reach(Record):
    """The small-data report, with what it takes for granted.

    All of it is told of a first look at gold, which may spend `look_share` of `alpha`; cards of
    before were told of all of it.
    """

    alpha: float
    look_share: float = 1.0
    power: float
    discordance: float
    right: float
    gold: ReachOf
    slices: tuple[ReachOf, ...]
    unlisted_slices: int
    checks: tuple[CheckReach, ...]


class DataCard(Record):
    """All that is told of a workflow's data.

    Attributes:
        digests: Of sources, gold_compared, data (what training sees) and gold.
        rejected: Rows that are no case.
        dropped: Cases by the reason they were dropped for.
        parts: The splits and gold, by name (`PARTS`).
        edges: Where the bins of input lengths begin, in characters.
        labels: Fields with few values; parts of objects under dotted names.
        open_fields: The others, lists left out.
        lists: Fields, and parts of fields, that are lists.
        personal: The ledger's section on personal data, None where it has none.
    """

    workflow: str
    summary: str
    contract_version: int
    digests: dict[str, str]
    read: int
    rejected: int
    dropped: Counts
    files: tuple[SourceFile, ...]
    parts: dict[str, Part]
    edges: tuple[int, ...]
    labels: tuple[Tallied, ...]
    open_fields: tuple[OpenField, ...]
    lists: tuple[ListField, ...] = ()  # cards of before have none
    slices: tuple[Tallied, ...]
    leakage: Leakage
    contradictions: Disagreements
    personal: dict[str, JsonValue] | None
    reach: Reach

    @property
    def kept(self) -> int:
        """Cases in all splits together."""
        return sum(part.cases for name, part in self.parts.items() if name != "gold")

    @model_validator(mode="after")
    def _reconciles(self) -> Self:
        whole = {"read": self.read, "kept": self.kept, "dropped": sum(self.dropped.values()),
                 "rejected": self.rejected}  # fmt: skip
        if whole["read"] != whole["kept"] + whole["dropped"] + whole["rejected"]:
            raise ValueError(f"read is not kept + dropped + rejected: {whole}")
        for key, count in whole.items():
            if sum(getattr(file, key) for file in self.files) != count:
                raise ValueError(f"{key} by file does not add up to {count}")
        cases = {name: part.cases for name, part in self.parts.items()}
        for tallied in (*self.labels, *self.slices):
            if _summed(tallied) != cases:
                raise ValueError(f"{tallied.name}: counts do not add up to the cases")
        for field in self.lists:
            items = {name: filling.items for name, filling in field.parts.items()}
            if field.values is not None and _summed(field.values) != items:
                raise ValueError(f"{field.name}: items do not add up")
        for name, part in self.parts.items():
            if sum(part.bins) != part.cases:
                raise ValueError(f"{name}: bins do not add up to the cases")
        return self

    def to_json(self) -> str:
        """The text of `data-card.json`."""
        return self.model_dump_json(indent=2) + "\n"


def _summed(tallied: Tallied) -> Mapping[str, int]:
    return {
        part: count + sum(tally.cases[part] for tally in tallied.values)
        for part, count in tallied.unlisted.items()
    }


def read_data_card(path: Path, workflow: str) -> DataCard:
    """The card that the curate stage wrote.

    Raises:
        InputError: There is none, or it is none.
    """
    fix = f"run `dvc repro curate@{workflow}`"
    return read_record(path, DataCard, missing="no data card yet", fix=fix)
