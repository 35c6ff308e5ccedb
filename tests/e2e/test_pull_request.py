"""Pull requests, honest and not, judged by the job's own command from a fresh clone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories.pull_requests import Hosted, Judged, host, run
from support.repositories.scored_rows import MINI

from dslm.cases import read_labelled, write_records
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.errors import EXIT_GATE_FAILED, EXIT_OK, EXIT_REFUSED
from dslm.evidence import Model
from dslm.provenance import write_atomic, write_manifest
from dslm.scoring.dvc_metrics_files import dvc_files
from dslm.scoring.rows.scored_rows import recompute
from dslm.scoring.scorecard import make_scorecard
from dslm.scoring.scorecard_verification import read_rows, threshold_of
from dslm.settings.workspace import Workspace
from pipelines import baseline, calibrate, gate, score, score_base, score_champion

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EDITED = 4  # of 20 rows


def change(path: Path, old: str, new: str) -> None:
    """Replace a part of a file that is there exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def rows_with_right_answers(ws: Workspace) -> None:
    """Some of the candidate's rows say what gold says; all else follows, sealed anew."""
    gold = read_labelled(ws.gold, MINI)
    rows, inputs = read_rows(ws, "candidate")
    for place in range(EDITED):
        text = canonical_text(MINI, gold[place].target or {})
        says = {"text": text, "log_probs": (), "finish_reason": "stop"}
        answer = rows[place].prediction.model_copy(update=says)
        rows[place] = rows[place].model_copy(update={"prediction": answer})
    threshold = threshold_of(inputs, ws.scores("candidate"))
    right = recompute(MINI, gold, rows, threshold)
    assert sum(row.outcome.exact for row in right) >= EDITED
    write_records(ws.scores("candidate") / "rows.jsonl", right)
    write_manifest(ws.scores("candidate"), inputs)
    scored: dict[Model, list] = {"candidate": right, "base": read_rows(ws, "base")[0]}
    card = make_scorecard(MINI, gold, threshold=None, rows_by_model=scored, evidence=inputs)
    write_atomic(ws.results / "scorecard.json", card.model_dump_json(indent=2) + "\n")
    for name, told in dvc_files(card, right).items():
        write_atomic(ws.results / name, told)
    run(ws, gate)


def a_gate_that_passes_all(ws: Workspace) -> None:
    old = "    return EXIT_CODES[verdict.status]\n"
    change(ws.root / "dslm" / "gating" / "gate.py", old, f"    {canary(ws)}\n    return EXIT_OK\n")


def canary(ws: Workspace) -> str:
    """Python that leaves a trace when it runs."""
    return f"open({str(ws.root.parent / 'it-ran')!r}, 'w')"


def files_that_run_where_somebody_looks(ws: Workspace) -> None:
    trace = ws.root.parent / "it-ran"
    change(
        ws.root / "dvc.yaml", "python -m pipelines.gate", f"touch {trace}; python -m pipelines.gate"
    )
    config = ws.root / ".dvc" / "config"
    config.write_text(config.read_text() + "[core]\n    hardlink_lock = true\n")
    for name in ("sitecustomize.py", "torch.py", "dslm/__pycache__/__init__.cpython-311.pyc",
                 "data/mini/sources/conftest.py", "eval/mini/dvc.yaml"):  # fmt: skip
        write_atomic(ws.root / name, f"{canary(ws)}\n")
    (ws.root / ".gitattributes").write_text("* filter=evil\n")


def a_worse_candidate_and_a_policy_that_asks_less(ws: Workspace) -> None:
    change(ws.root / "recipes" / "tiny.yaml", '"max_answer_tokens": 64', '"max_answer_tokens": 4')
    less = "  - {id: less, kind: bound, metric: truncation_rate, at_least: 0.1, on: value}\n"
    ws.policy.write_text(f"checks:\n{less}")
    run(ws, calibrate, baseline, score_base, score_champion, score, gate)
    assert json.loads((ws.results / "gate.json").read_bytes())["status"] == "PASS"


def another_champion(ws: Workspace) -> None:
    ws.champion.write_text('{"version": 3, "digest": "sha256:' + "0" * 64 + '"}\n')


