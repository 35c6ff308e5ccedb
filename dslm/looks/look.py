"""One look at gold, as the ledger keeps it and a verdict names it. Read through `dslm.records`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dslm.record import Record


class Look(Record):
    """The first sight of one candidate's answers to one gold set, all by digests.

    Attributes:
        format: Of this record.
        gold: The gold set.
        candidate: The model that answered, with its threshold.
        cases: The list of the gold set's cases that lies beside the look.
        after: The newest looks before it, at this gold set or one that shares cases with it. Each
            names those before it, so that they stand for all.
        number: Which look it is.
        share: Of the policy's alpha, what this look may spend.
        left: What is then left for all later ones.
    """

    format: Literal["1"] = "1"
    gold: str
    candidate: str
    cases: str
    after: tuple[str, ...] = ()
    number: int = Field(ge=1)
    share: float = Field(gt=0, le=1, allow_inf_nan=False)
    left: float = Field(ge=0, lt=1, allow_inf_nan=False)
