from __future__ import annotations

import datetime as dt

import pytest

from dslm.contract.dates import date_of, date_readings, dates, found_dates

DAY = dt.date(2025, 3, 4)


@pytest.mark.parametrize(
    "text",
    ["04-Mar-2025", "04MAR2025", "4 March 2025", "4 March, 2025", "March 4th, 2025", "Mar. 4, 2025",
     "March 4 2025", "4. März 2025", "4 de marzo de 2025", "4 de marzo del 2025", "marzo 4 de 2025",
     "4º de março de 2025", "4° marzo 2025", "4e maart 2025", "4th of March 2025", "4 Mar '25",
     "4th day of March, 2025", "2025. március 4.", "2025-Mar-04", "2025 March 4", "Mar/4/2025",
     "2025. gada 4. marts", "2025(e)ko martxoaren 4(a)", "2025 ж. 4 наурыз", "4\n March\n2025",
     "Tue Mar  4 10:15:00 2025", "Tue Mar 4 10:15:00 CET 2025", "Tue 4 Mar 10:15:00 CET 2025",
     "12:15 4 Mar 2025", "4 III 2025", "4.III.2025", "04-iii-2025", "4 มี.ค. 68", "March 4, '25",
     "4 Mar 25", "4 марта 2025", "d. 4 de març del 2025", "4 d'març 2025", "4.–4. März 2025"],
)  # fmt: skip
def test_a_day_is_found_with_its_month_in_words(text: str) -> None:
    assert dates(text) == {DAY}


def test_the_first_of_a_month_is_written_in_its_own_way() -> None:
    first = dt.date(2025, 3, 1)
    assert {date_of(t) for t in ("1er mars 2025", "le 1er mars 2025", "1º de marzo de 2025")} == {
        first
    }


@pytest.mark.parametrize(
    "text",
    ["4 March", "March 2025", "On March 4, 25 people came", "March 4, 12 pallets", "4 x 2025",
     "4 pallets 2025", "4 March 12:30", "4 March 25%", "4 March 12.50", "14 March; 2025",
     "4 Mar\n\n\nno. 7 of order 2025-17", "31 February 2025"],
)  # fmt: skip
def test_what_lacks_a_day_month_or_year_is_no_date(text: str) -> None:
    assert dates(text) == set()


def test_neighbouring_dates_do_not_lend_each_other_numbers() -> None:
    assert dates("12 Mar - 15 Apr 2025") == {dt.date(2025, 3, 12), dt.date(2025, 4, 15)}
    assert dates("4 March 2025 12 April 2026") == {DAY, dt.date(2026, 4, 12)}
    assert dates("March 4, 2025 April 12, 2026") == {DAY, dt.date(2026, 4, 12)}


@pytest.mark.parametrize(
    "text",
    ["12 Mai 10 Uhr", "12 mai 20 h", "12 May 10 am", "12 May 10 a.m.", "12 Mai 15 bis 16 Uhr",
     "12 мая 10 часов", "2 mai 30 €", "2 mai 30€", "2 May 30 EUR", "5 May 20 $",
     "2 mai 30 € (5 Personen)", "12 Mai 20,- €", "12 maja 50 PLN", "12 мая 50 руб.",
     "12 May 50 dollars", "12 maj 50 SEK", "2 května 30 Kč", "12-May-20 hrs", "12 Mai 25,50",
     "5 Mar 30,00", "Mai 25,50"],
)  # fmt: skip
def test_an_hour_or_an_amount_behind_a_month_is_no_year(text: str) -> None:
    assert dates(text) == set()
    assert date_readings(text) == frozenset()


@pytest.mark.parametrize("text", ["4 March 25", "4 March 25 EUR 300", "4 March 25, 10 am",
                                  "4 March 25 $5", "4. März 25 um 10 Uhr", "4 marzo 25 ore 10",
                                  "4 mars 25 à 10 h", "4 marca 25 godz. 10",
                                  "04 Mar 25 EUR -12.50", "04 Mar 25 € \u221212,50",
                                  "04 Mar 25 EUR (12.50)", "4 Mar 25 -12,50"])  # fmt: skip
