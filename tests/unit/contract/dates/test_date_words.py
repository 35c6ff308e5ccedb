from __future__ import annotations

import datetime as dt

import pytest

from dslm.contract.dates import date_of, date_readings, dates
from dslm.contract.dates.date_words import month_words
from dslm.contract.dates.month_spellings import FURTHER

OCTOBER, NOVEMBER = dt.date(2025, 10, 4), dt.date(2025, 11, 4)


def test_a_word_that_is_two_months_is_ambiguous_until_a_locale_decides() -> None:
    assert date_readings("4 listopada 2025") == {OCTOBER, NOVEMBER}
    assert date_of("4 listopada 2025", "pl_PL") == NOVEMBER
    assert date_of("4. listopada 2025.", "hr") == OCTOBER
    assert date_readings("4 listopada 2025", ["pl", "hr"]) == {OCTOBER, NOVEMBER}


def test_few_words_are_two_months() -> None:
    several = {name for name, months in month_words().months.items() if len(months) > 1}
    assert several == {"lip", "lis", "listopad", "listopada", "srp"}


@pytest.mark.parametrize(
    "written",
    ["4 März 2025", "4 MÄRZ 2025", "4 marz 2025", "4 Maerz 2025", "4 Ma\u0308rz 2025", "4 mär 2025",
     "4 Mrz. 2025", "4 MARCH 2025", "4 ΜΑΡΤΙΟΥ 2025", "4 Μαρτίου 2025", "4 marzec 2025",
     "4 marca 2025", "4 MART 2025", "4 Mar 2025", "4 març 2025", "4 marco 2025", "4 मार्च 2025"],
)  # fmt: skip
def test_a_month_is_read_as_it_is_typed(written: str) -> None:
    assert date_of(written) == dt.date(2025, 3, 4)


@pytest.mark.parametrize(
    ("written", "month"),
    [("4 fév 2025", 2), ("4 sept 2025", 9), ("4 Septem. 2025", 9), ("4 KASIM 2025", 11),
     ("4 kasim 2025", 11), ("4 ŞUBAT 2025", 2), ("4 subat 2025", 2), ("4 İyul 2025", 7),
     ("4 paździer. 2025", 10), ("4 pazdziernika 2025", 10), ("4 décembre 2025", 12)],
)  # fmt: skip
def test_beginnings_and_plain_letters_are_read(written: str, month: int) -> None:
    assert date_of(written) == dt.date(2025, month, 4)


@pytest.mark.parametrize(
    "written",
    ["4. marta 2025. godine", "4. марта 2025. године", "2025. gada 4. martā", "4. märtsil 2025",
     "2025-yil 4-mart", "4-mart 2025-yil", "2025-ci il 4 mart", "4 mart 2025-ci il",
     "2025 жылғы 4 наурыз", "4 наурыз 2025 жыл", "2025 წლის 4 მარტი", "4 მარტს, 2025",
     "4 למרץ 2025", "4 במרס 2025", "৪ঠা মার্চ ২০২৫", "4hb Mac 2025", "4 مارچ 2025ء",
     "4 ng Marso, 2025", "tanggal 4 Maret 2025", "วันที่ 4 มีนาคม 2568",
     "den 4:e mars 2025", "2025 m. kovo mėn. 4 d.", "Tues 4 Mar 2025", "4 март 2025 година"],
)  # fmt: skip
def test_case_endings_and_words_that_cldr_lacks_are_read(written: str) -> None:
    assert date_of(written) == dt.date(2025, 3, 4)
    for text in (f"({written})", f"No. 7: {written}, 12 x", f"{written}\n12,50"):
        assert dates(text) == {dt.date(2025, 3, 4)}, text


@pytest.mark.parametrize("language", FURTHER)
def test_every_further_spelling_of_a_month_is_that_month(language: str) -> None:
    for month, names in FURTHER[language].items():
        for name in names:
            assert dates(f"4 {name} 2025") == {dt.date(2025, month, 4)}, name


@pytest.mark.parametrize(
    "text",
    [
        "4 mail 2025",
        "4:at mars 2025",
        "4 Mar Men 1500 m",
        "4 Marketing 2025",
        "4 Maybe 2025",
        "12 Mayor 2025",
        "3 Decker 2025",
        "7 Junk 2025",
    ],
)
def test_a_word_that_only_begins_like_a_month_is_none(text: str) -> None:
    assert dates(text) == set()
