"""`dslm check`: proves workflows before any work, one line a proof."""

from __future__ import annotations

from typing import Annotated

import typer

from dslm.cli.shell.finding_lines import finding_lines
from dslm.cli.shell.printing import AsJson, emit, say
from dslm.errors import EXIT_BAD_INPUT


def check(
    workflows: Annotated[
        list[str] | None, typer.Argument(help="Workflows to check; all of them by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove contracts, gold sets, policies and recipes. Exit code 2 when a proof fails."""
    from dslm.checking.check_workflow import prove
    from dslm.settings.params import load_params
    from dslm.settings.workspace import find_root, workspace

    root = find_root()
    names = workflows or sorted(load_params(root).workflows)
    found = {name: prove(workspace(name, root)) for name in names}
    if as_json:
        emit({name: [f.model_dump() for f in findings] for name, findings in found.items()})
    else:
        for name, findings in found.items():
            say(*finding_lines(name, findings, root, "checks"))
    if any(f.kind == "fail" for findings in found.values() for f in findings):
        raise typer.Exit(EXIT_BAD_INPUT)
