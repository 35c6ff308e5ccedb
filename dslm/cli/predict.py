"""`dslm predict`: answers and decisions for a file of inputs, resumable."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.printing import AsJson, emit, say

if TYPE_CHECKING:
    from dslm.inference.decider import Decider
    from dslm.settings.workspace import Workspace


def predict(
    source: Annotated[
        Path, typer.Argument(help="JSONL of cases: id and input; - for standard input.")
    ],
    out: Annotated[Path, typer.Argument(help="JSONL to write; a cut one is continued.")],
    workflow: Annotated[str, typer.Option("--workflow", "-w", help="A folder in data/.")],
    release: Annotated[
        int | None,
        typer.Option(min=1, help="A registered version; by default the trained adapter."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer every input of a file and decide what happens to it."""
    from dslm.inference.batch import answer, read_asked
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    asked = read_asked(source, out)
    with tempfile.TemporaryDirectory() as into:
        decider = _decider(ws, release, Path(into))
        told = [f"the threshold was certified elsewhere, here is {one}" for one in decider.told]
        sys.stderr.writelines(f"dslm: {one}\n" for one in told)
        actions = answer(decider, asked, out)
    if as_json:
        emit({"workflow": workflow, "release": release, "out": str(out), "actions": actions,
              "told": told})  # fmt: skip
    else:
        say(f"{out}: " + ", ".join(f"{action} {count}" for action, count in actions.items()))


def _decider(ws: Workspace, release: int | None, into: Path) -> Decider:
    """The trained adapter, or a registered version, fetched and proved."""
    from dslm.inference.loading import load_candidate, load_release
    from dslm.releasing.fetching import fetch_version

    if release is None:
        return load_candidate(ws)
    return load_release(fetch_version(ws, release, into), root=ws.root)
