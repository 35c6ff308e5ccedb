"""Lets a model answer some of its recorded cases again: rows are not believed, they are repeated.

Takes rows, their cases and whatever answers as they name it; gives for each row that was drawn
whether the model says the same again. Recomputing proves that numbers follow from rows, this proves
that rows follow from a model. Called by `dslm verify --answers`, which loads the models.

The same answer need not have the same bits: another batch, thread count, precision or machine
rounds otherwise. A token's logarithm of probability may differ by `BOUNDS`, and an answer may part
from the row's where the model holds both tokens for equally probable, within the same bound; then
the row's own text is put to the model, and each of its tokens has to be as probable as the row
says. `tests/bench/answer_repeat.py` measures what rounding does (docs/measurements/gate.md).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from pydantic import Field

from dslm.contract import Contract
from dslm.evidence import ENGINE, Model, engine_differences, refuse_differences
from dslm.progress import Progress
from dslm.records import Case, LogProbs, Prediction, Record, Row

# By how much a token's logarithm of probability may differ, by the precision it was computed in.
BOUNDS: Mapping[str, float] = {"float32": 0.001, "bfloat16": 0.5}
# Of a token that is certain in the other answer; rounding alone leaves it far below
NEARLY_CERTAIN = 0.0001
MOST_NAMED = 20


class Repeating(Protocol):
    """What answers again: `dslm.inference.decider.Decider`."""

    @property
    def contract(self) -> Contract:
        """What its answers are judged by."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What an answer depends on, as evidence names it."""

    @property
    def precision(self) -> str:
        """What it computes in: a key of `BOUNDS`."""

    def predict(
        self,
        texts: Sequence[str],
        progress: Callable[[int], None] | None = None,
        drafts: Sequence[str] | None = None,
    ) -> list[Prediction]:
        """One prediction an input, in order; drafts change how long it takes, nothing else."""

    def predict_held(self, texts: Sequence[str], answers: Sequence[str]) -> list[Prediction]:
        """The same, each held to a given answer."""


class Repeated(Record):
    """How a model's rows fared when it answered some of their cases again.

    Attributes:
        model: Whose rows.
        rows: How many there are.
        asked: Cases that were answered again.
        same: Of these, answered in the same words.
        near_ties: Answered otherwise from a token on that was as probable, within the bound.
        largest: By how much a token's logarithm of probability differed at most.
        bound: By how much it may.
        told: What computes otherwise here than when the rows were made.
        unlike: Rows that the model does not answer so, each with what is other.
    """

    model: Model
    rows: int
    asked: int
    same: int
    near_ties: int
    largest: float
    bound: float
    told: tuple[str, ...] = ()
    unlike: tuple[str, ...] = Field((), description="rows that the model does not answer so")


def cases_needed(rows: int, share: float, chance: float) -> int:
    """How many rows to draw so that edited ones are found.

    Args:
        rows: How many there are.
        share: Of them, edited ones; at least one.
        chance: With which at least one edited row is drawn (hypergeometric: none is, with chance
            C(rows - edited, drawn) / C(rows, drawn)).
    """
    edited = max(1, math.ceil(Fraction(str(share)) * rows))
    missed, drawn = 1.0, 0
    while missed > 1 - chance + 1e-12 and drawn < rows:
        missed *= max(0, rows - edited - drawn) / (rows - drawn)
        drawn += 1
    return drawn


def drawn(rows: Sequence[Row], count: int, draw: int, model: Model) -> list[int]:
    """The places of so many rows, in order: the same for one number, on any machine."""
    keys = [hashlib.sha256(f"{draw}\n{model}\n{row.id}".encode()).digest() for row in rows]
    return sorted(sorted(range(len(rows)), key=keys.__getitem__)[:count])


def repeat(
    model: Model,
    decider: Repeating,
    cases: Sequence[Case],
    rows: Sequence[Row],
    evidence: Mapping[str, str],
    places: Sequence[int],
) -> Repeated:
    """Answer some cases again and compare with their rows.

    Args:
        model: Whose rows.
        decider: The model that they name.
        cases: What was asked, in the order of the rows.
        rows: What was answered.
        evidence: What the rows name.
        places: Of the rows to repeat.

    Raises:
        ReleaseRefused: The model at hand is not the one that the rows name.
    """
    named = {key: value for key, value in decider.identity.items() if key not in ENGINE}
    refuse_differences(evidence, named, what=f"the rows of the {model}")
    texts = [cases[place].input for place in places]
    written = [rows[place].prediction for place in places]
    with Progress(f"answer {model} again", len(texts), "cases") as bar:
        again = decider.predict(texts, bar.advance, [one.text for one in written])
    bound = BOUNDS.get(decider.precision, max(BOUNDS.values()))
    other = [n for n in range(len(places)) if again[n].text != written[n].text]
    held = _held(decider, [n for n in other if _may_tie(written[n], again[n])], texts, written)
    found, ties, largest = list[str](), 0, 0.0
    for n, place in enumerate(places):
        reason, distance = unlike_row(written[n], again[n], held.get(n), bound)
        largest = max(largest, distance)
        if reason is not None:
            found.append(f"case {rows[place].id}: {reason}")
        elif n in other:
            ties += 1
    told = tuple(engine_differences(evidence, decider.identity))
    same = len(places) - len(found) - ties
    return Repeated(
        model=model, rows=len(rows), asked=len(places), same=same, near_ties=ties,
        largest=round(largest, 6), bound=bound, told=told, unlike=tuple(found),
    )  # fmt: skip


