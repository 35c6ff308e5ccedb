"""One answer under way: what the model has seen of it, what it has yet to see, and what is chosen.

Made and moved on by the engine, which gives a `Generation` of it in the end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from dslm.inference.drafts import Draft
from dslm.inference.grammars import Grammars
from dslm.records import FinishReason


@dataclass(frozen=True)
class Generation:
    """One finished answer.

    `log_probs` has one entry a token: the natural logarithm of its probability among the tokens
    that the engine's grammar allowed, 0.0 where only one was possible. What the row's own grammar
    allowed does not count: a token that only it forced is as improbable as the model finds it.
    `refused` says why the row's own grammar could not be held to, or not to the end: llguidance
    refuses one that takes too long. The engine's held all the same.
    """

    tokens: tuple[int, ...]
    log_probs: tuple[float, ...]
    finish: FinishReason
    prompt_tokens: int
    seconds: float
    refused: str | None = None


@dataclass
class Unfinished:
    """One answer under way; the i-th active one is in slot i."""

    index: int
    grammars: Grammars
    pending: list[int]  # tokens the model has not seen yet
    position: int  # of the first pending token
    started: float
    draft: Draft | None = None
    ahead: list[list[int]] = field(default_factory=list)  # of the draft, after what is pending
    tokens: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    finish: FinishReason | None = None
    seconds: float = 0.0

    @property
    def places(self) -> int:
        """How many tokens are chosen if all of the draft is what the model says."""
        return 1 + len(self.ahead)

    @property
    def width(self) -> int:
        """How many tokens there are to show."""
        return len(self.pending) + sum(map(len, self.ahead))

    def piece(self, width: int) -> tuple[list[int], list[int]]:
        """The next tokens to show, at most so many, and the places of those one is chosen after.

        The draft is shown as far as it fits, never between a token and what that forces.
        """
        if self.finish is not None:
            return [], []
        piece = self.pending[:width]
        if len(self.pending) > width:
            return piece, []
        places = [len(piece) - 1]
        for together in self.ahead:
            if len(piece) + len(together) > width:
                break
            piece = piece + together
            places.append(len(piece) - 1)
        return piece, places

    def shown(self, width: int) -> None:
        """Note that the model has seen what was pending, up to so many tokens."""
        self.position += min(width, len(self.pending))
        self.pending = self.pending[width:]

    def agrees(self, *, seen: bool) -> bool:
        """Whether what was chosen last is what the draft has there; then the draft is that shorter.

        Args:
            seen: Whether the draft was shown to the model up to there.
        """
        if not self.ahead or self.pending != self.ahead[0]:
            return False
        self.ahead = self.ahead[1:]
        if seen:
            self.shown(len(self.pending))
        return True

    def end(self, finish: FinishReason) -> None:
        """Note how it ended, and when."""
        self.finish = finish
        self.seconds = time.perf_counter() - self.started

    def generation(self, prompt_tokens: int) -> Generation:
        """What was answered."""
        finish = self.finish or "length"
        return Generation(
            tuple(self.tokens), tuple(self.log_probs), finish, prompt_tokens, self.seconds,
            self.grammars.refused,
        )  # fmt: skip
