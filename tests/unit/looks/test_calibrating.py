"""Calibrations on one split are counted, and what so many come to is told."""

from __future__ import annotations

import numpy as np
import pytest
from certified_answers import certified
from grouped_worlds import Layout
from repeated_worlds import recalibrated

from dslm.errors import ReleaseRefused
from dslm.looks.calibrating import (
    calibration_ledger,
    calibrations_so_far,
    count_calibration,
    refuse_uncounted_calibration,
    told,
)
from dslm.looks.ledger import CANDIDATE, ledger_of
from dslm.provenance import digest_bytes
from dslm.records import Case
from dslm.settings.workspace import Workspace

CASES = [Case(id=f"c{n}", input=f"text {n}") for n in range(6)]


@pytest.fixture
def ws(tmp_path) -> Workspace:
    return Workspace(tmp_path, "mini")


def evidence(split: str = "split", **other: str) -> dict[str, str]:
    same = dict.fromkeys(CANDIDATE, "sha256:0")
    return same | {"calibration_cases": digest_bytes(split.encode())} | other


def test_another_model_another_contract_and_a_redrawn_split_are_counted(ws: Workspace) -> None:
    assert count_calibration(ws, evidence(), CASES) == 1
    assert count_calibration(ws, evidence(), CASES) == 1  # the same again
    assert count_calibration(ws, evidence(adapter="sha256:1"), CASES) == 2
    assert count_calibration(ws, evidence(contract="sha256:1"), CASES) == 3  # as of a lower bound
    assert count_calibration(ws, evidence("redrawn"), CASES[:3]) == 4
    assert calibrations_so_far(ws, CASES[2:]) == 4
    fresh = [Case(id="c9", input="another text")]
    assert calibrations_so_far(ws, fresh) == 0
    assert count_calibration(ws, evidence("fresh"), fresh) == 1
    assert ledger_of(ws).read().looks == {}  # gold has its own budget
    assert len(calibration_ledger(ws).read().looks) == 5


def test_the_first_says_nothing_and_later_ones_what_they_come_to() -> None:
    assert told(1, 0.9) == ""
    assert "in at most 0.1 of all draws, one of 3 in up to 0.3" in told(3, 0.9)
    assert told(40, 0.9).endswith("up to 1")


def test_a_calibration_is_the_one_that_the_ledger_knows_it_as(ws: Workspace) -> None:
    for most in (None, 2):
        if most:
            with pytest.raises(ReleaseRefused, match="lacks this one, and together only 2 hold"):
                refuse_uncounted_calibration(ws.looks, evidence(), 1, most)
        else:
            refuse_uncounted_calibration(ws.looks, evidence(), 1, most)
    assert count_calibration(ws, evidence(adapter="sha256:1"), CASES) == 1
    assert count_calibration(ws, evidence(), CASES) == 2
    for most in (None, 1, 2):
        refuse_uncounted_calibration(ws.looks, evidence(), 2, most)
        with pytest.raises(ReleaseRefused, match=r"calibration 1 on these cases, .* as number 2"):
            refuse_uncounted_calibration(ws.looks, evidence(), 1, most)


def test_of_several_calibrations_one_breaks_the_bound_as_often_as_is_told_at_most() -> None:
    """Every model is wrong as often as the bound says: what is certified is broken."""
    rng, worlds, tries, risk = np.random.default_rng(4), 120, 3, 0.08
    alone = any_ = 0
    for _ in range(worlds):
        found = [
            certified(one, risk, 0.9) > 0
            for one in recalibrated(rng, Layout(150, (1,)), risk, tries)
        ]
        alone += found[0]
        any_ += any(found)
    error = 2 * (0.1 * 0.9 / worlds) ** 0.5
    assert alone / worlds <= 0.1 + error
    assert 0.1 + error < any_ / worlds <= tries * 0.1 + error
