from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.settings.bases import TIERS, known_bases


def tier(parameters: float) -> str:
    return known_bases()["Qwen3-8B"].model_copy(update={"parameters": parameters}).tier


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        (0.135, "tiny"), (0.999, "tiny"), (1.0, "core SLM"), (8.2, "core SLM"), (10.0, "core SLM"),
        (10.1, "upper SLM"), (14.8, "upper SLM"), (30.0, "upper SLM"), (30.5, "frontier"),
        (671.0, "frontier"),
    ],
)  # fmt: skip
def test_tiers_are_those_of_the_field(parameters: float, named: str) -> None:
    assert tier(parameters) == named


@given(st.floats(0.001, 2000), st.floats(0.001, 2000))
def test_a_larger_base_is_of_no_lower_tier(one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert TIERS.index(tier(smaller)) <= TIERS.index(tier(larger))
