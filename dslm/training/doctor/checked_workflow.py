"""What the doctor looks at: one workflow's rows, and what made them.

Made by `dslm.training.doctor.doctor_checks` from curated cases; every check takes it and gives
findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dslm.inference.base_models.base_files import TokenizerFiles
from dslm.inference.prompts.prompt import Prompt, answer_lengths
from dslm.records import Case
from dslm.training.encoded_rows import Encoded, encode


class Collate(Protocol):
    """What makes a batch of rows, as the trainer calls it."""

    def __call__(self, rows: list[dict[str, list[int]]], /) -> Mapping[str, Any]:
        """`input_ids`, `labels` and maybe `attention_mask`, each of shape (rows, tokens)."""


@dataclass(frozen=True)
class CheckedWorkflow:
    """A tokenizer, the prompt, and the row of each case, in order.

    `collate` is the trainer's own; without one (before torch is loaded) batches are not looked at.
    `max_answer` is the recipe's bound on an answer, None where none is held back to it;
    `other_answers` are the tokens of right answers that are not trained on, by case.
    """

    tokenizer: Any
    files: TokenizerFiles
    prompt: Prompt
    cases: tuple[Case, ...]
    rows: tuple[Encoded, ...]
    max_tokens: int
    collate: Collate | None = None
    max_answer: int | None = None
    other_answers: Mapping[str, int] = field(default_factory=dict)

    def pairs(self) -> Iterator[tuple[Case, Encoded]]:
        """Each case with its row."""
        return zip(self.cases, self.rows, strict=True)

    def count(self) -> str:
        """How many rows, as words."""
        return f"{len(self.rows)} rows"


def subject(
    tokenizer: Any, files: TokenizerFiles, prompt: Prompt, cases: Sequence[Case], max_tokens: int,
    max_answer: int | None = None, others: Sequence[Case] = (),
) -> CheckedWorkflow:  # fmt: skip
    """Encode all cases as training does; of `others` only the answers are counted.

    Raises:
        InputError: A case has no target, or the chat template can write no conversation.
    """
    rows = tuple(encode(tokenizer, prompt, case) for case in cases)
    targets = [case.target or {} for case in others]
    counts = answer_lengths(tokenizer, prompt.contract, targets)
    answers = {case.id: count for case, count in zip(others, counts, strict=True)}
    return CheckedWorkflow(tokenizer, files, prompt, tuple(cases), rows, max_tokens,
                   max_answer=max_answer, other_answers=answers)  # fmt: skip
