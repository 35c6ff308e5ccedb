"""What a model answered, with what it thought of each token. Read through `dslm.records`.

Made by the decider, written into rows, and read by whoever recomputes them: a row lists only such
tokens as an answer can have.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from dslm.record import Record

FinishReason = Literal["stop", "length", "invalid"]
_Place = Annotated[int, Field(ge=0)]
_Doubt = Annotated[float, Field(lt=0, allow_inf_nan=False)]
# Of an answer's tokens, those that were not certain: first byte, length, logarithm of probability
LogProbs = tuple[tuple[_Place, _Place, _Doubt], ...]


class Prediction(Record):
    """What the model answered.

    `confidence` is the joint probability of the answer's unforced tokens under the grammar;
    `field_confidence` the same over one field's tokens; both follow from `log_probs`
    (`dslm.contract.answers.answer_confidence`), which is None where the model has no probability
    for the answer, and in rows of before it was kept. `latency_ms` is the wall time from the
    beginning of the case's prompt to the end of its answer, beside the others of its batch.
    `not_narrowed` says of grounded fields, or parts of them, why this answer was not held to the
    input there, where the recipe asks for it (`copy_grounded`).
    """

    object: dict[str, Any] | None
    text: str
    confidence: float
    field_confidence: dict[str, float] = Field(default_factory=dict)
    finish_reason: FinishReason
    prompt_tokens: int = Field(ge=0)
    answer_tokens: int = Field(ge=0)
    latency_ms: float = Field(ge=0, allow_inf_nan=False)
    not_narrowed: dict[str, str] = Field(default_factory=dict)
    log_probs: LogProbs | None = None

    @field_validator("log_probs")
    @classmethod
    def _one_after_another(cls, tokens: LogProbs | None) -> LogProbs | None:
        """Each token stands once, where the one before it has ended."""
        for (start, size, _), (following, _, _) in itertools.pairwise(tokens or ()):
            if following < start + max(size, 1):
                raise ValueError("two tokens in one place")
        return tokens

    @model_validator(mode="after")
    def _within_the_text(self) -> Self:
        if self.log_probs and sum(self.log_probs[-1][:2]) > len(self.text.encode()):
            raise ValueError("log_probs: a token beyond the end of the text")
        return self
