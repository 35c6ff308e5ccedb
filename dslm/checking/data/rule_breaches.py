"""Proof that the sources' right answers break no rule but those that they say they break.

Curation drops the others, one by one. Called by `dslm.checking.data.before_curation`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dslm.checking.data.source_cases import SourceCases
from dslm.checking.finding import Finding, named, ok, warn
from dslm.settings.workspace import Workspace


def prove_breaches(ws: Workspace, seen: SourceCases) -> Iterator[Finding]:
    """How many cases curation would drop for their rules, the first of them, and what to do."""
    if not seen.contract.rules or not seen.count:
        return
    if not seen.undeclared_count:
        yield ok(
            "sources.breaks",
            f"{seen.count} cases break no rule other than those in their meta.breaks",
        )
        return
    first = seen.undeclared[0]
    rules = Counter(one.fault.partition(":")[2] or "meta.breaks" for one in seen.undeclared)
    which = named(f"{rule} {count}" for rule, count in rules.most_common())
    yield warn(
        "sources.breaks",
        f"{seen.undeclared_count} of {seen.count} cases break rules otherwise than their "
        f"meta.breaks says, so curation drops them ({which}); the first is {first.id}, "
        f"{first.fault}",
        where=first.place,
        fix=f"correct the labels or the rule; where the right answer does break it, "
        f"`dslm breaks {ws.workflow}` proposes meta.breaks and `--write` writes it",
    )  # fmt: skip
