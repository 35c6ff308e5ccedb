"""A release of an earlier day, kept in git: it verifies, loads and is rolled back to, for ever.

`tests/support/releases/kept_release.py` made it. Where this fails, the code has stopped reading
what it once wrote: correct the code, and keep the release.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.releases.kept_release import next_release

import dslm
from dslm.cases import read_records
from dslm.journal_entry import Bridged
from dslm.records import Case, Row
from dslm.releasing.backup.restore_registry import restore
from dslm.releasing.moves.champion_agreement import disagreements
from dslm.releasing.moves.promote_and_rollback import history, rollback
from dslm.releasing.package.release_differences import told
from dslm.releasing.package.release_summary import listed
from dslm.releasing.pyfunc import answer
from dslm.releasing.verification.signature_verification import verify_version
from dslm.settings.workspace import Workspace

KEPT = Path(__file__).parents[2] / "fixtures" / "kept_release"
MOST = 400_000  # bytes of all that is kept
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def kept(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The repository as it was, its registry made again from the backup."""
    root = tmp_path_factory.mktemp("kept") / "repository"
    shutil.copytree(KEPT / "repository", root)
    (root / ".mlflow").mkdir()
    shutil.copyfile(migrated, root / ".mlflow" / "mlflow.db")
    ws = Workspace(root, "mini")
    ws.lock.write_text("dslm==0.1.0\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DSLM_ROOT", str(root))
        found = restore(ws, KEPT / "backup", None, "ann")
    assert (found.versions, found.moves, found.champion) == ((1,), 1, 1)
    return ws


@pytest.fixture(autouse=True)
def _in_it(kept: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(kept.root))


def test_it_is_listed_shown_and_verified_and_it_is_small(kept: Workspace) -> None:
    (one,), faults = listed(kept.root, "mini")
    assert (one.release.version, one.release.aliases, faults) == (
        1,
        ("candidate", "champion"),
        [],
    )
    assert one.summary is not None
    assert one.summary.verdict == "PASS"
    assert told(kept, 1).scorecard.gold_cases == 20
    signed = verify_version(kept, 1)
    assert (signed.workflow, signed.demonstration) == ("mini", True)
    assert sum(path.stat().st_size for path in KEPT.rglob("*") if path.is_file()) < MOST


def test_it_answers_as_it_was_recorded_over_the_bridge(
    kept: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dslm.evidence import working_tree
    from dslm.inference import decider

    other = working_tree.code_digest(("errors/__init__.py",))  # as any later day's code is another
    monkeypatch.setattr(decider, "code_digest", lambda: other)
    release = dslm.open_release("mini", "champion", root=kept.root)
    assert isinstance(release.identity.bridged, Bridged)
    rows = read_records(KEPT / "backup/versions/1/rows/candidate.jsonl", Row)
    recorded = {row.id: row.prediction.object for row in rows}
    cases = read_records(kept.gold, Case)[:8]
    answers = release.answer([case.input for case in cases])
    assert [one.object for one in answers] == [recorded[case.id] for case in cases]


def test_a_release_of_today_is_compared_with_it_and_it_is_gone_back_to(
    kept: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "repository"  # the others find the release alone, in whatever order they run
    shutil.copytree(kept.root, root)
    monkeypatch.setenv("DSLM_ROOT", str(root))
    own = Workspace(root, "mini")
    release, move = next_release(own, seed=1)
    assert release.version == 2
    assert move is not None
    back = rollback(own, "wrong totals", "ann", answer)
    assert back is not None
    assert (back.to_version, [entry.to_version for entry in history(own)]) == (1, [1, 2, 1])
    assert disagreements(own) == []
