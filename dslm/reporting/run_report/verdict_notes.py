"""What a verdict says beside its checks, such as what changed since the champion, in lines.

Takes a verdict; gives lines for page, terminal and comment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dslm.gating.changes.changes_since_champion import changes_told
from dslm.gating.changes.earlier_policies import HEADING
from dslm.gating.verdict_markdown import look_in_words
from dslm.records import Changes, Row, Verdict

MOST_LINES = 12


def not_narrowed(rows: Sequence[Row]) -> tuple[str, ...]:
    """Where and in how many answers, the most frequent first; empty where there is nothing to say.

    Only a recipe with `copy_grounded` holds anything to the input.
    """
    counts = Counter(pair for row in rows for pair in row.prediction.not_narrowed.items())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = tuple(
        f"{place}, in {times:,} of {len(rows):,} answers: {why}"
        for (place, why), times in ordered[:MOST_LINES]
    )
    return lines if len(lines) == len(ordered) else (*lines, f"{len(ordered) - MOST_LINES} more")


TOLD = {"workflow", "status", "checks", "baseline", "first_release", "evidence"}
TITLES = {"changes": "What changed since the champion", "look": "Looks at this gold set",
          "traffic": "Weighted by the contract's traffic"}  # fmt: skip
UNTOLD = ("format",)  # entries that say nothing to people
EMPTY: tuple[object, ...] = (None, "", [], {}, False)


def verdict_notes(verdict: Verdict, loosened: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """Each further part of a verdict that says anything, with a title.

    Args:
        verdict: The gate's.
        loosened: That a stricter policy held the same look up, as `earlier_policies` tells it;
            comes first.
    """
    found = [(HEADING, list(loosened))] if loosened else []
    for name, value in verdict.model_dump(mode="json", exclude_defaults=True).items():
        told = _worded(verdict, name, value)
        if name in TOLD or not (lines := list(_lines(told))):
            continue
        found.append((TITLES.get(name, name.replace("_", " ").capitalize()), lines))
    return found


def _worded(verdict: Verdict, name: str, value: Any) -> Any:
    """A part as it is told elsewhere, where there are words for it."""
    if name == "look" and verdict.look:
        return look_in_words(verdict.look)
    if name == "changes" and isinstance(verdict.changes, Changes):
        head, *lines = changes_told(verdict) or [""]
        return lines or [head]
    return value


def _lines(value: Any) -> Iterator[str]:
    """A part in lines: one for what it says itself, one for each record in a list of it."""
    if isinstance(value, list):
        yield from filter(None, map(_line, value))
        return
    if not isinstance(value, Mapping):
        yield str(value)
        return
    records = {
        name: part for name, part in value.items()
        if isinstance(part, list) and any(isinstance(one, Mapping) for one in part)
    }  # fmt: skip
    if own := _line({name: part for name, part in value.items() if name not in records}):
        yield own
    for part in records.values():
        yield from filter(None, map(_line, part))


def _line(value: Any) -> str:
    """One record as text, what is simply true first; empty where it says nothing."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(filter(None, map(_line, value)))
    if not isinstance(value, Mapping):
        return "" if str(value).startswith("sha256:") else str(value)
    named = {name.replace("_", " "): part for name, part in value.items() if name not in UNTOLD}
    true = [name for name, part in named.items() if part is True]
    said = [f"{name}: {text}" for name, part in named.items() if (text := _text(part))]
    return "; ".join([*true, *said])


def _text(part: Any) -> str:
    """An entry of a record; empty for truth values, digests and what is empty itself."""
    if isinstance(part, bool) or (not _is_number(part) and part in EMPTY):
        return ""
    return _line(part)


def _is_number(value: Any) -> bool:
    """Whether it is a number, 0 among them; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
