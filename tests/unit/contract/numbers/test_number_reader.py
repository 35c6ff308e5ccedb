from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from itertools import groupby, pairwise

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support.documents.docs_reader import rows_of

from dslm.contract.answers.field_equality import equal
from dslm.contract.answers.grounding import occurs
from dslm.contract.model.contract_model import Compare
from dslm.contract.numbers import (
    Amount,
    amount_of,
    amounts_in,
    decimal_of,
    is_number,
    numbers,
    plain,
    readings_of,
)

DECIMAL = Compare.model_validate({"as": "decimal"})
LOCALES = [
    "en_US", "en_GB", "en_IN", "en_ZA", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CH", "fr_CA",
    "es_ES", "es_MX", "it_IT", "pt_BR", "pt_PT", "nl_NL", "pl_PL", "tr_TR", "ja_JP", "zh_CN",
    "zh_TW", "ko_KR", "ru_RU", "uk_UA", "cs_CZ", "sk_SK", "sl_SI", "hr_HR", "sv_SE", "da_DK",
    "nb_NO", "fi_FI", "et_EE", "lv_LV", "lt_LT", "hu_HU", "ro_RO", "bg_BG", "el_GR", "ar_EG",
    "ar_MA", "he_IL", "fa_IR", "hi_IN", "mr_IN", "bn_BD", "ta_IN", "th_TH", "vi_VN", "id_ID",
    "ms_MY", "ca_ES",
]  # fmt: skip
CURRENCIES = ["EUR", "USD", "INR", "GBP", "SEK", "PLN", "CHF", "AUD", "BRL"]
CENT = Decimal("0.01")
AMOUNTS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False).filter(lambda d: d != 0)


