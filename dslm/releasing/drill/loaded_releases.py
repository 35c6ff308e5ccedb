"""How a drill loads releases: as a rollback does, and on a base model that is another.

Takes the repository, whose base models are read where they lie; gives what loads a release's folder
and has it answer. Called by `run_drill`; its tests put in its place what loads no model.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from dslm.releasing.package.smoke_test import Answer
from dslm.releasing.pyfunc import AnswersAgain, answer
from dslm.settings.recipe import BaseModelSource, load_recipe


class GivesAnswers(Protocol):
    """Loads a release and has it give its recorded answers again: `AnswersAgain`."""

    given: int | None

    def __call__(self, folder: Path, text: str) -> Mapping[str, Any]:
        """As the smoke test of a rollback asks."""


class Loading(Protocol):
    """How releases are loaded."""

    def again(self) -> GivesAnswers:
        """Loads one, and has it give its recorded answers again."""

    def once(self) -> Answer:
        """Loads one, and has it answer one input."""

    def on_wrong_base(self, release: Path, folder: Path) -> Answer:
        """Loads one on another base model than its own, which it puts into a folder."""


class LoadedReleases:
    """The releases' own models."""

    def __init__(self, root: Path):
        """Look for base models and gold in a repository."""
        self._root = root

    def again(self) -> AnswersAgain:
        """Loads a release, and has it give its recorded answers again."""
        return AnswersAgain(self._root)

    def once(self) -> Answer:
        """Loads a release, and has it answer one input."""
        return answer

    def on_wrong_base(self, release: Path, folder: Path) -> AnswersAgain:
        """Loads a release on its base model, but for one byte of its config.

        Args:
            release: Whose base is copied, or linked where the disk can do that.
            folder: Where to.
        """
        from dslm.inference.base_models.base_files import locate

        files = locate(load_recipe(release / "recipe.yaml").base, self._root)
        base = folder / "base"
        for name in files.files:
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            _same_file(files.folder / name, base / name)
        config = base / "config.json"
        text = config.read_text("utf-8")
        config.unlink()  # it may be the base's own file
        config.write_text(f"{text}\n", "utf-8")
        return AnswersAgain(self._root, BaseModelSource(folder=str(base)))


def _same_file(path: Path, target: Path) -> None:
    try:
        os.link(path.resolve(), target)
    except OSError:
        shutil.copyfile(path, target)
