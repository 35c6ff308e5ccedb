"""One error tree and the exit codes of every command.

Library code raises these; `dslm.cli.shell.boundary` and `pipelines` turn them into one clear
message and an exit code. Anything else that escapes is a bug, exit code 70, its traceback kept in a
file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dslm.uris import place_without_password

EXIT_OK = 0
EXIT_GATE_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INCONCLUSIVE = 3
EXIT_REFUSED = 4
EXIT_ENVIRONMENT = 5
EXIT_INTERRUPTED = 130
# 128 and the number of the signal: what a shell says of a program that SIGPIPE or SIGTERM ended
EXIT_BROKEN_PIPE = 141
EXIT_TERMINATED = 143
EXIT_BUG = 70  # EX_SOFTWARE of sysexits.h


class DslmError(Exception):
    """What is wrong, where, and what to do about it.

    Args:
        what: The fault, one sentence.
        where: File, `file:line`, key or case id that it was found at. Of an address, also of one
            that was given in place of a file, no password is kept.
        fix: The next step for the reader.
    """

    exit_code = EXIT_BAD_INPUT

    def __init__(self, what: str, *, where: str | Path | None = None, fix: str | None = None):
        self.what, self.fix = what, fix
        self.where = None if where is None else place_without_password(str(where))
        super().__init__(self.message())

    def message(self) -> str:
        """The fault as one line: where, what, what to do."""
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.what}" + (f" — {self.fix}" if self.fix else "")


class InputError(DslmError):
    """Usage, configuration or data is wrong."""


class Problems(InputError):
    """Several faults found in one pass, reported together."""

    def __init__(self, problems: Sequence[DslmError]):
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message() for problem in problems))


class GateFailed(DslmError):
    """The evidence says no."""

    exit_code = EXIT_GATE_FAILED


class Inconclusive(DslmError):
    """The evidence cannot say yes or no."""

    exit_code = EXIT_INCONCLUSIVE


class ReleaseRefused(DslmError):
    """A lost race, or evidence that is missing, stale or of something else."""

    exit_code = EXIT_REFUSED


class EnvironmentFault(DslmError):
    """What is neither the user's fault nor ours: a server, a disk, a network, a missing driver."""

    exit_code = EXIT_ENVIRONMENT


class Interrupted(DslmError):
    """Stopped by the user; the message says how to go on."""

    exit_code = EXIT_INTERRUPTED


class Bug(DslmError):
    """A fault of dslm's own; `where` is the file that holds the traceback."""

    exit_code = EXIT_BUG
