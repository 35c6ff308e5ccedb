import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from dslm.contract import Contract
from dslm.records import Case

SYLLABLES = ("ba", "cor", "den", "fil", "gam", "hos", "jur", "kel", "lim", "mov", "nap", "quo")
WORDS = [a + b for a in SYLLABLES for b in SYLLABLES if a != b]

Rows = Iterable[dict[str, Any]]


def contract_with(**data: Any) -> Contract:
    """A small contract: `kind` from an enum, a nullable `amount`, one rule."""
    return Contract.model_validate({
        "name": "parcels", "version": 1, "summary": "s", "task": "t",
        "output": {
            "type": "object", "additionalProperties": False, "required": ["kind", "amount"],
            "properties": {"kind": {"enum": ["claim", "other"]},
                           "amount": {"type": ["string", "null"], "maxLength": 12}},
        },
        "compare": {"amount": {"as": "decimal", "tolerance": 0}},
        "rules": [{
            "id": "other_is_empty", "expr": 'output.kind != "other" || output.amount == null',
            "breach": "abstain", "means": "m",
            "examples": {"pass": {"output": {"kind": "other"}},
                         "fail": {"output": {"kind": "other", "amount": "1.00"}}},
        }],
        "decision": {"max_selective_risk": 0.1, "confidence": 0.9},
        "costs": {"currency": "EUR", "wrong_proceed": 1.0, "review": 1.0, "escalation": 1.0},
        "slo": {"p95_ms": 1, "p99_ms": 1},
        "data": {
            "sources": [{"path": "sources/*.jsonl", "licence": "CC0", "origin": "made here"}],
            "group_by": "sender",
            "split": {"train": 0.6, "validation": 0.2, "calibration": 0.2},
        } | data,
    })  # fmt: skip


def make_rows(count: int, *, seed: int = 1, prefix: str = "s", groups: int = 40) -> list[dict]:
    """Clean labelled rows: every text drawn anew, so that no two are alike."""
    rng = random.Random(f"{prefix}{seed}")
    rows = []
    for place in range(count):
        amount = f"{rng.randrange(10, 99999)}.{rng.randrange(100):02d}"
        said = " ".join(rng.choices(WORDS, k=16))
        rows.append({
            "id": f"{prefix}-{place:04d}",
            "input": f"Claim {rng.randrange(10**6)}: {said}. Sum {amount} EUR",
            "target": {"kind": "claim", "amount": amount},
            "meta": {"sender": f"{prefix} sender {place % groups}"},
        })  # fmt: skip
    return rows


def as_cases(rows: Rows) -> list[Case]:
    return [Case.model_validate(row) for row in rows]


@pytest.fixture(scope="session")
def contract() -> Contract:
    return contract_with()


@pytest.fixture(scope="session")
def build_contract() -> Callable[..., Contract]:
    return contract_with


@pytest.fixture
def rows() -> list[dict]:
    return make_rows(200)


@pytest.fixture(scope="session")
def build_rows() -> Callable[..., list[dict]]:
    return make_rows


@pytest.fixture
def gold() -> list[Case]:
    return as_cases(make_rows(30, prefix="g"))


@pytest.fixture
def write_source(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows (or raw lines) to `sources/<name>` and gives the contract's folder."""

    def write(rows: Iterable[Any], name: str = "a.jsonl") -> Path:
        path = tmp_path / "sources" / name
        path.parent.mkdir(exist_ok=True)
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return tmp_path

    return write
