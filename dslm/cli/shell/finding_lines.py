"""Findings as lines for people; used by `dslm check` and `dslm doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from dslm.checking.finding import Finding

MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "bold red")}
SKIPPED = ("–", "dim")


def finding_lines(title: str, findings: Sequence[Finding], root: Path, what: str) -> list[Text]:
    """A heading, one line a finding, and how many there are of each kind.

    Args:
        title: The workflow.
        findings: In their order.
        root: The repository; paths are shown relative to it.
        what: What holds where a finding is fine, in the plural.
    """
    from rich.text import Text

    made = [f for f in findings if not f.skipped]
    counts = {kind: sum(f.kind == kind for f in made) for kind in MARKS}
    lines = [Text(title, style="bold")]
    for finding in findings:
        mark, style = SKIPPED if finding.skipped else MARKS[finding.kind]
        where = f"{finding.where.replace(f'{root}/', '')}: " if finding.where else ""
        fix = f" — {finding.fix}" if finding.fix else ""
        line = Text(f"  {mark} {finding.proof:<14} ", style=style)
        lines.append(line.append(f"{where}{finding.message}{fix}", style="none"))
    left = f", {len(findings) - len(made)} not run here" if len(made) < len(findings) else ""
    summary = (
        f"  {counts['ok']} {what} passed, {counts['warn']} warnings, {counts['fail']} failed{left}"
    )
    return [*lines, Text(summary, style="bold red" if counts["fail"] else "bold")]
