"""Batched greedy decoding under a grammar, with forced tokens taken for free.

Takes prompts that share a prefix; gives for each the answer's tokens and how probable each was
among those the grammar allowed. The shared prefix runs through the model once. Tokens that the
grammar forces are not sampled. A finished answer leaves its slot to the next prompt. On CPU rows
move on by the same number of tokens, so that nothing is padded: padding to the row with most forced
tokens took a sixth longer there. A draft of an answer is shown ahead of the choices, which are the
same with it and without. Used by the decider only.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

from dslm.errors import DslmError, InputError
from dslm.inference.drafts import Draft
from dslm.inference.grammars import forbid, start
from dslm.inference.prompt import end_of_turn
from dslm.inference.slots import Slots
from dslm.inference.unfinished import Generation, Unfinished

Progress = Callable[[int], None]
# Of prompts in one pass. On a GPU it bounds the memory of scores and masks; a CPU is quicker where
# what a layer makes stays in its caches.
TOKENS_AT_ONCE = {"cpu": 512, "cuda": 8192}
CHOICES_AT_ONCE = 512  # in one pass with drafts, each with a score for every token there is


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
        drafts: Sequence[str] | None = None,
    ) -> list[Generation]:
        """Answer prompts, in the order given.

        Long prompts begin first. When an eighth of a batch has finished, as many others take
        their places, so that the last answers of a batch are not waited for.

        Args:
            prompts: Token ids of each.
            progress: Told how many more are answered.
            narrow: The own grammar of the i-th answer, of which the engine's allows every text.
            drafts: What each answer is thought to be, empty where nothing is. It changes how long
                an answer takes, not the answer: another batch of the same rounds as much otherwise.

        Raises:
            InputError: A prompt does not begin with the shared prefix.
        """
        with self.turn:
            return self._generate(prompts, progress, narrow, drafts or [""] * len(prompts))

    def _generate(
        self,
        prompts: Sequence[Sequence[int]],
        progress: Progress | None,
        narrow: Callable[[int], str] | None,
        drafts: Sequence[str],
    ) -> list[Generation]:
        for prompt in prompts:
            if list(prompt[: len(self.prefix)]) != self.prefix or len(prompt) == len(self.prefix):
                raise InputError("a prompt does not begin with the shared prefix")
        if not prompts:
            return []
        import torch

        try:
            with torch.inference_mode():
                done = self._answered(prompts, progress, narrow, drafts)
        except BaseException:
            self._slots = None  # cut short, their buffers may differ from what they are thought
            raise
        return [done[i] for i in range(len(prompts))]

    def _answered(
        self,
        prompts: Sequence[Sequence[int]],
        progress: Progress | None,
        narrow: Callable[[int], str] | None,
        drafts: Sequence[str],
    ) -> dict[int, Generation]:
        waiting = deque(sorted(range(len(prompts)), key=lambda i: (-len(prompts[i]), i)))
        slots = self._slots_for(min(self.batch_size, len(prompts)))
        active: list[Unfinished] = []
        done: dict[int, Generation] = {}
        while active or waiting:
            free = min(self.batch_size - len(active), len(waiting))
            if free and (not active or free >= min(len(waiting), self.batch_size // 8)):
                chosen = [waiting.popleft() for _ in range(free)]
                fresh = [self._start(i, prompts[i], narrow, drafts[i]) for i in chosen]
                fresh.sort(key=lambda row: -row.width)
                self._read(slots, len(active), fresh)
                active += fresh
            else:
                self._go_on(slots, active)
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
        self, index: int, prompt: Sequence[int], narrow: Callable[[int], str] | None, draft: str
    ) -> Unfinished:
        started = time.perf_counter()  # what a grammar of its own takes, a caller waits for
        grammars = start(self.lexicon, self.grammar, narrow and narrow(index))
        pending = list(prompt[len(self.prefix) :])
        row = Unfinished(index, grammars, pending, len(self.prefix), started)
        row.draft = Draft(self.lexicon, draft) if draft else None
        self._append_forced(row)
        self._notice_end(row)
        self._look_ahead(row)
        return row

    def _append_forced(self, row: Unfinished) -> None:
        """Append what the engine's grammar leaves no choice about."""
        forced = row.grammars.forced()
        row.tokens += forced
        row.log_probs += [0.0] * len(forced)
        row.pending += forced

    def _look_ahead(self, row: Unfinished) -> None:
        """Lay out what a row's draft has after what is written; the draft is left where it errs."""
        if row.draft is None or row.finish is not None:
            return
        written = self.lexicon.decode_bytes(row.tokens)
        row.ahead = row.draft.ahead(row.grammars.wide, written, self.max_tokens - len(row.tokens))
        if not row.ahead:
            row.draft = None

    def _go_on(self, slots: Slots, active: Sequence[Unfinished]) -> None:
        """One more step: of rows whose draft goes on, or else of all together."""
        first = next((i for i, row in enumerate(active) if row.ahead), None)
        if first is not None:
            self._read(slots, first, list(takewhile(lambda row: row.ahead, active[first:])))
            return
        widths = [len(row.pending) for row in active]
        self._advance(slots, 0, active, max(widths) if self.pads else min(widths))

    def _read(self, slots: Slots, first: int, rows: Sequence[Unfinished]) -> None:
        """Show the model the prompts and drafts of rows, several of like length at once, in order.

        Each pass is padded to its longest row, and a row that is too long for one takes several.
        """
        at_once = TOKENS_AT_ONCE[self.model.device.type]
        start = 0
        while start < len(rows):
            group = rows[start : start + _fitting(rows[start:], at_once)]
            longest = max(row.width for row in group)
            for _ in range(math.ceil(longest / at_once)):
                self._advance(slots, first + start, group, at_once)
            start += len(group)

    def _advance(self, slots: Slots, first: int, rows: Sequence[Unfinished], width: int) -> None:
        """Show the model at most `width` tokens of each row; rows with none left choose one.

        Where a draft was shown too, they choose on, as long as they choose what it has.
        """
        pieces, places = zip(*(row.piece(width) for row in rows), strict=True)
        if not any(pieces):
            return
        logits = slots.forward(first, pieces, [row.position for row in rows], places)
        for row in rows:
            row.shown(width)
        begin = [sum(map(len, places[:i])) for i in range(len(rows))]
        for step in range(max(map(len, places))):
            ready = [
                i for i, row in enumerate(rows)
                if step < len(places[i]) and not row.pending and row.finish is None
            ]  # fmt: skip
            chosen = self._choose(
                [rows[i] for i in ready], logits[[begin[i] + step for i in ready]]
            )
            for i, token, log_prob in zip(ready, *chosen, strict=True):
                self._take(rows[i], token, log_prob)
                if not rows[i].agrees(seen=step + 1 < len(places[i])):
                    self._look_ahead(rows[i])

    def _take(self, row: Unfinished, token: int, log_prob: float) -> None:
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

    def _notice_end(self, row: Unfinished) -> None:
        if row.grammars.ended():
            row.end("stop")
        elif len(row.tokens) >= self.max_tokens:
            row.end("length")

    def _choose(self, rows: list[Unfinished], logits: Any) -> tuple[list[int], list[float]]:
        """The most probable allowed token of each row and its logarithm of probability."""
        total = forbid([row.grammars for row in rows], logits, self.vocabulary)
        best = logits.max(dim=-1)
        log_probs = best.values - total
        chosen, values = best.indices.tolist(), log_probs.tolist()
        if any(math.isnan(value) for value in values):
            raise DslmError("the model gave NaN", fix="try float32 in the recipe's inference.dtype")
        return chosen, values


def _fitting(rows: Sequence[Unfinished], at_once: int) -> int:
    """How many of the first rows go into one pass of so many tokens; at least one."""
    width = places = 0
    for count, row in enumerate(rows):
        width, places = max(width, row.width), max(places, row.places)
        drafted = places > 1 and (count + 1) * places > CHOICES_AT_ONCE
        if count and ((count + 1) * width > at_once or drafted):
            return count
    return len(rows)


def _retire(slots: Slots, active: list[Unfinished]) -> list[Unfinished]:
    """Take finished rows out of the active ones; the last ones move into the slots they leave."""
    finished = [row for row in active if row.finish is not None]
    for place in reversed(range(len(active))):
        if active[place].finish is not None:
            last = active.pop()
            if place < len(active):
                slots.move(len(active), place, last.position)
                active[place] = last
    return finished
