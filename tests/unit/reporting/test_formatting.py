from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.records import Metric
from dslm.reporting.charts.inline_svg import Bar, bars, dots, stacked
from dslm.reporting.formatting import (
    cut,
    interval,
    milliseconds,
    money,
    number,
    plain_value,
    rate,
    short_digest,
    visible,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.9753, "97.5 %"), (1.0, "100.0 %"), (0.9996, "99.96 %"), (0.0, "0.0 %"), (0.0004, "0.04 %"),
     (None, "n/a"), (math.nan, "n/a"), (-0.031, "−3.1 %")],
)  # fmt: skip
def test_rates_never_round_to_all_or_nothing(value: float | None, text: str) -> None:
    assert rate(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234.50 EUR"), (0.0, "0.00 EUR"), (0.00123, "0.00123 EUR"), (None, "n/a")],
)
def test_small_amounts_keep_digits_that_count(value: float | None, text: str) -> None:
    assert money(value, "EUR").replace("\u00a0", " ") == text


def test_intervals_name_their_unit_once() -> None:
    metric = Metric(value=0.5, low=0.4, high=0.6, n=10)
    assert interval(metric, "rate", "EUR") == "40.0 to 60.0\u00a0%"
    assert interval(metric, "money", "EUR") == "0.40 to 0.60\u00a0EUR"
    assert interval(Metric(value=1, low=None, high=None, n=1), "rate", "EUR") == "n/a"


def test_times_numbers_and_digests() -> None:
    assert milliseconds(950.2) == "950\u00a0ms"
    assert milliseconds(12345.0) == "12.35\u00a0s"
    assert milliseconds(None) == number(None) == "n/a"
    assert number(1100.0) == "1,100"
    assert short_digest("sha256:" + "ab" * 32) == "abababababab"
    assert short_digest("llguidance 1.6") == "llguidance 1.6"


def test_joiners_stay_where_a_script_needs_them_and_show_where_they_hide() -> None:
    assert visible("👩\u200d💻") == "👩\u200d💻"
    assert visible("pay\u200dpal") == "pay⟨U+200D⟩pal"
    assert visible("a\tb\nc") == "a\tb\nc"


@given(st.text())
def test_what_is_shown_holds_nothing_hidden(text: str) -> None:
    shown = visible(text)
    hidden = {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs")}
    assert hidden <= set("\n\t\u200c\u200d")


def test_values_are_shown_as_json_but_strings_bare() -> None:
    assert plain_value(None) == "null"
    assert plain_value("null") == "null"
    assert plain_value(["a", 1]) == '["a", 1]'
    assert cut("abcdef", 3) == "abc …"


NONE = Metric(value=None, low=None, high=None, n=0)


def test_a_bar_is_as_long_as_its_share_of_the_scale() -> None:
    svg = bars([Bar("candidate", Metric(value=1.0, low=0.5, high=2.0, n=9))], 4.0)
    assert '<rect class="bar candidate" x="0" y="0" width="25.00%"' in svg
    assert 'x1="12.50%" x2="50.00%"' in svg


def test_what_was_not_measured_draws_nothing() -> None:
    assert 'class="bar ' not in bars([Bar("base", NONE)], 1.0)
    assert "<circle" not in dots([Bar("base", NONE)], 1.0)


def test_a_value_beyond_the_scale_ends_at_its_edge() -> None:
    assert 'cx="100.00%"' in dots([Bar("base", Metric(value=7, low=None, high=None, n=1))], 1.0)


def test_a_stacked_bar_fills_its_width() -> None:
    svg = stacked([("straight_through", 3), ("held_back", 1), ("wrong_proceed", 0)])
    assert 'x="0.00%" y="0" width="75.00%"' in svg
    assert 'x="75.00%" y="0" width="25.00%"' in svg
    assert "wrong_proceed" not in svg