def test_two_digits_behind_a_month_are_a_year_all_the_same(text: str) -> None:
    assert dates(text) == {dt.date(2025, 3, 4)}


@pytest.mark.parametrize("day", ["04-Mar-25", "04/Mar/25", "04.Mar.25", "04MAR25", "04 Mar '25",
                                 "Mar-04-25", "Mar/04/25", "March 4th, '25"])  # fmt: skip
def test_a_short_year_that_its_signs_mark_is_one_whatever_follows(day: str) -> None:
    for rest in ("Tesco -12.50", "Jan Kowalski 12,50", "EUR", "EUR Rewe -12,50", "May Ltd (5.00)"):
        assert dates(f"{day} {rest}") == {DAY}
    for rest in ("1999", "2026 5.00", "1500"):
        assert day[0] == "M" or dates(f"{day} {rest}") == {DAY}


@pytest.mark.parametrize("day", ["04-Mar-24", "04/Mar/24", "04MAR24", "04 Mar '24", "Mar-04-24"])
def test_a_name_that_could_be_an_hour_takes_no_year_from_a_day(day: str) -> None:
    for rest in (
        "H&M -12.50",
        "H & M 5,00",
        "H. Smith",
        "AM Best Co",
        "A.M. Castle",
        "to 12 am",
        "% Arabica",
    ):
        assert dates(f"{day} {rest}") == {dt.date(2024, 3, 4)}


@pytest.mark.parametrize("rest", ["H&M -12.50", "Rs. 500.00", "Kr. 5", "руб. 5", "RS.500",
                                  "Dollar Tree 12.50", "Pound Shop", "EUR (5.00)"])  # fmt: skip
def test_what_a_booking_begins_with_takes_no_year_from_its_day(rest: str) -> None:
    assert dates(f"04 Mar 24 {rest}") == {dt.date(2024, 3, 4)}


def test_days_that_are_joined_by_the_sign_within_are_two() -> None:
    assert dates("04-Mar-10-Mar-2025") == {DAY, dt.date(2025, 3, 10)}
    assert dates("March 4-25 sale") == set()


@pytest.mark.parametrize(
    "amount", ["1500.00", "1250,00 EUR", "9999", "12345", "2500.00", "2025.50"]
)
def test_an_amount_of_four_digits_behind_a_short_year_is_no_other_year(amount: str) -> None:
    found = dates(f"04 Mar 25 {amount}")
    assert dt.date(2025, 3, 4) in found
    assert {day.year for day in found} == {2025}


@pytest.mark.parametrize("between", [" ", ", ", ","])
@pytest.mark.parametrize("day", ["04 Mar 25", "4. März 25", "4 de marzo 25"])
def test_a_year_behind_a_short_one_on_its_line_leaves_a_day_undecided(
    day: str, between: str
) -> None:
    found = found_dates(f"x {day}{between}2026 Ford")
    assert DAY in {one for place in found for one in place.readings}
    assert "de" in day or [one.ambiguous for one in found] == [True]
    assert dates(f"at 10:15 Mar 25{between}2026") == {dt.date(2026, 3, 25)}


@pytest.mark.parametrize("day", ["4 Mar 25", "04 March 25", "4. März 25", "4 mars 25", "04-Mar-25",
                                 "04/03/25", "4.3.25", "2025 March 4", "2025. március 4",
                                 "March 4, 25", "04MAR25"])  # fmt: skip
@pytest.mark.parametrize(
    "line", ["2019 Ford", "2019", "1985/117", "2019,50 EUR", "10:15", "12 Mai"]
)
def test_a_line_end_joins_no_day_that_is_whole_to_what_stands_below(day: str, line: str) -> None:
    assert dates(f"Date: {day}\n{line}", "en_GB") == {DAY}
    assert dates(f"Date: {day}\r\n\r\n{line}", "de") == {DAY}


@pytest.mark.parametrize("number", ["2025/117", "2025-03-06", "2019/05/06", "2026-17"])
def test_a_number_that_begins_with_a_year_is_none_of_the_day_before(number: str) -> None:
    for day in ("4 Mar 25", "4. März 25", "04 mars 25"):
        for between in (", ", " "):
            found = dates(f"Invoice date {day}{between}{number}")
            assert found - dates(number) == {DAY}


