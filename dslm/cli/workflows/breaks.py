"""`dslm breaks`: which right answers break a rule, and `meta.breaks` that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table

if TYPE_CHECKING:
    from dslm.curation.imports import Proposal
    from dslm.settings.workspace import Workspace

SHOWN = 20  # cases on the screen


def breaks(
    workflow: Workflow,
    case: Annotated[
        list[str] | None, typer.Option(help="Only this case; give it several times for several.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write meta.breaks into sources and gold.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Propose meta.breaks for cases whose right answer breaks a rule and does not say so."""
    from dslm.curation.imports import declare, proposals
    from dslm.errors import InputError
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    found = proposals(ws)
    if case:
        unknown = sorted(set(case) - {one.id for one in found})
        if unknown:
            raise InputError(f"nothing is proposed for case {unknown[0]!r}",
                             where=f"dslm breaks {workflow} --case",
                             fix="leave --case out to see all proposals")  # fmt: skip
        found = [one for one in found if one.id in case]
    done = declare(ws, found) if write else None
    if as_json:
        rows = [one.model_dump(mode="json") for one in found]
        emit({"workflow": workflow, "proposals": rows, "written": done.cases if done else 0})
        return
    _show(ws, found)
    if done is not None:
        say(f"written: meta.breaks of {done.cases} cases; commit the files")
    elif found:
        say("Where a label is wrong, correct the label; where the right answer does break the "
            "rule:",
            f"  dslm breaks {workflow} --write        (--case ID for some of them)")  # fmt: skip


def _show(ws: Workspace, found: list[Proposal]) -> None:
    if not found:
        say(f"{ws.workflow}: every case breaks the rules that its meta.breaks says, and no other")
        return
    rows = [
        [f"{one.path.relative_to(ws.root)}:{one.line}", one.id, ", ".join(one.declared),
         ", ".join(one.breaks), one.not_writable or ""]
        for one in found[:SHOWN]
    ]  # fmt: skip
    more = f", the first {SHOWN}" if len(found) > SHOWN else ""
    title = f"{ws.workflow}: {len(found)} cases whose meta.breaks should be another{more}"
    say(table(title, ["place", "case", "says", "breaks", "not to be written"], rows))
