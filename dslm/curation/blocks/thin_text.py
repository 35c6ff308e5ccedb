"""Drops cases whose input says next to nothing: a sign, a smiley, a lone "ok"."""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.comparing import fold
from dslm.curation.ledger import Drop
from dslm.records import Case


def thin_text(cases: Sequence[Case], least: int) -> list[Drop]:
    """The cases whose input has fewer than `least` letters and digits."""
    return [Drop(id=case.id, reason="thin_text") for case in cases if len(fold(case.input)) < least]
