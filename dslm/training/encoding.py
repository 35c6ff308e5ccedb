"""Cases as token ids with the loss on the answer only.

Takes curated cases; gives rows whose prompt is token for token what serving sends. A row that is
too long is refused by name, never cut; a row that would train nothing cannot exist. Called by
`dslm.training.run`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dslm.errors import InputError
from dslm.inference.prompt import Prompt, answer_ids, prompt_ids
from dslm.records import Case

IGNORED = -100  # the label that torch's cross entropy leaves out
MOST_NAMED = 5


@dataclass(frozen=True)
class Encoded:
    """One training row: the ids, and the labels of the same length."""

    case_id: str
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]

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


def encode_all(
    tokenizer: Any, prompt: Prompt, cases: Sequence[Case], max_tokens: int
) -> list[Encoded]:
    """All cases as rows, in order.

    Raises:
        InputError: Rows over the limit (names them), or two tokens that begin a text in one row.
    """
    rows = [encode(tokenizer, prompt, case) for case in cases]
    long = [row for row in rows if len(row.input_ids) > max_tokens]
    if long:
        longest = max(len(row.input_ids) for row in long)
        named = ", ".join(row.case_id for row in long[:MOST_NAMED])
        raise InputError(
            f"{len(long)} of {len(rows)} rows exceed {max_tokens} tokens (longest {longest}): "
            f"{named}{', …' if len(long) > MOST_NAMED else ''}",
            fix="curate again with this recipe, or raise training.max_tokens in it",
        )
    _require_single_start(tokenizer, rows)
    return rows


def _require_single_start(tokenizer: Any, rows: Sequence[Encoded]) -> None:
    """Refuse rows that begin with two beginning-of-sequence tokens."""
    start = tokenizer.bos_token_id
    for row in rows:
        if start is not None and row.input_ids[:2] == (start, start):
            raise InputError(
                "the prompt begins with two beginning-of-sequence tokens",
                where=f"case {row.case_id}",
                fix="the chat template and the tokenizer both add one: mend the template",
            )


def preview(tokenizer: Any, row: Encoded) -> dict[str, str]:
    """What the model sees and what it learns of one row, as text."""
    learnt = [label for label in row.labels if label != IGNORED]
    seen = row.input_ids[: len(row.input_ids) - len(learnt)]
    return {
        "case": row.case_id,
        "prompt": tokenizer.decode(list(seen)),
        "learnt": tokenizer.decode(learnt),
    }
