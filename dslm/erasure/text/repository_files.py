"""The files of a repository and of its DVC cache, one by one.

Called by `other_copies` and others.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from dslm.errors import InputError

# Of tools, or of git, whose history is beyond reach.
NOT_ENTERED = frozenset({
    ".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
    "node_modules",
})  # fmt: skip


def files_below(root: Path) -> Iterator[Path]:
    """Every regular file of a tree, once.

    Folders that are links are entered last: what lies in the tree too is met under its own name.
    One that leads to a folder above the tree is not.

    Raises:
        InputError: A folder cannot be listed, so that nobody knows what lies in it.
    """
    top, met, links = root.resolve(), set[str](), [root]
    while links:
        start = links.pop(0)
        if start != root and top.is_relative_to(start.resolve()):
            continue
        for folder, names, files in os.walk(start, onerror=_not_listed):
            place = os.path.realpath(folder)
            if place in met:
                names.clear()
                continue
            met.add(place)
            names[:] = sorted(name for name in names if name not in NOT_ENTERED)
            links += [path for name in names if (path := Path(folder) / name).is_symlink()]
            for name in sorted(files):
                path = Path(folder) / name
                if path.is_file():
                    yield path


def _not_listed(error: OSError) -> None:
    if isinstance(error, FileNotFoundError):
        return  # it was removed meanwhile
    what = f"cannot be listed: {error.strerror}"
    raise InputError(what, where=error.filename, fix="correct its permissions")


def dvc_settings(root: Path) -> Iterator[tuple[Path, configparser.ConfigParser]]:
    """What DVC's configuration says, each with its folder: system, user, repository, this clone."""
    for path in _dvc_files(root):
        if path.is_file():
            read = configparser.ConfigParser(strict=False, interpolation=None)
            read.read_string(path.read_text(encoding="utf-8", errors="replace"))
            yield path.parent, read


def _dvc_files(root: Path) -> Iterator[Path]:
    """Where DVC looks for its configuration, the last one counts."""
    mac = sys.platform == "darwin"
    told = os.environ.get
    system = "/Library/Application Support" if mac else told("XDG_CONFIG_DIRS") or "/etc/xdg"
    user = "~/Library/Application Support" if mac else told("XDG_CONFIG_HOME") or "~/.config"
    yield Path(told("DVC_SYSTEM_CONFIG_DIR") or Path(system.split(":")[0]) / "dvc") / "config"
    yield Path(told("DVC_GLOBAL_CONFIG_DIR") or Path(user).expanduser() / "dvc") / "config"
    yield root / ".dvc" / "config"
    yield root / ".dvc" / "config.local"


def cache_folder(root: Path) -> Path:
    """Where DVC keeps the bytes of all outputs, as its configuration says."""
    found = root / ".dvc" / "cache"
    for folder, settings in dvc_settings(root):
        if given := settings.get("cache", "dir", fallback=""):
            found = (folder / Path(given).expanduser()).resolve()
    return found
