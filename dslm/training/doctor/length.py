"""Check `length`: no row is longer than the recipe allows; none is ever cut or left out here."""

from __future__ import annotations

from collections.abc import Iterator

from dslm.proving.finding import Finding, fail, ok
from dslm.training.doctor.subject import Subject

MOST_LISTED = 20


def length(seen: Subject) -> Iterator[Finding]:
    """List the rows over the limit, longest first."""
    over = sorted(
        (-len(row.input_ids), row.case_id)
        for row in seen.rows
        if len(row.input_ids) > seen.max_tokens
    )
    longest = max(len(row.input_ids) for row in seen.rows)
    if not over:
        yield ok("length", f"the longest of {seen.count()} has {longest} tokens of "
                 f"{seen.max_tokens}")  # fmt: skip
        return
    listed = ", ".join(f"{name} ({-size})" for size, name in over[:MOST_LISTED])
    more = f" and {len(over) - MOST_LISTED} more" if len(over) > MOST_LISTED else ""
    yield fail(
        "length", f"{len(over)} of {seen.count()} exceed {seen.max_tokens} tokens (longest "
        f"{longest}): {listed}{more}",
        where=f"case {over[0][1]}",
        fix="raise training.max_tokens in the recipe, or drop the cases from the sources",
    )  # fmt: skip
