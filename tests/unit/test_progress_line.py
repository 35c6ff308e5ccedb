from __future__ import annotations

import io

import pytest

from dslm import progress_line
from dslm.progress_line import Progress


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets."""
    now = [0.0]
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now[0])
    return now


def test_a_line_says_how_far_and_how_long_still(seconds: list[float]) -> None:
    out = io.StringIO()
    with Progress("score", 200, "cases", out) as bar:
        seconds[0] = 60.0
        bar.advance(50, "loss 0.1")
        seconds[0] = 61.0
        bar.advance(1)  # too soon for another line
        seconds[0] = 240.0
        bar.advance(149)
    assert out.getvalue().splitlines() == [
        "score: 0/200 cases",
        "score: 50/200 cases · loss 0.1 · 3:00 left",
        "score: 200/200 cases · 0:00 left",
        "score: 200/200 cases in 4:00",
    ]


def test_of_the_first_few_nothing_is_foretold(seconds: list[float]) -> None:
    out = io.StringIO()
    with Progress("score", 200, "cases", out) as bar:
        seconds[0] = 60.0
        bar.advance(1)
        bar.advance(1)  # too soon for another line
        seconds[0] = 71.0
        bar.advance(1)  # a few that took long tell enough
    assert "score: 1/200 cases · ? left" in out.getvalue()
    assert "score: 3/200 cases · 77:42 left" in out.getvalue()
