"""`dslm base`: base models on this machine."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from dslm.cli.printing import AsJson, emit, say
from dslm.errors import InputError

COMMIT = re.compile("[0-9a-f]{40}")

app = typer.Typer(help="Base models on this machine.", no_args_is_help=True)


@app.callback()
def _base() -> None:
    # without a callback typer would fold a single command into its group
    return


@app.command("prepare")
def prepare(
    name: Annotated[str, typer.Argument(help="An embedded model.")] = "smollm2-135m-instruct",
    hub: Annotated[
        str | None,
        typer.Option(help="Fetch this hub model instead; no other command goes online."),
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="The hub model's commit, 40 hex digits.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write an embedded base model as safetensors, once, and check its digest."""
    from dslm.inference.base import fetch
    from dslm.inference.base import prepare as prepare_base

    if hub is None and revision is None:
        shown, folder = name, prepare_base(name)
    else:
        shown, commit = _pinned(hub, revision)
        folder = fetch(shown, commit)
    if as_json:
        emit({"base": shown, "folder": str(folder)})
    else:
        say(f"{shown}: {folder}")


def _pinned(hub: str | None, revision: str | None) -> tuple[str, str]:
    """A hub id and a commit; a branch or a tag can move under an adapter."""
    if hub is None or revision is None or not COMMIT.fullmatch(revision):
        raise InputError("a hub model is named by its id and the commit of its revision",
                         where="dslm base prepare",
                         fix="--hub OWNER/NAME --revision (40 hex digits)")  # fmt: skip
    return hub, revision
