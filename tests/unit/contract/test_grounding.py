from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract import Contract
from dslm.contract.grounding import dates, numbers, ungrounded


@pytest.mark.parametrize(
    "text", ["1,309.00", "1.309,00", "1 309,00", "1'309.00", "EUR1309,-", "1309", "x1309.00y"]
)
def test_a_number_is_found_in_every_notation(text: str) -> None:
    assert Decimal("1309.00") in numbers(text)


@pytest.mark.parametrize(
    "text",
    ["04.03.2025", "2025-03-04", "4/3/25", "4 March 2025", "March 4th, 2025", "le 4 mars 2025",
     "4. März 2025", "03/04/2025"],
)  # fmt: skip
def test_a_day_is_found_in_every_notation(text: str) -> None:
    assert dt.date(2025, 3, 4) in dates(text)


@given(st.text())
def test_any_text_is_searched_without_an_error(text: str) -> None:
    numbers(text)
    dates(text)


def contract(mini: Contract, how: str | None) -> Contract:
    from dslm.contract.model import Compare

    compare = {"number": Compare.model_validate({"as": how})} if how else {}
    return mini.model_copy(update={"compare": compare})


@pytest.mark.parametrize(
    ("how", "value", "text", "there"),
    [
        ("text", "A-17", "order a 17", True),
        ("text", "A-17", "order A-18", False),
        ("text", "A7731", "Rechnung A77311", False),  # a number that lost its last digit
        ("text", "A7731", "A77311, A7731", True),
        ("text", "7731", "A7731", False),
        ("text", "Kranz", "Kranzdruck", False),
        ("text", "Kranz Druck", "KRANZ-DRUCK GmbH", True),
        ("text", "G-229", "Rg.-Nr.:G-229", True),
        ("text", "北京", "寄往北京市", True),  # a script without blanks
        ("text", "Groß", "GROSS", True),
        (None, "A-17", "order A-17", True),
        ("decimal", "9.50", "EUR 9,50", True),
        ("decimal", "RM 1,007.50", "TOTAL RM1007.50", True),
        ("decimal", "nine", "nine", False),
        ("date", "2025-03-04", "am 4.3.2025", True),
        ("date", "tomorrow", "tomorrow", False),
        ("set", ["Rome", "Oslo"], "Oslo to Rome", True),
        ("set", ["Rome", "Paris"], "Oslo to Rome", False),
        ("exact", {"to": ["Rome"], "day": None}, "to Rome", True),
        ("exact", {"to": ["Rome"], "day": "Monday"}, "to Rome", False),
        ("text", None, "", True),
    ],
)
def test_what_occurs_is_grounded(
    mini: Contract, how: str | None, value: Any, text: str, there: bool
) -> None:
    missing = ungrounded(contract(mini, how), text, {"kind": "order", "number": value})
    assert missing == (() if there else ("number",))
