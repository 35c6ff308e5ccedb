"""The `dslm` command's first lines: nothing that loads slowly comes before the error boundary.

Called by the installed script. Ctrl-C while modules load, or a broken installation, is answered as
anything else is.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from dslm.cli.shell.boundary import last_resort, leave, run


def main() -> NoReturn:
    """The entry point of `dslm`."""
    last_resort()
    leave(run(_command, as_json="--json" in sys.argv))


def _command() -> int | None:
    from dslm.cli.app import dispatch

    return dispatch(sys.argv[1:])
