"""One part of the data, counted in one pass: lengths, labels, slices, days.

Takes cases one at a time and keeps counts, never cases: memory grows with the number of different
lengths and slice values, and by eight bytes for each value of an open field. Called by `card`.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from dslm.contract.model import Contract
from dslm.contract.slicing import slices_of
from dslm.curation.arrival import arrival
from dslm.curation.case_table import number_of
from dslm.curation.finite_labels import named_values
from dslm.data_card import Spread
from dslm.records import Case

# canonical JSON, many times faster than making an encoder for each value
spelled = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
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


class PartCounts:
    """Everything that is counted of one part.

    Attributes:
        labels: Listed field → value as JSON → cases.
        open: Open field → its values.
        slices: Slice → value → cases.
    """

    def __init__(self, contract: Contract):
        self.contract = contract
        self.cases = self.untimed = 0
        self.lengths: Counter[int] = Counter()
        self.first = self.last = ""
        schemas = contract.schema["properties"]
        listed = {field: named_values(schemas[field]) is not None for field in contract.fields}
        self.labels: dict[str, Counter[str]] = {f: Counter() for f in listed if listed[f]}
        self.open = {field: OpenCounts() for field in listed if not listed[field]}
        self.slices: dict[str, Counter[str]] = {name: Counter() for name in contract.slices}

    def add(self, case: Case) -> None:
        """Count one case."""
        target = case.target or {}
        self.cases += 1
        self.lengths[len(case.input)] += 1
        for field, counted in self.labels.items():
            counted[spelled(target[field])] += 1
        for field, opened in self.open.items():
            opened.add(target[field])
        for name, value in slices_of(self.contract, case).items():
            self.slices[name][value] += 1
        if self.contract.data.time is not None:
            self._arrived(case)

    def _arrived(self, case: Case) -> None:
        day = arrival(case, self.contract.data.time)
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
