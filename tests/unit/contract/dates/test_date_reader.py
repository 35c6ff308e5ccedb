from __future__ import annotations

import datetime as dt
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents.code_reader import ROOT

from dslm.contract.dates import date_of, date_readings, dates, found_dates
from dslm.contract.dates.cldr_words import LANGUAGES
from dslm.errors import InputError

DAY = dt.date(2025, 3, 4)
days = st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31))
# A zero of each script that Python calls a decimal digit
ZEROS = [code for code in range(0x110000) if chr(code).isdecimal() and int(chr(code)) == 0]
BLANKS = "\u0020\u00a0\u2009\u202f\u2007\u3000"


@pytest.mark.parametrize(
    "text",
    [
        "Nota de 4 de marzo de 2025 por 310,00 EUR", "Ricevuta del 4 marzo 2025, saldo 88,10",
        "Recibo de 4 de março de 2025", "Paragon z dnia 4 marca 2025 r., suma 12,00 zł",
        "Bon van 4 maart 2025", "ご請求日:2025年3月4日 計 500円", "Fiş tarihi 4 Mart 2025'tir",
        "Reçu du 4\u2009mars\u202f2025", "受領日 ２０２５-０３-０４", "Dt. 04-Mar-2025, Rs. 900",
        "Beleg vom 4. März 2025", "إيصال بتاريخ ٤ مارس ٢٠٢٥", "收据日期 二〇二五年三月四日",
        "領収 令和7年3月4日", "開立 民國114年3月4日", "영수증 2025년 3월 4일", "रसीद ४ मार्च २०२५",
        "biên nhận ngày 4 tháng 3 năm 2025", "ใบเสร็จ 4 มีนาคม 2568", "Квитанция от 4 марта 2025 г.",
        "nyugta 2025. március 4-én", "Kvitto 4 mars 2025", "4 آذار/مارس 2025", "4 آذار 2025",
    ],
)  # fmt: skip
def test_a_day_is_found_in_the_texts_of_the_world(text: str) -> None:
    assert dates(text) == {DAY}


def test_a_numeric_date_in_arabic_digits_has_the_readings_of_its_locale() -> None:
    text = "وصل بتاريخ ٤\u200f/٣\u200f/٢٠٢٥ بمبلغ ٩٠٫٥٠"
    assert dates(text) == {DAY, dt.date(2025, 4, 3)}
    assert dates(text, "ar_EG") == {DAY}


@given(days, st.sampled_from(ZEROS), st.sampled_from(BLANKS))
def test_the_digits_of_every_script_are_read(day: dt.date, zero: int, blank: str) -> None:
    def written(number: int) -> str:
        return "".join(chr(zero + int(digit)) for digit in str(number))

    numeric = f"{written(day.year)}-{written(day.month)}-{written(day.day)}"
    assert date_of(numeric) == day
    named = f"{written(day.day)}{blank}{day:%b}{blank}{written(day.year)}"
    assert date_of(named) == day
    assert dates(f"a {named} b") == {day}


@given(days, st.sampled_from([
    "%Y-%m-%d", "%F", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d %Y", "%A, %d %B %Y", "%c",
    "%a %b %e %H:%M:%S UTC %Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%b-%Y", "%d%b%Y", "%d-%b-%y",
    "%d %b %y", "%a, %d %b %Y %H:%M:%S +0000", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H%M%S", "%d/%b/%Y",
]))  # fmt: skip
def test_what_strftime_writes_is_read(day: dt.date, form: str) -> None:
    text = dt.datetime.combine(day, dt.time(10, 15), dt.UTC).strftime(form)
    assert date_of(text) == day
    assert day in dates(f"was done ({text}).")


@given(days)
def test_a_locale_decides_what_its_own_order_decides(day: dt.date) -> None:
    assert date_of(f"{day:%m/%d/%Y}", "en_US") == day
    assert date_of(f"{day:%d/%m/%Y}", "en_GB") == day
    assert date_of(f"{day:%D}", "en-US") == day
    readings = date_readings(f"{day:%d/%m/%Y}")
    assert day in readings
    assert len(readings) == (2 if day.day <= 12 and day.day != day.month else 1)


