"""On which day a case arrived, as its meta says.

Takes a case and the contract's `data.time`; called by `splits` and the block that looks at time.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from dslm.records import Case

_TIME = re.compile(r"(?:[\d\s:.,+\-/TZWtz]|UTC|GMT)*")


def received_date(case: Case, field: str | None) -> dt.date | None:
    """The day in an ISO 8601 date or time; None where there is none that could be read."""
    if field is None or field not in case.meta:
        return None
    try:
        return dt.date.fromisoformat(str(case.meta[field]).strip()[:10])
    except ValueError:
        return None


def says_a_time_alone(value: Any) -> bool:
    """Whether what stands for the time of arrival has no other words: "2025-03-04 by Anna" has."""
    return isinstance(value, int | float) or (
        isinstance(value, str) and _TIME.fullmatch(value) is not None
    )
