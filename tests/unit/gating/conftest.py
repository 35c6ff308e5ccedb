"""Submissions whose answers a test chooses, judged without any file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import pytest
from support.repositories.scored_rows import MINI, cases, first, rows_of

from dslm.gating.evidence.gate_input import GateInput
from dslm.records import Baseline, Row
from dslm.scoring import make_scorecard
from dslm.settings.gate_policy import GatePolicy

GOLD = cases(200)
SERVES = Baseline(version=3, digest="sha256:three")


@lru_cache
def answered(right: tuple[bool, ...], threshold: float) -> list[Row]:
    """Rows over the usual gold set; scoring the same answers once is enough."""
    return rows_of(GOLD, right, threshold=threshold)


@pytest.fixture
def submit() -> Callable[..., GateInput]:
    """A submission from what each model has right; no champion unless its answers are given."""

    def make(
        right: Sequence[bool] = first(190, 200),
        base: Sequence[bool] = first(60, 200),
        champion: Sequence[bool] | None = None,
        **changes: Any,
    ) -> GateInput:
        gold = changes.pop("gold", GOLD)
        scored = answered if gold is GOLD else lambda flags, t: rows_of(gold, flags, threshold=t)
        rows = {"candidate": scored(tuple(right), 0.5), "base": scored(tuple(base), 0.0)}
        if champion is not None:
            rows["champion"] = scored(tuple(champion), 0.5)
        card = make_scorecard(MINI, gold, threshold=0.5, rows_by_model=rows, evidence={})
        values = {
            "contract": MINI, "gold": gold, "scorecard": card, "rows": rows,
            "baseline": Baseline() if champion is None else SERVES, "evidence": {"gold": "g"},
        }  # fmt: skip
        return GateInput(**(values | changes))

    return make


@pytest.fixture
def asking() -> Callable[..., GatePolicy]:
    """A policy of the given checks."""

    def make(*checks: dict[str, Any]) -> GatePolicy:
        return GatePolicy.model_validate(
            {"checks": [{"id": f"check_{i}"} | check for i, check in enumerate(checks)]}
        )

    return make
