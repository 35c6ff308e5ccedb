from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract import Contract
from dslm.contract.answers.field_equality import equal, fold, sameness, wrong_fields
from dslm.contract.model.contract_model import Compare
from dslm.contract.narrowing.copy_positions import standing
from dslm.contract.text.word_search import stands_folded


def compare(how: str, tolerance: float = 0) -> Compare:
    return Compare.model_validate({"as": how, "tolerance": tolerance})


@pytest.mark.parametrize(
    ("how", "predicted", "gold", "right"),
    [
        ("exact", "A", "a", False),
        ("exact", 1, True, False),
        ("exact", 1, 1.0, False),
        ("text", "Böhm & Co. KG", "BÖHM & CO KG", True),
        ("text", "Bo\u0308hm", "B\u00f6hm", True),
        ("text", "Böhm", "Bohm", False),
        ("decimal", "1,309.00", "1309", True),
        ("decimal", "10.01", "10.00", False),
        ("decimal", "$8.70", "8.70", True),
        ("decimal", "RM 1,007.5", "RM1007.50", True),
        ("decimal", "9.00 EUR", "€9", True),
        ("decimal", "item 9.00", "9.00", False),
        ("decimal", "NaN", "NaN", True),
        ("decimal", "ten", "10", False),
        ("date", "2025-03-04", "2025-03-04T10:00", True),
        ("date", "2025-03-04", "2025-04-03", False),
        ("date", "soon", "soon", True),
        ("set", ["b", "A"], ["a", "B", "b"], True),
        ("set", ["a"], ["a", "b"], False),
        ("list", ["a", "b"], ["b", "a"], False),
        ("list", ["A"], ["a"], True),
        ("text", None, "x", False),
        ("text", "None", None, False),
        ("text", None, None, True),
        ("set", [], [], True),
        ("text", ["A", "b"], ["a", "B."], True),
        ("text", ["a", "b"], ["a b"], False),
        ("text", ["a"], "a", False),
        ("text", [], {}, False),
        ("text", {"x": "A", "y": 1}, {"y": 1, "x": "a"}, True),
        ("text", {"x": "a", "y": "b"}, {"x": "a y b"}, False),
        ("text", {"x": None}, {"x": "none"}, False),
        ("text", 5, "5", True),
        ("text", "ports 1, 2", "ports 12", False),
        ("text", "Hauptstr. 5, 12345 Ulm", "Hauptstr. 5\n12345 Ulm", True),
        ("text", "Hauptstr. 5, 12345 Ulm", "Hauptstr. 5 12345 ULM", True),
        ("text", "Hauptstr. 5 (12345 Ulm)", "Hauptstr. 5, 12345 Ulm", True),
        ("text", "Hauptstr. 5 - 12345 Ulm", "Hauptstr. 5, 12345 Ulm", True),
        ("text", "030 - 12", "03012", True),
        ("set", ["1, 2"], ["12"], False),
        ("list", [["5, 1"], "a"], [["5 1"], "A"], False),  # lists within are compared exactly
        ("list", ["5, 1", "2 3"], ["5 1", "2, 3"], True),
        ("text", "Flat 2, 30 High St, 0207 123 4567", "Flat 2\n30 High St\n02071234567", True),
        ("text", {"to": ["2, 30", "0207 1"]}, {"to": ["2 30", "02071"]}, True),
        ("text", "a|b 1|2", "ab 1, 2", False),
        ("list", ["2, 30", "0207 1"], ["2 30", "02071"], True),
        ("set", ["0207 1", "2, 30"], ["2 30", "02071"], True),
        ("set", ["2, 30", "2 30"], ["2 30"], False),
        ("set", ["1, 2", "3, 4"], ["1 2", "34"], False),
    ],
)
def test_comparators(how: str, predicted: Any, gold: Any, right: bool) -> None:
    assert equal(compare(how), predicted, gold) is right


def test_a_tolerance_is_inclusive_and_decimal() -> None:
    assert equal(compare("decimal", 0.1), "0.3", "0.2")
    assert not equal(compare("decimal", 0.1), "0.31", "0.2")


@pytest.mark.parametrize("how", ["exact", "decimal"])
def test_a_number_beyond_arithmetic_is_compared_as_it_is_written(how: str) -> None:
    assert equal(compare(how), "1e99999999", "1e99999999")
    assert not equal(compare(how), "1e99999999", "1.0e99999999")
    assert not equal(compare(how), "1e99999999", "7")


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.sampled_from(
    [Decimal("-0"), Decimal("1E+3"), Decimal(10**28), Decimal(10**28 + 1), Decimal("0.00")]
)


@given(left=DECIMALS, right=DECIMALS)
def test_decimals_are_the_same_when_they_are_equal(
    mini: Contract, left: Decimal, right: Decimal
) -> None:
    made = mini.model_copy(update={"compare": {"number": compare("decimal")}})
    keys = {sameness(made, {"kind": "order", "number": str(value)}) for value in (left, right)}
    assert (len(keys) == 1) == (left == right)


VALUES = st.none() | st.text(max_size=8) | st.integers() | st.lists(st.text(max_size=3), max_size=3)
HOWS = st.sampled_from(["exact", "text", "decimal", "date", "set", "list"])


# What may stand between two digits, and which of them may mean the same
JOINED, EITHER, PARTED = st.just(""), st.sampled_from([" ", "\n", " - "]), st.sampled_from([", "])
GAPS = st.lists(st.tuples(*[JOINED | EITHER | PARTED] * 2), min_size=1, max_size=5)


