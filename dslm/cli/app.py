"""Puts the commands together; `dslm.cli.entry` calls them.

Each command is a small file beside this one that imports what it calls when it is called, so that
`dslm --help` needs neither torch nor MLflow and answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

import dslm
from dslm.cli.entry import main as entered
from dslm.cli.gate import demo, gate, report, verify
from dslm.cli.models import compare, doctor, predict
from dslm.cli.models.base import app as base_app
from dslm.cli.release import release_approve, release_dossier, release_sign
from dslm.cli.release.release import app as release_app
from dslm.cli.shell.boundary import run
from dslm.cli.workflows import breaks, check, forget, import_cases, init, review
from dslm.cli.workflows.show import app as show_app
from dslm.errors import EXIT_BAD_INPUT, InputError

app = typer.Typer(
    name="dslm",
    help="Turn updates of a small domain model into software releases. "
    "Stages run under DVC (`dvc repro`); these commands are for people.",
    epilog="Exit codes: 0 fine, 1 gate failed, 2 input is wrong, 3 evidence inconclusive, "
    "4 release refused, 5 machine, network or server at fault: try again, 70 a fault of dslm "
    "itself, 130 interrupted, 141 nobody reads the output.",
    add_completion=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("import")(import_cases.import_cases)
app.command("check")(check.check)
app.command("breaks")(breaks.breaks)
app.command("doctor")(doctor.doctor)
app.add_typer(show_app, name="show")
app.command("review")(review.review)
app.command("report")(report.report)
app.command("forget")(forget.forget)
app.command("predict")(predict.predict)
app.command("compare")(compare.compare)
app.command("gate")(gate.gate)
app.command("verify")(verify.verify)
app.add_typer(base_app, name="base")
for command in (
    release_sign.keygen,
    release_sign.sign,
    release_sign.verify,
    release_approve.approve,
    release_approve.approvals,
):
    release_app.command(command.__name__)(command)
release_app.command("dossier")(release_dossier.dossier)
app.add_typer(release_app, name="release")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"dslm {dslm.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show and exit.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(EXIT_BAD_INPUT)


# The class behind all of typer's own complaints; which package it lives in depends on the release.
_Complaint: type[Exception] = typer.BadParameter.__mro__[2]


def dispatch(arguments: Sequence[str]) -> int | None:
    """Parse and call, without typer's own handling of errors: that is the boundary's."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("dslm", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except _Complaint as complaint:
        raise _usage(complaint) from None
    return None


def _usage(complaint: Exception) -> InputError:
    """A usage error as one of ours: what is wrong, and the help to read."""
    context = getattr(complaint, "ctx", None)
    path = context.command_path if context else "dslm"
    what = str(getattr(complaint, "message", "")) or type(complaint).__name__
    if hasattr(complaint, "format_message"):
        what = complaint.format_message()
    if type(complaint).__name__ == "NoArgsIsHelpError":
        what = "a command is missing"
    return InputError(what.rstrip("."), where=path, fix=f"see `{path} --help`")


def invoke(arguments: Sequence[str]) -> int:
    """One command inside the error boundary; gives its exit code."""
    return run(lambda: dispatch(arguments), as_json="--json" in arguments)


def main() -> None:
    """The `dslm` command, for those who call it from this module."""
    entered()


if __name__ == "__main__":
    main()
