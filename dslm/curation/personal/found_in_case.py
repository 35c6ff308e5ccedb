"""What one case held, on its way through the table of all rows to the ledger and the proof.

Written by `source_table` into a column of its table, which is deleted in the end; read by
`replace_everywhere`, `leftovers` and `ledger_entries`. Values stand in it as they were.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from dslm.contract.model.personal_fields import PersonalKind
from dslm.curation.personal.found_values import FoundValue, Identity
from dslm.curation.personal.surrogates.distinct_surrogates import NOT_MOVED, Moved

NOTHING: Counter[Any] = Counter()  # one for all, as making it takes longer than reading it
_NOTHING_LEFT = ", {}]"


@dataclass(frozen=True)
class CaseFindings:
    """Findings of one case.

    Attributes:
        counts: Findings by kind.
        values: Each value in each of its spellings.
        given: What was written in their places.
        left: What still looks personal and the contract says nothing of: fields by their place,
            findings in the text by their kind.
        fields: Which of the contract's personal fields, sorted and counted from 0, held a value.
        moved: Which draw values take that do not take their first (`distinct_surrogates`).
    """

    counts: Counter[PersonalKind] = field(default_factory=lambda: NOTHING)
    values: frozenset[tuple[Identity, str]] = frozenset()
    given: frozenset[str] = frozenset()
    left: Counter[str] = field(default_factory=lambda: NOTHING)
    moved: Moved = field(default_factory=lambda: NOT_MOVED)
    fields: tuple[int, ...] = ()

    def __add__(self, other: CaseFindings) -> CaseFindings:
        return CaseFindings(
            self.counts + other.counts, self.values | other.values, self.given | other.given,
            self.left + other.left, {**self.moved, **other.moved},
            tuple(sorted({*self.fields, *other.fields})),
        )  # fmt: skip

    def __bool__(self) -> bool:
        return bool(self.counts or self.left or self.fields)

    @property
    def first_kind(self) -> PersonalKind:
        """The kind that a dropped case is counted under: the first by name."""
        return min(self.counts)

    def to_json(self) -> str:
        """One line; equal findings give equal text."""
        values = sorted([*identity, text] for identity, text in self.values)
        moved = sorted([*unit, nth] for unit, nth in self.moved.items())
        return json.dumps([dict(sorted(self.counts.items())), self.fields, values,
                           sorted(self.given), moved, dict(sorted(self.left.items()))])  # fmt: skip

    @classmethod
    def from_json(cls, text: str) -> CaseFindings:
        """What `to_json` wrote."""
        counts, fields, values, given, moved, left = json.loads(text)
        pairs = frozenset((Identity(*value[:3]), value[3]) for value in values)
        draws = {Identity(*unit): nth for *unit, nth in moved}
        return cls(Counter(counts), pairs, frozenset(given), Counter(left), draws, tuple(fields))


def values_in(text: str) -> list[tuple[Identity, str]]:
    """The values alone of what `Found.to_json` wrote, which is soon read."""
    return [(Identity(kind, form, value), spelled) for kind, form, value, spelled
            in json.loads(text)[2]]  # fmt: skip


class Tallied(NamedTuple):
    """What some cases held alike.

    Attributes:
        counts: As of `CaseFindings`, and so are `fields`.
        fields: Which of the personal fields.
        left: What still looks personal.
        cases: How many cases.
    """

    counts: dict[PersonalKind, int]
    fields: list[int]
    left: list[str]
    cases: int


def tallied(texts: Iterable[str]) -> Iterator[Tallied]:
    """Of what `Found.to_json` wrote: how many texts say the same, but for values."""
    seen: Counter[tuple[str, str]] = Counter()
    for text in texts:
        left = "{}" if text.endswith(_NOTHING_LEFT) else json.dumps(json.loads(text)[5])
        seen[text[: text.index("]") + 1], left] += 1
    for (held, left), number in seen.items():
        counts, fields = json.loads(f"{held}]")
        yield Tallied(counts, fields, [*json.loads(left)], number)


def case_findings(
    findings: Iterable[FoundValue], given: Iterable[str], moved: Moved = NOT_MOVED
) -> CaseFindings:  # fmt: skip
    """Some findings and what was written in their places, by the draws that were `moved`."""
    listed = list(findings)
    return CaseFindings(
        Counter(one.kind for one in listed),
        frozenset((one.identity, one.text) for one in listed),
        frozenset(given),
        moved=moved,
    )


def together(held: Iterable[str]) -> str | None:
    """What `Found.to_json` wrote of some cases, added up; None for none."""
    found = [CaseFindings.from_json(text) for text in held]
    return reduce(add, found).to_json() if found else None
