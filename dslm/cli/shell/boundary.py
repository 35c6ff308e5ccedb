"""The one place where errors become a message and an exit code.

Takes a function, gives an exit code; `dslm.cli.entry` and every stage in `pipelines` run inside it.
Each problem is one clear line on standard error. What exceptions of others mean stands in
`dslm.errors.third_party_errors`; those that mean nothing are bugs, reported by `bug_report` with
exit code 70: Python's own 1 would read as "gate failed".
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from dslm.cli.shell import streams
from dslm.cli.shell.signals import sigterm_interrupts
from dslm.errors import (
    EXIT_BAD_INPUT,
    EXIT_BROKEN_PIPE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_TERMINATED,
    DslmError,
    Interrupted,
    Problems,
)
from dslm.errors.notices import one_line


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
    streams.make_ready()
    with sigterm_interrupts() as termination:
        try:
            code = function() or EXIT_OK
        except BaseException as error:  # noqa: BLE001 - the boundary
            code = _answer(error, as_json, resume)
        if code == EXIT_INTERRUPTED and termination.asked:
            code = EXIT_TERMINATED
        if (complaint := streams.flush()) is not None:
            code = _answer(complaint, as_json, resume)
    return code


def leave(code: int) -> NoReturn:
    """End the process with a code of `run`."""
    if code in {EXIT_INTERRUPTED, EXIT_TERMINATED}:
        # At once: threads of an engine that is cut off in its work abort Python's tidy end
        os._exit(code)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # from here on there is nothing left to tidy
    sys.exit(code)


def last_resort() -> None:
    """Answer for exceptions outside of `run` as well: while the modules of a command load."""

    def answer(_: type[BaseException], error: BaseException, __: object) -> None:
        os._exit(run(lambda: _raise(error), as_json="--json" in sys.argv))

    sys.excepthook = answer


def _raise(error: BaseException) -> NoReturn:
    raise error


def _answer(error: BaseException, as_json: bool, resume: str | None) -> int:
    """Tell of an error, whatever it is; gives its exit code."""
    if isinstance(error, SystemExit) and error.code in {None, EXIT_OK, EXIT_BAD_INPUT}:
        return int(error.code or EXIT_OK)  # of argparse, which has told already
    if isinstance(error, BrokenPipeError) and streams.reader_is_gone():
        streams.flush()
        return EXIT_BROKEN_PIPE
    return _tell(_ours(error, resume), as_json)


def _ours(error: BaseException, resume: str | None) -> DslmError:
    """Any exception as an error of ours."""
    if isinstance(error, DslmError):
        return error
    if isinstance(error, KeyboardInterrupt):
        again = resume or "run the same command again: finished work is kept"
        return Interrupted("interrupted", fix=again)
    from dslm.errors.third_party_errors import meaning

    if (known := meaning(error)) is not None:
        return known
    from dslm.cli.shell.bug_report import report

    return report(error)


def _tell(error: DslmError, as_json: bool) -> int:
    """Report an error on standard error; gives its exit code."""
    if as_json:
        streams.tell(streams.json_text({"error": as_object(error)}, sys.stderr))
        return error.exit_code
    name = "\x1b[1;31mdslm: \x1b[0m" if streams.in_colour(sys.stderr) else "dslm: "
    # one problem stays one line, for grep and for editors that jump to file:line
    streams.tell("".join(f"{name}{one_line(p.message())}\n" for p in _each(error)))
    return error.exit_code


def _each(error: DslmError) -> tuple[DslmError, ...]:
    return error.problems if isinstance(error, Problems) else (error,)


def as_object(error: DslmError) -> dict[str, object]:
    """An error as JSON: its first problem's parts, its exit code, and all problems."""
    problems = [{"what": p.what, "where": p.where, "fix": p.fix} for p in _each(error)]
    return {**problems[0], "exit_code": error.exit_code, "problems": problems}
