"""Makes the small release that is kept in `tests/fixtures/kept_release`.

    python tests/support/releases/kept_release.py tests/fixtures/kept_release

Takes an empty or missing folder; leaves a repository with what git has of it (`repository/`, with
the tiny base and what the stages left of the data), and a backup of its registry (`backup/`): one
release, signed with the demonstration key, promoted. It is made anew only where the format has to
change; the one before is then kept too, beside it, if anybody has such releases.
`tests/unit/releasing/test_kept_release.py` reads it.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import tempfile
from pathlib import Path

from dslm.gating.gate import gate_workspace, write_verdict
from dslm.provenance import write_atomic
from dslm.records import JournalEntry, Release
from dslm.releasing.backup.write_backup import back_up
from dslm.releasing.moves.promote_and_rollback import promote
from dslm.releasing.package.registration import register
from dslm.releasing.pyfunc import answer
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace
from support.releases.signed_folders import INVENTED
from support.repositories.answered_repository import answer_all, finish_answering
from support.repositories.dvc_repository import POLICY
from support.repositories.small_repository import ROOT

SIGNING = "signing: {required: true, demonstration_key: true}\n"
# What a run makes again or what lies in the backup
LEFT_OUT = (".mlflow", ".dslm", "scores", "adapter", "calibration.json", "baseline.json", "results",
            "recipes", "sources")  # fmt: skip


def make_first(root: Path) -> Workspace:
    """A repository with one release, signed and promoted."""
    ws = finish_answering(root, INVENTED, "small_llama")
    template = Path("registry") / "card-template.md.jinja"
    shutil.copyfile(ROOT / template, root / template)
    write_atomic(root / PATH, SIGNING)
    write_atomic(ws.policy, "first_release: allow\n" + POLICY)
    released(ws)
    return ws


def released(ws: Workspace) -> tuple[Release, JournalEntry | None]:
    """Let the gate judge what was scored, register it and make it the champion."""
    verdict = gate_workspace(ws, dt.datetime.now(dt.UTC).date())
    write_verdict(ws, verdict)
    release = register(ws, answer)
    return release, promote(ws, release.version, "the newest", "ann", answer=answer)


def next_release(ws: Workspace, seed: int) -> tuple[Release, JournalEntry | None]:
    """Train another one, compare it with the champion that is kept, and promote it."""
    answer_all(ws, seed=seed, architecture="small_llama")
    return released(ws)


def keep(folder: Path) -> None:
    """Make it, and leave what is kept."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "repository"
        os.environ["DSLM_ROOT"] = str(root)  # where the release's base is looked for
        ws = make_first(root)
        back_up(ws, folder / "backup")
        shutil.copytree(ws.root, folder / "repository", ignore=shutil.ignore_patterns(*LEFT_OUT))
        kept = folder / "repository" / "recipes"
        shutil.copytree(ws.root / "recipes" / "locks", kept / "locks")
        shutil.copyfile(ws.root / "recipes" / "tiny.yaml", kept / "tiny.yaml")


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
