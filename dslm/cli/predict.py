"""`dslm predict`: answers and decisions for a file of inputs, resumable."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.printing import AsJson, emit, say
from dslm.errors import InputError
from dslm.notices import notice

if TYPE_CHECKING:
    from dslm.releasing.verified_loading import Verified
    from dslm.settings.workspace import Workspace


def predict(
    source: Annotated[
        Path, typer.Argument(help="JSONL of cases: id and input; - for standard input.")
    ],
    out: Annotated[Path, typer.Argument(help="JSONL to write; a cut one is continued.")],
    workflow: Annotated[str, typer.Option("--workflow", "-w", help="A folder in data/.")],
    release: Annotated[
        int | None,
        typer.Option(min=1, help="A registered version; by default the champion."),
    ] = None,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="The trained adapter of the working tree.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer every input of a file by the release that serves, and decide what happens to it."""
    from dslm.inference.batch import answer, read_asked
    from dslm.settings.workspace import workspace

    refuse_both(candidate, release)
    ws = workspace(workflow)
    asked = read_asked(source, out)
    with tempfile.TemporaryDirectory(prefix="dslm-") as into:
        if candidate:
            from dslm.inference.loading import load_candidate

            decider = load_candidate(ws)
            told = [f"the threshold was certified elsewhere, here is {one}" for one in decider.told]
        else:
            release, verified = _released(ws, release, Path(into))
            decider, told = verified.decider, verified.said()
        for one in told:
            notice(one)
        actions = answer(decider, asked, out)
    if as_json:
        emit({"workflow": workflow, "release": release, "out": str(out), "actions": actions,
              "told": told})  # fmt: skip
    else:
        by = "the candidate" if candidate else f"version {release}"
        said = ", ".join(f"{action} {count}" for action, count in actions.items())
        say(f"{out}: {said}, by {by}")


def refuse_both(candidate: bool, release: int | None) -> None:
    """Refuse two models at once; `dslm compare` takes the same options."""
    if candidate and release is not None:
        raise InputError("both --candidate and --release", fix="name one of them, or none")


def _released(ws: Workspace, release: int | None, into: Path) -> tuple[int, Verified]:
    """A registered version, the champion where none is named, fetched, proved and ready."""
    from dslm.releasing.fetching import fetch_asked
    from dslm.releasing.verified_loading import load_verified

    release, folder = fetch_asked(ws, release, into)
    return release, load_verified(folder, ws.root)