def relock(ws: Workspace, path: Path, digest: str, size: int) -> None:
    """Have `dvc.lock` name other bytes of one output, without `dvc commit`."""
    lock, name = ws.root / "dvc.lock", path.relative_to(ws.root).as_posix()
    entry = re.compile(rf"(- path: {re.escape(name)}\n +hash: md5\n +md5: )\w+(\n +size: )\d+\n")
    text, found = entry.subn(rf"\g<1>{digest}\g<2>{size}\n", lock.read_text())
    assert found == 1
    lock.write_text(text)


def outputs_that_were_not_pushed(ws: Workspace) -> None:
    relock(ws, ws.training_run, "a" * 32, 3)


def an_output_that_is_another_in_the_remote(ws: Workspace) -> None:
    relock(ws, ws.training_run, "f" * 32, 3)
    there = ws.root.parent / "store" / "files" / "md5" / "ff" / ("f" * 30)
    write_atomic(there, "{}\n")
    there.chmod(0o444)  # else DVC itself looks, where the remote is a folder


def gold_that_was_edited_after_scoring(ws: Workspace) -> None:
    lines = ws.gold.read_text().splitlines(keepends=True)
    ws.gold.write_text("".join(lines[1:]))


def a_verdict_that_was_written_by_hand(ws: Workspace) -> None:
    verdict = ws.results / "gate.json"
    change(verdict, "20 of 20 cases pass", "2000 of 2000 cases pass")
    data = verdict.read_bytes()
    relock(ws, verdict, hashlib.md5(data, usedforsecurity=False).hexdigest(), len(data))


def numbers_that_people_read(ws: Workspace) -> None:
    for name in ("metrics.json", "gate.md"):
        path = ws.results / name
        path.write_text("{}\n" if name.endswith("json") else "# Everything is well\n")
        data = path.read_bytes()
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        relock(ws, path, digest, len(data))


def leave_the_look_out(hosted: Hosted, of: str, name: str) -> None:
    """The same pull request, but that the first sight of its candidate is not committed."""
    shutil.copytree(hosted.head(of), hosted.head(name), symlinks=True)
    looks = Workspace(hosted.head(name), "mini").looks
    new = [path for path in looks.glob("*/*-*.json")
           if not (hosted.target / path.relative_to(hosted.head(name))).exists()]  # fmt: skip
    assert len(new) == 1
    new[0].unlink()


def a_lock_without_a_stage(ws: Workspace) -> None:
    lock = ws.root / "dvc.lock"
    text, found = re.subn(r"  train@mini:\n(?:    .*\n)+", "", lock.read_text())
    assert found == 1
    lock.write_text(text)


def a_file_where_a_folder_was_and_a_name_nobody_can_write(ws: Workspace) -> None:
    shutil.rmtree(ws.root / "data")
    (ws.root / "data").write_text("")
    (ws.root / os.fsdecode(b"\xff.py")).write_text("")


def gold_that_is_a_link(ws: Workspace) -> None:
    ws.gold.unlink()
    ws.gold.symlink_to("/etc/hostname")


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Hosted:
    return host(tmp_path_factory.mktemp("hosted"))


@pytest.fixture(scope="module")
def judged(hosted: Hosted) -> dict[str, Judged]:
    """Each pull request as the job judged it."""
    hosted.propose("honest", lambda _: None)
    hosted.propose(
        "docs", lambda ws: write_atomic(ws.root / "docs" / "new.md", "# New\n"), bare=True
    )
    for edit in (rows_with_right_answers, a_worse_candidate_and_a_policy_that_asks_less):
        hosted.propose(edit.__name__, edit, commit=True)
    for edit in (a_gate_that_passes_all, files_that_run_where_somebody_looks, another_champion,
                 a_verdict_that_was_written_by_hand, outputs_that_were_not_pushed,
                 an_output_that_is_another_in_the_remote, gold_that_was_edited_after_scoring,
                 numbers_that_people_read, a_lock_without_a_stage,
                 a_file_where_a_folder_was_and_a_name_nobody_can_write,
                 gold_that_is_a_link):  # fmt: skip
        hosted.propose(edit.__name__, edit)
    leave_the_look_out(hosted, a_worse_candidate_and_a_policy_that_asks_less.__name__, "no_look")
    names = sorted(path.name for path in (hosted.folder / "heads").iterdir())
    found = hosted.judge_all(dict.fromkeys(names, ()))
    assert not list(hosted.folder.rglob("it-ran"))
    return found


