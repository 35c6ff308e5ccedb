"""Calibrations on one split are counted, and what so many come to is told."""

from __future__ import annotations

import numpy as np
import pytest
from support.simulations.certified_answers import certified
from support.simulations.grouped_cases import Layout
from support.simulations.repeated_looks import recalibrated

from dslm.contract.model.decision_and_costs import DecisionPolicy
from dslm.errors import ReleaseRefused
from dslm.looks.asked_cases import short
from dslm.looks.asked_certificates import asked_before, keep_asked
from dslm.looks.calibration_looks import (
    calibration_ledger,
    calibrations_so_far,
    count_calibration,
    refuse_uncounted_calibration,
    told,
)
from dslm.looks.look_ledger import CANDIDATE, candidate_digest, ledger_of
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


def test_another_number_of_calibrations_named_afterwards_is_told_and_has_no_more_error(
    ws: Workspace,
) -> None:
    one = DecisionPolicy(max_selective_risk=0.1, confidence=0.9, calibrations=1)
    over = {k: one.model_copy(update={"calibrations": k}) for k in (None, 1, 2, 4)}
    first, second, third = (evidence(contract=f"sha256:{n}") for n in range(3))
    for made, decision in ((first, over[2]), (second, over[4])):
        count_calibration(ws, made, CASES)
        keep_asked(ws, made, decision)
    assert asked_before(ws.looks, first, over[2]) == []  # nothing was before it
    (line,) = asked_before(ws.looks, second, over[4])
    assert "asked risk 0.1 at 0.9 over 2, this one asks risk 0.1 at 0.9 over 4" in line
    count_calibration(ws, third, CASES)
    (line, _) = asked_before(ws.looks, third, over[None])
    assert line.endswith("over 2, this one asks risk 0.1 at 0.9 of each")
    assert len(asked_before(ws.looks, third, over[4])) == 1  # a half and two quarters are all
    with pytest.raises(ReleaseRefused, match=r"may be wrong in 0\.075 of all draws, this one"):
        asked_before(ws.looks, third, over[2])
    (path,) = ws.looks.glob(f"calibration/*/asked/{short(candidate_digest(first))}.json")
    kept = path.read_text()
    path.unlink()
    told_of = asked_before(ws.looks, third, over[4])
    assert told_of == ["what 1 of the calibrations before asked is not kept"]
    edits = (('"calibrations": 2', f'"calibrations": {n}') for n in (0, -2, "1" + 400 * "0"))
    for old, new in (*edits, ('"confidence": 0.9', '"confidence": 5.0'), (kept, "{}")):
        assert old in kept
        path.write_text(kept.replace(old, new))
        with pytest.raises(ReleaseRefused, match="cannot be read"):
            asked_before(ws.looks, third, over[4])


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
