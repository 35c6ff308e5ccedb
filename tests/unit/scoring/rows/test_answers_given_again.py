"""Answers given again: how many to draw, which, and what counts as the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError
from scipy.stats import hypergeom
from support.repositories.scored_repository import digest_of
from support.repositories.scored_rows import MINI, answer, cases, first, rows_of

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.errors import ReleaseRefused
from dslm.records import LogProbs, Prediction
from dslm.scoring.rows.answers_given_again import BOUNDS, Repeated, cases_needed, drawn, repeat

GOLD = cases(20)
EVIDENCE = {"adapter": digest_of("adapter"), "packages": "torch 2.13.0", "device": "cuda"}
RIGHT, OTHER = '{"kind":"order","number":"A-1"}', '{"kind":"order","number":"B-1"}'
PARTS = RIGHT.index("A-1")  # the byte where the two part


@dataclass(frozen=True)
class Scripted:
    """Stands for a model: what it says freely, and what it thinks of a given text."""

    free: Sequence[Prediction]
    held: Callable[[str], Prediction] = lambda _: pytest.fail("nothing has to be held")
    precision: str = "float32"
    identity: Mapping[str, str] = None  # type: ignore[assignment]

    @property
    def contract(self) -> Contract:
        return MINI

    def predict(
        self, texts: Sequence[str], progress: Any = None, drafts: Sequence[str] | None = None
    ) -> list[Prediction]:
        assert len(texts) == len(self.free) == len(drafts or texts)
        return list(self.free)

    def predict_held(self, texts: Sequence[str], answers: Sequence[str]) -> list[Prediction]:
        assert len(texts) == len(answers)
        return [self.held(answer) for answer in answers]


def said(text: str, log_probs: LogProbs | None, **changes: Any) -> Prediction:
    return answer({"kind": "other", "number": None}, text=text, log_probs=log_probs, **changes)


def repeated(written: Prediction, *model: Any, **named: Any) -> Repeated:
    """One row, repeated by a scripted model."""
    (row,) = rows_of(GOLD[1:2], [True])
    row = row.model_copy(update={"prediction": written})
    decider = Scripted(*model, identity=EVIDENCE | named.pop("identity", {}), **named)
    return repeat("candidate", decider, GOLD[1:2], [row], EVIDENCE, [0])


@pytest.mark.parametrize(
    ("rows", "share", "drawn"),
    [(20, 0.05, 19), (100, 0.05, 45), (203, 0.05, 48), (1000, 0.05, 57),
     (100, 1.0, 1), (1, 0.05, 1)],
)  # fmt: skip
def test_as_many_are_drawn_as_find_an_edited_row(rows: int, share: float, drawn: int) -> None:
    assert cases_needed(rows, share, 0.95) == drawn
    edited = max(1, math.ceil(rows * share))
    assert hypergeom.pmf(0, rows, edited, drawn) <= 0.05 + 1e-9
    assert drawn == 1 or hypergeom.pmf(0, rows, edited, drawn - 1) > 0.05


def test_a_number_draws_the_same_cases_and_another_number_others() -> None:
    rows = rows_of(GOLD, first(20, 20))
    places = drawn(rows, 5, 7, "candidate")
    assert places == sorted(places) == drawn(rows, 5, 7, "candidate")
    assert places != drawn(rows, 5, 7, "base")
    times = [0] * 20
    for number in range(400):
        for place in drawn(rows, 5, number, "candidate"):
            times[place] += 1
    assert all(60 <= count <= 140 for count in times), times  # 100 expected, deviation 9
    assert drawn(rows, 99, 1, "candidate") == list(range(20))


def test_the_same_words_count_if_each_token_is_as_probable_within_the_bound() -> None:
    written = said(RIGHT, ((9, 3, -0.1), (PARTS, 1, -0.02)))
    near = said(RIGHT, ((9, 3, -0.1 + BOUNDS["float32"] * 0.9), (PARTS, 1, -0.02), (29, 1, -1e-6)))
    one = repeated(written, [near])
    assert (one.same, one.unlike, one.largest) == (1, (), 0.0009)
    for far in (
        ((9, 3, -0.102), (PARTS, 1, -0.02)),
        ((9, 3, -0.1),),
        ((9, 2, -0.1), (PARTS, 1, -0.02)),
        (),
    ):
        one = repeated(written, [said(RIGHT, far)])
        assert one.same == 0
        assert "case g-001: a token's logarithm of probability differs" in one.unlike[0]
    assert "in one of both only" in repeated(written, [said(RIGHT, None)]).unlike[0]
    for changes in ({"prompt_tokens": 41}, {"not_narrowed": {"number": "why"}},
                    {"finish_reason": "length"}):  # fmt: skip
        assert repeated(written, [said(RIGHT, written.log_probs, **changes)]).unlike


def test_where_two_tokens_are_as_probable_the_rows_own_text_is_put_to_the_model() -> None:
    written = said(RIGHT, ((9, 3, -0.1), (PARTS, 1, -0.69)))
    free = said(OTHER, ((9, 3, -0.1), (PARTS, 1, -0.68)))
    held = {"held": lambda _: said(RIGHT, ((9, 3, -0.1), (PARTS, 1, -0.7)))}
    one = repeated(written, [free], **held, precision="bfloat16")
    assert (one.same, one.near_ties, one.unlike, one.largest) == (0, 1, (), 0.01)
    one = repeated(written, [free], **held)  # in float32 that is far too much
    assert "case g-001: answers otherwise" in one.unlike[0]
    assert "more probable by 0.020 where they part" in one.unlike[0]


def test_an_answer_that_the_model_does_not_hold_for_probable_is_no_tie() -> None:
    """Rewritten to gold, with whatever probabilities."""
    free = said(OTHER, ((PARTS, 1, -0.05),))
    for believed, held in (
        ((), ((PARTS, 1, -3.0),)),  # improbable where they part
        ((), ((PARTS, 1, -0.3), (PARTS + 2, 1, -4.0))),  # and where they do not
    ):
        model = {"held": lambda _, held=held: said(RIGHT, held), "precision": "bfloat16"}
        assert repeated(said(RIGHT, believed), [free], **model).unlike
    model = {"held": lambda _: said('{"kind":"o', ((8, 1, -0.05),)), "precision": "bfloat16"}
    assert "cannot be held to the row's" in repeated(said(RIGHT, ()), [free], **model).unlike[0]


def test_answers_otherwise_are_told_by_field_and_without_values() -> None:
    written, free = answer(GOLD[1].target), answer({"kind": "order", "number": "B-77"})
    held = answer(GOLD[1].target, log_probs=((PARTS, 1, -2.0),))
    one = repeated(written, [free], held=lambda _: held)
    assert "answers otherwise (number)" in one.unlike[0]
    assert "B-77" not in one.unlike[0]
    assert canonical_text(MINI, GOLD[1].target or {}) == RIGHT


def test_a_model_that_the_rows_do_not_name_answers_nothing_and_an_engine_is_told() -> None:
    written = said(RIGHT, ())
    one = repeated(written, [written], identity={"device": "cpu"})
    assert one.told == ("cpu (was cuda)",)
    with pytest.raises(
        ReleaseRefused, match=r"rows of the candidate is outdated evidence: adapter"
    ):
        repeated(written, [written], identity={"adapter": digest_of("another")})


CUT = '{"kind":"'  # where the grammar lets nothing end


@pytest.mark.parametrize("finish", ["length", "invalid"])
@pytest.mark.parametrize("precision", sorted(BOUNDS))
def test_an_answer_cut_by_hand_is_no_tie(finish: str, precision: str) -> None:
    """Wrong answers taken out of a calibration, or a champion made worse than it is."""
    own = said(RIGHT, ((9, 3, -0.4), (PARTS, 1, -0.02)))
    written = said(CUT, (), finish_reason=finish, object=None)
    one = repeated(written, [own], held=lambda _: own, precision=precision)  # gone on with
    assert (one.near_ties, len(one.unlike)) == (0, 1)
    assert "cannot be held to the row's" in one.unlike[0]


def test_an_answer_that_both_cut_at_the_cap_may_part_at_a_tie() -> None:
    cut = {"finish_reason": "length", "object": None}
    written, free = (said(t, ((PARTS, 1, -0.7),), **cut) for t in (RIGHT[:-2], OTHER[:-3]))
    one = repeated(written, [free], held=lambda _: said(RIGHT[:-1], written.log_probs, **cut))
    assert (one.near_ties, one.unlike) == (1, ())
    whole = repeated(written, [free], held=lambda _: said(RIGHT, written.log_probs))
    assert "cannot be held to the row's" in whole.unlike[0]


@pytest.mark.parametrize("precision", sorted(BOUNDS))
def test_tokens_that_the_model_is_certain_of_make_no_answer_unsure(precision: str) -> None:
    """As many as there are bytes, each within the bound."""
    bound = BOUNDS[precision]
    own = said(RIGHT, ())
    listed = said(RIGHT, tuple((at, 1, -bound * 0.9) for at in range(len(RIGHT))))
    for written, again in ((listed, own), (own, listed)):
        one = repeated(written, [again], precision=precision)
        assert (one.same, len(one.unlike)) == (0, 1)
    rounded = said(RIGHT, ((9, 3, -0.000_01),))
    assert repeated(rounded, [own], precision=precision).same == 1


@pytest.mark.parametrize(
    "log_probs",
    [
        ((9, 3, -5.0), (9, 3, -0.1)),  # one place twice: whoever keeps the last sees -0.1
        ((9, 3, -0.1), (10, 3, -5.0)),
        ((9, 0, -0.1), (9, 0, -5.0)),
        ((PARTS, 1, -0.1), (9, 3, -5.0)),
        ((len(RIGHT), 1, -5.0),),
    ],
)
def test_tokens_stand_one_after_another_within_the_text(log_probs: LogProbs) -> None:
    with pytest.raises(ValidationError, match=r"two tokens in one place|beyond the end"):
        said(RIGHT, log_probs)
