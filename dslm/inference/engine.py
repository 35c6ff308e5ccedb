"""Batched greedy decoding under a grammar, with forced tokens taken for free.

Takes prompts that share a prefix; gives for each the answer's tokens and how probable each was
among those the grammar allowed. The shared prefix runs through the model once. Tokens that the
grammar forces are not sampled. A finished answer leaves its slot to the next prompt. On CPU rows
move on by the same number of tokens, so that nothing is padded: padding to the row with most forced
tokens took a sixth longer there. Used by the decider only.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dslm.errors import DslmError, InputError
from dslm.inference.grammars import Grammars, forbid, start
from dslm.inference.prompt import end_of_turn
from dslm.inference.slots import Slots
from dslm.records import FinishReason

Progress = Callable[[int], None]
# Of prompts in one pass. On a GPU it bounds the memory of scores and masks; a CPU is quicker where
# what a layer makes stays in its caches.
TOKENS_AT_ONCE = {"cpu": 512, "cuda": 8192}


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
class _Row:
    """One answer under way; the i-th active one is in slot i."""

    index: int
    grammars: Grammars
    pending: list[int]  # tokens the model has not seen yet
    position: int  # of the first pending token
    started: float
    tokens: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    finish: FinishReason | None = None
    seconds: float = 0.0

    def end(self, finish: FinishReason) -> None:
        self.finish = finish
        self.seconds = time.perf_counter() - self.started

    def generation(self, prompt_tokens: int) -> Generation:
        finish = self.finish or "length"
        return Generation(
            tuple(self.tokens), tuple(self.log_probs), finish, prompt_tokens, self.seconds,
            self.grammars.refused,
        )  # fmt: skip


class Engine:
    """A loaded model, its tokenizer and one grammar.

    Args:
        model: A causal language model in evaluation mode.
        tokenizer: Its tokenizer (transformers, fast).
        grammar: An llguidance grammar; None decodes freely.
        prefix: Token ids every prompt begins with.
        batch_size: Rows decoded together.
        max_tokens: Longest answer; one that is cut finishes with `length`.

    Attributes:
        turn: Held by the one thread that uses tokenizer, grammar or slots. Model servers ask from
            many; those that wait are answered after another, each as if it were alone.
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
        self.end = end_of_turn(tokenizer)  # what training ends an answer with
        self.lexicon = from_tokenizer(tokenizer, n_vocab=self.vocabulary, eos_token=self.end)
        # A step on a GPU takes about as long for many tokens as for few, on CPU it does not.
        self.pads: bool = model.device.type == "cuda"
        self._slots: Slots | None = None
        self.turn = threading.RLock()

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        progress: Progress | None = None,
        narrow: Callable[[int], str] | None = None,
    ) -> list[Generation]:
        """Answer prompts, in the order given.

        Long prompts begin first. When an eighth of a batch has finished, as many others take
        their places, so that the last answers of a batch are not waited for.

        Args:
            prompts: Token ids of each.
            progress: Told how many more are answered.
            narrow: The own grammar of the i-th answer, of which the engine's allows every text.

        Raises:
            InputError: A prompt does not begin with the shared prefix.
        """
        with self.turn:
            return self._generate(prompts, progress, narrow)

    def _generate(
        self,
        prompts: Sequence[Sequence[int]],
        progress: Progress | None,
        narrow: Callable[[int], str] | None,
    ) -> list[Generation]:
        for prompt in prompts:
            if list(prompt[: len(self.prefix)]) != self.prefix or len(prompt) == len(self.prefix):
                raise InputError("a prompt does not begin with the shared prefix")
        if not prompts:
            return []
        import torch

        try:
            with torch.inference_mode():
                done = self._answered(prompts, progress, narrow)
        except BaseException:
            self._slots = None  # cut short, their buffers may differ from what they are thought
            raise
        return [done[i] for i in range(len(prompts))]

    def _answered(
        self,
        prompts: Sequence[Sequence[int]],
        progress: Progress | None,
        narrow: Callable[[int], str] | None,
    ) -> dict[int, Generation]:
        waiting = deque(sorted(range(len(prompts)), key=lambda i: (-len(prompts[i]), i)))
        slots = self._slots_for(min(self.batch_size, len(prompts)))
        active: list[_Row] = []
        done: dict[int, Generation] = {}
        while active or waiting:
            free = min(self.batch_size - len(active), len(waiting))
            if free and (not active or free >= min(len(waiting), self.batch_size // 8)):
                chosen = [waiting.popleft() for _ in range(free)]
                fresh = [self._start(i, prompts[i], narrow) for i in chosen]
                self._read(slots, len(active), fresh)
                active += fresh
            else:
                widths = [len(row.pending) for row in active]
                self._advance(slots, 0, active, max(widths) if self.pads else min(widths))
            finished = _retire(slots, active)
            done |= {row.index: row.generation(len(prompts[row.index])) for row in finished}
            if progress and finished:
                progress(len(finished))
        return done

    def _slots_for(self, count: int) -> Slots:
        """Slots that hold the prefix already, or new ones where more are needed."""
        if self._slots is None or self._slots.count < count:
            self._slots = None  # the old buffers go before new ones are made
            self._slots = Slots(self.model, count, self.prefix)
        return self._slots

    def _start(
        self, index: int, prompt: Sequence[int], narrow: Callable[[int], str] | None
    ) -> _Row:
        started = time.perf_counter()  # what a grammar of its own takes, a caller waits for
        grammars = start(self.lexicon, self.grammar, narrow and narrow(index))
        pending = list(prompt[len(self.prefix) :])
        row = _Row(index, grammars, pending, len(self.prefix), started)
        self._append_forced(row)
        self._notice_end(row)
        return row

    def _append_forced(self, row: _Row) -> None:
        """Append what the engine's grammar leaves no choice about."""
        forced = row.grammars.forced()
        row.tokens += forced
        row.log_probs += [0.0] * len(forced)
        row.pending += forced

    def _read(self, slots: Slots, first: int, rows: Sequence[_Row]) -> None:
        """Show the model the prompts of new rows, several of like length at once, in order.

        Each pass is padded to its longest row, and a row that is too long for one takes several.
        """
        at_once = TOKENS_AT_ONCE[self.model.device.type]
        start = 0
        while start < len(rows):
            group = rows[start : start + max(1, at_once // len(rows[start].pending))]
            longest = max(len(row.pending) for row in group)
            for _ in range(math.ceil(longest / at_once)):
                self._advance(slots, first + start, group, at_once)
            start += len(group)

    def _advance(self, slots: Slots, first: int, rows: Sequence[_Row], width: int) -> None:
        """Show the model at most `width` tokens of each row; rows with none left choose one."""
        pieces = [row.pending[:width] if row.finish is None else [] for row in rows]
        if not any(pieces):
            return
        logits = slots.forward(first, pieces, [row.position for row in rows])
        for row, piece in zip(rows, pieces, strict=True):
            row.position += len(piece)
            row.pending = row.pending[len(piece) :]
        ready = [i for i, row in enumerate(rows) if not row.pending and row.finish is None]
        asking = [rows[i] for i in ready]
        chosen, log_probs = self._choose(asking, logits[ready])
        for row, token, log_prob in zip(asking, chosen, log_probs, strict=True):
            self._take(row, token, log_prob)

    def _take(self, row: _Row, token: int, log_prob: float) -> None:
        """Append one chosen token, what it forces, and notice the end."""
        if token == self.end:
            row.end("stop")
            return
        row.tokens.append(token)
        row.log_probs.append(log_prob)
        row.pending = [token]
        row.grammars.take([token])
        self._append_forced(row)
        self._notice_end(row)

    def _notice_end(self, row: _Row) -> None:
        if row.grammars.ended():
            row.end("stop")
        elif len(row.tokens) >= self.max_tokens:
            row.end("length")

    def _choose(self, rows: list[_Row], logits: Any) -> tuple[list[int], list[float]]:
        """The most probable allowed token of each row and its logarithm of probability."""
        total = forbid([row.grammars for row in rows], logits, self.vocabulary)
        best = logits.max(dim=-1)
        log_probs = best.values - total
        chosen, values = best.indices.tolist(), log_probs.tolist()
        if any(math.isnan(value) for value in values):
            raise DslmError("the model gave NaN", fix="try float32 in the recipe's inference.dtype")
        return chosen, values


def _retire(slots: Slots, active: list[_Row]) -> list[_Row]:
    """Take finished rows out of the active ones; the last ones move into the slots they leave."""
    finished = [row for row in active if row.finish is not None]
    for place in reversed(range(len(active))):
        if active[place].finish is not None:
            last = active.pop()
            if place < len(active):
                slots.move(len(active), place, last.position)
                active[place] = last
    return finished
