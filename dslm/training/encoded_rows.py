"""Cases as token ids with the loss on the answer only.

Takes curated cases; gives rows whose prompt is token for token what serving sends. A row is never
cut; the doctor refuses one that is too long or trains nothing. Called by `dslm.training.doctor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dslm.errors import InputError
from dslm.inference.prompts.prompt import Prompt, answer_ids, prompt_ids
from dslm.records import Case

IGNORED = -100  # the label that torch's cross entropy leaves out


@dataclass(frozen=True)
class Encoded:
    """One training row: the ids, and the labels of the same length."""

    case_id: str
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def start(self) -> int:
        """Place of the first token that carries loss; the row's length where there is none."""
        carrying = (i for i, label in enumerate(self.labels) if label != IGNORED)
        return next(carrying, len(self.labels))

    @property
    def trained(self) -> int:
        """Number of tokens that carry loss."""
        return sum(label != IGNORED for label in self.labels)


def encode(tokenizer: Any, prompt: Prompt, case: Case) -> Encoded:
    """One case as a row.

    Raises:
        InputError: It has no target.
    """
    if case.target is None:
        raise InputError("no target to train on", where=f"case {case.id}")
    asked = prompt_ids(tokenizer, prompt, case.input)
    answer = answer_ids(tokenizer, prompt.contract, case.target)
    labels = [IGNORED] * len(asked) + answer
    return Encoded(case.id, tuple(asked + answer), tuple(labels))


def preview(tokenizer: Any, row: Encoded) -> dict[str, str]:
    """What the model sees and what it learns of one row, as text."""
    learnt = [label for label in row.labels if label != IGNORED]
    seen = row.input_ids[: row.start]
    return {
        "case": row.case_id,
        "prompt": tokenizer.decode(list(seen)),
        "learnt": tokenizer.decode(learnt),
    }
