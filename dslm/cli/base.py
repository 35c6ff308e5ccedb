"""`dslm base`: base models on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from dslm.cli.printing import AsJson, emit, say

app = typer.Typer(help="Base models on this machine.", no_args_is_help=True)


@app.callback()
def _base() -> None:
    # without a callback typer would fold a single command into its group
    return


@app.command("prepare")
def prepare(
    name: Annotated[str, typer.Argument(help="An embedded model.")] = "smollm2-135m-instruct",
    as_json: AsJson = False,
) -> None:
    """Write an embedded base model as safetensors, once, and check its digest."""
    from dslm.inference.base import prepare as prepare_base

    folder = prepare_base(name)
    if as_json:
        emit({"base": name, "folder": str(folder)})
    else:
        say(f"{name}: {folder}")
