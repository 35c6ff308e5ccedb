"""What looks personal and the contract says nothing of: fields by their names, kinds in texts.

Counted in the ledger and on the data card as left; `dslm check` warns of fields before any work.
Called by `replace_in_case` and `replace_everywhere` of cases as they became.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

from dslm.contract.model.personal_fields import FOUND_KINDS, Personal
from dslm.contract.model.personal_kinds import kind_suspected
from dslm.curation.personal.detectors.all_detectors import Detectors
from dslm.curation.personal.found_in_case import NOTHING
from dslm.curation.personal.known_values.group_index import GroupIndex
from dslm.curation.personal.replacement.unchanged_text import outside
from dslm.records import Case


class UndeclaredFields:
    """Says of places what they look like; of each it is asked once, as cases have the same ones."""

    def __init__(self, personal: Personal):
        self._personal = personal
        self._known: dict[str, str | None] = {}

    def __call__(
        self, target: Mapping[str, Any], meta: Mapping[str, Any],
        given: Collection[str] = frozenset(),
    ) -> Iterator[tuple[str, str]]:  # fmt: skip
        """Each place of a case that looks personal and is not declared, and the kind.

        What holds only what was `given`, written there in place of a value, is left out.
        """
        for place, value in (*_places("target", target), *_places("meta", meta)):
            if given and str(value) in given:
                continue
            if place not in self._known:
                self._known[place] = self._kind(place)
            if kind := self._known[place]:
                yield place, kind

    def _kind(self, place: str) -> str | None:
        kind = kind_suspected(place.partition(".")[2])
        return kind if kind and not self._personal.declares(place) else None


def _places(before: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Where something stands, and what; a dot leads into an object and through lists."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _places(f"{before}.{key}", inner)
    elif isinstance(value, list):
        yield from (place for item in value for place in _places(before, item))
    elif value not in (None, ""):
        yield before, value


class Leftovers:
    """Says of cases what in them still looks personal."""

    def __init__(self, personal: Personal):
        self._personal = personal
        self._suspects = UndeclaredFields(personal)

    @cached_property
    def _unasked(self) -> Detectors:
        """Finds what looks like personal data of the kinds that the contract does not name."""
        kinds = [k for k in FOUND_KINDS if k != "name" and k not in self._personal.kinds]
        return Detectors(self._personal.model_copy(update={"kinds": kinds, "presidio": None}))

    def __call__(
        self, case: Case, given: Collection[str], index: GroupIndex | None = None
    ) -> Counter[str]:
        """What still looks personal: fields nobody declared, kinds in the text nobody asked for.

        Args:
            case: As it became.
            given: What was written there in place of values.
            index: Its own values, which `keep` leaves as they are.
        """
        left = [place for place, _ in self._suspects(case.target or {}, case.meta, given)]
        if found := outside(self._unasked(case.input), case.input, given):
            keeps = self._personal.mode == "keep"
            declared = index.findings(case.input) if index and keeps else []
            left += [
                f"input: {one.kind}" for one in found
                if all(one.end <= known.start or known.end <= one.start for known in declared)
            ]  # fmt: skip
        return Counter(left) if left else NOTHING
