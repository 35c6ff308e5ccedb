from __future__ import annotations

import pytest
from babel import localedata

from dslm.contract.dates.date_customs import NO_LOCALE, customs
from dslm.errors import InputError


@pytest.mark.parametrize(
    ("locale", "order"),
    [("de_DE", "dmy"), ("en-US", "mdy"), ("en_GB", "dmy"), ("ja_JP", "ymd"), ("hu", "ymd"),
     ("sv_SE", "ymd"), ("fr_CA", "ymd"), ("es_PR", "mdy"), ("ar_EG", "dmy")],
)  # fmt: skip
def test_a_locale_has_the_order_of_its_short_dates(locale: str, order: str) -> None:
    assert customs(locale).orders == {order}


def test_no_locale_settles_nothing() -> None:
    assert customs(None) is customs(()) is NO_LOCALE


@pytest.mark.parametrize("name", ["xx", "de_XX", "German", "12", "de__DE", "é"])
def test_a_name_that_is_no_locale_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="CLDR"):
        customs(["en", name])


@pytest.mark.slow
def test_every_locale_of_cldr_has_one_of_three_orders() -> None:
    names = [name for name in localedata.locale_identifiers() if name != "root"]
    assert {order for name in names for order in customs(name).orders} == {"dmy", "mdy", "ymd"}
