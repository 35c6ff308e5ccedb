from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest
from babel import Locale, localedata
from babel.dates import format_date

from dslm.contract.dates import date_readings, dates
from dslm.contract.dates.cldr_words import LANGUAGES, write
from dslm.contract.dates.date_words import TABLE

BEYOND = ("ga", "cy", "lo", "my", "am", "en_CA", "fr_CA", "de_CH", "zh_TW", "pt_BR", "es_MX", "lb")
FORMS = ("medium", "long", "full")


def drawn(locale: str) -> list[dt.date]:
    """A day of each month, in years from 1970 to 2068."""
    draw = random.Random(locale)
    return [
        dt.date(draw.randint(1970, 2068), month, draw.randint(1, 28 if month == 2 else 30))
        for month in range(1, 13)
    ]


def test_the_file_of_words_is_what_cldr_says(tmp_path: Path) -> None:
    """Else: python -c "from dslm.contract.dates import cldr_words as c, date_words as d;
    c.write(d.TABLE)"."""
    write(tmp_path / "words.json")
    assert (tmp_path / "words.json").read_text("utf-8") == TABLE.read_text("utf-8")


@pytest.mark.parametrize("locale", [*LANGUAGES, *BEYOND])
def test_what_cldr_writes_is_read_back_with_its_locale(locale: str) -> None:
    for day in drawn(locale):
        for form in FORMS:
            written = format_date(day, form, locale)
            assert date_readings(written, locale) == {day}, written
            assert dates(f"({written})", locale) == {day}, written


@pytest.mark.parametrize("locale", LANGUAGES)
def test_what_cldr_writes_is_read_back_without_a_locale(locale: str) -> None:
    for day in drawn(locale):
        for form in FORMS:
            written = format_date(day, form, locale)
            assert day in date_readings(written), written
            assert day in dates(written), written


@pytest.mark.parametrize("locale", [*LANGUAGES, *BEYOND])
def test_what_cldr_writes_in_short_is_read_back_with_its_locale(locale: str) -> None:
    for day in drawn(locale):
        written = format_date(day, "short", locale)
        if locale == "th":  # two digits may be of the Buddhist era as well: told, not guessed
            assert day in date_readings(written, locale)
            assert len(date_readings(written, locale)) == 2
        else:
            assert date_readings(written, locale) == {day}, written


@pytest.mark.slow
def test_no_locale_writes_the_month_first_with_full_stops() -> None:
    for name in localedata.locale_identifiers():
        if name == "root":
            continue
        pattern = Locale.parse(name).date_formats["short"].pattern.lower()
        assert not ("." in pattern and pattern.find("m") < pattern.find("d") < pattern.find("y"))
