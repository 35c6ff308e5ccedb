"""The one place where errors become a message and an exit code.

Takes a function, gives an exit code; `dslm.cli.app.main` and every stage in `pipelines` run inside
it. What is a user's fault is one clear line a problem on standard error; a bug keeps its traceback.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable

from dslm.errors import EXIT_OK, DslmError, InputError, Interrupted, Problems

EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE: as a shell reports it; 1 would read as "gate failed"

# Faults of the machine that a user can mend, as one line each.
_OS_FAULTS = {
    errno.ENOSPC: ("the disk is full", "free some space and run the same command again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run the same command again"),
    errno.EROFS: ("the file system is read-only", "choose another folder or remount it"),
    errno.EACCES: ("no permission", "change the owner or mode of the file"),
    errno.EPERM: ("no permission", "change the owner or mode of the file"),
}


def run(
    function: Callable[[], int | None], *, as_json: bool = False, resume: str | None = None
) -> int:
    """Run a command or a stage inside the boundary.

    Args:
        function: What to do; may return an exit code, None counts as 0.
        as_json: Write errors as `{"error": {…}}` instead of text.
        resume: How to go on after an interruption; by default: the same command again.

    Returns:
        The exit code of `dslm.errors`.
    """
    try:
        return function() or EXIT_OK
    except DslmError as error:
        return _tell(error, as_json)
    except KeyboardInterrupt:
        again = resume or "run the same command again: finished work is kept"
        return _tell(Interrupted("interrupted", fix=again), as_json)
    except BrokenPipeError:
        _forget_output()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        if error.errno not in _OS_FAULTS:
            raise
        what, fix = _OS_FAULTS[error.errno]
        return _tell(InputError(what, where=error.filename, fix=fix), as_json)


def _tell(error: DslmError, as_json: bool) -> int:
    """Report an error on standard error; gives its exit code."""
    if as_json:
        sys.stderr.write(json.dumps({"error": as_object(error)}, ensure_ascii=False) + "\n")
        return error.exit_code
    from rich.console import Console
    from rich.text import Text

    # soft_wrap: one problem stays one line, for grep and for editors that jump to file:line
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for problem in _each(error):
        console.print(Text("dslm: ", style="bold red") + Text(problem.message()))
    return error.exit_code


def _each(error: DslmError) -> tuple[DslmError, ...]:
    return error.problems if isinstance(error, Problems) else (error,)


def as_object(error: DslmError) -> dict[str, object]:
    """An error as JSON: its first problem's parts, its exit code, and all problems."""
    problems = [{"what": p.what, "where": p.where, "fix": p.fix} for p in _each(error)]
    return {**problems[0], "exit_code": error.exit_code, "problems": problems}


def _forget_output() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