def _held(
    decider: Repeating, which: Sequence[int], texts: Sequence[str], written: Sequence[Prediction]
) -> dict[int, Prediction]:
    """What the model thinks of the rows' own texts, where it answered otherwise."""
    answers = decider.predict_held([texts[n] for n in which], [written[n].text for n in which])
    return dict(zip(which, answers, strict=True))


def _may_tie(written: Prediction, again: Prediction) -> bool:
    return None not in (written.log_probs, again.log_probs) and bool(written.text)


def unlike_row(
    written: Prediction, again: Prediction, held: Prediction | None, bound: float
) -> tuple[str | None, float]:
    """Why a row is not what the model answers, if so; and by how much its tokens differ.

    Args:
        written: What the row says.
        again: What the model says now.
        held: What it thinks of the row's own text, where it says another.
        bound: Of `BOUNDS`.
    """
    if (written.log_probs is None) != (again.log_probs is None):
        return "has a probability in one of both only", 0.0
    for key in ("prompt_tokens", "not_narrowed"):
        if getattr(written, key) != getattr(again, key):
            return f"another {key}", 0.0
    if again.text == written.text:
        if again.finish_reason != written.finish_reason:
            return f"ends with {again.finish_reason}, not {written.finish_reason}", 0.0
        return _too_far(written.log_probs or (), again.log_probs or (), bound)
    if held is None or not _holds(held, written):
        return f"{_otherwise(written, again)}, and cannot be held to the row's", 0.0
    gap = parting(held, again)
    if gap > bound:
        return f"{_otherwise(written, again)}: more probable by {gap:.3f} where they part", 0.0
    size = len(written.text.encode())
    reached = tuple(one for one in held.log_probs or () if one[0] < size)
    return _too_far(written.log_probs or (), reached, bound)


def _holds(held: Prediction, written: Prediction) -> bool:
    """Whether the model, held to a row's text, says that text and ends as the row does.

    A text at which the grammar lets nothing end is gone on with: a row that stops there is cut by
    hand. One that was cut at the cap is cut there again, at most a token later.
    """
    if held.finish_reason != written.finish_reason:
        return False
    if written.finish_reason == "length":
        return held.text.startswith(written.text)
    return held.text == written.text


def _too_far(written: LogProbs, again: LogProbs, bound: float) -> tuple[str | None, float]:
    distance = furthest(written, again)
    if distance <= bound and _certain_in_one(written, again) <= NEARLY_CERTAIN:
        return None, distance
    return f"a token's logarithm of probability differs by {distance:.6f}", distance


def _otherwise(written: Prediction, again: Prediction) -> str:
    """What an answer says otherwise: fields and no values, which may be personal."""
    ours, theirs = written.object or {}, again.object or {}
    fields = [f for f in {**ours, **theirs} if ours.get(f) != theirs.get(f)]
    return f"answers otherwise ({', '.join(fields) or 'in its words'})"


def furthest(one: LogProbs, other: LogProbs) -> float:
    """By how much the logarithms of two answers in the same words differ at most.

    A token that only one has counts in full: it was certain, or another, in the other.
    """
    left, right = ({token[:2]: token[2] for token in tokens} for tokens in (one, other))
    places = left.keys() | right.keys()
    return max((abs(left.get(at, 0.0) - right.get(at, 0.0)) for at in places), default=0.0)


def _certain_in_one(one: LogProbs, other: LogProbs) -> float:
    """How improbable a token is at most that the other answer is certain of.

    Rounding alone leaves it nearly certain. Were the bound asked of it too, a row could list a
    token for every byte, each within the bound, and so be as sure or unsure as it likes.
    """
    left, right = ({token[:2]: token[2] for token in tokens} for tokens in (one, other))
    return max((-(left | right)[at] for at in left.keys() ^ right.keys()), default=0.0)


def parting(held: Prediction, free: Prediction) -> float:
    """By how much a model prefers its own answer to another where the two part."""
    letters = list(zip(held.text.encode(), free.text.encode(), strict=False))
    at = next((n for n, (ours, theirs) in enumerate(letters) if ours != theirs), len(letters))
    tokens = [[t for t in p.log_probs or () if t[0] <= at < t[0] + t[1]] for p in (held, free)]
    begin = min((token[0] for side in tokens for token in side), default=at)
    ours, theirs = (
        math.fsum(p for start, _, p in side.log_probs or () if begin <= start <= at)
        for side in (held, free)
    )
    return theirs - ours
