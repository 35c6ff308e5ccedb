"""A case as it came, kept on its way so that it can be replaced anew.

Written by `source_table` into a column of its table, which is deleted in the end; read by
`replace_in_group`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from dslm.cases import as_line
from dslm.records import Case


@dataclass(frozen=True)
class OriginalCase:
    """A case as it came.

    Attributes:
        case: As a reviewer fixed it, if one did.
        before: As it was before that; None where nobody did.
        broken: The rules that its target breaks, where that was asked.
    """

    case: Case
    before: Case | None
    broken: Collection[str] | None

    def to_json(self) -> str:
        """One line."""
        before = None if self.before is None else as_line(self.before)
        broken = None if self.broken is None else sorted(self.broken)
        return json.dumps([as_line(self.case), before, broken])

    @classmethod
    def from_json(cls, text: str) -> OriginalCase:
        """What `to_json` wrote."""
        case, before, broken = json.loads(text)
        came = None if before is None else Case.from_own_json(before)
        return cls(Case.from_own_json(case), came, broken)


def line_of(text: str) -> str:
    """The case as it came at first, as a line of JSON, of what `Came.to_json` wrote."""
    case, before, _ = json.loads(text)
    line: str = before or case
    return line
