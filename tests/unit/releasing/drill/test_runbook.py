"""The release manager's runbook: every command of it does what it says, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.documents.docs_reader import commands_below
from support.releases.racing_moves import forget_connections
from support.releases.signed_folders import new_key
from support.releases.unloaded_releases import Unloaded
from support.repositories.finished_run import Run, W

from dslm.cli.app import invoke
from dslm.provenance import write_atomic
from dslm.releasing import pyfunc
from dslm.releasing.drill import loaded_releases, planted_faults, run_drill
from dslm.settings.release_policy import PATH

GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "ann", "GIT_AUTHOR_EMAIL": "a@b.example",
       "GIT_COMMITTER_NAME": "ann", "GIT_COMMITTER_EMAIL": "a@b.example"}  # fmt: skip


class Manager:
    """Runs the lines of a document: ours in this process, git's in a shell."""

    def __init__(self, run: Run, places: Mapping[str, str], patch: pytest.MonkeyPatch, out: Any):
        self.run, self._places, self._patch, self._out = run, places, patch, out

    def does(self, heading: str) -> dict[str, str]:
        """The section's commands; gives what each wrote, by its first four words."""
        said = {}
        for line in commands_below("operations.md", heading):
            command = line.partition(" # ")[0].strip()
            for written, here in self._places.items():
                command = command.replace(written, here)
            said[" ".join(command.split()[:4])] = self._done(command)
        return said

    def _done(self, command: str) -> str:
        self._out.readouterr()
        first = command.split()[0]
        if first == "dslm":
            code = invoke(_words(command)[1:])
            said = self._out.readouterr()
            assert code == 0, f"{command}: {said.err}"
            return str(said.out)
        if first == "export":
            name, _, value = command.removeprefix("export ").partition("=")
            self._patch.setenv(name, value)
        elif command == f"dvc repro gate@{W}":
            assert self.run.judge().status == "PASS"
        elif command == f"make release W={W}":
            self.run.register()
        else:
            return self._shell(command)
        return ""

    def _shell(self, command: str) -> str:
        done = subprocess.run(["bash", "-ec", f"{command}; pwd >&2"], check=True, text=True,
                              capture_output=True, env=os.environ | GIT)  # fmt: skip
        self._patch.chdir(done.stderr.splitlines()[-1])  # a `cd` counts for what follows
        if command.startswith("mv "):
            forget_connections()  # to a database that lay there: every command is a process else
        return done.stdout


def _words(command: str) -> list[str]:
    import shlex

    return shlex.split(command)


@pytest.fixture
def manager(
    _two: Run, copying: Callable[[Run, Path], Run], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> Manager:  # fmt: skip
    """1 and 2 were promoted, and the gate has passed another candidate; in git, with an origin."""
    run = copying(_two, tmp_path / "work")
    key, path = new_key(), tmp_path / "key.pem"
    path.write_bytes(key.pem())
    path.chmod(0o600)
    monkeypatch.setenv("DSLM_SIGNING_KEY", str(path))
    pem = "".join(f"        {line}\n" for line in key.public.pem.splitlines())
    keys = f"signing:\n  keys:\n    - name: ann\n      public_key: |\n{pem}"
    write_atomic(run.ws.root / PATH, f"{keys}drill: {{max_age_days: 30}}\n")
    run.candidate(b"weights three")
    run.gate()
    ignored = ".mlflow*/\n.dslm/\nartifacts/\nsaid/\n"
    write_atomic(run.ws.root / ".gitignore", ignored)
    monkeypatch.chdir(run.ws.root)
    monkeypatch.delenv("DSLM_ROOT", raising=False)
    begin = "git init -q -b main; git add -A; git commit -qm first; git clone -q --bare . "
    begin += f"{tmp_path / 'origin.git'}; git remote add origin {tmp_path / 'origin.git'}; "
    subprocess.run(["bash", "-ec", f"{begin}git fetch -q; git branch -qu origin/main"], check=True,
                   env=os.environ | GIT)  # fmt: skip
    monkeypatch.setattr(loaded_releases, "LoadedReleases", Unloaded)
    monkeypatch.setattr(pyfunc, "AnswersAgain", Unloaded)
    monkeypatch.setattr(run_drill, "FAULTS", planted_faults.FAULTS[:1])
    places = {
        "invoice_intake-": "mini-", "invoice_intake": W, "/mnt/backup": str(tmp_path / "backups"),
        "https://git.example/workflows.git": str(tmp_path / "origin.git"),
        " restored && cd restored": f" {tmp_path}/restored && cd {tmp_path}/restored",
        "http://mlflow.example:5000": f"sqlite:///{tmp_path}/server.db",
    }  # fmt: skip
    return Manager(run, places, monkeypatch, capsys)


def test_every_command_of_the_runbook_does_what_it_says(
    manager: Manager, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released = manager.does("A normal release")
    assert "passed" in released[f"dslm release drill {W}"]
    assert "promoted version 3" in released[f"dslm release promote {W}"]
    assert "signed by ann" in released[f"dslm release verify {W}"]

    back = manager.does("Emergency rollback")
    assert "repeated its 20 recorded answers exactly" in back[f"dslm release rollback {W}"]
    assert "3 → 2" in back[f"dslm release history {W}"]

    restored = manager.does("The database is lost")
    assert (
        "4 moves are in the registry; version 2 is the champion"
        in (restored[f"dslm release restore {W}"])
    )
    assert restored[f"dslm release history {W}"] == back[f"dslm release history {W}"]
    assert restored["git status --short " + f"registry/{W}"] == ""

    monkeypatch.setattr(run_drill, "FAULTS", ())
    elsewhere = manager.does("Restore on another machine")
    assert "version 2 is the champion" in elsewhere[f"dslm release restore {W}"]
    assert "signed by ann" in elsewhere[f"dslm release verify {W}"]
    capsys.readouterr()
    assert invoke(["release", "list", W, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {one["version"]: one["faults"] for one in listed} == {1: [], 2: [], 3: []}
