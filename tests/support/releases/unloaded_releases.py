"""In place of loaded models, for tests of what is around them: releases that answer as recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.releasing.verification import release_verification
from support.repositories.finished_run import answers_well


class Unloaded:
    """In place of models: they answer as recorded, and not on another base."""

    def __init__(self, _: Path | None = None, *, base: bool = True):
        self.given: int | None = None
        self._base = base

    def again(self) -> Unloaded:
        return self

    def once(self) -> Any:
        return answers_well

    def on_wrong_base(self, release: Path, folder: Path) -> Unloaded:
        assert (release / "recipe.yaml").is_file()
        assert folder.is_dir()
        return Unloaded(base=False)

    def __call__(self, folder: Path, text: str) -> Mapping[str, Any]:
        release_verification.checked_files(folder)
        if not self._base:
            raise InputError("the adapter was trained on another base")
        self.given = 20
        return {"again": True, "told": (), "bridged": None}
