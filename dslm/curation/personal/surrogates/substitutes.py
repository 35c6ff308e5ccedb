"""What is written in place of findings: surrogates, told apart, or kinds in brackets.

Takes findings and the draws that values of their group take; gives texts. Made by `replace_in_case`
of a contract's key: without one every value stands as its kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dslm.curation.personal.found_in_case import CaseFindings, case_findings
from dslm.curation.personal.found_values import FoundValue, Identity
from dslm.curation.personal.surrogates.distinct_surrogates import (
    NOT_MOVED,
    Moved,
    Standing,
    distinct_surrogates,
    standing_in,
)
from dslm.curation.personal.surrogates.surrogates import Surrogates


@dataclass(frozen=True)
class Substitutes:
    """What stands for values; `surrogates` are None where it is their kinds."""

    surrogates: Surrogates | None

    def of(self, one: FoundValue, moved: Moved) -> str:
        """What stands for a finding."""
        if self.surrogates is None:
            return f"[{one.kind}]"
        return self.surrogates.of(one.identity, one.text, moved)

    def settled(self, found: CaseFindings) -> dict[Identity, int]:
        """Which draws the values of a case take that was replaced."""
        return self.first_draws(found.values) | dict(found.moved)

    def first_draws(self, values: Iterable[tuple[Identity, str]]) -> dict[Identity, int]:
        """What is drawn for some values, each with its first draw."""
        draws = self.surrogates
        return {unit: 0 for one, _ in values for unit in draws.units(one)} if draws else {}

    def moved(self, findings: Iterable[FoundValue], texts: Iterable[str], settled: Moved) -> Moved:
        """Which draws values take that are found together, and in these texts."""
        identities = {one.identity for one in findings}
        if self.surrogates is None or not identities:
            return NOT_MOVED
        new = distinct_surrogates(self.surrogates, identities, standing_in(texts), settled)
        return {unit: nth for unit, nth in {**settled, **new}.items() if nth}

    def told_apart(self, identities: Iterable[Identity], there: Standing | None) -> Moved:
        """Which draws the values of a group take that do not take their first."""
        draws = self.surrogates
        return distinct_surrogates(draws, identities, there) if draws else NOT_MOVED

    def found(self, findings: list[FoundValue], given: Iterable[str], moved: Moved) -> CaseFindings:
        """What a case held, with the draws that its values take if not the first."""
        if moved and self.surrogates is not None:
            units = {u for one in findings for u in self.surrogates.units(one.identity)}
            moved = {unit: nth for unit, nth in moved.items() if unit in units}
        return case_findings(findings, given, moved)


def written(text: str, findings: list[FoundValue], made: list[str]) -> str:
    """A text with what was made for each finding in its place."""
    parts, place = [], 0
    for one, new in zip(findings, made, strict=True):
        parts += [text[place : one.start], new]
        place = one.end
    return "".join([*parts, text[place:]])
