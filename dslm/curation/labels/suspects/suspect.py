"""A label that a person should look at: which, why, and what it may be instead.

Made by the modules beside this one, ranked by `suspect_ranking`, shown and judged in the review
file.
"""

from __future__ import annotations

from typing import Literal

from dslm.records import Record

Kind = Literal["tied_phrase", "not_in_input", "doubted_label", "rare_shape"]


class Suspect(Record):
    """One field of one case.

    Attributes:
        id: The case.
        field: The field.
        label: Its value, as `label_as_text` spells it.
        suggested: What it may be instead, in the same spelling; None where nothing is known.
        score: Doubt in [0, 1]; comparable within one kind.
        kind: Which search found it.
        why: What was found, in words.
    """

    id: str
    field: str
    label: str
    suggested: str | None
    score: float
    kind: Kind
    why: str
