"""Fields that look personal by their name, and that the contract says nothing of.

Counted in the ledger and on the data card as left; `dslm check` warns of them before any work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dslm.contract.personal import Personal
from dslm.contract.personal_kinds import kind_suspected


class Suspects:
    """Says of places what they look like; of each it is asked once, as cases have the same ones."""

    def __init__(self, personal: Personal):
        self._personal = personal
        self._known: dict[str, str | None] = {}

    def __call__(
        self, target: Mapping[str, Any], meta: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        """Each place of a case that looks personal and is not declared, and the kind."""
        for place in (*_places("target", target), *_places("meta", meta)):
            if place not in self._known:
                self._known[place] = self._kind(place)
            if kind := self._known[place]:
                yield place, kind

    def _kind(self, place: str) -> str | None:
        kind = kind_suspected(place.partition(".")[2])
        return kind if kind and not self._personal.declares(place) else None


def _places(before: str, value: Any) -> Iterator[str]:
    """Where something stands, a dot leading into an object and through lists."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _places(f"{before}.{key}", inner)
    elif isinstance(value, list):
        yield from (place for item in value for place in _places(before, item))
    elif value not in (None, ""):
        yield before
