"""On which day a case arrived, as its meta says.

Takes a case and the contract's `data.time`; called by `splitting` and the block that looks at time.
"""

from __future__ import annotations

import datetime as dt

from dslm.records import Case


def arrival(case: Case, field: str | None) -> dt.date | None:
    """The day in an ISO 8601 date or time; None where there is none that could be read."""
    if field is None or field not in case.meta:
        return None
    try:
        return dt.date.fromisoformat(str(case.meta[field]).strip()[:10])
    except ValueError:
        return None
