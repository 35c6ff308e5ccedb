"""`dslm check`: proves workflows before any work, one line a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.printing import AsJson, emit, say
from dslm.errors import EXIT_BAD_INPUT

if TYPE_CHECKING:
    from pathlib import Path

    from rich.text import Text

    from dslm.proving.finding import Finding

MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "bold red")}


def check(
    workflows: Annotated[
        list[str] | None, typer.Argument(help="Workflows to prove; all of them by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove contracts, gold sets, policies and recipes. Exit code 2 when a proof fails."""
    from dslm.proving.proof import prove
    from dslm.settings.params import load_params
    from dslm.settings.workspace import find_root, workspace

    root = find_root()
    names = workflows or sorted(load_params(root).workflows)
    found = {name: prove(workspace(name, root)) for name in names}
    if as_json:
        emit({name: [f.model_dump() for f in findings] for name, findings in found.items()})
    else:
        for name, findings in found.items():
            say(*_lines(name, findings, root))
    if any(f.kind == "fail" for findings in found.values() for f in findings):
        raise typer.Exit(EXIT_BAD_INPUT)


def _lines(name: str, findings: list[Finding], root: Path) -> list[Text]:
    from rich.text import Text

    counts = {kind: sum(f.kind == kind for f in findings) for kind in MARKS}
    lines = [Text(name, style="bold")]
    for finding in findings:
        mark, style = MARKS[finding.kind]
        where = f"{finding.where.replace(f'{root}/', '')}: " if finding.where else ""
        fix = f" — {finding.fix}" if finding.fix else ""
        line = Text(f"  {mark} {finding.proof:<14} ", style=style)
        lines.append(line.append(f"{where}{finding.message}{fix}", style="none"))
    summary = f"  {counts['ok']} proofs hold, {counts['warn']} warnings, {counts['fail']} fail"
    return [*lines, Text(summary, style="bold red" if counts["fail"] else "bold")]
