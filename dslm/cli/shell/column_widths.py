"""Widths of a table's columns on a narrow terminal, so that no word is broken where none need be.

Takes cells and the room there is; gives widths, or None where all fits or nothing helps. Called by
`printing`, whose library narrows the widest column first and then breaks names in the others.
"""

from __future__ import annotations

from collections.abc import Sequence


def fitted_widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """How wide each column is to be.

    Args:
        columns: The cells of each, its heading among them.
        room: Characters of a line, without what stands between columns.

    Returns:
        None where the cells fit as they are, or not even their longest words do.
    """
    whole = [max((len(line) for cell in cells for line in cell.split("\n")), default=0)
             for cells in columns]  # fmt: skip
    least = [max((len(word) for cell in cells for word in cell.split()), default=0)
             for cells in columns]  # fmt: skip
    if sum(whole) <= room or sum(least) > room:
        return None
    widths = least
    for _ in range(room - sum(least)):
        tight = [_lines(cells, width) if width < most else 0
                 for cells, width, most in zip(columns, widths, whole, strict=True)]  # fmt: skip
        place = max(range(len(tight)), key=tight.__getitem__)
        widths[place] += 1
    return widths


def _lines(cells: Sequence[str], width: int) -> float:
    """How many lines the longest cell takes, about."""
    return max((len(cell) / max(1, width) for cell in cells), default=0.0)
