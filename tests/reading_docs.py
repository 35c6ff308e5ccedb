"""Tables of the documents, for tests that hold each row of one."""

from __future__ import annotations

import re

from reading_code import ROOT

CONTRACT = ROOT / "docs" / "contract.md"


def rows_of(heading: str, table: int = 1) -> list[tuple[str, ...]]:
    """The rows of the n-th table below a heading of docs/contract.md, without its head."""
    text = CONTRACT.read_text("utf-8")
    section = re.split(rf"(?m)^#+ {re.escape(heading)}$", text)[1]
    found = re.findall(r"(?m)(?:^\|.*\n)+", section)[table - 1]
    lines = found.splitlines()[2:]
    assert lines, heading
    return [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines]
