"""The grammars that one answer is held to: the engine's, and the row's own within it.

Takes llguidance grammars and the tokens an answer takes; says which tokens are forced, forbids the
others in a batch's logits, and notices the end. Used by the engine only. A row's own grammar that
llguidance gives up (it bounds the work on one) is left, and the row says why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dslm.contract.answer import grammar_limits
from dslm.errors import DslmError, InputError
from dslm.inference.prefix import NOTHING

_MOST_SAID = 200  # characters of llguidance's error: it goes on with the parser's whole state


@dataclass
class Grammars:
    """Where one answer stands in its grammars.

    Attributes:
        wide: Matcher of the engine's grammar; None decodes freely.
        narrow: Matcher of the row's own grammar; None where it has none.
        refused: Why the row's own grammar was given up.
    """

    wide: Any
    narrow: Any
    refused: str | None = None

    def forced(self) -> list[int]:
        """The tokens that the engine's grammar leaves no choice about, taken."""
        tokens: list[int] = [] if self.wide is None else self.wide.compute_ff_tokens()
        if tokens:
            self.take(tokens)
        return tokens

    def take(self, tokens: Sequence[int]) -> None:
        """Move both grammars on by tokens that the engine's allows."""
        if self.wide is not None and not self.wide.consume_tokens(tokens):
            raise DslmError(f"llguidance refused a token it allowed: {self.wide.get_error()}")
        if self.narrow is not None and not self.narrow.consume_tokens(tokens):
            self.widen()

    def ended(self) -> bool:
        """Whether nothing can follow."""
        return self.wide is not None and bool(self.wide.is_stopped())

    def widen(self) -> None:
        """Go on under the engine's grammar alone, and keep why."""
        error = " ".join(str(self.narrow.get_error()).split())[:_MOST_SAID]
        self.refused = f"llguidance gave up its grammar: {error or 'it left nothing to write'}"
        self.narrow = None


def start(lexicon: Any, wide: str | None, narrow: str | None) -> Grammars:
    """The grammars of a new answer.

    Raises:
        InputError: llguidance cannot use the engine's grammar.
    """
    from llguidance import LLMatcher

    first, own = (
        None if text is None else LLMatcher(lexicon, text, limits=grammar_limits(), log_level=0)
        for text in (wide, narrow)
    )
    if first is not None and first.is_error():
        raise InputError(f"the grammar cannot be used: {first.get_error()}")
    made = Grammars(first, own)
    if own is not None and own.is_error():
        made.widen()
    return made


def forbid(rows: Sequence[Grammars], logits: Any, vocabulary: int) -> Any:
    """Set the logits of tokens that the rows' grammars forbid to minus infinity, in place.

    Returns:
        The logarithm of each row's total before its own grammar forbade more than the engine's: a
        token is as probable as it is among all that the contract allows.
    """
    held = any(row.wide is not None for row in rows)
    wide = _bits([row.wide for row in rows], vocabulary)
    if held:
        _apply(wide, logits)
    total = _log_total(logits)
    if any(row.narrow is not None for row in rows):
        bits = _bits([row.narrow for row in rows], vocabulary)
        for i, row in enumerate(rows):
            if row.narrow is None:
                continue
            if row.narrow.is_error() or not (bits[i] & wide[i]).any():
                row.widen()
                bits[i] = wide[i]
        _apply(bits, logits)
    return total


def _log_total(logits: Any) -> Any:
    """As `logsumexp` over each row, in half the time where most is forbidden."""
    highest = logits.amax(dim=-1, keepdim=True)
    return (logits - highest).clamp_(min=NOTHING).exp_().sum(dim=-1).log_().add_(highest[:, 0])


def _bits(matchers: Sequence[Any], vocabulary: int) -> Any:
    """Which tokens each matcher allows, 32 to a number; all where there is none."""
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    bits = allocate_token_bitmask(len(matchers), vocabulary)  # all set
    for i, matcher in enumerate(matchers):
        if matcher is not None:
            fill_next_token_bitmask(matcher, bits, i)
    return bits


def _apply(bits: Any, logits: Any) -> None:
    import torch

    packed = torch.from_numpy(bits).to(logits.device)
    shifts = torch.arange(32, device=logits.device, dtype=torch.int32)
    allowed = ((packed.unsqueeze(-1) >> shifts) & 1).bool().flatten(1)
    logits.masked_fill_(~allowed[:, : logits.shape[1]], -math.inf)
