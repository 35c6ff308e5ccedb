"""Ranges of days that share month or year."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.dates import date_readings, dates

MARCH = {dt.date(2025, 3, 3), dt.date(2025, 3, 4)}


@pytest.mark.parametrize(
    "text",
    [
        "3.-4. März 2025", "vom 3. bis 4. März 2025", "3-4 March 2025", "3rd to 4th March 2025",
        "March 3-4, 2025", "March 3rd through 4th, 2025", "March 3 to March 4, 2025",
        "03.-04.03.2025", "03.03.-04.03.2025", "3.3 - 4.3.2025", "du 3 au 4 mars 2025",
        "del 3 al 4 de marzo de 2025", "с 3 по 4 марта 2025", "3–4 mars 2025",
        "2025-03-03 - 2025-03-04", "03.03.2025-04.03.2025", "Mar. 3 – Mar. 4, 2025",
        "Monday, 3 to 4 March 2025", "2025年3月3日〜4日", "2025年3月3日から3月4日",
        "2025년 3월 3일 ~ 4일",
    ],
)  # fmt: skip
def test_both_ends_of_a_range_are_stated(text: str) -> None:
    assert dates(f"Period {text}, net") == MARCH
    assert date_readings(text) == frozenset()


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.integers(1, 300),
       st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y-%m-%d"]),
       st.sampled_from(["-", "–", "/", " - ", "~"]))  # fmt: skip
def test_days_that_are_glued_together_are_those_that_stand_there(
    first: dt.date, days: int, form: str, sign: str
) -> None:
    last = first + dt.timedelta(days=days)
    one, two = (day.strftime(form) for day in (first, last))
    if not (sign == "/" and "/" in form) and not (sign.strip() in ("-", "–") and "-" in form):
        assert dates(f"{one}{sign}{two}") == dates(one) | dates(two)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.integers(0, 300))
def test_the_first_day_is_the_last_such_one_before_the_end(last: dt.date, length: int) -> None:
    first = last - dt.timedelta(days=length)
    assert dates(f"{first:%d.%m.}-{last:%d.%m.%Y}") == {first, last}
    assert dates(f"{first:%d %B} to {last:%d %B %Y}") == {first, last}


@pytest.mark.parametrize(
    "text",
    ["10:30 - 4 March 2025", "EUR 1,50 - 4 March 2025", "30 - 4 March 2025", "2 of 4 March 2025"],
)
def test_other_numbers_before_a_day_start_no_range(text: str) -> None:
    assert dates(text) == {dt.date(2025, 3, 4)}


def test_ranges_take_time_in_proportion() -> None:
    started = time.process_time()
    for text in ("3-4 " * 2500, "3.-" * 3300, "March 3-" * 1200, "3 mai - " * 1200):
        dates(text + "March 2025")
    assert time.process_time() - started < 4
