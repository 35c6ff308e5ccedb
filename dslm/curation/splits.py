"""Which split a case belongs to: a pure function of its group, so that it never changes.

A group's place in [0, 1) is a hash of its name and the workflow's. Adding cases, or groups, moves
no case that is there. Where the contract names days, the day on which a case was received decides
instead, and `filters.leakage.group_across_splits` keeps groups whole. Called by `case_table`,
`pipeline` and `file_import`; filters and the data card ask for the day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping

from dslm.contract.cases.case_groups import group_of
from dslm.contract.model.contract_model import Contract
from dslm.errors import InputError
from dslm.records import Case

SPLITS = ("train", "validation", "calibration")


def position(salt: str, key: str) -> float:
    """A key's place in [0, 1): the first 53 bits of SHA-256 over salt and key."""
    digest = hashlib.sha256(f"{salt}\0{key}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def received_date(case: Case, field: str | None) -> dt.date | None:
    """The day in an ISO 8601 date or time; None where there is none that could be read."""
    if field is None or field not in case.meta:
        return None
    try:
        return dt.date.fromisoformat(str(case.meta[field]).strip()[:10])
    except ValueError:
        return None


def split_of(contract: Contract, case: Case) -> str:
    """The split of a case: by its arrival where the contract names days, else by its group."""
    shares = contract.data.split
    if shares.validation_from and shares.calibration_from:
        day = received_date(case, contract.data.time)
        if day is None or day < shares.validation_from:
            return "train"
        return "validation" if day < shares.calibration_from else "calibration"
    place = position(f"split:{contract.name}", group_of(case, contract.data.group_by))
    if place < shares.calibration:
        return "calibration"
    return "validation" if place < shares.calibration + shares.validation else "train"


def refuse_empty_split(counts: Mapping[str, int], groups: int) -> None:
    """Stop where a split has no case.

    Args:
        counts: Cases by split.
        groups: Over how many groups they are spread.
    """
    for name, count in counts.items():
        if not count:
            raise InputError(
                f"no case fell into {name}: {sum(counts.values())} cases in {groups} groups are "
                "too few",
                where=f"data.split.{name}",
                fix="add cases of other groups, raise this share, or part by a finer data.group_by",
            )
