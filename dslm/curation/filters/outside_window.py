"""Drops cases that arrived outside the contract's window, or whose label had run out.

A label runs out where what it meant has changed since: `meta.valid_until` says so of one case,
`data.valid_until` of all that arrived later. No clock is asked: the same sources give the same
cases next year (`dslm check` is what warns that a date has passed).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from dslm.contract.model.contract_model import Data
from dslm.curation.ledger import Drop
from dslm.curation.splits import received_date
from dslm.records import Case

UNTIL = "valid_until"


@dataclass(frozen=True)
class WindowPlan:
    """What a case's time is held to.

    Attributes:
        field: The key of meta with the time of arrival.
        first: The first day of the window, None for any.
        last: Its last day.
        valid_until: The last day for which labels hold that say none themselves.
        timed: Whether every case has to have a time.
    """

    field: str | None
    first: dt.date | None
    last: dt.date | None
    valid_until: dt.date | None
    timed: bool

    @classmethod
    def of(cls, data: Data) -> WindowPlan:
        """What a contract asks for: a time where it has a window or splits by day."""
        first, last = data.window.first, data.window.last
        timed = bool(first or last or data.split.calibration_from)
        return cls(data.time, first, last, data.valid_until, timed)


def _fault(case: Case, plan: WindowPlan) -> str | None:
    day = received_date(case, plan.field)
    ends = received_date(case, UNTIL)
    if UNTIL in case.meta and ends is None:
        return "valid_until_is_no_date"
    if day is None:
        return "no_arrival_time" if plan.timed else None
    if (plan.first and day < plan.first) or (plan.last and day > plan.last):
        return "outside_window"
    known = [end for end in (ends, plan.valid_until) if end is not None]
    return "label_ran_out" if known and day > min(known) else None


def outside_window(cases: Sequence[Case], plan: WindowPlan) -> list[Drop]:
    """The cases whose time speaks against them, each with what it says."""
    faults = ((case.id, _fault(case, plan)) for case in cases)
    return [Drop(id=identity, reason=fault) for identity, fault in faults if fault]
