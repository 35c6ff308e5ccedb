"""Proof that no source case is in gold: the same input, case and punctuation aside, or its group.

Curation drops such cases, one by one. Called by `dslm.checking.data.before_curation`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.data.source_cases import SourceCases
from dslm.checking.finding import Finding, ok, warn
from dslm.settings.workspace import Workspace


def prove_leaks(ws: Workspace, seen: SourceCases) -> Iterator[Finding]:
    """How many cases curation would drop since gold holds them, the first, and what to do."""
    if not seen.count or not seen.gold_inputs:
        return
    if seen.leaked is None:
        also = " or group" if seen.gold_groups else ""
        yield ok("sources.gold", f"no case has an input{also} that is in gold")
        return
    place, case = seen.leaked
    yield warn(
        "sources.gold",
        f"{seen.leaked_count} of {seen.count} cases have an input or group that is in gold, so "
        f"curation drops them; the first is {case}",
        where=place,
        fix=f"where gold was drawn again, delete what is left of the older draw in "
        f"data/{ws.workflow}/sources/; else draw gold from other groups, or do with fewer cases",
    )  # fmt: skip
