"""`dslm predict`: answers and decisions for a file of inputs, resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dslm.cli.printing import AsJson, emit, say


def predict(
    source: Annotated[Path, typer.Argument(help="JSONL of cases: id and input.")],
    out: Annotated[Path, typer.Argument(help="JSONL to write; a cut one is continued.")],
    workflow: Annotated[str, typer.Option("--workflow", "-w", help="A folder in data/.")],
    release: Annotated[
        int | None, typer.Option(help="A registered version; by default the trained adapter.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer every input of a file and decide what happens to it."""
    from dslm.inference.batch import predict_file
    from dslm.settings.workspace import workspace

    summary = predict_file(workspace(workflow), source, out, release=release)
    if as_json:
        emit({"workflow": workflow, "out": str(out), "actions": summary})
    else:
        say(f"{out}: " + ", ".join(f"{action} {count}" for action, count in summary.items()))