@given(days)
def test_locales_that_disagree_leave_a_day_undecided(day: dt.date) -> None:
    written = f"{day:%d/%m/%Y}"
    assert date_readings(written, ["de_DE", "en_US"]) == date_readings(written)
    assert date_readings(written, ("de_DE", "fr_FR")) == {day}


@given(days, st.text(max_size=12), st.text(max_size=12))
def test_a_finding_lies_where_the_day_stands(day: dt.date, before: str, after: str) -> None:
    written = f"{day:%A}, {day.day}\u200f {day:%B} {day.year}"
    text = f"{before} ¶ {written} ¶ {after}"
    start = len(before) + 3 + len(f"{day:%A}, ")
    end = len(before) + 3 + len(written)
    assert any((f.start, f.end, f.readings) == (start, end, {day}) for f in found_dates(text))


@given(st.text())
def test_any_text_is_searched_without_an_error(text: str) -> None:
    for found in found_dates(text):
        assert found.readings
        assert 0 <= found.start < found.end <= len(text)
    date_of(text)


_NEAR = "0123456789٣४３ .,-/'年月日元三十令和 mar märz de a\u0301\u200f\n:T"


@given(st.text(st.sampled_from(_NEAR), max_size=30), st.sampled_from([None, "en_US", "ja", "th"]))
def test_what_is_nearly_a_date_is_searched_without_an_error(text: str, locale: str | None) -> None:
    readings = date_readings(text, locale)
    assert all(isinstance(day, dt.date) for day in readings)
    assert (date_of(text, locale) is not None) == (len(readings) == 1)


