"""The entry of every stage in `pipelines/`: arguments, lock, mortality, errors, exit code.

Takes the stage's name and its body; ends the process. DVC runs these; people may.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from dslm.cli.shell.boundary import leave, run
from dslm.cli.shell.streams import make_ready
from dslm.errors import InputError
from dslm.settings.workspace import Workspace, find_root, workspace
from dslm.stage import die_with_parent, exclusive, leading

Body = Callable[[Workspace], int | None]


def stage_main(name: str, what: str, body: Body) -> NoReturn:
    """Run one stage for one workflow and exit.

    Args:
        name: Of the stage.
        what: What it does, for `--help`.
        body: Does it; may return an exit code.
    """
    make_ready()  # the help may have signs that the terminal lacks
    parser = argparse.ArgumentParser(prog=f"python -m pipelines.{name.split(' ')[0]}",
                                     description=what)  # fmt: skip
    parser.add_argument("--workflow", required=True, metavar="W", help="a folder in data/")
    workflow = parser.parse_args().workflow

    def whole() -> int | None:
        die_with_parent()
        root = find_root()
        _require_here(root)
        ws = workspace(workflow, root)  # before a lock is made that bears the name
        # of several processes that train together, the first holds the lock for all
        lock = exclusive(root, f"{workflow}-{name}") if leading() else contextlib.nullcontext()
        with lock:
            return body(ws)

    leave(run(whole, resume=f"`dvc repro {name}@{workflow}` does this stage again"))


def _require_here(root: Path) -> None:
    """Refuse a `DSLM_ROOT` that takes a stage out of the folder that DVC runs it in.

    DVC would record what lies here as made by what lies there, silently; an experiment would train
    with the recipe of the repository, not with its own.
    """
    here = Path.cwd().resolve()
    if "DVC_STAGE" in os.environ and root not in (here, *here.parents):
        raise InputError(f"DVC runs this stage in {here}", where=f"DSLM_ROOT={root}",
                         fix="unset DSLM_ROOT")  # fmt: skip
