"""`dslm review`: suspect labels into a file that a person edits and curation obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.printing import AsJson, Workflow, emit, say, table

if TYPE_CHECKING:
    from dslm.curation.review import Reviewed

SHOWN = 10  # rows on the screen; the file has them all


def review(
    workflow: Workflow,
    at_most: Annotated[
        int, typer.Option(min=1, help="Rows without a verdict that the file may have.")
    ] = 200,
    as_json: AsJson = False,
) -> None:
    """List labels that may be wrong or planted in data/W/review.csv. Verdicts there are kept."""
    from dslm.curation.review import review as look
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    found = look(ws, at_most)
    file = str(ws.review.relative_to(ws.root))
    if as_json:
        emit({
            "workflow": workflow, "file": file, "open": len(found.open), "kinds": found.kinds,
            "decided": len(found.decided), "left_out": found.left_out,
            "rows": [row.model_dump(exclude={"input", "verdict", "line"}) for row in found.open],
        })  # fmt: skip
    else:
        _show(workflow, file, found)


def _show(workflow: str, file: str, found: Reviewed) -> None:
    kinds = ", ".join(f"{kind} {count}" for kind, count in found.kinds.items()) or "none"
    say(f"{file}: {len(found.open)} rows to look at ({kinds}), {len(found.decided)} decided")
    if found.left_out:
        say(f"{found.left_out} more suspects wait: decide these first, or raise --at-most")
    if found.open:
        columns = ["id", "field", "label", "suggested", "reason"]
        firsts = {(r.field, r.reason): r for r in reversed(found.open)}  # one of a phrase's cases
        first = [r for r in found.open if firsts[r.field, r.reason] is r][:SHOWN]
        rows = [[r.id, r.field, r.label, r.suggested, r.reason] for r in first]
        say(table("first of them, one of each phrase", columns, rows))
        say(f"next: write keep, fix:<value> or drop into the last column of {file}, then")
        say(f"  dvc repro gate@{workflow}")
