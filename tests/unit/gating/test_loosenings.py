"""Less asked, all else in step: each is stopped by the gate or at promotion; the run is not."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from support.faults.edited_evidence import edit_faults
from support.faults.faulty_evidence_files import Runs
from support.faults.loosened_settings import (
    GOOD,
    TODAY,
    caught_by,
    loosenings,
    resplit,
    scored_anew,
    waived,
)
from support.repositories.scored_repository import PAIRS, THIRTY, digest_of, finish_scoring
from support.repositories.scored_rows import cases

from dslm.errors import DslmError
from dslm.gating.gate import gate_proposed, gate_workspace
from dslm.settings.workspace import Workspace

FAULTS = loosenings()
# The table of files, keys and numbers is planted in a run without groups; of it, one a kind here
WITHIN = ("candidate: group", "champion: row gone", "an outcome", "a metric", "NaN in rows of base")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pairs")
    finish_scoring(root, gold=PAIRS, calibration=THIRTY, champion=GOOD)
    return root


@pytest.fixture
def ws(scored: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(scored, tmp_path / "copy")
    return Workspace(tmp_path / "copy", "mini")


def test_the_untouched_run_is_stopped_by_nothing(ws: Workspace) -> None:
    verdict = gate_workspace(ws, TODAY)
    assert (verdict.status, caught_by(ws, TODAY)) == ("PASS", "")
    assert {change.part for change in verdict.changes.found} == {"made from"}
    assert len(FAULTS) >= 45


def test_more_gold_and_a_waiver_as_it_should_be_are_stopped_by_nothing(ws: Workspace) -> None:
    more = [c.model_copy(update={"meta": c.meta | {"sender": f"n{n % 10}"}})
            for n, c in enumerate(cases(88)[68:])]  # fmt: skip
    scored_anew(ws, [*PAIRS, *more])
    assert caught_by(ws, TODAY) == ""
    waived(ws)
    assert caught_by(ws, TODAY + dt.timedelta(days=90)) == ""


def test_calibration_cases_that_are_added_or_go_to_gold_are_stopped_by_nothing(
    ws: Workspace,
) -> None:
    assert "cannot be checked beyond curation's ledger" not in str(
        gate_workspace(ws, TODAY).threshold
    )
    more = cases(35, prefix="c")[30:]
    resplit(ws, lambda split: [*split, *more])
    assert caught_by(ws, TODAY) == ""
    told = [one.key for one in gate_workspace(ws, TODAY).changes.found if one.part == "calibration"]
    assert told == ["added"]


def test_a_first_release_says_that_nothing_shows_the_calibration_split_whole(
    tmp_path: Path,
) -> None:
    finish_scoring(tmp_path, gold=PAIRS, calibration=THIRTY)
    verdict = gate_workspace(Workspace(tmp_path, "mini"), TODAY)
    assert (
        "nothing was left out of the calibration split cannot be checked beyond curation's ledger"
    ) in str(verdict.threshold)


def test_a_waiver_of_the_target_branch_for_an_older_candidate_stops_nothing(ws: Workspace) -> None:
    waived(ws)
    verdict, ignored = gate_proposed(ws, TODAY)
    assert (verdict.status, ignored) == ("PASS", ())
    assert [check.id for check in verdict.checks if check.waived] == ["holds"]
    text = ws.waivers.read_text()
    ws.waivers.write_text(text.replace(text.partition("candidate: ")[2][:71], digest_of("older")))
    with pytest.raises(DslmError):
        gate_workspace(ws, TODAY)
    verdict, ignored = gate_proposed(ws, TODAY)
    assert verdict.status == "INCONCLUSIVE"
    (line,) = ignored
    assert line.startswith("The waiver of holds is ignored: it is for another candidate than")
    scored_anew(ws, PAIRS)
    assert gate_proposed(ws, TODAY)[0].status == "PASS"


@pytest.mark.parametrize("name", FAULTS)
def test_less_asked_is_stopped(ws: Workspace, name: str) -> None:
    day = FAULTS[name](ws)
    assert caught_by(ws, day if isinstance(day, dt.date) else TODAY), name


@pytest.mark.parametrize("name", WITHIN)
def test_what_is_planted_in_grouped_rows_is_stopped(ws: Workspace, name: str) -> None:
    edit_faults()[name](Runs(ws, ws, ws))
    assert caught_by(ws, TODAY).startswith("gate, FAIL: evidence")
