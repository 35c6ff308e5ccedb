"""Drops cases whose input says next to nothing: a sign, a smiley, a lone "ok"."""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.cases.case_groups import folded
from dslm.contract.text.folding import has_letters
from dslm.curation.ledger import Drop
from dslm.records import Case


def thin_text(cases: Sequence[Case], least: int) -> list[Drop]:
    """The cases whose input has fewer than `least` letters, digits and marks, of any script."""
    return [
        Drop(id=case.id, reason="thin_text")
        for case in cases
        if not has_letters(folded(case), least)
    ]
