"""`dslm release dossier`: one folder and one page that show what a release's own files show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table

if TYPE_CHECKING:
    from dslm.releasing.dossier.derived_files import Dossier
    from dslm.releasing.dossier.dossier_verification import CheckedDossier

Version = Annotated[int, typer.Option(min=1, help="Which version.")]


def dossier(
    workflow: Workflow,
    version: Version,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="A folder that is not there yet; default: W-N-dossier."),
    ] = None,
    with_inputs: Annotated[
        bool,
        typer.Option("--with-inputs", help="Add the inputs of gold, personal values hidden."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a version's evidence pack: cards, gate, moves, signatures, map of controls, one page.

    It holds neither inputs nor answers nor personal values. `dslm verify W --dossier FOLDER` and
    `dslm release verify --dossier FOLDER` check it.
    """
    from dslm.releasing.dossier.make_dossier import make_dossier
    from dslm.settings.workspace import workspace

    into = to or Path(f"{workflow}-{version}-dossier")
    told = make_dossier(workspace(workflow), version, into, with_inputs=with_inputs)
    if as_json:
        emit(_plain(into, told))
        return
    say(f"{into}: {workflow} version {version}; open {into / 'index.html'}")
    statuses = list(told.frameworks[0].counts)
    rows = [[one.title, *(str(one.counts[name]) for name in statuses)] for one in told.frameworks]
    say(table(None, ["", *statuses], rows), told.personal)


def show_checked(folder: Path, checked: CheckedDossier, *, as_json: bool) -> None:
    """Say what a dossier is, once it was checked; called by both commands that check one."""
    if as_json:
        from dataclasses import asdict

        emit({"folder": str(folder), "verified": True} | asdict(checked))
        return
    models = ", ".join(checked.recomputed) or "no model"
    say(
        f"{folder}: {checked.workflow} version {checked.version}, release {checked.digest}",
        f"computed again from its rows: {models}; map, cards and page follow from its files",
    )
    if checked.registered:
        say("release, rows and records are those of registry and repository")
        if not checked.judged_again:
            say("the verdict was not recomputed: gold set, policy or code have changed since")
    elif checked.signed_by is None:
        say("the signature was not checked: name the keys that you trust with --trust FILE")
    else:
        say(f"the release is signed by {checked.signed_by}")
        if checked.not_vouched_for:
            alone = ", ".join(checked.not_vouched_for)
            say(
                f"signed by no key that you trust, so these rest on its maker's word alone: {alone}"
            )
    if checked.hidden and not checked.registered:
        say(f"with texts hidden, so that only its maker can compare: {', '.join(checked.hidden)}")


def _plain(into: Path, told: Dossier) -> dict[str, Any]:
    return {
        "workflow": told.workflow,
        "version": told.version,
        "digest": told.digest,
        "folder": str(into),
        "page": str(into / "index.html"),
        "frameworks": [one.model_dump(mode="json") for one in told.frameworks],
        "claims": [one.model_dump(mode="json") for one in told.claims],
    }
