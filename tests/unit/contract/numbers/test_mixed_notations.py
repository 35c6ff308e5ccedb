from __future__ import annotations

import pytest

from dslm.contract.numbers import doubtful_points


@pytest.mark.parametrize("other", ["12,50", "1.234,50", "1.234.567", "EUR 3,5", "-12,5"])
def test_a_point_before_three_digits_is_doubtful_beside_a_decimal_comma(other: str) -> None:
    labels = ["1.234", other, "7.5", "EUR 2.000"]
    assert doubtful_points(labels) in (["1.234"], ["1.234", "EUR 2.000"])
    assert doubtful_points(labels, "de_DE") == []


@pytest.mark.parametrize("other", ["12.50", "1,234.50", "1,234,567", "1234", "note"])
def test_labels_in_one_notation_are_not_doubtful(other: str) -> None:
    assert doubtful_points(["1.234", other]) == []