def test_an_honest_one_passes_and_is_answered_again(
    judged: dict[str, Judged],
) -> None:
    honest = judged["honest"]
    assert honest.code == EXIT_OK, honest.comment
    assert honest.said["verdict"]["status"] == "PASS"
    assert honest.checks["answered_again"]["status"] == "PASS"
    again = {one["model"]: one for one in honest.said["answered_again"]}
    assert again.keys() == {"candidate", "calibration", "base", "base_calibration"}
    assert again["candidate"]["asked"] == 19, "5 % of 20 rows are one: 95 % of draws have it"
    assert str(honest.said["draw"]) in honest.comment
    assert honest.comment.startswith("<!-- dslm gate mini -->\n## ✅ mini: PASS")
    assert "<testsuite" in (honest.folder / "gate-junit.xml").read_text()


def test_one_that_changes_nothing_that_is_judged_passes(judged: dict[str, Judged]) -> None:
    assert judged["docs"].code == EXIT_OK
    assert judged["docs"].said["verdict"] is None
    assert "nothing to judge" in judged["docs"].comment


@pytest.mark.parametrize(
    ("edit", "failed", "seen"),
    [
        (rows_with_right_answers, "answered_again", "candidate: case g-"),
        (a_gate_that_passes_all, "same_judge", "dslm/gating/gate.py (changed)"),
        (files_that_run_where_somebody_looks, "same_judge", "dvc.yaml (changed)"),
        (another_champion, "same_champion", "another one (changed)"),
        (outputs_that_were_not_pushed, "evidence_belongs", "not in the DVC remote"),
        (an_output_that_is_another_in_the_remote, "evidence_belongs", "other bytes than dvc.lock"),
        (gold_that_was_edited_after_scoring, "evidence_belongs", "gold.jsonl (modified)"),
        (a_verdict_that_was_written_by_hand, "recorded_verdict", "2000 of 2000"),
        (gold_that_is_a_link, "evidence_belongs", "no regular file"),
        (numbers_that_people_read, "recorded_verdict", "gate.md: is not what the verdict says"),
        (numbers_that_people_read, "recorded_verdict", "metrics.json: is not what the scorecard"),
        (a_lock_without_a_stage, "evidence_belongs", "names no object of artifacts/mini/adapter"),
        (a_file_where_a_folder_was_and_a_name_nobody_can_write, "same_judge", r"\xff.py (added)"),
    ],
)
def test_one_that_cheats_is_refused_and_told_why(
    judged: dict[str, Judged], edit: Callable[[Workspace], None], failed: str, seen: str
) -> None:
    found = judged[edit.__name__]
    assert found.code == EXIT_REFUSED, found.comment
    assert found.failed == [failed]
    assert seen in found.checks[failed]["seen"]
    assert found.comment.startswith("<!-- dslm gate mini -->\n## ❌ mini: FAIL")
    assert "none of its numbers counts" in found.comment
    assert "certified" not in found.comment


def test_everything_that_would_run_is_named(judged: dict[str, Judged]) -> None:
    changed = judged[files_that_run_where_somebody_looks.__name__].said["changed"]
    for name in ("dvc.yaml (changed)", ".dvc/config (changed)", "sitecustomize.py (added)",
                 "torch.py (added)", ".gitattributes (added)", "eval/mini/dvc.yaml (added)",
                 "dslm/__pycache__/__init__.cpython-311.pyc (added)",
                 "data/mini/sources/conftest.py (added)"):  # fmt: skip
        assert name in changed


def test_a_look_at_gold_that_is_not_committed_is_missed(judged: dict[str, Judged]) -> None:
    found = judged["no_look"]
    assert found.code == EXIT_REFUSED, found.comment
    assert found.checks["recorded_verdict"]["status"] == "FAIL"
    assert "its look at gold is not in the ledger" in found.checks["recorded_verdict"]["seen"]


def test_a_policy_that_asks_less_is_told_and_does_not_judge(judged: dict[str, Judged]) -> None:
    found = judged[a_worse_candidate_and_a_policy_that_asks_less.__name__]
    assert found.code == EXIT_GATE_FAILED, found.comment
    assert "rarely_cut" in found.failed
    assert found.checks["recorded_verdict"]["seen"] == "it is: PASS"
    (note,) = found.said["notes"]
    assert "It changes the policy (the target branch's judges here): LOOSENED checks." in note
    assert "rarely_cut" in note
