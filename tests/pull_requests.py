"""A repository of `mini` with a DVC remote, its evidence committed, and pull requests against it.

Takes an empty folder; gives a target branch that a job checks out and pull requests as folders of
files, each made in a clone of its own with edits of the test's.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from reading_code import ROOT
from ruamel.yaml import YAML
from scratch_repository import Finished, Scratch, W, make_scratch

from dslm.settings.workspace import Workspace

WORKFLOW = ROOT / ".github" / "workflows" / "gate.yml"
# What random weights can pass, as in `scratch_repository`; a margin that has a power curve.
POLICY = """\
checks:
  - {id: readable, kind: zero_tolerance, metric: schema_valid_rate}
  - {id: rarely_cut, kind: bound, metric: truncation_rate, at_most: 0.0, on: value}
  - {id: holds, kind: non_inferior, metric: case_exact_match, to: champion, margin: 0.3}
"""


def job_steps() -> dict[str, str]:
    """The command lines of the job that judges, by the name of their step."""
    job = YAML(typ="safe").load(WORKFLOW)["jobs"]["gate"]
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


@dataclass(frozen=True)
class Hosted:
    """The repository that pull requests are made against."""

    work: Scratch
    folder: Path

    @cached_property
    def target(self) -> Path:
        """A fresh clone of the target branch, as the job checks it out."""
        return self.clone("target")

    def clone(self, name: str) -> Path:
        """A clone of the target branch."""
        self.work.done("git", "clone", "--quiet", str(self.work.root), str(self.folder / name))
        return self.folder / name

    def branch(self, name: str) -> Scratch:
        """A clone to change something in, with the evidence of the target branch in it."""
        made = replace(self.work, ws=Workspace(self.clone(name), W))
        made.done(*made.dvc("pull", "--quiet"))
        return made

    def propose(self, made: Scratch) -> Path:
        """Commit what was changed; gives the pull request as the job checks it out."""
        made.done("git", "add", "--all")
        made.done("git", "commit", "--quiet", "--message", "Change")
        out = self.folder / f"{made.root.name}-checkout"
        made.done("git", "clone", "--quiet", str(made.root), str(out))
        return out

    def judge(self, head: Path, *more: str) -> Judged:
        """Run the job's own step against a pull request."""
        temporary = self.folder / "runner" / head.name
        temporary.mkdir(parents=True)
        command = job_steps()["Judge"].replace("../pull-request", str(head))
        shim = self.target / ".venv" / "bin" / "dslm"
        if not shim.exists():
            shim.parent.mkdir(parents=True)
            call = "from dslm.cli.entry import main; main()"
            shim.write_text(f"#!/bin/sh\nexec python -c '{call}' \"$@\"\n")
            shim.chmod(0o755)
        environment = self.work.environment | {"WORKFLOW": W, "RUNNER_TEMP": str(temporary)}
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", " ".join([command, *more])],
            cwd=self.target, env=environment, text=True, capture_output=True, check=False,
            timeout=280,
        )  # fmt: skip
        return Judged(Finished(done.returncode, done.stdout, done.stderr), temporary)


@dataclass(frozen=True)
class Judged:
    """What the job said and left."""

    finished: Finished
    folder: Path

    @property
    def code(self) -> int:
        """The exit code."""
        return self.finished.code

    @property
    def comment(self) -> str:
        """The comment."""
        return (self.folder / "gate" / "comment.md").read_text(encoding="utf-8")

    @property
    def checks(self) -> dict[str, Any]:
        """Each check of the verdict, by its id."""
        verdict = json.loads((self.folder / "gate.json").read_bytes())["verdict"]
        return {} if verdict is None else {one["id"]: one for one in verdict["checks"]}


def host(folder: Path) -> Hosted:
    """Make the repository, run it, push its evidence, and commit lock and results."""
    work = make_scratch(folder / "work")
    work.ws.policy.write_text(POLICY)
    (folder / "store").mkdir()
    work.done(*work.dvc("remote", "add", "--quiet", "--default", "store", str(folder / "store")))
    work.repro()
    work.done(*work.dvc("push", "--quiet"))
    work.done("git", "add", "--all")
    work.done("git", "commit", "--quiet", "--message", "Evidence")
    return Hosted(work, folder)
