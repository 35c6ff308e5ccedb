"""Which labelled cases the untrained base is shown as examples in its prompt.

Takes training cases; gives a few that are unlike. Called where a base is loaded to be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dslm.contract import Contract
from dslm.records import Case


def baseline_examples(contract: Contract, cases: Sequence[Case], count: int) -> list[Case]:
    """Worked examples from training cases, as unlike as `count` allows.

    Deterministic: in id order, cases whose pattern of closed-set values and nulls is new come
    first.
    """
    closed = [f for f, s in contract.schema["properties"].items() if "enum" in s]
    seen: set[tuple[Any, ...]] = set()
    new: list[Case] = []
    rest: list[Case] = []
    for case in sorted(cases, key=lambda c: c.id):
        target = case.target or {}
        pattern = (*(str(target[f]) for f in closed), *(target[f] is None for f in contract.fields))
        (rest if pattern in seen else new).append(case)
        seen.add(pattern)
    return (new + rest)[:count]
