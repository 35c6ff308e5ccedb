from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.dates import date_of, dates

DAY = dt.date(2025, 3, 4)
NUMERALS = "〇一二三四五六七八九"
ERAS = {"明治": dt.date(1868, 1, 25), "大正": dt.date(1912, 7, 30), "昭和": dt.date(1926, 12, 25),
        "平成": dt.date(1989, 1, 8), "令和": dt.date(2019, 5, 1),
        "民國": dt.date(1912, 1, 1)}  # fmt: skip


def tens(number: int) -> str:
    """A number to 99 in Chinese numerals."""
    high, low = divmod(number, 10)
    ten = ("" if high == 1 else NUMERALS[high]) + "十" if high else ""
    return ten + (NUMERALS[low] if low else "")


@given(st.dates(dt.date(1000, 1, 1)))
def test_chinese_numerals_are_read(day: dt.date) -> None:
    year = "".join(NUMERALS[int(digit)] for digit in str(day.year))
    assert date_of(f"{year}年{tens(day.month)}月{tens(day.day)}日") == day
    assert date_of(f"{year.replace('〇', '零')}年{tens(day.month)}月{tens(day.day)}號") == day


@given(st.sampled_from(sorted(ERAS)), st.integers(0, 20000))
def test_a_year_of_an_era_is_read(era: str, after: int) -> None:
    day = ERAS[era] + dt.timedelta(days=after)
    count = day.year - ERAS[era].year + 1
    assert date_of(f"{era}{count}年{day.month}月{day.day}日") == day
    assert date_of(f"{era}{tens(count)}年{tens(day.month)}月{tens(day.day)}日") == day
    assert date_of(f"{era}{count}.{day.month:02}.{day.day:02}") == day
    if count == 1:
        assert date_of(f"{era}元年{day.month}月{day.day}日") == day


@pytest.mark.parametrize(
    "text", ["令和元年4月30日", "平成1年1月7日", "令和0年5月1日", "令和7年2月30日"]
)
def test_a_day_that_an_era_lacks_is_none(text: str) -> None:
    assert dates(text) == set()


@pytest.mark.parametrize(
    "text",
    ["2025年3月4日", "2025 年 3 月 4 日", "２０２５年０３月０４日", "2025年3月4號", "25年3月4日",
     "二千二十五年三月四日", "㋿7年3月4日", "中華民國114年3月4日", "114年3月4日", "2025년 3월 4일",
     unicodedata.normalize("NFD", "2025년 3월 4일"), "ngày 4 tháng 3 năm 2025", "4 tháng 3, 2025",
     "4 thg 3, 2025", "ngày 4 tháng ba năm 2025"],
)  # fmt: skip
def test_a_day_is_found_by_its_marks(text: str) -> None:
    assert dates(f"x {text} y") == {DAY}


def test_letters_are_eras_in_japan_only() -> None:
    assert date_of("R7.3.4", "ja_JP") == DAY
    assert date_of("H31/4/30", "ja") == dt.date(2019, 4, 30)
    assert dates("R7.3.4") == set()
