from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_currency, get_territory_currencies
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.answers.field_equality import equal
from dslm.contract.answers.grounding import occurs
from dslm.contract.model.contract_model import Compare
from dslm.contract.numbers import amount_of, amounts_in, readings_of

DECIMAL = Compare.model_validate({"as": "decimal"})
LOCALES = [
    "es_PE", "es_GT", "es_HN", "es_BO", "es_PA", "es_CR", "es_NI", "es_VE", "es_PY", "es_UY",
    "en_KE", "en_TZ", "en_UG", "en_NG", "en_GH", "en_ZM", "en_BW", "en_GM", "en_SL", "en_PK",
    "en_IN", "en_US", "en_GB", "fr_SN", "fr_CM", "fr_HT", "fr_DZ", "fr_TN", "fr_CD", "fr_GN",
    "bs_BA", "sr_RS", "mk_MK", "sq_AL", "bg_BG", "ru_BY", "ro_MD", "vi_VN", "th_TH", "km_KH",
    "ar_AE", "ar_KW", "ar_MA", "ar_EG", "he_IL", "fa_IR", "zh_CN", "zh_Hant_HK", "ja_JP", "ko_KR",
    "pl_PL", "cs_CZ", "hu_HU", "tr_TR", "uk_UA", "kk_KZ", "ka_GE", "am_ET", "sw_KE", "ms_MY",
    "pt_AO", "pt_MZ", "my_MM", "th", "vi", "pl",
]  # fmt: skip


def own(locale: str) -> str:
    country = Locale.parse(locale).territory or locale.replace("vi", "vn").upper()
    return str(get_territory_currencies(country)[0])


@given(st.sampled_from(LOCALES), st.integers(1, 10**8), st.sampled_from(["standard", "name"]))
def test_a_locales_own_money_is_read_by_sign_and_by_name(
    locale: str, cents: int, form: str
) -> None:
    amount, code = Decimal(cents) / 100, own(locale)
    written = format_currency(amount, code, locale=locale, format_type=form)
    written = written.split("(")[0]  # francs CFA (BCEAO)
    if form == "name" and locale == "bs_BA":  # its adjectives are longer than words that are sought
        written = " ".join([written.split()[0], written.split()[-1]])
    read = [one for one in readings_of(written, locale) if code in one.currencies]
    assert read, written
    assert any(abs(one.value - amount) <= 1 for one in read), written  # yen have no cents
    assert occurs("decimal", f"{code} {read[0].value}", f"sum {written} now", locale)
    other = "EUR" if code != "EUR" else "USD"
    assert not occurs("decimal", f"{other} {read[0].value}", f"sum {written} now", locale)


@pytest.mark.parametrize(
    ("text", "locale", "amount"),
    [("There is a $25 late fee", "en_US", "USD 25"), ("A $25 fee applies", "en_US", "USD 25"),
     ("Plan C $25 a month", "en_US", "USD 25"), ("gave us $25", "en_CA", "CAD 25"),
     ("ca. $25", "de_DE", "USD 25"), ("asciende a $25.000", "es_AR", "ARS 25000"),
     ("A. $25 B. $30", "en_US", "USD 25"), ("25 $ au total", "fr_CA", "CAD 25"),
     ("25 $ na osobę", "pl_PL", "USD 25"), ("25 $ us gaben", "de_DE", "CAD 25"),
     ("a $ 25.000", "es_CL", "CLP 25000"), ("size s $25", "en_SG", "USD 25")],
)  # fmt: skip
def test_a_word_beside_a_sign_is_no_part_of_it(text: str, locale: str, amount: str) -> None:
    assert occurs("decimal", amount, text, locale)


@pytest.mark.parametrize(
    ("text", "locale", "code"),
    [("R $ 25,00", "pt_BR", "BRL"), ("CA $25", "en_CA", "CAD"), ("F CFA 25", "fr_SN", "XOF"),
     ("US $25", "en_CA", "USD"), ("HK $ 25", "en_HK", "HKD")],
)  # fmt: skip
def test_letters_in_capitals_before_a_sign_are_part_of_it(
    text: str, locale: str, code: str
) -> None:
    assert [one.currencies for one in readings_of(text, locale)] == [{code}]


