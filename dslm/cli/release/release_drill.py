"""`dslm release drill`: a rollback tried under planted faults, in a scratch registry."""

from __future__ import annotations

from typing import Annotated

import typer

from dslm.cli.release.release_backup import Actor
from dslm.cli.shell import streams
from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table


def drill(
    workflow: Workflow,
    version: Annotated[
        int | None, typer.Option(min=1, help="To be promoted; by default the candidate.")
    ] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Promote, serve and roll back in a copy of the registry, under planted faults.

    The registry itself is only read. Exit code 4 where a fault was not survived, or not tried. The
    record goes into registry/W/drill.json; registry/policy.yaml may ask for a recent one.
    """
    from dslm.cli.shell.actor import actor_or_login
    from dslm.errors import ReleaseRefused
    from dslm.releasing.drill.loaded_releases import LoadedReleases
    from dslm.releasing.drill.run_drill import drill as drilled
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)

    def told(name: str) -> None:
        streams.tell(f"dslm: drill: {name}\n")

    record, key = drilled(ws, actor_or_login(actor), LoadedReleases(ws.root), version, told=told)
    if as_json:
        emit(record.model_dump(mode="json") | {"signed_by": key})
    else:
        rows = [[row.fault, row.outcome, f"{row.seconds:.1f}", row.asked, row.seen]
                for row in record.rows]  # fmt: skip
        leaves, back = record.releases
        say(table(f"{workflow}: version {leaves.version} → {back.version}",
                  ["fault", "ended", "recovery s", "has to", "seen"], rows))  # fmt: skip
        say(f"{'passed' if record.passed else 'NOT PASSED'} in {record.seconds} s; "
            f"{ws.drill.relative_to(ws.root)}, {f'signed ({key[:12]})' if key else 'not signed'}",
            "commit it: a policy may ask for it before a promotion")  # fmt: skip
    if not record.passed:
        missed = [f"{row.fault} ({row.outcome})" for row in record.rows if row.outcome != "pass"]
        fix = "correct that, then drill again: a rollback at night would fail in the same way"
        raise ReleaseRefused(
            f"the drill did not pass: {', '.join(missed)}", where=workflow, fix=fix
        )
