"""What a finder reports: which value, of which kind, where in the text.

Made by `emails`, `bank_accounts`, `tax_numbers`, `phone_numbers`, `name_variants` and
`presidio_names`; read by `replace_in_case`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import NamedTuple

from dslm.contract.model.personal_fields import PersonalKind
from dslm.curation.personal.variants.value_separators import joined

COMMON = "common-word"  # the form of a name that is no more than common words or one sign


class Identity(NamedTuple):
    """What all spellings of one value share, and so its surrogate.

    Attributes:
        kind: As in the contract.
        form: What makes it valid: `fr_siren`; of a telephone number its country code; of a company
            those of its words that many groups share; of a name that its letters alone do not
            tell, `COMMON`.
        value: Without separators, folded; of a telephone number the national digits; of a name its
            words.
    """

    kind: PersonalKind
    form: str
    value: str

    @property
    def is_name(self) -> bool:
        """Whether it is a name, a person's or a company's, and so spelled word by word."""
        return self.kind in ("name", "company")


class FoundValue(NamedTuple):
    """One place where a value stands.

    Attributes:
        kind: As in the contract.
        start: First character.
        end: Behind the last.
        text: As spelled there.
        identity: Which value it is.
        certain: Whether it can be told without the words around it.
    """

    kind: PersonalKind
    start: int
    end: int
    text: str
    identity: Identity
    certain: bool = True


def besides(findings: Collection[FoundValue], more: Iterable[FoundValue]) -> list[FoundValue]:
    """Those of more findings that share no character with some others."""
    taken = {place for one in findings for place in range(one.start, one.end)}
    return [one for one in more if taken.isdisjoint(range(one.start, one.end))]


def without_overlaps(findings: Iterable[FoundValue]) -> list[FoundValue]:
    """Findings by their place; of two that share a character the one given first."""
    kept: list[FoundValue] = []
    starts: list[int] = []
    for one in findings:
        at = bisect_left(starts, one.start)
        if (at == 0 or kept[at - 1].end <= one.start) and (
            at == len(kept) or one.end <= starts[at]
        ):
            kept.insert(at, one)
            starts.insert(at, one.start)
    return kept


def longest(findings: list[FoundValue]) -> list[FoundValue]:
    """Of findings that share a character the longest, of equal ones the first.

    Letters and digits count, and a name in its own order is first: of "Can Le. Can Le" it is not
    "Le. Can", which leaves half of both. An e-mail address comes before all: of
    "Weber <anna@web.de>" no name begins within it.
    """
    return without_overlaps(sorted(findings, key=_first_by_length))


def _first_by_length(one: FoundValue) -> tuple[bool, int, bool, int]:
    length = sum(map(str.isalnum, one.text))
    turned = one.identity.is_name and joined(one.text) != joined(one.identity.value)
    return one.kind != "email" or "@" not in one.text, -length, turned, one.start
