"""What a pull request changes: files that judge, files that are judged, and files that do neither.

Takes the checkout of the target branch and a folder with the pull request's files; gives each file
that differs and what it is. What is not known to be data or beside the point judges: a module at
the top, for one, is imported in place of a library. Called by `judge_pull_request`.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from dslm.errors import EnvironmentFault, InputError
from dslm.settings.files.regular_files import refuse_no_folder

Kind = Literal["judges", "judged", "beside"]
How = Literal["added", "removed", "changed"]

DATA_FILES = ("params.yaml", "dvc.lock", "registry/dvc.lock")
RECEIPT = "release.json"  # of a registration, below registry/*/
# Looks into nothing and is looked into by nothing that judges.
BESIDE = ("docs/", "tests/")
BESIDE_FILES = frozenset({".gitignore", ".pre-commit-config.yaml", ".editorconfig", "LICENSE"})
# Below a content folder too: code, and files that tell git or DVC what to do.
CODE = frozenset({".py", ".pyc", ".pyd", ".so", ".pth", ".sh", ".ipynb", ".js"})
TOOLS = frozenset({
    "dvc.yaml", ".dvcignore", ".gitattributes", ".gitmodules", ".lfsconfig", "Makefile",
})  # fmt: skip
# Folders that DVC passes over wherever they are, so that no digest of theirs is in dvc.lock.
UNSEEN = frozenset({".dvc", ".git", ".hg", "__pycache__"})


@dataclass(frozen=True)
class Change:
    """One file that is not as the target branch has it."""

    path: str
    how: How
    kind: Kind


def kind_of(path: str) -> Kind:
    """What a file of the repository is to the gate."""
    pure = PurePosixPath(path)
    parts = pure.parts
    if UNSEEN & set(parts):
        return "judges"
    text = len(parts) == 1 and pure.suffix == ".md"
    if text or path in BESIDE_FILES or path.startswith(BESIDE):
        return "judges" if pure.name in TOOLS - {"Makefile"} else "beside"
    if pure.suffix in CODE or pure.name in TOOLS:
        return "judges"
    return "judged" if _is_data(path, parts) else "judges"


def _is_data(path: str, parts: tuple[str, ...]) -> bool:
    if path in DATA_FILES:
        return True
    top, deep = parts[0], len(parts)
    if top == "recipes":
        return deep == 2 or (deep == 3 and parts[1] == "accelerate")
    if top == "registry":
        return deep == 3 and parts[2] == RECEIPT
    return top in {"data", "eval"} and deep > 2 and parts[:2] != ("eval", "metrics")


def changes(target: Path, head: Path) -> list[Change]:
    """Every file that differs, in order.

    Args:
        target: The checkout of the target branch, a git repository.
        head: The pull request's files.

    Raises:
        InputError: One of the two is no such folder.
    """
    refuse_no_folder(head, fix="check the pull request out there, as data")
    ours, theirs = _tracked(target), dict(_files(head))
    found = list[Change]()
    for path in sorted(ours | theirs.keys()):
        if path not in theirs:
            found.append(_change(path, "removed"))
        elif path not in ours:
            found.append(_change(path, "added"))
        elif not _same(target / path, theirs[path]):
            found.append(_change(path, "changed"))
    return found


def _change(path: str, how: How) -> Change:
    """With a name that can be written down: git has names that are no UTF-8."""
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    return Change(shown, how, kind_of(path))


def _tracked(root: Path) -> set[str]:
    """What git has of the target branch: a virtual environment in its folder is not of it."""
    command = ["git", "-C", str(root), "ls-files", "-z"]
    try:
        done = subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        raise EnvironmentFault("git is not installed", where=root, fix="install it") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        what = f"git says: {said[0] if said else error.returncode}"
        raise InputError(what, where=root, fix="check the target branch out here") from None
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a folder but git's own, links not followed."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        if here == root and ".git" in folders:
            folders.remove(".git")
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*names, *links):
            path = here / name
            if path != root / ".git":
                yield path.relative_to(root).as_posix(), path


def _same(ours: Path, theirs: Path) -> bool:
    """Whether two files are of one kind and have the same bytes."""
    try:
        left, right = ours.lstat(), theirs.lstat()
    except FileNotFoundError:
        return False
    if stat.S_IFMT(left.st_mode) != stat.S_IFMT(right.st_mode):
        return False
    if stat.S_ISLNK(left.st_mode):
        return ours.readlink() == theirs.readlink()
    if not stat.S_ISREG(left.st_mode) or left.st_size != right.st_size:
        return False
    return ours.read_bytes() == theirs.read_bytes()