@given(GAPS, st.sampled_from(["text", "list", "set"]))
def test_each_blank_between_digits_groups_or_parts_for_itself(
    gaps: list[tuple[str, str]], how: str
) -> None:
    left, right = ("".join(f"{gap[side]}{n}" for n, gap in enumerate(gaps)) for side in (0, 1))
    left, right = f"7{left}", f"7{right}"
    alike = all({one, other} != {"", ", "} for one, other in gaps)
    assert equal(compare(how), left, right) is alike
    assert equal(compare(how), [left, "x"], [right, "X"]) is alike
    assert equal(compare("set"), ["x", left], [right, "X"]) is alike
    assert stands_folded(f"to {left}; so", right) is alike
    assert (list(standing(f"to {left}; so", right)) != []) is alike


@given(how=HOWS, value=VALUES)
def test_every_value_equals_itself(how: str, value: Any) -> None:
    assert equal(compare(how), value, value)


@given(how=HOWS, left=VALUES, right=VALUES)
def test_equality_does_not_depend_on_the_side(how: str, left: Any, right: Any) -> None:
    assert equal(compare(how), left, right) == equal(compare(how), right, left)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_no_object_means_every_field_is_wrong(mini: Contract) -> None:
    gold = {"kind": "order", "number": "A-1"}
    assert wrong_fields(mini, None, gold) == ("kind", "number")
    assert wrong_fields(mini, {"kind": "order", "number": "a 1"}, gold) == ()
    assert wrong_fields(mini, {"kind": "other", "number": "a 1"}, gold) == ("kind",)


@pytest.mark.parametrize(
    ("how", "predicted", "gold", "right"),
    [
        ("text", "चना", "चीनी", False),
        ("text", "C++", "C#", False),
        ("text", "👍", "👎", False),
        ("text", "-5", "5", False),
        ("decimal", "12,50", "1250", False),
        ("decimal", "12,50", "12.5", True),
        ("decimal", "-5", "−5", True),
        ("decimal", "(5)", "-5", True),
        ("decimal", "5", "-5", False),
        ("decimal", "USD 5", "EUR 5", False),
        ("decimal", "5", "EUR 5", True),
        ("decimal", "1,234", "1234", False),  # 1.234 or 1234: compared exactly
        ("decimal", "1,234", "1,234", True),
        ("decimal", 5, "5.00", True),
        ("decimal", True, "1", False),
        ("date", "04.03.2025", "2025-03-04", True),
        ("date", "4 de marzo de 2025", "2025-03-04", True),
        ("date", "03/04/2025", "2025-03-04", False),  # or 3 April: compared exactly
        ("exact", [1], [True], False),
        ("exact", {"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ("set", [{"a": 1, "b": 2}], [{"b": 2, "a": 1}], True),
        ("set", ["12,50"], ["1250"], False),
    ],
)
def test_values_of_other_scripts_and_notations(
    how: str, predicted: Any, gold: Any, right: bool
) -> None:
    assert equal(compare(how), predicted, gold) is right
    assert equal(compare(how), gold, predicted) is right


@pytest.mark.parametrize(
    ("how", "locale", "predicted", "gold", "right"),
    [
        ("decimal", "de_DE", "1.234", "1234", True),
        ("decimal", "en_US", "1,234", "1234", True),
        ("decimal", ["de_DE", "en_US"], "1,234", "1234", False),
        ("date", "en_US", "03/04/2025", "2025-03-04", True),
        ("date", "de_DE", "03/04/2025", "2025-04-03", True),
    ],
)
def test_the_locale_decides_where_a_form_does_not(
    mini: Contract, how: str, locale: Any, predicted: str, gold: str, right: bool
) -> None:
    made = mini.model_copy(update={"compare": {"number": compare(how)}, "locale": locale})
    left, other = ({"kind": "order", "number": value} for value in (predicted, gold))
    assert (wrong_fields(made, left, other) == ()) is right
    assert (sameness(made, left) == sameness(made, other)) is right


FORMS = st.sampled_from(
    ["5", "5.0", "-5", "EUR 5", "USD 5", "$5", "1,234", "1.234", "1234", "(5)", "5-", "2025-03-04",
     "03/04/2025", "4 March 2025", "a", "A", "", "Ａ", "C++", "चना"]
) | VALUES  # fmt: skip


@given(how=HOWS, left=FORMS, right=FORMS, locale=st.sampled_from([None, "de_DE", "en_US"]))
def test_values_of_one_key_are_equal(
    mini: Contract, how: str, left: Any, right: Any, locale: str | None
) -> None:
    made = mini.model_copy(update={"compare": {"number": compare(how)}, "locale": locale})
    same = len({sameness(made, {"kind": "order", "number": value}) for value in (left, right)}) == 1
    assert not same or equal(compare(how), left, right, locale)
    assert equal(compare(how), left, right, locale) == equal(compare(how), right, left, locale)
    assert equal(compare(how), left, left, locale)


def test_labels_of_nothing_but_separators_are_not_all_one() -> None:
    text = Compare.model_validate({"as": "text"})
    as_set = Compare.model_validate({"as": "set"})
    for left, right in [("!", "?"), ("-", ""), ("-", "/")]:
        assert not equal(text, left, right)
        assert not equal(as_set, [left], [right])
    assert equal(text, " - ", "-")
