"""A repository with a DVC remote and committed evidence, and pull requests against it.

Takes an empty folder; gives the target branch as a job checks it out, and pull requests as folders
of files, each edited by the test. All is made in this process; what judges runs in one of its own.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from answered_repository import finish_answering
from reading_code import ROOT
from ruamel.yaml import YAML
from scratch_repository import COPIED

from dslm.provenance import write_atomic
from dslm.settings.workspace import Workspace
from pipelines import gate

W = "mini"
WORKFLOW = ROOT / ".github" / "workflows" / "gate.yml"
# What random weights can pass.
POLICY = """\
checks:
  - {id: readable, kind: zero_tolerance, metric: schema_valid_rate}
  - {id: rarely_cut, kind: bound, metric: truncation_rate, at_most: 0.0, on: value}
  - {id: holds, kind: non_inferior, metric: case_exact_match, to: champion, margin: 0.3}
"""
# Runs the job's command for each pull request in one process: importing torch takes seconds.
JUDGE_ALL = """\
import json, sys
from dslm.cli.app import invoke
codes = {}
for name, arguments in json.loads(sys.stdin.read()).items():
    print("==", name, flush=True)
    codes[name] = invoke(arguments)
    print("==", file=sys.stderr, flush=True)
open(sys.argv[1], "w").write(json.dumps(codes))
"""


def job_steps() -> dict[str, str]:
    """The command lines of the job that judges, by the name of their step."""
    job = YAML(typ="safe").load(WORKFLOW)["jobs"]["gate"]
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


@dataclass(frozen=True)
class Judged:
    """What the job said of one pull request, and left."""

    code: int
    folder: Path

    @property
    def comment(self) -> str:
        """The comment."""
        return (self.folder / "gate" / "comment.md").read_text(encoding="utf-8")

    @property
    def said(self) -> Any:
        """The JSON that the job left."""
        return json.loads((self.folder / "gate.json").read_bytes())

    @property
    def checks(self) -> dict[str, Any]:
        """Each check of the verdict, by its id."""
        return {one["id"]: one for one in self.said["verdict"]["checks"]}

    @property
    def failed(self) -> list[str]:
        """Those that say no."""
        return [name for name, check in self.checks.items() if check["status"] == "FAIL"]


@dataclass(frozen=True)
class Hosted:
    """The repository, its remote, and pull requests against it."""

    folder: Path

    @property
    def main(self) -> Workspace:
        """The target branch with all that stages made since, as on an author's desk."""
        return Workspace(self.folder / "main", W)

    @property
    def target(self) -> Path:
        """A fresh clone of it, as the job checks it out."""
        return self.folder / "target"

    def head(self, name: str) -> Path:
        """The files of a pull request, as the job checks them out."""
        return self.folder / "heads" / name

    def propose(
        self, name: str, edit: Callable[[Workspace], None], *, commit: bool = False,
        bare: bool = False,
    ) -> None:  # fmt: skip
        """Make a pull request.

        Args:
            name: Of it.
            edit: Changes the author's working tree.
            commit: `dvc commit` and `dvc push` after it: the lock says what lies there.
            bare: Start from the target branch, which has no evidence yet.
        """
        ws = Workspace(self.folder / f"desk-{name}", W)
        shutil.copytree(self.target if bare else self.main.root, ws.root, symlinks=True)
        edit(ws)
        if commit:
            keep(ws.root)
        git(ws.root, "add", "--all", "--force", *_proposed(ws.root))
        self.head(name).mkdir(parents=True)
        git(ws.root, "checkout-index", "--all", f"--prefix={self.head(name)}/")

    def arguments(self, name: str, *more: str) -> list[str]:
        """The job's own command for a pull request, after the shell has read it."""
        left = {"$RUNNER_TEMP": str(self.folder / "left" / name), "$WORKFLOW": W}
        command = job_steps()["Judge"].partition("\n")[2].replace("\\\n", " ")
        command = command.replace("../pull-request", str(self.head(name)))
        for variable, value in left.items():
            command = command.replace(variable, value)
        return [*shlex.split(command)[1:], *more]

    def judge_all(self, asked: Mapping[str, Sequence[str]]) -> dict[str, Judged]:
        """Let the target branch's code judge pull requests, each with more arguments.

        Returns:
            What it said, by the pull request's name.
        """
        codes = self.folder / "codes.json"
        given = {name: self.arguments(name, *more) for name, more in asked.items()}
        done = subprocess.run(
            [sys.executable, "-c", JUDGE_ALL, str(codes)], cwd=self.target, env=environment(),
            input=json.dumps(given), text=True, capture_output=True, check=False, timeout=280,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        found = json.loads(codes.read_bytes())
        return {name: Judged(code, self.folder / "left" / name) for name, code in found.items()}


def environment() -> dict[str, str]:
    """Of the job: nothing but the target branch's code is on the path."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "DSLM_", "PYTHONPATH"))}
    return own | {"OMP_NUM_THREADS": "1", "DVC_NO_ANALYTICS": "1"}


def _proposed(root: Path) -> list[str]:
    """What git has of a working tree: not what DVC keeps, nor what tools leave."""
    left = {"artifacts", ".dvc", ".git", ".dslm", ".mlflow"}
    tracked = [path.name for path in root.iterdir() if path.name not in left]
    return [*tracked, ".dvc/config"]


def git(root: Path, *arguments: str) -> None:
    """A git command."""
    author = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", "-C", str(root), *author, *arguments], check=True, capture_output=True)


def keep(root: Path) -> None:
    """`dvc commit` and `dvc push` of all up to the gate."""
    from dvc.repo import Repo

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what DVC calls
        with contextlib.chdir(root), Repo(str(root)) as dvc:
            dvc.commit(f"gate@{W}", with_deps=True, force=True)
            dvc.push(f"gate@{W}", with_deps=True)


def run(ws: Workspace, *stages: Any) -> None:
    """Stages in this process, without what they print."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for stage in stages:
            stage.body(ws)


def host(folder: Path) -> Hosted:
    """Make the repository, a fresh clone of it, and a first candidate whose evidence is pushed."""
    hosted = Hosted(folder)
    ws = hosted.main
    finish_answering(ws.root)
    for name in COPIED:
        source, to = ROOT / name, ws.root / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, to)
    ws.policy.write_text(POLICY)
    ws.review.write_text("id,field,label,suggested,score,reason,input,verdict\n")
    for path in (ws.data_card, ws.data_page, ws.training_run):
        write_atomic(path, "{}\n")
    run(ws, gate)
    (folder / "store").mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main", str(ws.root))
    from dvc.repo import Repo

    Repo.init(str(ws.root)).close()
    (ws.root / ".dvc" / "config").write_text(
        "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n"
    )
    git(ws.root, "add", "--all", "--force", *_proposed(ws.root))
    git(ws.root, "reset", "--quiet", f"eval/{W}/results")
    git(ws.root, "commit", "--quiet", "--message", "Begin")
    git(folder, "clone", "--quiet", str(ws.root), str(hosted.target))
    keep(ws.root)
    return hosted
