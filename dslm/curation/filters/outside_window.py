"""Drops cases that arrived outside the contract's window, or whose label had run out.

A label runs out where what it meant has changed since: `meta.valid_until` says so of one case,
`data.valid_until` of all that arrived later. No clock is asked: the same sources give the same
cases next year (`dslm check` is what warns that a date has passed).
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.model.contract_model import Contract
from dslm.curation.ledger import Drop
from dslm.curation.splits import received_date
from dslm.records import Case

UNTIL = "valid_until"


def _fault(case: Case, contract: Contract) -> str | None:
    data, window = contract.data, contract.data.window
    day = received_date(case, data.time)
    ends = received_date(case, UNTIL)
    if UNTIL in case.meta and ends is None:
        return "valid_until_is_no_date"
    if day is None:
        timed = window.first or window.last or data.split.calibration_from
        return "no_arrival_time" if timed else None
    if (window.first and day < window.first) or (window.last and day > window.last):
        return "outside_window"
    known = [end for end in (ends, data.valid_until) if end is not None]
    return "label_ran_out" if known and day > min(known) else None


def outside_window(cases: Sequence[Case], contract: Contract) -> list[Drop]:
    """The cases whose time speaks against them, each with what it says."""
    faults = ((case.id, _fault(case, contract)) for case in cases)
    return [Drop(id=identity, reason=fault) for identity, fault in faults if fault]
