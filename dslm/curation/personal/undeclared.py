"""Fields that look personal by their name, and that the contract says nothing of.

Counted in the ledger and on the data card as left; `dslm check` warns of them before any work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dslm.contract.personal import Personal
from dslm.contract.personal_kinds import kind_suspected


def suspected(
    personal: Personal, target: Mapping[str, Any], meta: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Each place of a case that looks personal and is not declared, and the kind it looks like."""
    for place in (*_places("target", target), *_places("meta", meta)):
        kind = kind_suspected(place.partition(".")[2])
        if kind and not personal.declares(place):
            yield place, kind


def _places(before: str, value: Any) -> Iterator[str]:
    """Where something stands, a dot leading into an object and through lists."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _places(f"{before}.{key}", inner)
    elif isinstance(value, list):
        yield from (place for item in value for place in _places(before, item))
    elif value not in (None, ""):
        yield before
