from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.dates import date_of, date_readings, dates

DAY = dt.date(2025, 3, 4)


@pytest.mark.parametrize(
    "text",
    ["1.2.3", "1.2.34.5", "192.168.10.12", "10.12.10.12", "10.12.2025.1", "v2.10.2025",
     "version 4.3.2025", "+49 30 12 11 2025", "+49 (30) 12 11 2025", "030/12 11 2025",
     "01 12 10 25 12", "4 3 25", "12,50", "1.234,50", "3 12.50", "10-12.50", "1.12.25,00",
     "DE89 3704 0044 0532 0130 00", "078-05-1120", "555-01-2025", "RE-2025-0711", "4500123456",
     "4.3.202", "12 11 0300", "10:12:25", "31.02.2025", "20250304101", "4-3/25", "4/3-25",
     "RE-20250304", "20250304/17", "20250304.5", "$20250304", "20250304$", "#20250304",
     "20251304", "20250230", "18991231", "21000101", "A20250304", "20250304A", "20250304-17",
     "-20250304", "20250304%", "117/20250304"],
)  # fmt: skip
def test_numbers_of_other_things_are_no_dates(text: str) -> None:
    assert dates(text) == set()
    assert dates(f"see {text} there") == set()


@pytest.mark.parametrize(
    "text",
    ["2025/03/04", "2025/3/4", "2025.03.04", "2025. 3. 4.", "04.03.2025", "4. 3. 2025", "4.3.25",
     "04 . 03 . 2025", "2025 03 04", "1 04.03.2025", "04.03.2025.", "04.03.2025 10.15",
     "10.15 04.03.2025", "04.03.2025,1309", "x04.03.2025y", "2025-03-04-10.15.30", "2025‐03‐04",
     "04.03.2025-04.03.2025", "2025－03－04", "20250304T101500Z"],
)  # fmt: skip
def test_a_day_is_found_with_every_separator(text: str) -> None:
    assert dates(text) == {DAY}


@pytest.mark.parametrize("text", ["03/04/2025", "4-3-2025", "4/3-2025", "4/3 2025", "4/3/25"])
def test_an_order_that_nothing_decides_keeps_both_readings(text: str) -> None:
    assert dates(text) == {DAY, dt.date(2025, 4, 3)}
    assert date_of(text) is None


@pytest.mark.parametrize(("year", "full"), [(68, 2068), (69, 1969), (99, 1999), (0, 2000)])
def test_two_digits_of_a_year_turn_where_posix_says(year: int, full: int) -> None:
    assert date_of(f"13.01.{year:02}") == dt.date(full, 1, 13)
    assert date_of(f"13-Jan-{year:02}") == dt.date(full, 1, 13)


def test_a_locale_decides_only_between_days() -> None:
    assert date_of("12/25/2025", "de_DE") == dt.date(2025, 12, 25)
    assert date_of("2025-03-04", "en_US") == DAY


def test_a_locale_that_writes_the_year_first_decides_two_digits_but_not_a_year_at_the_end() -> None:
    assert date_of("25/03/04", "ja_JP") == DAY
    assert date_of("25. 3. 4.", "ko_KR") == DAY
    assert len(date_readings("03/04/2025", "ja_JP")) == 2


def test_years_of_other_calendars_are_not_taken_for_ours() -> None:
    assert date_of("4/3/2568", "th_TH") == DAY
    assert date_of("114/03/04", "zh_TW") == DAY
    assert dates("1403/12/14", "fa_IR") == set()
    assert dates("114/03/04") == set()


@given(st.lists(st.integers(0, 255), min_size=4, max_size=6))
def test_four_numbers_with_full_stops_are_never_a_date(numbers: list[int]) -> None:
    assert dates(".".join(map(str, numbers))) == set()


@pytest.mark.parametrize("day", ["04/03/25", "4/3/25", "04-03-25", "04.03.25", "4.03.25", "4.3.25"])
@pytest.mark.parametrize(
    "cell", [",12.50", ",1,Widget", ",10:15:22", ",10:15", ",Widget", ":10:15:22", ",2.000,00"]
)
def test_the_next_cell_or_a_time_takes_no_short_year_from_a_day(day: str, cell: str) -> None:
    assert dates(f"{day}{cell}", "en_GB") == {DAY}
    assert dates(f"[{day}{cell}] Anna", "de_DE") == {DAY}
    assert dates(f"A-17,{day}{cell}", "en_GB") == {DAY}


@pytest.mark.parametrize("locale", ["da_DK", "nb_NO", "nn_NO", "sv_SE"])
def test_northern_days_part_the_year_by_a_hyphen(locale: str) -> None:
    for text in ("4/3-25", "04/03-25", "4/3-2025"):
        assert date_of(text, locale) == DAY
        assert dates(f"den {text}, kl. 10", locale) == {DAY}
    assert len(dates("3/4-10/4 2025", locale)) == 2
    assert (
        dates("3/4-10/4", locale) == dates("1/2-3", locale) == dates("2024/3-25", locale) == set()
    )


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "\u00a0"])
@pytest.mark.parametrize("behind", ["10:15 Uhr", "12,50 €", "25,00", "18:00"])
def test_a_time_or_an_amount_behind_a_day_without_a_year_is_none(blank: str, behind: str) -> None:
    assert dates(f"Am 04.03.{blank}{behind}", "de_DE") == set()
    assert dates(f"Am 04.03.25{blank}{behind}", "de_DE") == {dt.date(2025, 3, 4)}
