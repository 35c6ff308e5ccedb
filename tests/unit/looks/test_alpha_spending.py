import math

import pytest

from dslm.looks.alpha_spending import LEAST, left_after, next_share


def test_looks_one_after_the_other_spend_what_the_docs_say_and_never_more_than_all() -> None:
    shares: list[float] = []
    for _ in range(200):
        shares.append(next_share(math.fsum(shares)))
    for k in (1, 2, 3, 10, 200):
        assert shares[k - 1] == pytest.approx(5 / ((5 * k - 4) * (5 * k + 1)), rel=1e-6)
        assert left_after(math.fsum(shares[:k])) == pytest.approx(1 / (5 * k + 1), rel=1e-6)
    assert shares == sorted(shares, reverse=True)
    assert math.fsum(shares) < 1
    assert shares[0] > 0.8


@pytest.mark.parametrize("branches", [2, 3, 10])
def test_what_branches_spent_side_by_side_the_later_looks_pay_for(branches: int) -> None:
    spent = branches * next_share(0.0)
    assert next_share(spent) == LEAST
    assert left_after(spent) == 0.0
    beside = next_share(0.0) + 2 * next_share(next_share(0.0))  # a fork at the second look
    assert LEAST < next_share(beside) < next_share(next_share(0.0)) / 5
    assert beside + next_share(beside) < 1
