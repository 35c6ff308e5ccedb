"""Tables and commands of the documents, for tests that hold each row and run each command."""

from __future__ import annotations

import re

from support.documents.code_reader import ROOT

CONTRACT = ROOT / "docs" / "contract.md"


def rows_of(heading: str, table: int = 1) -> list[tuple[str, ...]]:
    """The rows of the n-th table below a heading of docs/contract.md, without its head."""
    text = CONTRACT.read_text("utf-8")
    section = re.split(rf"(?m)^#+ {re.escape(heading)}$", text)[1]
    found = re.findall(r"(?m)(?:^\|.*\n)+", section)[table - 1]
    lines = found.splitlines()[2:]
    assert lines, heading
    return [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines]


def commands_below(document: str, heading: str) -> list[str]:
    """The lines of all shell blocks below a heading of a document, deeper headings included."""
    text = (ROOT / "docs" / document).read_text("utf-8")
    _, level, section = re.split(rf"(?m)^(#+) {re.escape(heading)}$", text)
    section = re.split(rf"(?m)^#{{1,{len(level)}}} ", section)[0]
    blocks = re.findall(r"(?s)```sh\n(.*?)```", section)
    return [line for block in blocks for line in block.strip().splitlines()]
