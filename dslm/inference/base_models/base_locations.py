"""Where a release may find its base model: in the repository, or where this machine keeps models.

A release's recipe comes from whoever could write to the registry, and a folder that it names is
read before its digests can be compared. Takes the recipe's `base_files` and the repository; refuses
any other place. Called when a release is loaded; a recipe of the working tree is the user's own.
"""

from __future__ import annotations

import os
from pathlib import Path

from dslm.errors import InputError
from dslm.inference.base_models.base_files import cache_folder
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import origin

VARIABLE = "DSLM_BASE_FOLDERS"


def refuse_elsewhere(source: BaseModelSource, root: Path) -> None:
    """Refuse a base folder that lies in no place for base models.

    Args:
        source: Of a release's recipe.
        root: The repository, which a relative folder is relative to.

    Raises:
        InputError: It lies elsewhere; says how this machine names further places.
    """
    if source.folder is None:
        return
    path = Path(os.path.normpath(root.resolve() / source.folder))
    if not any(path.is_relative_to(place) for place in _places(root)):
        fix = f"if bases are kept there, name that place: {VARIABLE}={path.parent}"
        raise InputError("a release's base lies where none is looked for", where=path, fix=fix)


def _places(root: Path) -> list[Path]:
    """The repository, the caches of ours and of the hub, and what this machine's user names."""
    hub = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")) / "hub"
    named = os.environ.get(VARIABLE, "").split(os.pathsep)
    places = [root, origin(root), cache_folder(), Path(os.environ.get("HF_HUB_CACHE", hub))]
    return [one.expanduser().resolve() for one in (*places, *map(Path, filter(None, named)))]
