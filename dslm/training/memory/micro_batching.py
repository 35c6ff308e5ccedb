"""Cuts an update into micro-batches that fit into memory: predicted first, then tried.

Takes a recipe, the base's shapes and the rows; gives how many rows go through the model at once.
Rows an update stay as the recipe says, so a smaller micro-batch learns the same within rounding.
What does not fit one row at a time is refused with the smallest change that would. Nothing falls
back in silence: every choice is told, and recorded with the run. Called by
`dslm.training.run.training_run`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dslm.errors import InputError
from dslm.settings.bases import BaseFacts
from dslm.settings.recipe import Recipe
from dslm.stage import leading
from dslm.training import distributed
from dslm.training.encoded_rows import Encoded
from dslm.training.memory.memory_budget import Budget
from dslm.training.memory.memory_forecast import Memory, Micro, of_a_run, predict
from dslm.training.memory.recipe_suggestion import smallest_change
from dslm.training.memory.step_probe import Probed, probe

Split = tuple[int, int]  # rows at once, micro-batches an update


@dataclass(frozen=True)
class MicroBatches:
    """How an update is cut, and why.

    Attributes:
        split: Rows at once, and micro-batches an update.
        predicted: Memory of the longest micro-batch; None where the base's shapes are not known.
        room: What there is.
        probed: What a step on the longest micro-batch took; None where none was made.
    """

    split: Split
    predicted: Memory | None
    room: Budget
    probed: Probed | None = None

    def applied(self, recipe: Recipe) -> Recipe:
        """The recipe with its updates cut this way."""
        rows, times = self.split
        plan = recipe.training.model_copy(update={"batch_size": rows, "accumulation": times})
        return recipe.model_copy(update={"training": plan})


def splits(recipe: Recipe) -> list[Split]:
    """Every way to cut an update that keeps its rows, the recipe's own first, then smaller ones."""
    plan = recipe.training
    whole = plan.batch_size * plan.accumulation
    return [(n, whole // n) for n in range(plan.batch_size, 0, -1) if whole % n == 0]


def longest(rows: Sequence[Encoded], count: int) -> list[Encoded]:
    """The micro-batch that takes most: the rows with most tokens."""
    return sorted(rows, key=lambda r: (-len(r.input_ids), -r.trained, r.case_id))[:count]


def micro_batch(rows: Sequence[Encoded]) -> Micro:
    """Some rows as one micro-batch."""
    sizes = [len(row.input_ids) for row in rows]
    return Micro(sum(sizes), max(sizes), sum(row.trained for row in rows))


@dataclass(frozen=True)
class MicroBatcher:
    """One run's question: how many rows at once.

    Attributes:
        recipe: As it was written.
        base: The base's shapes, if they are known.
        rows: To train on.
        room: The memory there is.
        on_gpu: Whether it is a GPU's.
        recorded: The split that a killed run began with; another would give other bytes.
        quiet: Whether nothing is told on standard error.
    """

    recipe: Recipe
    base: BaseFacts | None
    rows: Sequence[Encoded]
    room: Budget
    on_gpu: bool
    recorded: Split | None = None
    quiet: bool = False

    def candidates(self) -> list[Split]:
        """Which splits may be taken, larger micro-batches first."""
        return [self.recorded] if self.recorded else splits(self.recipe)

    def predicted(self) -> MicroBatches:
        """The first split that is predicted to fit; before anything large is loaded.

        Raises:
            InputError: None does.
        """
        fits = [self._predicted(split) for split in self.candidates()]
        good = (i for i, fit in enumerate(fits) if self._is_in(fit.predicted))
        # processes that train together have to agree: the smallest one of all
        left = distributed.least(len(fits) - next(good, len(fits)))
        if left == 0:
            needed = fits[-1].predicted
            raise self._refusal(fits[-1], needed.total if needed else math.inf, "predicted")
        chosen = fits[len(fits) - left]
        self._tell(chosen)
        return chosen

    def as_written(self) -> MicroBatches:
        """The prediction for the recipe's own micro-batch."""
        return self._predicted(splits(self.recipe)[0])

    def takes(self, fit: MicroBatches) -> float | None:
        """Bytes that a run cut this way is predicted to hold, as it is told and compared with room.

        `dslm doctor` and training say this one number; None where the shapes are not known.
        """
        return None if fit.predicted is None else self._run(fit.predicted.total)

    def fitted(
        self, first: MicroBatches, build: Callable[[Recipe], Any]
    ) -> tuple[Any, MicroBatches]:
        """A trainer whose longest micro-batch went through, and how it is cut.

        Several processes share one prediction and try nothing: they have to agree.

        Args:
            first: From `predicted`.
            build: Makes a trainer of a recipe.

        Raises:
            InputError: Not even the smallest one does.
        """
        if distributed.count() > 1:
            return build(first.applied(self.recipe)), first
        left = self.candidates()
        for split in left[left.index(first.split) :]:
            fit = self._predicted(split)
            trainer = build(fit.applied(self.recipe))
            found = probe(trainer, longest(self.rows, split[0]))
            fit = replace(fit, probed=found)
            if found.fitted and self._is_in(found.held):
                self._say(f"a step on the longest micro-batch took {_taken(found)}; "
                          f"{_at_once(split)}")  # fmt: skip
                return trainer, fit
            self._say(f"{split[0]} rows at once do not fit: a step took {_taken(found)}, and there "
                      f"are {_gb(self.room.bytes)}, {self.room.of}")  # fmt: skip
        raise self._refusal(fit, float(found.held or math.inf), "measured")

    def _predicted(self, split: Split) -> MicroBatches:
        fit = MicroBatches(split, None, self.room)
        if self.base is None or distributed.sharded():
            return fit
        micro = micro_batch(longest(self.rows, split[0]))
        memory = predict(fit.applied(self.recipe), self.base, micro, on_gpu=self.on_gpu)
        return replace(fit, predicted=memory)

    def _is_in(self, taken: Memory | int | None) -> bool:
        """Whether a run whose largest step takes so much fits."""
        step = taken.total if isinstance(taken, Memory) else taken
        return step is None or self._run(step) <= self.room.bytes

    def _run(self, step: float) -> float:
        """What a run comes to, by its largest step."""
        return of_a_run(step, on_gpu=self.on_gpu)

    def _refusal(self, fit: MicroBatches, needed: float, how: str) -> InputError:
        rows = "one row" if fit.split[0] == 1 else f"{fit.split[0]} rows"
        takes = "more" if math.isinf(needed) else f"{_gb(self._run(needed))} {how}"
        what = f"{rows} at once: {takes}, and there are {_gb(self.room.bytes)}, {self.room.of}"
        if self.recorded:
            return InputError(f"the killed run cannot go on with {what}", where="memory",
                              fix="free memory; or remove its checkpoints, to begin again in "
                              "smaller pieces")  # fmt: skip
        over = 1.0  # how much more than predicted it takes
        if how == "measured" and fit.predicted:
            over = 1.25 if math.isinf(needed) else max(1.0, needed / fit.predicted.total)
        micro = micro_batch(longest(self.rows, 1))
        one = MicroBatches((1, 1), None, self.room).applied(self.recipe)
        left = (self.room.bytes - self._run(0)) / over
        fix = smallest_change(one, self.base, micro, left, on_gpu=self.on_gpu)
        return InputError(f"training does not fit: {what}", where="memory", fix=fix)

    def _tell(self, fit: MicroBatches) -> None:
        there = f"{_gb(self.room.bytes)}, {self.room.of}"
        if self.recorded:
            self._say(f"{_at_once(fit.split)}, as the run was begun")
        elif (own := self.takes(fit)) is None:
            self._say("not predicted: the base's shapes are not known, or it lies in parts")
        else:
            takes, rows = _gb(own), self.recipe.training.batch_size
            if fit.split[0] == rows:
                self._say(f"{takes} predicted for {_at_once(fit.split)}; there are {there}")
                return
            whole = self.takes(self.as_written())
            assert whole is not None
            self._say(
                f"{rows} rows at once are predicted to take {_gb(whole)}, and there are "
                f"{there}: {_at_once(fit.split)} instead ({takes}), as many an update"
            )

    def _say(self, text: str) -> None:
        if leading() and not self.quiet:
            sys.stderr.write(f"train: memory: {text}\n")


def _at_once(split: Split) -> str:
    return f"{split[0]} rows at once × {split[1]}"


def _taken(found: Probed) -> str:
    if not found.fitted:
        return "more than there was"
    return "an unknown amount" if found.held is None else _gb(found.held)


def _gb(amount: float) -> str:
    return f"{amount / 1e9:.2f} GB"
