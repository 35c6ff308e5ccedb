"""One part of the data, counted in one pass: lengths with their bins, labels, slices, days.

Takes cases one by one; gives counts. Called by `data_card_numbers`.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dslm.contract.cases.slices import slices_of
from dslm.contract.model.contract_model import Contract
from dslm.curation.answer_fields import CardField, Kind, card_fields
from dslm.curation.case_table import number_of
from dslm.curation.splits import received_date
from dslm.data_card import Spread
from dslm.records import Case

MOST_BINS = 20
_COVERED = 0.99  # of the inputs; what is longer shares the last bin


def _round_up(value: float) -> int:
    """The next of 1, 2, 5 times a power of ten, so that edges read well."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if step * size >= value:
                return step * size
        size *= 10


def edges_of(lengths: Counter[int]) -> tuple[int, ...]:
    """Edges from below the shortest, equally far apart; the last bin has no end."""
    if not lengths:
        return (0,)
    least, total, reached = min(lengths), sum(lengths.values()), 0
    for length in sorted(lengths):
        reached += lengths[length]
        if reached >= _COVERED * total:
            break
    width = _round_up((length + 1 - least) / MOST_BINS)
    return tuple(range(least // width * width, length + 1, width))


def binned(lengths: Counter[int], edges: Sequence[int]) -> tuple[int, ...]:
    """How many lengths lie from each edge to the next."""
    bins = [0] * len(edges)
    for length, count in lengths.items():
        bins[bisect_right(edges, length) - 1] += count
    return tuple(bins)


# canonical JSON, many times faster than making an encoder for each value
spelled = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
Path = tuple[str, ...]  # of a field: two may bear one name
_QUANTILES = {"least": 0.0, "p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95,
              "most": 1.0}  # fmt: skip


def distinct(numbers: array[int]) -> int:
    """How many different numbers there are."""
    return len(np.unique(np.frombuffer(numbers, dtype=np.int64))) if numbers else 0


def spread_of(lengths: Counter[int]) -> Spread | None:
    """Quantiles of counted lengths; None of nothing."""
    if not lengths:
        return None
    ordered = sorted(lengths)
    reached = np.cumsum([lengths[length] for length in ordered])
    total = int(reached[-1])
    ranks = {name: max(1, -int(-q * total // 1)) for name, q in _QUANTILES.items()}
    return Spread(**{n: ordered[int(np.searchsorted(reached, r))] for n, r in ranks.items()})


class OpenCounts:
    """The values of one open field: how many are null, which are the same, how long they are."""

    def __init__(self) -> None:
        self.null = 0
        self.lengths: Counter[int] = Counter()
        self.numbers = array("q")

    def add(self, value: Any) -> None:
        """One case's value."""
        if value is None:
            self.null += 1
            return
        text = value if isinstance(value, str) else spelled(value)
        self.lengths[len(text)] += 1
        self.numbers.append(number_of(text))


class ListCounts:
    """The values of one list: how many are null or empty, how many items, which are the same."""

    def __init__(self, *, named: bool) -> None:
        self.null = self.empty = 0
        self.sizes: Counter[int] = Counter()
        self.items = OpenCounts()
        self.values: Counter[str] | None = Counter() if named else None

    def add(self, value: Any) -> None:
        """One case's list."""
        if not isinstance(value, list):
            self.null += 1
            return
        self.empty += not value
        self.sizes[len(value)] += 1
        for item in value:
            self.items.add(spelled(None) if item is None else item)
            if self.values is not None:
                self.values[spelled(item)] += 1


class PartCounts:
    """Everything that is counted of one part.

    Attributes:
        labels: Listed field → value as JSON → cases.
        open: Open field → its values.
        lists: List → its items.
        slices: Slice → value → cases.
    """

    def __init__(self, contract: Contract):
        self.contract = contract
        self.cases = self.untimed = 0
        self.lengths: Counter[int] = Counter()
        self.first = self.last = ""
        self.fields = card_fields(contract)
        self.labels: dict[Path, Counter[str]] = {f.path: Counter() for f in self.of("label")}
        self.open = {field.path: OpenCounts() for field in self.of("open")}
        self.lists = {f.path: ListCounts(named=f.named is not None) for f in self.of("list")}
        self.slices: dict[str, Counter[str]] = {name: Counter() for name in contract.slices}

    def of(self, kind: Kind) -> tuple[CardField, ...]:
        """The fields of one kind."""
        return tuple(field for field in self.fields if field.kind == kind)

    def add(self, case: Case) -> None:
        """Count one case."""
        target = case.target or {}
        self.cases += 1
        self.lengths[len(case.input)] += 1
        for field in self.fields:
            value = field.read(target)
            if field.kind == "label":
                self.labels[field.path][spelled(value)] += 1
            elif field.kind == "open":
                self.open[field.path].add(value)
            else:
                self.lists[field.path].add(value)
        for name, value in slices_of(self.contract, case).items():
            self.slices[name][value] += 1
        if self.contract.data.time is not None:
            self._arrived(case)

    def _arrived(self, case: Case) -> None:
        day = received_date(case, self.contract.data.time)
        if day is None:
            self.untimed += 1
            return
        text = day.isoformat()
        self.first = min(self.first or text, text)
        self.last = max(self.last, text)


def counted(contract: Contract, cases: Iterable[Case]) -> PartCounts:
    """The counts of some cases."""
    counts = PartCounts(contract)
    for case in cases:
        counts.add(case)
    return counts
