"""Check `length` holds right answers to the recipe's bound, rows to the other one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.doctor.row_length import length


def test_answers_beyond_the_recipes_bound_are_refused_and_the_knob_is_named(
    patient: Callable[..., CheckedWorkflow],
) -> None:
    seen = patient()
    most = max(row.trained for row in seen.rows) - 1  # the end of the turn is none of the answer's
    (fits,) = length(replace(seen, max_answer=most))
    assert fits.kind == "ok"
    assert f"answers {most} of {most}" in fits.message
    (fault,) = length(replace(seen, max_answer=most - 1))
    assert fault.kind == "fail"
    assert fault.fix == f"set inference.max_answer_tokens in the recipe to {most} or more"


def test_answers_that_are_only_asked_for_count_too(patient: Callable[..., CheckedWorkflow]) -> None:
    seen = replace(patient(), max_answer=50, other_answers={"gold-1": 51})
    (fault,) = length(seen)
    assert "1 of 8 right answers exceed 50 tokens (longest 51): gold-1 (51)" in fault.message
