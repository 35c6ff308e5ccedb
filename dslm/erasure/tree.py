"""The files of a repository and of its DVC cache, one by one. Called by `copies` and others."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator
from pathlib import Path

# Of tools, or of git, whose history is beyond reach.
NOT_ENTERED = frozenset({
    ".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
    "node_modules",
})  # fmt: skip


def files_below(root: Path) -> Iterator[Path]:
    """Every regular file of a tree; folders that are links are not entered."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in NOT_ENTERED)
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file():
                yield path


def cache_folder(root: Path) -> Path:
    """Where DVC keeps the bytes of all outputs, as its configuration says."""
    found = root / ".dvc" / "cache"
    for name in ("config", "config.local"):
        path = root / ".dvc" / name
        if not path.is_file():
            continue
        read = configparser.ConfigParser(strict=False)
        read.read_string(path.read_text(encoding="utf-8", errors="replace"))
        if given := read.get("cache", "dir", fallback=""):
            found = (root / ".dvc" / given).resolve()
    return found
