"""A repository of `mini` that DVC runs for real: this code, these stages, a tiny base model.

Takes an empty folder; gives a handle that runs commands in it as a user would, each in a process
of its own, with nothing read from or written to the user's own configuration.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tiny_model
from forked_python import warm_python
from small_repository import CONTRACT, ROOT, write_lines

from dslm.inference.locks import lock_base
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace

W = "mini"
COPIED = ("dslm", "pipelines", "dvc.yaml", ".dvcignore", ".gitignore", "registry/dvc.yaml",
          "registry/card-template.md.jinja")  # fmt: skip
# What random weights can pass: every answer readable, none cut, no worse than the champion by much.
POLICY = """\
checks:
  - {id: readable, kind: zero_tolerance, metric: schema_valid_rate}
  - {id: rarely_cut, kind: bound, metric: truncation_rate, at_most: 0.0, on: value}
  - {id: holds, kind: non_inferior, metric: case_exact_match, to: champion, margin: 0.9}
"""
RAN = re.compile(r"Running stage '(?:[^']*:)?(\w+)@mini'")


def unlike_cases(count: int, *, prefix: str, seed: int) -> list[dict[str, Any]]:
    """Labelled cases no two of which are near each other; every fifth is out of scope."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        words = ["".join(draw.choices("abdegilmnoprstu", k=draw.randint(3, 7))) for _ in range(7)]
        other = number % 5 == 0
        order = None if other else f"A-{number}"
        words.insert(draw.randrange(8), order or "thanks")
        target = {"kind": "other" if other else "order", "number": order}
        meta = {"language": "en" if number % 2 else "de", "sender": f"{prefix}{number % 40}"}
        text = " ".join(words)
        found.append({"id": f"{prefix}-{number}", "input": text, "target": target, "meta": meta})
    return found


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All it said."""
        return self.out + self.err

    @property
    def ran(self) -> list[str]:
        """The stages that DVC ran, in order."""
        return RAN.findall(self.text)


@dataclass(frozen=True)
class Scratch:
    """A repository, and commands run in it."""

    ws: Workspace
    wrapper: tuple[str, ...] = ()
    programs: Path | None = None  # a `python` before all others, from `forked_python`

    @property
    def anew(self) -> Scratch:
        """The same, whose processes load all that they need themselves."""
        return replace(self, programs=None)

    @contextmanager
    def warm(self) -> Iterator[Scratch]:
        """The same, whose processes have the heavy libraries loaded when they start."""
        with warm_python(self.environment, self.wrapper) as programs:
            yield replace(self, programs=programs)

    @property
    def python(self) -> str:
        """What to call for Python."""
        return str(self.programs / "python") if self.programs else sys.executable

    @property
    def root(self) -> Path:
        """The repository."""
        return self.ws.root

    @property
    def environment(self) -> dict[str, str]:
        """Of every command: one thread, no configuration but the repository's."""
        own = {
            k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_", "DSLM_"))
        }
        own.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of a hundred processes compiles it all
        home = self.root.parent / "home"
        first = [self.programs] if self.programs else []
        return own | {
            "PATH": os.pathsep.join(map(str, [*first, Path(sys.executable).parent, own["PATH"]])),
            "HOME": str(home),
            "DVC_SITE_CACHE_DIR": str(home / "dvc"),
            "DVC_NO_ANALYTICS": "1",
            "DO_NOT_TRACK": "1",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "DSLM_ACTOR": "ann",
            "GIT_AUTHOR_NAME": "ann",
            "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "ann",
            "GIT_COMMITTER_EMAIL": "ann@example.org",
        }

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A command that goes on in the background."""
        return subprocess.Popen(
            [*self.wrapper, *command], cwd=self.root, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def run(self, *command: str, patience: float = 280) -> Finished:
        """A command that is waited for, so many seconds at most."""
        with self.start(*command) as process:
            out, err = process.communicate(timeout=patience)
        return Finished(process.returncode, out, err)

    def done(self, *command: str) -> Finished:
        """A command that has to end well."""
        finished = self.run(*command)
        assert finished.code == 0, f"{' '.join(command)}: {finished.text[-4000:]}"
        return finished

    def dvc(self, *arguments: str) -> Sequence[str]:
        """What to call for a DVC command."""
        return (self.python, "-m", "dvc", *arguments)

    def repro(self, *arguments: str) -> Finished:
        """`dvc repro`, which has to end well."""
        return self.done(*self.dvc("repro", *arguments))

    def dslm(self, *arguments: str) -> Finished:
        """A command of ours."""
        return self.run(self.python, "-c", "from dslm.cli.app import main; main()", *arguments)

    def stage(self, name: str) -> Finished:
        """A stage without DVC."""
        return self.run(self.python, "-m", f"pipelines.{name}", "--workflow", W)

    def edit(self, path: Path, old: str, new: str) -> None:
        """Replace a part of a file that is there exactly once."""
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def make_scratch(root: Path, wrapper: Sequence[str] = ()) -> Scratch:
    """Write the repository, and make it one of git and DVC."""
    ws = Workspace(root, W)
    (root / "registry").mkdir(parents=True)
    (root.parent / "home").mkdir()
    for name in COPIED:
        source, target = ROOT / name, root / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    ws.data.mkdir(parents=True)
    ws.contract.write_text(CONTRACT)
    write_lines(ws.data / "sources" / "cases.jsonl", unlike_cases(120, prefix="s", seed=1))
    write_lines(ws.gold, unlike_cases(20, prefix="g", seed=2))
    ws.policy.write_text(POLICY)
    ws.waivers.write_text("waivers: []\n")
    ws.champion.parent.mkdir(parents=True)
    ws.review.write_text("id,field,label,suggested,score,reason,input,verdict\n")
    ws.champion.write_text(json.dumps({"version": 0, "digest": None}, indent=2) + "\n")
    tiny_model.write_base(root / "base" / "tiny")
    (root / "recipes").mkdir()
    (root / "recipes" / "tiny.yaml").write_text("# tiny\n" + tiny_model.recipe_text("base/tiny"))
    lock_base(BaseModelSource(folder="base/tiny"), root)
    (root / "params.yaml").write_text("workflows:\n  mini:\n    recipe: tiny\n")
    ws.lock.write_text("# nothing is installed for this repository alone\n")
    scratch = Scratch(ws, tuple(wrapper))
    scratch.done("git", "init", "--quiet", "--initial-branch", "main")
    scratch.done(*scratch.dvc("init", "--quiet"))
    scratch.done("git", "add", "--all")
    scratch.done("git", "commit", "--quiet", "--message", "Begin")
    return scratch
