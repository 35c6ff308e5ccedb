"""Trains a tiny model in one process or several, as `accelerate launch` starts it.

A program for `tests/unit/training/test_distributed.py`: folder and settings on its command line.
The first process leaves what it wrote in the folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dslm.inference.base_models.base_files import locate
from dslm.settings.recipe import BaseModelSource
from dslm.stage import leading, whole_folder
from dslm.training import distributed as processes
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.run.training_run import train
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases


def main() -> None:
    """Train by the command line."""
    work, base, settings = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    recipe = tiny_model.recipe(base, **settings)
    files = locate(BaseModelSource(folder=str(base)), base)
    checkpoints = Checkpoints(
        work / "checkpoints", {"recipe": recipe.digest()}, processes=processes.count()
    )
    with whole_folder(work / "out", {}) as folder:
        train(MINI, recipe, files, cases(32), cases(8, prefix="v"), folder, checkpoints)
    (work / f"process-{leading()}-{processes.count()}").touch()


if __name__ == "__main__":
    main()