def test_a_long_text_takes_time_in_proportion() -> None:
    for piece in ("令和7年3月4日 4.3.2025 ", "1 ", "mar 4 10:00 ", "4 mars 2025 ", "年一"):
        began = time.process_time()
        found_dates(piece * (200_000 // len(piece)))
        assert time.process_time() - began < 8, piece  # a square of it would take minutes


@given(st.sampled_from([(2, 30), (2, 31), (4, 31), (6, 31), (9, 31), (11, 31), (2, 29)]))
def test_a_day_that_the_calendar_lacks_is_none(month_day: tuple[int, int]) -> None:
    month, day = month_day
    name = dt.date(2025, month, 1).strftime("%B")
    for text in (f"{day}.{month}.2025", f"2025-{month:02}-{day}", f"{day} {name} 2025",
                 f"{name} {day}, 2025", f"2025年{month}月{day}日"):  # fmt: skip
        assert dates(text) == set()
        assert date_of(text) is None


@pytest.mark.parametrize(
    "value",
    ["2025-03-04", " 2025-03-04 ", "20250304", "2025-W10-2", "2025-03-04T23:30:00-11:00",
     "2025-03-04 10:15", "2025-03-04T10:15:00.123456789Z", "04.03.2025", "Dienstag, 4. März 2025",
     "le 4 mars 2025", "am 4. März 2025", "den 4. marts 2025", "Tue 4 Mar 2025 10:15 AM",
     "Tuesday the 4th of March, 2025", "2025年3月4日(火)", "thứ Ba, ngày 4 tháng 3 năm 2025",
     "Mar 4, 2025 12:00:00 AM", "4 mars 2025 à 10h30", "2025年3月4日 10時15分",
     "04.03.2025 um 10.15 Uhr", "4 March 2025.", "(4 March 2025)", "4.3.2025 klo 10.15",
     "4.3.2025 kl. 10.15", "den 4. marts 2025 kl. 10", "4. mars 2025 klokken 10.15",
     "4.3.2025 kell 10.15",
     "4 marca 2025 godz. 10.15", "4 marzo 2025 ore 10.15", "4.3.2025 kl. 10:15",
     dt.date(2025, 3, 4), dt.datetime(2025, 3, 4, tzinfo=dt.UTC)],
)  # fmt: skip
def test_a_value_that_is_nothing_but_a_day_is_that_day(value: object) -> None:
    assert date_of(value) == DAY


@pytest.mark.parametrize(
    "value",
    ["", "tomorrow", "4 March", "March 2025", "due 4 March 2025 or later", "2025-03-04 A-17",
     "4 March 2025 and 5 March 2025", "04.03.2025 - 05.03.2025", "2025-03-04x", "-", "2025",
     "20250304101", None, 20250304, 4.3, "4 March 2025 12", "03/04/2025", "x" * 500, "A2025-03-04",
     "2025-03-04A", "AM4.3.2025", "4.3.2025b", "4.3.2025 10.15", "4.3.2025 kl. 10.15 11",
     "4.3.2025 kl. 1015", "RE-20250304", "45000304"],
)  # fmt: skip
def test_a_value_that_is_more_or_less_than_one_day_is_none(value: object) -> None:
    assert date_of(value) is None


@given(
    days.filter(lambda day: day.year > 1999),
    st.sampled_from(["%Y%m%d", "%G-W%V-%u", "%GW%V%u", "%Y-%m-%d"]),
    st.sampled_from(["{}", "Ref {} ok", "DTM+137:{}:102", "a,{},12.50", "({})", "x\n{}\n2019",
                     "{}.", "report_{}.pdf", "{}; 4", "{}-{}", "UNOA:1+{}:1015+1"]),
)  # fmt: skip
def test_a_form_that_a_label_may_have_is_found_in_a_text(
    day: dt.date, form: str, text: str
) -> None:
    written = day.strftime(form)
    assert date_of(written) == day
    if "W" not in form or "-{}" not in text:
        assert day in dates(text.replace("{}", written)), text
    assert form == "%Y-%m-%d" or day not in dates(f"x{written} {written}7 RE-{written}")


@given(
    days,
    st.sampled_from([("ru_RU", " г."), ("uk_UA", " р."), ("be_BY", " г."), ("bg_BG", " г.")]),
    st.sampled_from(["«»", '""', "“”", "„“", "‹›", "„”", "””"]),
    st.sampled_from(["{}{:02}{} {} {}", "{}{}{} {} {}", "{} {:02} {} {} {}",
                     "{}_{:02}_{} __{}__ {}"]),
)  # fmt: skip
def test_a_day_in_quotes_before_its_month_is_a_day(
    day: dt.date, of: tuple[str, str], quotes: str, form: str
) -> None:
    from babel.dates import format_date

    month = format_date(day, "MMMM", locale=of[0])
    written = form.format(quotes[0], day.day, quotes[1], month, day.year) + of[1]
    assert dates(f"Договор от {written}, № 17", of[0]) == {day}
    assert date_of(written, of[0]) == day


def test_quotes_around_other_numbers_make_no_day() -> None:
    for text in ('3" 4" Mar 2025', '{"4": "Mar 2025"}', '"4","Mar","2025"', '"4" pallets 2025'):
        assert dates(text) == set()


def test_a_finding_says_whether_it_is_ambiguous() -> None:
    first, second = found_dates("from 03/04/2025 to 14 April 2025")
    assert first.ambiguous
    assert not second.ambiguous


def test_a_locale_that_cldr_lacks_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="xx_XX"):
        dates("4 March 2025", "xx_XX")


def _documented() -> list[tuple[str, str, str]]:
    page = (ROOT / "docs" / "contract.md").read_text("utf-8")
    section = re.split(r"^#+ ", page.split("### Dates\n", 1)[1], flags=re.MULTILINE)[0]
    rows = [re.findall(r"\s*(.*?)\s*(?<!\\)\|", line[1:]) for line in section.splitlines()
            if line.startswith("| `")]  # fmt: skip
    return [
        (form, locale.strip("`"), days)
        for forms, locale, days in rows
        for form in re.findall(r"`([^`]+)`", forms)
    ]


def test_the_table_of_dates_is_long_enough_to_mean_something() -> None:
    assert len(_documented()) > 40
    assert {locale for _, locale, _ in _documented()} > {"", "en_US"}
    page = (ROOT / "docs" / "contract.md").read_text("utf-8")
    assert f"are read in {len(LANGUAGES)} locales" in page


@pytest.mark.parametrize(("form", "locale", "expected"), _documented())
def test_the_documented_forms_are_read_as_documented(form: str, locale: str, expected: str) -> None:
    wanted = {dt.date.fromisoformat(day) for day in re.findall(r"\d{4}-\d\d-\d\d", expected)}
    assert date_readings(form, locale.split(", ") if locale else None) == wanted
    assert dates(f"x; {form}; y", locale.split(", ") if locale else None) == wanted
