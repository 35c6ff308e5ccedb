"""What an erasure cannot reach, and what is to be done after it, in words.

Takes a workspace and a `FoundCases`; gives lines for people. Called by `forget_group`.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dslm.erasure.find_cases import FoundCases
from dslm.erasure.other_copies import shown
from dslm.erasure.text.repository_files import dvc_settings
from dslm.releasing.registry.mlflow_connection import artifact_folder
from dslm.settings.workspace import Workspace, stage_command


def beyond_reach(ws: Workspace, found: FoundCases) -> Iterator[str]:
    """What lies elsewhere, each with what to do there."""
    tracked = _tracked(ws, found)
    if tracked:
        yield (f"git history of {', '.join(tracked)}: rewrite it (`git filter-repo`), in every "
               "clone and on every forge; until then each old commit has the cases")  # fmt: skip
    for name in _remotes(ws.root):
        yield (f"the DVC remote {name!r}: delete the objects there that are listed as removed from "
               "the cache, by their names")  # fmt: skip
    yield "other clones, their DVC caches, and backups of any of these: the same command there"
    if artifact_folder(ws.root) is None:
        yield ("MLflow's server: its artefact store may keep what was overwritten, by versions of "
               "files or backups: ask its administrator")  # fmt: skip
    else:
        yield "backups of .mlflow/"
    killed = sorted(Path(tempfile.gettempdir()).glob("dslm-*"))
    if killed:
        yield (f"what a command keeps of releases while it runs, and leaves when it is killed: "
               f"{', '.join(map(str, killed))}; delete what no command uses")  # fmt: skip
    yield ("what was handed out: fetched releases, answers of `dslm predict` elsewhere, reports "
           "that were mailed")  # fmt: skip
    if found.trained:
        yield (f"weights that were trained on {found.trained} of the cases: retrain "
               f"({stage_command('gate', ws.workflow)}), promote, and delete older versions in "
               "MLflow once nobody will roll back to them")  # fmt: skip
    yield ("digests and ids of cases in eval/W/looks, terms.json, gate.json and the journal: no "
           "text can be read out of them, and releases are bound by them").replace(
               "eval/W", f"eval/{ws.workflow}")  # fmt: skip


def to_do(ws: Workspace, found: FoundCases) -> Iterator[str]:
    """What to run afterwards."""
    parts = {one.part for one in found.files}
    for name in _tracked_by_dvc(ws, found):
        yield f"`dvc add {name}`"
    if "gold" in parts:
        lines = sum(len(one.lines) for one in found.files if one.part == "gold")
        yield (f"gold has {lines} fewer cases: releases that were judged on the former gold are "
               "not promoted any more, and it counts as a loosening for the next one")  # fmt: skip
    yield f"{stage_command('gate', ws.workflow)}, which curates, trains and scores again"
    yield f"commit data/{ws.workflow}, eval/{ws.workflow}, registry/{ws.workflow} and dvc.lock"


def _tracked(ws: Workspace, found: FoundCases) -> list[str]:
    """Which of the files with rows of the person's git keeps."""
    names = [shown(ws, one.path) for one in found.files]
    if not names or not (ws.root / ".git").exists():
        return []
    done = subprocess.run(
        ["git", "-C", str(ws.root), "ls-files", "-z", "--", *names],
        capture_output=True, check=False, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
    )  # fmt: skip
    return sorted(one for one in os.fsdecode(done.stdout).split("\0") if one)


def _tracked_by_dvc(ws: Workspace, found: FoundCases) -> list[str]:
    """Files, or folders of them, that a `.dvc` file of people's own has the digest of."""
    named = set()
    for one in found.files:
        for path in (one.path, *one.path.parents):
            if path == ws.root:
                break
            if Path(f"{path}.dvc").is_file():
                named.add(shown(ws, path))
    return sorted(named)


def _remotes(root: Path) -> list[str]:
    """The DVC remotes that its configuration names."""
    sections = {one for _, settings in dvc_settings(root) for one in settings.sections()}
    return sorted(one.split('"')[1] for one in sections if "remote " in one)