def cells(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def said(cell: str) -> set[Decimal] | None:
    """The numbers that a cell of the table names; None where it says it in words."""
    if cell == "no number":
        return set()
    found = re.match(r"(ambiguous: )?(-?[\d.]+)(?: or (-?[\d.]+))?", cell)
    return {Decimal(text) for text in found.groups()[1:] if text} if found else None


def locale_of(cell: str) -> list[str] | None:
    return [name.strip() for name in cell.strip("`").split(",")] if cell else None


FORMS = [
    (form, locale_of(locale), label, text)
    for written, locale, label, text in rows_of("Numbers")
    for form in cells(written)
]


@pytest.mark.parametrize(("form", "locale", "label", "text"), FORMS)
def test_the_table_of_numbers_is_true(
    form: str, locale: list[str] | None, label: str, text: str
) -> None:
    alone = {amount.value for amount in readings_of(form, locale)}
    places = amounts_in(f"x {form} y", locale)
    within = {amount.value for stated in places[:1] for amount in stated.readings}
    if said(label) is None:
        assert len(alone) == len(within) == 1
    else:
        assert alone == said(label)
    if said(text) is not None:
        assert within == said(text)
        assert not places or places[0].ambiguous == text.startswith("ambiguous")


@pytest.mark.parametrize(
    ("form", "value"),
    [("1,23,456.78", "123456.78"), ("1.234.567", "1234567"), ("12,34,567", "1234567"),
     ("12,50", "12.5"), ("1234.567", "1234.567"), ("0,234", "0.234"), ("1 234 567,5", "1234567.5"),
     ("1e3", "1000"), ("-1.5E-2", "-0.015"), ("Rs. 1,23,456.50", "123456.5"), ("$ 1.50", "1.5")],
)  # fmt: skip
def test_a_label_is_its_number(form: str, value: str) -> None:
    assert decimal_of(form) == Decimal(value)


@pytest.mark.parametrize(
    "form",
    ["", "five", "5 kg", "19 %", "5 6 7", "12,5O", "A-17", "1-2", "NaN", "Infinity", "-(5)", "(5",
     "5)", "1_000", "5 EUR 6", "12,50¹", "²", "1.2.3", "+", True, None, [5], {"a": 5}],
)  # fmt: skip
def test_what_is_no_number_has_no_reading(form: object) -> None:
    assert readings_of(form) == ()


PAIRS = [
    (left, right, wanted)
    for row in rows_of("Numbers", table=2)
    for cell, wanted in zip(row, (True, False), strict=True)
    for left, right in (cells(pair) for pair in cell.split(" · "))
]


@pytest.mark.parametrize(("left", "right", "wanted"), PAIRS)
def test_the_table_of_amounts_is_true(left: str, right: str, wanted: bool) -> None:
    assert equal(DECIMAL, left, right) is wanted
    assert equal(DECIMAL, right, left) is wanted


def is_read_back(locale: str, amount: Decimal) -> None:
    for system in ("latn", "default"):
        written = format_decimal(amount, locale=locale, numbering_system=system)
        assert decimal_of(written, locale) == amount, written
        assert amount in numbers(f"Total: {written}.", locale), written


def is_read_back_with_its_currency(locale: str, amount: Decimal, currency: str) -> None:
    for form in ("standard", "accounting"):
        written = format_currency(amount, currency, locale=locale, format_type=form)
        read = amount_of(written, locale)
        assert read is not None, written
        assert read.value == amount, written
        assert currency in read.currencies, written
        stated = amounts_in(f"Total {written}", locale)
        assert any(r.value == amount for s in stated for r in s.readings), written


@pytest.mark.parametrize("locale", LOCALES)
def test_what_a_locale_writes_is_read_back(locale: str) -> None:
    for text in ("0.01", "-1.5", "1234.5", "-1234.567", "123456789.25", "-1000000"):
        is_read_back(locale, Decimal(text))
        for currency in CURRENCIES:
            is_read_back_with_its_currency(locale, Decimal(text).quantize(CENT), currency)


@given(st.sampled_from(LOCALES), AMOUNTS, st.sampled_from(CURRENCIES))
def test_any_amount_that_a_locale_writes_is_read_back(
    locale: str, amount: Decimal, currency: str
) -> None:
    is_read_back(locale, amount)
    is_read_back_with_its_currency(locale, amount, currency)


@given(AMOUNTS, st.sampled_from(LOCALES))
def test_no_form_is_read_as_another_number_for_sure(amount: Decimal, locale: str) -> None:
    written = format_decimal(amount, locale=locale)
    assume(not re.fullmatch(r"-?\d+\.\d+", written))  # JSON's notation, which is that number
    assert decimal_of(written) in (None, amount)


@given(st.text(max_size=40), st.sampled_from([None, "de_DE", ["en_US", "hi_IN"]]))
@example("1" * 5000, None)
@example("1 " * 3000, None)
@example("-" * 3000 + "1", None)
@example("1,234," * 2000, None)
@example("²½५", None)
def test_any_text_is_read_without_an_error(text: str, locale: str | list[str] | None) -> None:
    numbers(text, locale)
    readings_of(text, locale)
    for stated in amounts_in(text, locale):
        assert stated.readings


@given(st.integers(-(10**12), 10**12), st.characters(categories=["Nd"]))
def test_digits_of_every_script_are_digits(number: int, char: str) -> None:
    zero = ord(char) - unicodedata.decimal(char)
    written = "".join(chr(zero + int(c)) if c.isdigit() else c for c in str(number))
    assert decimal_of(written) == number
    assert number in numbers(f"x {written} y")


@given(AMOUNTS, st.sampled_from("-−–‒‐﹣－"), st.sampled_from(["{s}{n}", "{s} {n}", "{n}{s}"]))
def test_a_sign_is_never_lost(amount: Decimal, sign: str, form: str) -> None:
    written = form.format(s=sign, n=f"{abs(amount):.2f}")
    assert decimal_of(written) == -abs(amount)
    assert not equal(DECIMAL, written, f"{abs(amount):.2f}")
    assert -abs(amount) in numbers(f"sum {written} end")
    if form != "{s} {n}":
        assert abs(amount) not in numbers(f"sum {written} end")


@given(st.decimals(-(10**20), 10**20, allow_nan=False, places=5))
def test_a_number_written_plainly_is_that_number(number: Decimal) -> None:
    assert decimal_of(plain(number)) == number
    assert decimal_of(str(float(number))) == Decimal(str(float(number)))
    assume(abs(number) < 10**15)
    assert decimal_of(float(number), "de_DE") == Decimal(str(float(number)))


def test_a_number_is_stated_where_it_stands_and_in_order() -> None:
    stated = [s.text for s in amounts_in("first 5, then 1.309,00 and 7%")]
    assert stated == ["5", "1.309,00", "7"]
    assert all(a != b for a, b in pairwise(stated))


def test_reading_a_long_text_takes_time_in_proportion() -> None:
    import time

    def seconds(text: str) -> float:
        start = time.process_time()
        numbers(text)
        return time.process_time() - start

    numbers("EUR 5")
    short = min(seconds("17 1.309,00 EUR; " * 200 + str(n)) for n in range(3))
    long = min(seconds("17 1.309,00 EUR; " * 2000 + str(n)) for n in range(3))
    assert long < 30 * short


@pytest.mark.parametrize("cell", ['"Tea"', "(blue)", "[7]", "x%", "x?", "Kids'", "„Tee“", "»Tee«",
                                  "a@b.de>", "x,-", '""', "10 €", "10€"])  # fmt: skip
def test_a_comma_behind_what_closes_parts_two_cells(cell: str) -> None:
    for rest in ("12", "12,EUR", "12\n", '12,"x"'):
        assert Decimal(12) in numbers(f"{cell},{rest}"), rest
        assert Decimal("0.12") not in numbers(f"{cell},{rest}"), rest


@pytest.mark.parametrize(
    "form", [",12", "x ,12", "(,12)", '",12"', "EUR ,12", "€,12", "Sum:,12", "x;,12", "x,.12,y"]
)
def test_a_bare_decimal_sign_is_one_where_nothing_closes_before_it(form: str) -> None:
    assert {abs(number) for number in numbers(form)} == {Decimal("0.12")}


@pytest.mark.parametrize(
    ("form", "value"),
    [("3'50 €", "3.50"), ("€3’50", "3.50"), ("3'50 euros", "3.50"), ("1.234'50€", "1234.50"),
     ("1'234 €", "1234"), ("€ 1'234.50", "1234.50"), ("12'345'678 €", "12345678")],
)  # fmt: skip
def test_an_apostrophe_before_two_digits_of_euros_is_a_decimal_sign(form: str, value: str) -> None:
    assert decimal_of(form) == Decimal(value)
    assert numbers(f"menú {form} y") == {Decimal(value)}


MILLIONS = [
    ("$1'500.000", "es_CO", "1500000"), ("1´500.000,50", "es_CO", "1500000.50"),
    ("1.234'567.890", "es_CO", "1234567890"), ("$1'234,567.50", "es_MX", "1234567.50"),
    ("1'234.567", "de_CH", "1234.567"), ("1'234.567", "de_DE", "1234.567"),
    ("1'234'567.890", None, "1234567.890"), ("1'234.50", "es_CO", "1234.50"),
    ("1'234.567", None, "1234.567 or 1234567"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "locale", "values"), MILLIONS)
def test_an_apostrophe_may_set_the_millions_apart(
    form: str, locale: str | None, values: str
) -> None:
    wanted = {Decimal(value) for value in values.split(" or ")}
    assert {amount.value for amount in readings_of(form, locale)} == wanted
    assert numbers(f"por {form} al mes", locale) == wanted


@pytest.mark.parametrize("form", ["▲{}", "△{}", "▲{}円", "▲¥{}", "¥▲{}", "▲ {}"])
def test_a_triangle_is_a_minus_in_japan_and_may_be_one_in_korea(form: str) -> None:
    written, sure = form.format(1000), " " not in form
    for locale in ("ja_JP", "ko_KR", None):
        assert decimal_of(written, locale) == -1000
        read = numbers(f"値引 {written}", locale)
        assert read == ({-1000} if sure and locale == "ja_JP" else {-1000, 1000}), locale
    assert numbers("up ▲5 %", "en_US") == {5}


@pytest.mark.parametrize(
    ("text", "values"),
    [("値引-100円", {100, -100}), ("値引-¥100", {100, -100}), ("优惠-100元", {100, -100}),
     ("할인-100", {100, -100}), ("ส่วนลด-100", {100, -100}), ("5個-10個", {5, 10}),
     ("1月-3月", {1, 3}), ("芝1-100", {1, 100}), ("Model-100", {100}),
     ("Pfand 1,00-B", {1, -1}), ("COUPON 1.00-F", {1, -1}), ("tyre 1.00-R20", {1, 20}),
     ("1.00-A-7", {1, 7}), ("1.00-Abo", {1}), ("A4-B", {4}), ("1.000-B", {1, 1000})],
)  # fmt: skip
def test_a_hyphen_without_a_blank_may_be_a_minus_where_people_write_so(
    text: str, values: set[int]
) -> None:
    assert numbers(text) == values


RANGES = ["$5-$10", "£5-£10", "€5–€10", "5€-10€", "5 €-10 €", "EUR 5-EUR 10", "¥5-¥10", "5円-10円",
          "5-$10", "$5.00-$10.00", "€5,00–€10,00", "CHF 5-CHF 10", "5 kr-10 kr"]  # fmt: skip


@pytest.mark.parametrize("form", RANGES)
def test_a_dash_between_two_prices_makes_neither_negative_for_sure(form: str) -> None:
    assert {Decimal(5), Decimal(10)} <= numbers(f"from {form} each")
    assert readings_of(form) == ()


@pytest.mark.parametrize("form", ["50-Euro-Schein", "50-euro note", "50-EUR-Schein", "50-€-Schein"])
def test_a_currency_that_a_hyphen_joins_is_of_an_amount_without_a_sign(form: str) -> None:
    assert [one.readings for one in amounts_in(f"mit {form} bezahlt")] == [
        (Amount(Decimal(50), frozenset({"EUR"})),)
    ]


@pytest.mark.parametrize("form", ["¥12,345-", "￥12,345-", "¥ 12,345―", "12,345円-", "₩12,345-",
                                  "12,345원-"])  # fmt: skip
def test_a_dash_closes_an_amount_of_yen_or_won(form: str) -> None:
    assert decimal_of(form, ["ja_JP", "ko_KR"]) == 12345
    assert numbers(f"合計 {form}（税込）", "ja_JP") == {Decimal(12345)}


@pytest.mark.parametrize("form", ["5,00- EUR", "5,00-EUR", "5.00-", "€5.00-", "5 EUR-", "5,00-€",
                                  "¥5.00-", "5,00 EUR -5,00 EUR"])  # fmt: skip
def test_a_debit_behind_its_number_stays_one(form: str) -> None:
    assert Decimal(-5) in numbers(f"sum {form} end")
    assert numbers(f"{form} end") <= {Decimal(-5), Decimal(5)}


@pytest.mark.parametrize("word", ["Rs", "Fr", "kr", "No", "руб", "रु", "ج.م"])
def test_a_point_behind_a_word_is_no_decimal_point(word: str) -> None:
    assert numbers(f"Total {word}.500 due") == {Decimal(500)}


def test_a_number_between_two_currencies_may_be_in_either() -> None:
    row = "5,00 EUR 7,00 USD"
    assert occurs("decimal", "7 USD", row)
    assert occurs("decimal", "5 EUR", row)
    assert not occurs("decimal", "7 GBP", row)
    assert readings_of("USD 5 EUR") == ()


SIGNS = [c for c in map(chr, range(0x11000)) if unicodedata.category(c) == "Sc"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("form", ["{}5", "{} 5", "5{}", "5 {}"])
def test_the_sign_of_a_currency_is_never_read_as_another_or_as_nothing(
    sign: str, form: str
) -> None:
    written, others = form.format(sign), {"EUR", "USD", "SEK", "PLN"}
    if sign not in "€＄$﹩":
        assert not any(equal(DECIMAL, written, f"{other} 5") for other in others)
        parted = sign in "¢￠₥₰"  # in a text its digits are read as they stand
        assert parted or not occurs("decimal", "5 EUR", f"pay {written} now")
    if sign in "¢￠₥₰":
        assert readings_of(written) == ()


@pytest.mark.parametrize(
    "text",
    ["the top 5", "all 5", "all 5.", "'all' 5", "I try 5", "5 pen.", "5 php", "5 Sos", "Try 5",
     "5 ft", "5 FT", "5 ft.", "5 USDT", "5 Euros7", "room rm 5", "Sr. 5", "DIN 5", "5 r", "ils 5"],
)  # fmt: skip
def test_a_word_is_no_currency(text: str) -> None:
    assert readings_of(text) == ()
    assert occurs("decimal", "EUR 5", f"{text} EUR")
    assert occurs("decimal", "EUR 5", text)


@pytest.mark.parametrize(
    "form", ["{} usd", "usd {}", "usd{}", "{}usd.", "Usd {}", "{} USD", "us$ {}", "-{} usd"]
)
def test_a_code_that_is_no_word_counts_in_small_letters_too(form: str) -> None:
    written = form.format("5.50")
    assert [one.currencies for one in readings_of(written)] == [{"USD"}]
    assert not occurs("decimal", "5.50 EUR", f"pay {written} now")


@pytest.mark.parametrize("written", ["CAD$5", "CAD$ 5", "5 CAD$", "cad$5", "CA$5"])
def test_a_code_before_its_sign_says_whose_sign_it_is(written: str) -> None:
    assert [one.currencies for one in readings_of(written)] == [{"CAD"}]
    assert not occurs("decimal", "USD 5", f"pay {written} now")
    assert readings_of(written.replace("CA", "EU").replace("ca", "eu")) == ()  # EUD


@pytest.mark.parametrize(
    ("written", "code", "not_code"),
    [("CAD $5", "CAD", "USD"), ("USD $ 5", "USD", "CAD"), ("US $5", "USD", "CAD"),
     ("U.S. $5", "USD", "CAD"), ("5 $ CAD", "CAD", "USD"), ("5$CAD", "CAD", "USD"),
     ("$CAD 5", "CAD", "USD"), ("CNY¥5", "CNY", "JPY"), ("JPY ¥5", "JPY", "CNY"),
     ("RMB¥5", "CNY", "JPY"), ("GBP£5", "GBP", "EGP"), ("EGP £5", "EGP", "GBP"),
     ("INR Rs 5", "INR", "PKR"), ("BRL R$ 5", "BRL", "USD"), ("NOK kr 5", "NOK", "SEK"),
     ("5 kr NOK", "NOK", "SEK"), ("€EUR 5", "EUR", "USD")],
)  # fmt: skip
def test_a_code_beside_a_sign_says_whose_sign_it_is(written: str, code: str, not_code: str) -> None:
    assert [one.currencies for one in readings_of(written)] == [{code}]
    assert occurs("decimal", f"{code} 5", f"pay {written} now")
    assert not occurs("decimal", f"{not_code} 5", f"pay {written} now")


@pytest.mark.parametrize(
    "written", ["CAD -$5", "CAD $-5", "-CAD $5", "CAD - $5", "CAD $ (5)", "CAD\u22125"]
)
def test_a_code_stands_before_the_sign_of_a_negative_amount_too(written: str) -> None:
    assert [(one.value, one.currencies) for one in readings_of(written)] == [(-5, {"CAD"})]
    assert occurs("decimal", "CAD -5", f"pay {written} now")
    assert not occurs("decimal", "USD -5", f"pay {written} now")
    assert ("(" in written or " - " in written) == occurs("decimal", "CAD 5", f"pay {written} now")


@pytest.mark.parametrize(
    "written", ["the A $5", "TOP $5", "ALL $5", "5 $ all", "5 $ cop", "EUR $5"]
)
def test_a_word_before_a_sign_makes_it_no_other_currencys(written: str) -> None:
    assert all(occurs("decimal", f"{code} 5", written) for code in ("USD", "CAD"))


@pytest.mark.parametrize("form", ["1.234,-", "1,234.-", "1.234,– €", "EUR 1.234,—", "Rs 1,234/-"])
def test_a_number_without_cents_is_whole(form: str) -> None:
    assert decimal_of(form) == 1234
    assert numbers(f"sum {form} only") == {Decimal(1234)}


def test_a_whole_is_not_stated_where_a_fraction_follows() -> None:
    assert numbers("1½ cups, 2⅓ spoons") == {Decimal("1.5")}


CELLS = st.lists(
    st.one_of(
        st.integers(1, 99).map(str),
        st.decimals(1, 999, places=2).map("{:f}".format),
        st.decimals(1000, 10**6, places=2).map("{:f}".format),
        st.integers(1000, 10**6).map(str),
        st.sampled_from(["SKU-A", "Widget", "04.03.2025", "", "true"]),
    ),
    min_size=2, max_size=7,
)  # fmt: skip


@given(CELLS, st.sampled_from([None, "en_US", "en_GB", "de_DE"]))
@example(["2", "12.50"], "en_US")
@example(["SKU-1", "3", "12.50", "37.50"], None)
def test_cells_that_commas_join_are_read_one_by_one(cells: list[str], locale: str | None) -> None:
    found = numbers("Widget," + ",".join(cells), locale)
    for numeric, group in groupby(cells, key=lambda cell: bool(re.fullmatch(r"[\d.]+", cell))):
        row = list(group)
        parted = any("." in cell or len(cell) > 3 for cell in row if cell != "04.03.2025")
        if numeric and parted and not is_number(",".join(row)):
            assert {Decimal(cell) for cell in row if cell != "04.03.2025"} <= found


def test_a_cell_that_may_be_part_of_another_number_is_not_sure() -> None:
    row = {one.text: one.ambiguous for one in amounts_in("SKU,1,3,12.50,37.50")}
    assert row == {"1,3": True, "1": True, "3": True, "12.50": False, "37.50": False}
    assert numbers("1,2,3") == numbers("5,10,15,20") == set()


@given(
    st.integers(1, 99999), st.integers(0, 99),
    st.sampled_from(["{}€{:02}", "{}:{:02} kr", "kr {}:{:02}", "-{}€{:02}", "{}:{:02}kr."]),
    st.sampled_from([None, "fr_FR", "sv_SE"]),
)  # fmt: skip
def test_cents_behind_a_sign_or_colon_are_cents(
    whole: int, cents: int, form: str, locale: str | None
) -> None:
    written = form.format(whole, cents)
    amount = Decimal(whole) + Decimal(cents) / 100
    assert decimal_of(written, locale) == (-amount if form[0] == "-" else amount)
    assert occurs("decimal", str(decimal_of(written, locale)), f"sum {written}, paid", locale)
    row = f"Total,{written} | 12.03 | 17 pieces"
    assert Decimal(whole) not in numbers(row, locale) or whole in (amount, 17)
    assert [one.text for one in amounts_in(row, locale)][1:] == ["12.03", "17"]
    code = "EUR" if "€" in form else "SEK"
    assert all(code in one.currencies for one in readings_of(written, locale))


@pytest.mark.parametrize(
    "text", ["5€10€20", "at 10:50 kr 5", "10:50 EUR", "10:50:30 kr", "5€5", "5€500"]
)
def test_what_stands_beside_a_sign_or_colon_may_be_another_number(text: str) -> None:
    stated = {int(number) for number in re.findall(r"\d+", text)}
    assert numbers(text) == {Decimal(number) for number in stated}


@given(
    st.decimals(1, 10**6, places=2),
    st.sampled_from(["04/03/25,{}", "04-03-25,{}", "2025-03-04,{}", "10:15,{}", "10:15:22,{}",
    "2025/117,{}", "x,{},04/03/25", "{},2025-03-04", "{},10:15", "{},2025/117", "2025-03-04 {}",
    "10:15,{},2025-03-04", "10:15 {}"]),
    st.sampled_from(["{:f}", "{:,f}", "comma", "euro"]),
)  # fmt: skip
def test_a_day_or_time_in_the_cell_beside_is_no_part_of_an_amount(
    amount: Decimal, row: str, form: str
) -> None:
    written = form.format(amount)
    if form in ("comma", "euro"):
        written = f"{amount:f}".replace(".", {"comma": ",", "euro": "€"}[form])
    assert amount in numbers(row.format(written))


def test_a_price_for_a_number_of_things_and_a_range_are_as_they_stand() -> None:
    assert numbers("1,99/100 g") == {Decimal("1.99"), Decimal(100)}
    assert numbers("10-12,50 EUR") == {Decimal(10), Decimal("12.5")}
    assert numbers("1:2,5") == {Decimal(1), Decimal("2.5")}
