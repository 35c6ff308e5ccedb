"""What a release's folder may look like before a byte of it is read: plain files, few, not huge.

Takes a folder that somebody else may have written; refuses links, pipes and the like, deep or
crowded folders, files that are larger than any of their kind, and an `MLmodel` that has MLflow run
anything but our own loader. Called by `release_verification`, before digests are made, and before
files of a local registry are copied.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.strict_json import strict_json

MOST_FILES = 500
DEEPEST = 2  # folders: rows/, adapter/
MB = 1_000_000
# The largest that a file may be, by the end of its name; the weights of an adapter, rows, the rest.
LARGEST = {".safetensors": 64_000 * MB, ".jsonl": 4_000 * MB, "": 64 * MB}
LOADER = "dslm.releasing.pyfunc"
RESTORE = "restore it from a backup, or register that release again"


def refuse_irregular(folder: Path) -> None:
    """Refuse a folder that holds anything but plain files of a usual size.

    Raises:
        ReleaseRefused: Names the file.
    """
    for count, path in enumerate(_below(folder, DEEPEST), start=1):
        if count > MOST_FILES:
            raise ReleaseRefused(f"more than {MOST_FILES} files", where=folder, fix=RESTORE)
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise ReleaseRefused("a link, no file of its own", where=path, fix=RESTORE)
        if not stat.S_ISREG(status.st_mode):
            raise ReleaseRefused("no regular file", where=path, fix=RESTORE)
        most = LARGEST.get(path.suffix, LARGEST[""])
        if status.st_size > most:
            what = f"{status.st_size // MB:,} MB, and no release's has more than {most // MB:,}"
            raise ReleaseRefused(what, where=path, fix=RESTORE)


def _below(folder: Path, levels: int) -> Iterator[Path]:
    """Everything in a folder but the folders that hold it; a link to a folder is a link."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield Path(entry.path)
            elif levels > 1:
                yield from _below(Path(entry.path), levels - 1)
            else:
                where = Path(entry.path)
                raise ReleaseRefused("a folder that no release has", where=where, fix=RESTORE)


def refuse_other_loader(path: Path) -> None:
    """Refuse an `MLmodel` by which MLflow would run code of the release, or of another module.

    Our own loader never reads it; `mlflow models serve` and `mlflow.pyfunc.load_model` do what it
    says.

    Args:
        path: The file; releases of every time have one.

    Raises:
        ReleaseRefused: It says anything else than `packaging.mlmodel` writes.
    """
    try:
        said = strict_json(path.read_bytes())
        flavors = said["flavors"]
        (loader,) = (flavors.pop("python_function"),)
        ours = loader.pop("loader_module") == LOADER
        ours &= isinstance(loader.pop("python_version", ""), str)
        ours &= not loader and not flavors and set(said) <= {"flavors", "signature"}
        ours &= _is_plain(said.get("signature", {}))
    except FileNotFoundError:
        raise ReleaseRefused("a file of the release is missing", where=path, fix=RESTORE) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        ours = False
    if not ours:
        what = "would have MLflow load it otherwise than by dslm's own loader"
        raise ReleaseRefused(what, where=path, fix=RESTORE)


def _is_plain(signature: object) -> bool:
    """Whether a signature is two texts, as MLflow writes it."""
    if not isinstance(signature, dict):
        return False
    return set(signature) <= {"inputs", "outputs"} and all(
        isinstance(text, str) for text in signature.values()
    )
