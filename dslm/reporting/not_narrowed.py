"""What a report says of answers that were not held to their input.

Takes rows; gives one line a grounded field, or part of one, and reason. Called by the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dslm.records import Row

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
