"""What a verdict says beside its checks, such as what changed since the champion, in lines.

Takes a verdict; gives titles and plain lines, whatever records a later gate adds. Called by page
and comment, which escape them each in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dslm.records import Verdict

TOLD = {"workflow", "status", "checks", "baseline", "first_release", "evidence"}
TITLES = {"changes": "What changed since the champion", "looks": "Looks at this gold set"}
EMPTY: tuple[object, ...] = (None, "", [], {}, False)


def told_beside(verdict: Verdict) -> list[tuple[str, list[str]]]:
    """Each further part of a verdict that says anything, with a title."""
    found = []
    for name, value in verdict.model_dump(mode="json").items():
        if name in TOLD or value in EMPTY:
            continue
        parts = value if isinstance(value, list) else [value]
        title = TITLES.get(name, name.replace("_", " ").capitalize())
        found.append((title, [_line(part) for part in parts]))
    return found


def _line(value: Any) -> str:
    """A part as text: its entries by name, those that are empty or false left out."""
    if isinstance(value, list):
        return ", ".join(map(_line, value))
    if not isinstance(value, Mapping):
        return str(value)
    kept = {
        name.replace("_", " "): part
        for name, part in value.items()
        if (isinstance(part, int | float) and part is not False) or part not in EMPTY
    }
    return "; ".join(
        name if part is True else f"{name}: {_line(part)}" for name, part in kept.items()
    )
