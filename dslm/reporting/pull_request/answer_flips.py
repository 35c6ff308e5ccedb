"""Which cases two models answer differently: field by field what is newly wrong and newly right.

Takes rows of the same cases; gives `Flip`s. Called by `pull_request_comment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dslm.records import Row


@dataclass(frozen=True)
class Flip:
    """One case whose answer became better, worse, or both.

    `proceeds`: the candidate's answer goes through, so that what is wrong reaches somebody.
    """

    id: str
    newly_wrong: tuple[str, ...]
    newly_right: tuple[str, ...]
    proceeds: bool

    @property
    def kind(self) -> Literal["wrong", "right"]:
        """Wrong where anything is newly wrong, whatever became right beside it."""
        return "wrong" if self.newly_wrong else "right"


def flips(candidate: Sequence[Row], reference: Sequence[Row]) -> list[Flip]:
    """The cases with any difference in what is right, those that go through wrongly first.

    Args:
        candidate: Its rows.
        reference: Rows of the same cases.
    """
    theirs = {row.id: set(row.outcome.wrong_fields) for row in reference}
    found = []
    for row in candidate:
        mine, before = row.outcome.wrong_fields, theirs.get(row.id)
        if before is None or set(mine) == before:
            continue
        found.append(Flip(
            id=row.id,
            newly_wrong=tuple(field for field in mine if field not in before),
            newly_right=tuple(sorted(before - set(mine))),
            proceeds=row.decision.action == "proceed",
        ))  # fmt: skip
    return sorted(found, key=lambda f: (f.kind == "right", not f.proceeds, -len(f.newly_wrong)))
