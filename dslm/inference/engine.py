"""Batched greedy decoding under a grammar, with forced tokens taken for free.

Takes prompts that share a prefix; gives for each the answer's tokens and how probable each was
among those the grammar allowed. The shared prefix runs through the model once. Tokens that the
grammar forces are not sampled. Rows of a batch move on by the same number of tokens, so nothing is
padded: padding all rows to the one with most forced tokens took a sixth longer on CPU. Used by the
decider only.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dslm.errors import DslmError, InputError
from dslm.records import FinishReason

Progress = Callable[[int], None]


@dataclass
class _Row:
    """One answer under way."""

    index: int
    matcher: Any
    pending: list[int]  # tokens the model has not seen yet
    position: int  # of the first pending token
    tokens: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    finish: FinishReason | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Generation:
    """One finished answer.

    `log_probs` has one entry a token: the natural logarithm of its probability among the tokens
    that the grammar allowed, 0.0 where only one was possible.
    """

    tokens: tuple[int, ...]
    log_probs: tuple[float, ...]
    finish: FinishReason
    prompt_tokens: int
    seconds: float


class Engine:
    """A loaded model, its tokenizer and one grammar.

    Args:
        model: A causal language model in evaluation mode.
        tokenizer: Its tokenizer (transformers, fast).
        grammar: An llguidance grammar; None decodes freely.
        prefix: Token ids every prompt begins with.
        batch_size: Rows decoded together.
        max_tokens: Longest answer; one that is cut finishes with `length`.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        grammar: str | None,
        *,
        prefix: Sequence[int],
        batch_size: int,
        max_tokens: int,
    ):
        from llguidance.hf import from_tokenizer

        self.model, self.tokenizer = model, tokenizer
        self.batch_size, self.max_tokens = batch_size, max_tokens
        self.prefix = list(prefix)
        self.grammar = grammar
        self.vocabulary: int = model.get_input_embeddings().weight.shape[0]
        config = model.config.get_text_config()
        self.window: int | None = getattr(config, "sliding_window", None)
        self.lexicon = from_tokenizer(tokenizer, n_vocab=self.vocabulary)
        self._prefix_cache: Any = None

    def generate(
        self, prompts: Sequence[Sequence[int]], progress: Progress | None = None
    ) -> list[Generation]:
        """Answer prompts, in the order given.

        Batches are formed by length, so that short prompts do not wait for long ones.

        Raises:
            InputError: A prompt does not begin with the shared prefix.
        """
        order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))
        done: dict[int, Generation] = {}
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            for row in self._batch({i: list(prompts[i]) for i in batch}):
                done[row.index] = Generation(
                    tokens=tuple(row.tokens),
                    log_probs=tuple(row.log_probs),
                    finish=row.finish or "length",
                    prompt_tokens=len(prompts[row.index]),
                    seconds=row.seconds,
                )
            if progress:
                progress(len(batch))
        return [done[i] for i in range(len(prompts))]

    def _matcher(self) -> Any:
        from llguidance import LLMatcher

        matcher = LLMatcher(self.lexicon, self.grammar)
        if matcher.is_error():
            raise InputError(f"the grammar cannot be used: {matcher.get_error()}")
        return matcher

    def _start(self, prompts: dict[int, list[int]]) -> list[_Row]:
        rows = []
        for index, prompt in prompts.items():
            if prompt[: len(self.prefix)] != self.prefix or len(prompt) == len(self.prefix):
                raise InputError("a prompt does not begin with the shared prefix")
            matcher = self._matcher() if self.grammar is not None else None
            row = _Row(index, matcher, prompt[len(self.prefix) :], len(self.prefix))
            self._append_forced(row)
            rows.append(row)
        return rows

    def _append_forced(self, row: _Row) -> None:
        """Append what the grammar leaves no choice about."""
        if row.matcher is None:
            return
        forced = row.matcher.compute_ff_tokens()
        if forced and not row.matcher.consume_tokens(forced):
            raise DslmError(f"llguidance refused its own tokens: {row.matcher.get_error()}")
        row.tokens += forced
        row.log_probs += [0.0] * len(forced)
        row.pending += forced

    def _batch(self, prompts: dict[int, list[int]]) -> list[_Row]:
        import torch

        started = time.perf_counter()
        active = self._start(prompts)
        finished: list[_Row] = []
        cache, seen = self._expanded_prefix(len(active))
        with torch.inference_mode():
            while active:
                if len(prompts) > 1 and self._leaves_window(active, seen):
                    return [row for i, p in prompts.items() for row in self._batch({i: p})]
                logits, seen = self._forward(active, cache, seen)
                ready = [i for i, row in enumerate(active) if not row.pending]
                asking = [active[i] for i in ready]
                chosen, log_probs = self._choose(asking, logits[ready])
                for row, token, log_prob in zip(asking, chosen, log_probs, strict=True):
                    self._take(row, token, log_prob)
                    row.seconds = time.perf_counter() - started
                keep = [i for i, row in enumerate(active) if row.finish is None]
                finished += [row for row in active if row.finish is not None]
                if len(keep) < len(active):
                    active = [active[i] for i in keep]
                    if active:
                        index = torch.tensor(keep, device=seen.device)
                        cache.batch_select_indices(index)
                        seen = seen[index]
        return finished

    def _leaves_window(self, rows: list[_Row], seen: Any) -> bool:
        """Whether a sliding window would slide within this step: rows then go alone."""
        width = max(len(row.pending) for row in rows)
        return self.window is not None and seen.shape[1] + width > self.window

    def _take(self, row: _Row, token: int, log_prob: float) -> None:
        """Append one chosen token, what it forces, and notice the end."""
        if token == self.tokenizer.eos_token_id:
            row.finish = "stop"
            return
        row.tokens.append(token)
        row.log_probs.append(log_prob)
        row.pending = [token]
        if row.matcher is not None:
            if not row.matcher.consume_token(token):
                raise DslmError(f"llguidance refused a token it allowed: {row.matcher.get_error()}")
            self._append_forced(row)
            if row.matcher.is_stopped():
                row.finish = "stop"
                return
        if len(row.tokens) >= self.max_tokens:
            row.finish = "length"

    def _expanded_prefix(self, rows: int) -> tuple[Any, Any]:
        """The prefix's keys and values for each row, and the attention mask so far."""
        import torch
        from transformers import DynamicCache

        device = self.model.device
        if not self.prefix:
            return DynamicCache(), torch.ones(rows, 0, dtype=torch.long, device=device)
        if self._prefix_cache is None:
            with torch.inference_mode():
                ids = torch.tensor([self.prefix], device=device)
                out = self.model(input_ids=ids, use_cache=True, logits_to_keep=1)
            self._prefix_cache = out.past_key_values
        cache = copy.deepcopy(self._prefix_cache)
        cache.batch_repeat_interleave(rows)
        seen = torch.ones(rows, len(self.prefix), dtype=torch.long, device=device)
        return cache, seen

    def _forward(self, rows: list[_Row], cache: Any, seen: Any) -> tuple[Any, Any]:
        """Show the model as many pending tokens of each row as all rows have.

        Returns:
            Logits after the last of them, shape (rows, vocabulary), and the mask so far.
        """
        import torch

        width = min(len(row.pending) for row in rows)
        ids, positions = [], []
        for row in rows:
            ids.append(row.pending[:width])
            positions.append(list(range(row.position, row.position + width)))
            row.position += width
            row.pending = row.pending[width:]
        device = seen.device
        seen = torch.cat([seen, seen.new_ones(len(rows), width)], dim=1)
        out = self.model(
            input_ids=torch.tensor(ids, device=device),
            attention_mask=seen,
            position_ids=torch.tensor(positions, device=device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return out.logits[:, -1, :].float(), seen

    def _choose(self, rows: list[_Row], logits: Any) -> tuple[list[int], list[float]]:
        """The most probable allowed token of each row and its logarithm of probability."""
        if self.grammar is not None:
            self._mask(rows, logits)
        best = logits.max(dim=-1)
        log_probs = best.values - logits.logsumexp(dim=-1)
        chosen, values = best.indices.tolist(), log_probs.tolist()
        if any(math.isnan(value) for value in values):
            raise DslmError("the model gave NaN", fix="try float32 in the recipe's inference.dtype")
        return chosen, values

    def _mask(self, rows: list[_Row], logits: Any) -> None:
        """Set the logits of tokens that the grammar forbids to minus infinity, in place."""
        import torch
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        bits = allocate_token_bitmask(len(rows), self.vocabulary)
        for i, row in enumerate(rows):
            fill_next_token_bitmask(row.matcher, bits, i)
        packed = torch.from_numpy(bits).to(logits.device)
        shifts = torch.arange(32, device=logits.device, dtype=torch.int32)
        allowed = ((packed.unsqueeze(-1) >> shifts) & 1).bool().flatten(1)
        logits.masked_fill_(~allowed[:, : logits.shape[1]], -math.inf)
