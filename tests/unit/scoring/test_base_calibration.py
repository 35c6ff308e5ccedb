from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.repositories.scored_repository import (
    calibrated_base,
    finish_scoring,
    inputs_of,
    seal_rows,
)
from support.repositories.scored_rows import MINI, WRONG, answer, cases, first, rows_of

from dslm.cases import read_records
from dslm.contract.answers.decision import NEVER
from dslm.evidence import Evidence
from dslm.records import Prediction, Row
from dslm.scoring.base_calibration import (
    FIRST,
    calibrate_base,
    in_drawn_order,
    is_hopeless,
)
from dslm.scoring.calibration import calibrate
from dslm.scoring.rows.answer_cases import Enough, answer_cases
from dslm.scoring.scorecard_verification import verify
from dslm.settings.workspace import Workspace

SPLIT = cases(160, prefix="c")


def falling(count: int) -> list[float]:
    """Confidences of so many answers, each less sure than the one before."""
    return [round(0.99 - n / 1000, 4) for n in range(count)]


@pytest.mark.parametrize(
    ("right", "hopeless"),
    [([True] * FIRST, False), ([False] * FIRST, True), (first(25, FIRST), False),
     ([False] * 12 + [True] * 88, False), ([False] * 20 + [True] * 80, True)],
)  # fmt: skip
def test_a_base_is_hopeless_where_most_of_its_surest_answers_are_wrong(
    right: list[bool], hopeless: bool
) -> None:
    rows = rows_of(SPLIT[:FIRST], right, confidence=falling(FIRST), threshold=NEVER)
    assert is_hopeless(MINI, rows) is hopeless


def test_a_base_of_whose_answers_none_could_proceed_is_hopeless() -> None:
    rows = rows_of(SPLIT[:FIRST], [True] * FIRST, confidence=[2.0] * FIRST, threshold=NEVER)
    assert is_hopeless(MINI, rows)


def test_what_was_given_up_certifies_nothing_however_right_it_is() -> None:
    rows = rows_of(SPLIT[:FIRST], [True] * FIRST, threshold=NEVER)
    assert calibrate_base(MINI, rows, FIRST, {}) == calibrate(MINI, rows, {})
    assert calibrate_base(MINI, rows, FIRST, {}).certified
    given_up = calibrate_base(MINI, rows, FIRST + 1, {})
    assert (given_up.certified, given_up.cutoff, given_up.steps) == (False, NEVER, ())
    assert given_up.why.startswith(f"given up after {FIRST} of {FIRST + 1} cases: 0 of its 25")


class Answering:
    """Answers as a test says, and counts what it was asked."""

    contract, threshold = MINI, NEVER

    def __init__(self, identity: dict[str, str], right: Callable[[int], bool]):
        self.identity, self.right, self.asked = identity, right, 0

    def predict(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """One answer an input."""
        places = range(self.asked, self.asked + len(texts))
        self.asked += len(texts)
        return [answer(SPLIT[n].target if self.right(n) else WRONG) for n in places]


@pytest.mark.parametrize(
    ("right", "asked"), [(lambda n: False, FIRST), (lambda n: n < 60, 160), (lambda n: True, 160)]
)
def test_the_others_are_asked_only_where_the_first_leave_hope(
    tmp_path: Path, right: Callable[[int], bool], asked: int
) -> None:
    ws = finish_scoring(tmp_path)
    identity = {key: value for key, value in inputs_of(ws, "base_calibration").items()
                if key not in ("format", "model", "lock", "threshold")}  # fmt: skip
    decider = Answering(identity, right)
    rows, named = answer_cases(
        ws, "base_calibration", decider, SPLIT, {},
        enough=Enough(FIRST, lambda rows: is_hopeless(MINI, rows)),
    )  # fmt: skip
    assert decider.asked == len(rows) == asked
    assert [row.id for row in rows] == [case.id for case in SPLIT[:asked]]
    assert read_records(ws.scores("base_calibration") / "rows.jsonl", Row) == rows
    assert Evidence.model_validate(named).model == "base_calibration"


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return finish_scoring(tmp_path)


NO_REASON = "no reason to leave out the others"
GIVEN_UP = f"no hope after the first {FIRST}: it is given up then"


@pytest.mark.parametrize(
    ("kept", "wrong", "why"),
    [(FIRST, 0, NO_REASON), (FIRST - 1, FIRST, NO_REASON), (FIRST + 9, FIRST + 9, GIVEN_UP),
     (120, 20, GIVEN_UP)],
)  # fmt: skip
def test_a_base_is_given_up_after_the_first_cases_and_for_a_reason(
    ws: Workspace, kept: int, wrong: int, why: str
) -> None:
    """Nobody chooses to ask on: a certified base may cost more on gold than one that is held."""
    rows = read_records(ws.scores("base_calibration") / "rows.jsonl", Row)
    assert len(rows) == 120
    right = [n >= wrong for n in range(kept)]
    split = in_drawn_order(cases(120, prefix="c"))[:kept]
    held = rows_of(split, right, confidence=falling(kept), threshold=NEVER)
    seal_rows(ws, "base_calibration", held, inputs_of(ws, "base_calibration"))
    assert f"base_calibration rows: {kept} of 120 cases, and {why}" in verify(ws)


def test_the_order_of_the_split_chooses_no_cases() -> None:
    """Whoever turned the file round would choose those by which a base is given up."""
    drawn = in_drawn_order(SPLIT)
    assert drawn == in_drawn_order(SPLIT[::-1]) != SPLIT
    assert sorted(drawn, key=lambda case: case.id) == SPLIT


def test_a_base_that_was_given_up_lets_nothing_through(ws: Workspace) -> None:
    split = in_drawn_order(cases(120, prefix="c"))[:FIRST]
    held = rows_of(split, [False] * FIRST, threshold=NEVER)
    seal_rows(ws, "base_calibration", held, inputs_of(ws, "base_calibration"))
    assert f"base rows: decided with 0.99, not {NEVER}" in verify(ws)
    calibrated_base(ws)
    assert verify(ws) == []