@pytest.mark.parametrize(
    ("written", "locale", "code"),
    [("S/ 1,234.50", "es_PE", "PEN"), ("S/.1,234.50", "es_PE", "PEN"),
     ("Q1,234.50", "es_GT", "GTQ"), ("KSh 1,234.50", "en_KE", "KES"),
     ("1 234,50 FCFA", "fr_SN", "XOF"), ("1234,50KM", "bs_BA", "BAM"),
     ("1.234,50đ", "vi_VN", "VND"), ("1.234,50 đ", "vi_VN", "VND"),
     ("1234,50 درهم", "ar_AE", "AED"), ("1,234.50 บาท", "th_TH", "THB"),
     ("1,234.50 บาทถ้วน", "th_TH", "THB"), ("1,234.50元整", "zh_CN", "CNY"),
     ("1,234.50円也", "ja_JP", "JPY"), ("1,234.50원정", "ko_KR", "KRW"),
     ("Rs 1,234.50 only", "en_IN", "INR"), ("KSh 1,234.50 Only.", "en_KE", "KES"),
     ('1,234.50 ש"ח', "he_IL", "ILS"), ("1,234.50 ש״ח", "he_IL", "ILS"),
     ("1,234.50 שח", "he_IL", "ILS"), ("NIS 1,234.50", "en_IL", "ILS"),
     ("1 234,50 тг", "kk_KZ", "KZT"), ("1 234,50 тг.", "ru_KZ", "KZT"),
     ("1.234,50 de lei", "ro_RO", "RON"), ("1.234,50 lei", "ro_RO", "RON"),
     ("-S/ 1,234.50", "es_PE", "PEN"), ("1.234,50 soles", "es_PE", "PEN"),
     ("-B/.1,234.50", "es_PA", "PAB"), ("1,234.50 dollars", "en_US", "USD"),
     ("K1,234.50", "en_ZM", "ZMW")],
)  # fmt: skip
def test_an_amount_in_a_locales_own_money_is_one(written: str, locale: str, code: str) -> None:
    read = amount_of(written, locale)
    assert read is not None
    assert (abs(read.value), read.value < 0) == (Decimal("1234.50"), written[0] == "-")
    assert code in read.currencies
    assert equal(DECIMAL, written, f"{read.value} {code}", locale=locale)


@pytest.mark.parametrize(
    ("written", "locale"),
    [("Q1", "en_US"), ("5 KM", "de_DE"), ("5 km", "bs_BA"), ("5K", "en_ZM"), ("L 5", "es_ES"),
     ("5 baht", "en_US"), ("s/ 5", "es_PE"), ("NS/ 5", "es_PE"), ("q5", "es_GT"), ("5 le", "en_SL"),
     ("5only", "en_IN"), ("5 整", "zh_CN"), ("only 5", "en_IN"), ("5 soles", "de_DE")],
)  # fmt: skip
def test_letters_of_money_elsewhere_are_none(written: str, locale: str) -> None:
    assert amount_of(written, locale) is None


@pytest.mark.parametrize("locale", [None, "de_DE", "es_PE"])
def test_what_stands_apart_behind_a_currency_is_no_sign(locale: str | None) -> None:
    for text in ("762,88 €  ---  22.", "762,88 €  - 22", "762,88 €\n-22"):
        assert {one.value for one in amounts_in(text, locale)[0].readings} == {Decimal("762.88")}


@pytest.mark.parametrize("locale", [None, "de_DE", "nb_NO"])
@pytest.mark.parametrize("text", ["Invoice no. K-332", "no K 332", "332 c hf", "332 e. u. r"])
def test_two_words_make_no_code(text: str, locale: str | None) -> None:
    [one] = amounts_in(text, locale)
    assert [(r.value, set(r.currencies)) for r in one.readings] == [(332, set())]


@pytest.mark.parametrize("locale", [None, "de_DE"])
def test_a_currency_in_a_column_of_its_own_is_of_the_amount_before_it(locale: str | None) -> None:
    for text in ("12.50 EUR", "12.50  EUR", "12.50  €"):
        assert [set(one.currencies) for one in readings_of(text, locale)] == [{"EUR"}]


@pytest.mark.parametrize(
    ("text", "locale", "codes"),
    [
        ("5 dollars américains", "fr_CA", set()), ("5 pesos argentinos", "es_MX", set()),
        ("5 ريال قطري", "ar_SA", set()), ("5 pesos, gracias", "es_MX", {"MXN"}),
        ("5 dollars.", "fr_CA", {"CAD"}), ("5 pesos\nargentinos", "es_MX", {"MXN"}),
    ],
)  # fmt: skip
def test_a_noun_before_another_word_may_be_somebody_elses_money(
    text: str, locale: str, codes: set[str]
) -> None:
    (stated,) = amounts_in(text, locale)
    assert {code for one in stated.readings for code in one.currencies} == codes
