from __future__ import annotations

import io

import pytest
from rich.console import Console

from dslm.cli.shell import printing
from dslm.cli.shell.column_widths import fitted_widths

COLUMNS = ["check", "status", "required", "measured", "why"]
ROWS = [
    ["few_wrong_bookings", "PASS", "at most 0.150, on the value", "0.000 [0.000, 0.088], n = 40",
     "the measured value meets the bound; not shown with confidence: The recorded gold set is "
     "small, for a demonstration"],
    ["cheaper_than_clerks", "INCONCLUSIVE", "at most 3.20 EUR", "2.33 EUR [1.99, 3.51], n = 120",
     "about 20 more groups like these would decide"],
]  # fmt: skip


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_breaks_no_word(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(printing.table("t", COLUMNS, ROWS))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    told = set(out.getvalue().split())
    assert {word for row in ROWS for cell in row for word in cell.split()} <= told


def test_widths_are_left_alone_where_all_fits_or_no_word_would() -> None:
    assert fitted_widths([["ab", "c"], ["de f"]], 6) is None
    assert fitted_widths([["abcdef"], ["ghijkl"]], 11) is None
    assert fitted_widths([["aaa bbb"], ["cc"]], 5) == [3, 2]


def test_room_goes_where_the_lines_are() -> None:
    widths = fitted_widths([["id"], ["a word " * 20], ["b word"]], 60)
    assert widths is not None
    assert sum(widths) == 60
    assert widths[1] > widths[2] >= 4
