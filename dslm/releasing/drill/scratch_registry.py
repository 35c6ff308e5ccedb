"""A clone and a registry to break: copies of what a drill needs, in a folder that is thrown away.

Takes a workflow; gives `Scratch`es, each in a folder of its own, with the journal as it is and the
two releases that are drilled. What is opened meanwhile is the scratch registry: the address of the
real one is taken out of the environment, and a scratch that would lead to it is refused.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.releasing.agreement import disagreements
from dslm.releasing.backup.restoring import restore
from dslm.releasing.journal import Journal
from dslm.releasing.opening import NAME, client, database
from dslm.releasing.store import FOLDER, ModelStore
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace

# Of a clone, what promoting and rolling back read; the base stays where it is and is only read.
FILES = ("params.yaml", "requirements.lock", str(PATH))
FOLDERS = ("recipes",)
MLFLOW = ".mlflow"
DRILL = "dslm drill"  # who moves the champion of a scratch registry


@dataclass(frozen=True)
class Standing:
    """What a scratch says that serves: by its journal, its alias and `champion.json`'s clone."""

    champion: int
    alias: int | None
    moves: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Scratch:
    """A clone with a registry, a backup of it, and the database of an empty one."""

    ws: Workspace
    backup: Path
    empty: Path

    def standing(self) -> Standing:
        """What serves, by all that says so."""
        store = ModelStore(self.ws.root, self.ws.workflow)
        entries = Journal(store).entries()
        return Standing(
            champion=entries[-1].to_version if entries else 0,
            alias=store.aliases().get("champion"),
            moves=len(entries),
            faults=tuple(fault.message() for fault in disagreements(self.ws, store)),
        )

    def files_of(self, version: int) -> Path:
        """Where the scratch registry keeps a version's files."""
        run = ModelStore(self.ws.root, self.ws.workflow).version(version).run_id
        (found,) = (self.ws.root / MLFLOW).glob(f"artifacts/*/{run}/artifacts/{FOLDER}")
        return found

    def again(self, folder: Path) -> Scratch:
        """The same in another place: another clone, and a registry restored from the backup.

        No copy: MLflow remembers by a run's id where its files lie, and would go on using these.
        """
        ws = self.clone(folder)
        (folder / MLFLOW).mkdir()
        shutil.copyfile(self.empty, folder / MLFLOW / NAME)
        restore(ws, self.backup, None, DRILL)
        return Scratch(ws, self.backup, self.empty)

    def without_database(self, folder: Path) -> Scratch:
        """The same clone and files, without the database that says which is which."""
        shutil.copytree(self.ws.root, folder, ignore=shutil.ignore_patterns(f"{NAME}*"))
        return Scratch(Workspace(folder, self.ws.workflow), self.backup, self.empty)

    def clone(self, folder: Path) -> Workspace:
        """Another clone, for one who uses the same registry by its address."""
        without = shutil.ignore_patterns(MLFLOW, ".dslm")
        shutil.copytree(self.ws.root, folder, ignore=without)
        return Workspace(folder, self.ws.workflow)


def bare_clone(ws: Workspace, folder: Path) -> Workspace:
    """What moves read of a clone's workflow: no registry, and of its data the contract alone.

    Raises:
        ReleaseRefused: Its registry would not be its own.
    """
    folder.mkdir(parents=True)
    for name in FILES:
        if (ws.root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ws.root / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ws.root / name, folder / name, dirs_exist_ok=True)
    scratch = Workspace(folder, ws.workflow)
    for source, target in ((ws.eval, scratch.eval), (ws.registry, scratch.registry)):
        shutil.copytree(source, target)
    scratch.data.mkdir(parents=True)
    shutil.copyfile(ws.contract, scratch.contract)
    for path in (ws.root / PATH.parent).glob("*.*"):
        if path.is_file():
            shutil.copyfile(path, folder / PATH.parent / path.name)
    refuse_real(scratch)
    return scratch


def refuse_real(scratch: Workspace) -> None:
    """Refuse to go on where what is opened for a scratch clone is not below it.

    Raises:
        ReleaseRefused: It would be somebody's registry.
    """
    path = database(scratch.root)
    if path is None or not path.resolve().is_relative_to(scratch.root.resolve()):
        raise ReleaseRefused("a drill would open a registry that is not its own",
                             where=scratch.root, fix="report this")  # fmt: skip


def empty_database(folder: Path) -> Path:
    """The database of an empty registry, made once: that takes seconds, copying it none."""
    client(folder)
    return folder / MLFLOW / NAME
