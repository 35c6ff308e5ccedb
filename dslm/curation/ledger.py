"""What curation says of itself: who was read, rejected, dropped and kept, and why.

Made by `pipeline`, filled with what `readers` and the blocks report; written as `ledger.json` and
`rejects.jsonl`. A ledger whose numbers do not add up cannot be made.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Self

from pydantic import Field, model_validator

from dslm.contract.model.personal_fields import PersonalKind, PersonalMode
from dslm.records import Record


class Reject(Record):
    """A row that is no case: where it is, and why. Lines and Parquet rows count from 1."""

    source: str
    line: int
    reason: str


class Drop(Record):
    """A case that is not trained on, the reason, and the other case that is part of it."""

    id: str
    reason: str
    of: str | None = None


class SourceCount(Record):
    """What became of one file's rows."""

    read: int
    rejected: int
    dropped: int
    kept: int


class LeakageCheck(Record):
    """How many cases were compared with gold, and how many of each kind of leak were found.

    Which gold it was stands in the manifest (`Curated.inputs`): these files must stay the same
    bytes when gold changes without touching the training data, or every new gold case retrains.
    """

    compared: int
    found: dict[str, int]


class ReviewCount(Record):
    """What verdicts did: cases with a replaced value, and verdicts on cases that are not there.

    Those they dropped are among the drops, as `reviewed`. `fixed_dropped` of the fixed ones were
    left out for what they are beside other cases or by the contract (a copy, a leak, too long),
    never for the fix; the drops say why.
    """

    fixed: int = 0
    fixed_dropped: int = 0
    absent: int = 0


class PersonalCount(Record):
    """How many cases held personal data of one kind, and how many findings that makes."""

    cases: int
    findings: int


class PersonalBook(Record):
    """What was found of personal data in all cases, kept or dropped, and what became of it.

    Attributes:
        mode: As in the contract.
        key: The fingerprint of the surrogates' key, None where the mode needs none.
        fields: Which fields hold personal data by the contract, and of which kind.
        in_fields: In how many cases each of them holds anything; none in older ledgers.
        kinds: Cases and findings by kind.
        exempted: Words of names that stay outside of their groups, as they are common words.
        short: Values that mean nobody outside of their group, where they stay: of fewer than four
            letters or digits, addresses without a number, years.
        shared: Parts of values that stay in surrogates, as many groups share them.
        left: Cases in which something looks personal that the contract says nothing of, by the
            field, or by its kind in the text.
    """

    mode: PersonalMode
    key: str | None
    kinds: dict[PersonalKind, PersonalCount]
    fields: dict[str, PersonalKind] = Field(default_factory=dict)
    in_fields: dict[str, int] = Field(default_factory=dict)
    exempted: int = 0
    short: int = 0
    shared: int = 0
    left: dict[str, int] = Field(default_factory=dict)


class Ledger(Record):
    """The books of one curation; `personal` is None where the contract looks for no such data."""

    read: int
    rejected: int
    dropped: dict[str, int]
    kept: dict[str, int]
    groups: dict[str, int]
    sources: dict[str, SourceCount]
    leakage: LeakageCheck
    review: ReviewCount = ReviewCount()
    drops: tuple[Drop, ...]
    personal: PersonalBook | None = None

    @model_validator(mode="after")
    def _reconciles(self) -> Self:
        kept, dropped = sum(self.kept.values()), sum(self.dropped.values())
        if self.read != kept + dropped + self.rejected:
            raise ValueError(f"{self.read} read, but {kept} kept + {dropped} dropped "
                             f"+ {self.rejected} rejected")  # fmt: skip
        if dict(Counter(drop.reason for drop in self.drops)) != self.dropped:
            raise ValueError("the listed drops are not those counted")
        for name, count in self.sources.items():
            if count.read != count.rejected + count.dropped + count.kept:
                raise ValueError(f"{name}: in is not kept + dropped")
        for key, whole in {"read": self.read, "rejected": self.rejected, "dropped": dropped,
                           "kept": kept}.items():  # fmt: skip
            if sum(getattr(count, key) for count in self.sources.values()) != whole:
                raise ValueError(f"{key} by source does not add up to {whole}")
        return self

    @model_validator(mode="after")
    def _counts_personal_data(self) -> Self:
        for kind, count in (self.personal.kinds if self.personal else {}).items():
            if not 0 < count.cases <= min(count.findings, self.read - self.rejected):
                raise ValueError(f"{kind} in {count.cases} cases does not go with "
                                 f"{count.findings} findings")  # fmt: skip
            if self.dropped.get(f"personal:{kind}", 0) > count.cases:
                raise ValueError(f"more cases dropped for {kind} than had any")
        return self

    def to_json(self) -> str:
        """The text of `ledger.json`: counts, then drops and what they match, one a line."""
        unused = {"drops"} if self.personal else {"drops", "personal"}
        book = self.model_dump(mode="json", exclude=unused)
        head = json.dumps(book, indent=2, sort_keys=True, ensure_ascii=False).removesuffix("\n}")
        cases = _lines([drop.id, drop.reason] for drop in self.drops)
        matches = _lines([drop.id, drop.of] for drop in self.drops if drop.of is not None)
        return f'{head},\n  "cases": {cases},\n  "matches": {matches}\n}}\n'


def _lines(pairs: Iterable[list[str | None]]) -> str:
    listed = ",\n    ".join(json.dumps(pair, ensure_ascii=False) for pair in pairs)
    return f"[\n    {listed}\n  ]" if listed else "[]"
