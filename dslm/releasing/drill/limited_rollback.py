"""A rollback in a process of its own whose disk is full from the moment that it is about to move.

`python -m dslm.releasing.drill.limited_rollback ROOT WORKFLOW REASON ACTOR TO` ends with the exit
code that `dslm release rollback` would. The disk is full for this process alone: no file may grow
beyond a few bytes. The model is not loaded again. Called by a drill's `full disk`.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from dslm.errors import EXIT_BUG, EXIT_OK, DslmError
from dslm.errors.third_party_errors import meaning
from dslm.releasing.drill.planted_faults import gave_its_answers
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promote_and_rollback import rollback
from dslm.settings.workspace import Workspace

MOST_BYTES = 512  # of any file


def main(root: str, workflow: str, reason: str, actor: str, to: str) -> int:
    """Roll back on a full disk; gives the exit code."""

    def filled(step: str) -> None:
        if step == "proved":
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, hard))

    try:
        with command_steps.watched(filled):
            ws = Workspace(Path(root), workflow)
            rollback(ws, reason, actor, gave_its_answers, to=int(to))
    except DslmError as fault:
        return fault.exit_code
    except OSError as error:
        known = meaning(error)
        return known.exit_code if known else EXIT_BUG
    return EXIT_OK


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