@pytest.mark.parametrize("day", ["04-Mar-25", "04/Mar/25", "04MAR25", "4 Mar '25", "Mar/04/25",
                                 "04 Mar 25", "4. März 25"])  # fmt: skip
@pytest.mark.parametrize("cell", ["12.50", "1,Widget", "12.50,37.50", "10:15:22", "Widget", "2025"])
def test_the_next_cell_takes_no_short_year_from_a_day(day: str, cell: str) -> None:
    assert DAY in dates(f"{day},{cell}", "en_GB")
    assert DAY in dates(f"A-17,{day},{cell}", "de_DE")


@pytest.mark.parametrize("amount", ["1234", "2500"])
def test_four_digits_that_may_be_a_far_year_take_no_day_away(amount: str) -> None:
    assert DAY in dates(f"04 Mar 25 {amount}")


@pytest.mark.parametrize(
    "row",
    ["04 Mar 2000.00", "4-Mar 1999.99 Tesco", "Mar 4 2024.50", "4 Mar 2000,00 EUR", "04/03 2000.00",
     "12.03. 1999,99", "04/03 1985,40", "04.03. 05.03. 2000,00 Miete", "04-03 -12.50",
     "04-03 \u221220,00"],
)  # fmt: skip
def test_an_amount_behind_a_day_without_a_year_is_no_year(row: str) -> None:
    assert dates(row) == set()


@pytest.mark.parametrize(
    "row",
    ["2025-Mar-04 1250.00", "2025-Mar-04 2000.00 Tesco", "2025-mars-04 1500,00",
     "2025. m\u00e1rcius 4. 1250 Ft", "2025. m\u00e1rc. 04. 2000 Ft", "2025 Mar 04 1999.99",
     "Mar-04-25 -12.50", "Mar-04-25 -20", "04 Mar 25 1999.99", "04 Mar 25 1985,40 EUR",
     "4. M\u00e4rz 25 2010,99", "04/03/25 1250", "04/03/25 2000.00",
     "04/03/25 1999 Club", "4 Mar 2025,12,Tesco", "4 Mar 2025.14h30", "4/3 2025", "4.3. 2025",
     "04-03 -2025", "04-Mar-2025.10 pdf"],
)  # fmt: skip
def test_an_amount_behind_a_day_makes_no_other_one_and_takes_none_away(row: str) -> None:
    assert dates(row, "de") == {DAY}


def test_days_in_a_row_that_begin_with_their_year_are_all_read() -> None:
    assert dates("2025-Mar-04 2025-Mar-06 Tesco") == {DAY, dt.date(2025, 3, 6)}
    assert dates("3/4-4/4 2025", "de") == {dt.date(2025, 4, 3), dt.date(2025, 4, 4)}


@pytest.mark.parametrize(
    "before",
    ["12\n", "12, ", "78,08 ", "at 10:15 ", "A17\t(", "22h17 ", "12 (", "2024-12-04 ", "17; "],
)
def test_a_number_before_a_month_that_has_its_day_and_year_takes_nothing_from_it(
    before: str,
) -> None:
    for day in ("Mar 4, 2025", "March 04, 2025", "Mar 4 2025"):
        assert dates(f"{before}{day} sum 5") - dates(before) == {DAY}
        assert dates(f"{before}{day}, 10") - dates(before) == {DAY}


@pytest.mark.parametrize("day", ["4 Mar 25", "4. März 25", "4 mars 25"])
def test_a_short_year_is_one_before_a_name_that_begins_like_a_month(day: str) -> None:
    for rest in ("\nJan Kowalski", ", Jan Kowalski", ",Mai", ",27 May 25", ",16h28", ",741473210"):
        assert DAY in dates(f"{day}{rest}")
    assert dates(f"{day},27 Apr 26") == {DAY, dt.date(2026, 4, 27)}
    assert dates(f"{day}, 10") == {DAY}
    assert dates("04MAR25. Jan Kowalski") == {DAY}
