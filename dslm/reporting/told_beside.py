"""What a verdict says beside its checks, such as what changed since the champion, in lines.

Takes a verdict; gives titles and plain lines, whatever records a later gate adds. Called by page
and comment, which escape them each in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dslm.records import Verdict
from dslm.reporting.formatting import short_digest

TOLD = {"workflow", "status", "checks", "baseline", "first_release", "evidence"}
TITLES = {"changes": "What changed since the champion", "look": "Looks at this gold set"}
UNTOLD = ("format",)  # entries that say nothing to people
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
        return short_digest(str(value))
    kept = {
        name.replace("_", " "): part
        for name, part in value.items()
        if name not in UNTOLD and (_is_number(part) or part not in EMPTY)
    }
    return "; ".join(
        name if part is True else f"{name}: {_line(part)}" for name, part in kept.items()
    )


def _is_number(value: Any) -> bool:
    """Whether it is a number, 0 among them; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
