"""`dslm import`: labelled cases from a file into a workflow's sources and gold, by group."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, InputKey, TargetKeys, Workflow, emit, say, table

if TYPE_CHECKING:
    from dslm.curation.imports import Imported


def import_cases(
    workflow: Workflow,
    source: Annotated[
        Path,
        typer.Argument(
            help="Labelled cases: a file in any format that a source may have, or a folder."
        ),
    ],
    input_key: InputKey = None,
    target: TargetKeys = None,
    gold_share: Annotated[float, typer.Option(help="Share of the groups that becomes gold.")] = 0.2,
    group_by: Annotated[
        str | None, typer.Option(help="Where a row's group is: meta.x or target.x.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws other groups for gold.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier import and its gold.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring labelled cases into an existing workflow: sources and a frozen gold set."""
    from dslm.contract import load_contract
    from dslm.curation.imports import Keys
    from dslm.curation.imports import import_cases as bring
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    made = bring(
        source, ws, load_contract(ws.contract), gold_share=gold_share, group_by=group_by,
        seed=seed, overwrite=overwrite, keys=Keys(input_key, tuple(target or ())),
    )  # fmt: skip
    if as_json:
        emit({"workflow": workflow, **made.model_dump(mode="json")})
    else:
        _show(workflow, made)


def _show(workflow: str, made: Imported) -> None:
    say(
        f"{workflow}: {made.read} rows read = {made.sources} sources ({made.source_groups} groups) "
        f"+ {made.gold} gold ({made.gold_groups} groups) + {len(made.rejects)} rejected "
        f"+ {len(made.dropped)} dropped"
    )
    lines = [[f"{r.source}:{r.line}", f"rejected: {r.reason}"] for r in made.rejects]
    lines += [[drop.id, f"dropped: {drop.reason}"] for drop in made.dropped]
    counts = {"not in the contract, left out": made.extra_fields,
              "absent, so null": made.missing_fields,
              "rule broken without saying so": made.breaches}  # fmt: skip
    lines += [[f"{name}: {n}", what] for what, found in counts.items() for name, n in found.items()]
    if lines:
        say(table(None, ["where", "what"], lines))
    if made.beside:
        first, more = made.beside[0], len(made.beside) - 1
        say(
            f"beside it: {first}{f' and {more} more' if more else ''}, read by curation too; "
            "delete what is of an older draw: gold may hold its cases now"
        )
    say(f"next: dslm check {workflow}")
