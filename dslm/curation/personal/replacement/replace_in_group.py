"""The values of one group told apart: its cases replaced anew where two were drawn alike.

Takes the rows of a group as they were read; gives them with surrogates that no two values of the
group share. What was drawn for a case alone (`replace_in_case`) holds where nothing in the group
stands against it, which is most often so. Called by `replace_everywhere`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dslm.cases import as_line
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.json_texts import words_of_line
from dslm.curation.personal.known_values.known_values import Values
from dslm.curation.personal.replacement.original_case import OriginalCase, line_of
from dslm.curation.personal.replacement.replace_in_case import BROKEN_LABEL, UNTOLD_NAME, Replacer
from dslm.curation.personal.surrogates.distinct_surrogates import NOT_MOVED, Moved, Standing

MOST_READ = 4_999  # cases of a group whose texts are held against its surrogates


def draws_of(rows: Sequence[Mapping[str, Any]], values: Values, replacer: Replacer) -> Moved:
    """Which draws the values of a group take that do not take their first.

    Args:
        rows: All of the group, or the first of more than can be held against them.
        values: All of the group.
        replacer: Says what is drawn.
    """
    if len(rows) == 1:  # has been told apart by itself
        held = rows[0]["personal"]
        return CaseFindings.from_json(held).moved if held else NOT_MOVED
    there = None
    if len(rows) <= MOST_READ:
        there = Standing(words_of_line(_as_it_came(row)) for row in rows if row["record"])
    return replacer.substitutes.told_apart((identity for identity, _ in values), there)


def _as_it_came(row: Mapping[str, Any]) -> str:
    line: str = row["record"] if row["came"] is None else line_of(row["came"])
    return line


def replaced_in_group(row: dict[str, Any], replacer: Replacer, moved: Moved) -> dict[str, Any]:
    """A row whose case takes the draws of its group; the same row where it does already."""
    if row["came"] is None:
        return row
    found = CaseFindings.from_json(row["personal"])
    taken = replacer.substitutes.settled(found)
    if all(moved.get(unit, 0) == nth for unit, nth in taken.items()):
        return row
    came = OriginalCase.from_json(row["came"])
    settled = dict.fromkeys(taken, 0) | dict(moved)
    done = replacer.case(came.case, came.before, came.broken, settled)
    changed: dict[str, Any] = {"record": as_line(done.case), "personal": done.found.to_json()}
    if row["reason"] in (None, BROKEN_LABEL, UNTOLD_NAME):
        changed["reason"] = done.reason
    return row | changed
