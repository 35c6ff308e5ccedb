"""Every number of gate policy and contract, however odd: refused with exit code 2, or judged."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.repositories.scored_rows import MINI, cases, first, rows_of

from dslm.contract import load_contract
from dslm.contract.model.contract_model import Contract
from dslm.errors import EXIT_BAD_INPUT, DslmError
from dslm.gating.evidence.gate_input import GateInput
from dslm.gating.gate import judge
from dslm.gating.power.detectable_differences import DISCORDANCE, gold_reach
from dslm.gating.power.power_curve import power_curve
from dslm.records import Baseline
from dslm.scoring import calibrate, make_scorecard
from dslm.scoring.rows.scored_rows import recompute
from dslm.settings.gate_policy import GatePolicy, NonInferior, load_policy
from dslm.statistics.power_and_sample_size import needed_right

GOLD = cases(44, groups=40)
SPLIT = cases(40, prefix="c")
ROWS = {"candidate": rows_of(GOLD, first(42, 44)), "base": rows_of(GOLD, first(20, 44)),
        "champion": rows_of(GOLD, first(41, 44))}  # fmt: skip
ANSWERED = rows_of(SPLIT, first(39, 40))
ODD = (
    0, 1, -1, 5e-324, 1e-17, 0.0001, 0.9999, 1 - 2**-53, 10**9, 10**400, 1e18, 1e308, "1e999",
    ".nan", "-.inf", "true", "[]",
)  # fmt: skip
ASKED: dict[str, Any] = {
    "alpha": 0.05,
    "waivers": {"most_days": 30},
    "checks": [
        {"id": "right", "kind": "bound", "metric": "case_exact_match", "at_least": 0.7},
        {"id": "cut", "kind": "bound", "metric": "coverage", "at_most": 0.9},
        {"id": "cost", "kind": "bound", "metric": "cost_per_case", "at_most": 9.0},
        {"id": "dear", "kind": "bound", "metric": "cost_per_case", "at_least": 0.1},
        {"id": "risk", "kind": "bound", "metric": "selective_risk", "at_most": 0.3,
         "least_cases": 10},
        {"id": "holds", "kind": "non_inferior", "metric": "coverage", "to": "champion",
         "margin": 0.1},
        {"id": "spends", "kind": "non_inferior", "metric": "cost_per_case", "to": "base",
         "margin": 1.0},
        {"id": "gains", "kind": "gain", "metric": "coverage", "over": "base", "at_least": 0.1},
        {"id": "saves", "kind": "gain", "metric": "cost_per_case", "over": "person",
         "at_least": 0.1},
        {"id": "falls", "kind": "slice_alarm", "metric": "coverage", "against": "champion",
         "worse_by": 0.1, "min_cases": 5},
    ],
}  # fmt: skip
CONTRACT = MINI.model_dump(mode="json", by_alias=True, exclude_none=True)
CONTRACT["decision"] |= {"calibrations": 2}
CONTRACT["costs"] |= {"by_field": {"number": 4.0}, "hardware_hour": 1.0}
CONTRACT["compare"] |= {"number": {"as": "decimal", "tolerance": 0.5}}
CONTRACT["traffic"] = {"language": {"en": 0.5, "de": 0.5}}
NOT_JUDGED = {
    "version",
    "examples",
    "output",
    "data",
}  # what a policy or a threshold is not made of


def numbers_in(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a document has numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield at
    pairs = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else pairs:
        if key not in NOT_JUDGED:
            yield from numbers_in(one, (*at, key))


def written(document: dict[str, Any], at: tuple[Any, ...], value: Any, path: Path) -> Path:
    """The document with another value in one place, as somebody types it."""
    made = copy.deepcopy(document)
    inside = made
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = "VALUE"
    path.write_text(json.dumps(made).replace('"VALUE"', str(value)))
    return path


def submitted(contract: Contract) -> GateInput:
    """Certified, scored and handed in by a contract."""
    made = calibrate(contract, recompute(contract, SPLIT, ANSWERED, 2.0), {})
    rows = {m: recompute(contract, GOLD, one, made.cutoff) for m, one in ROWS.items()}
    card = make_scorecard(contract, GOLD, threshold=made.threshold, rows_by_model=rows, evidence={})
    serves = Baseline(version=3, digest="sha256:three", contract_version=contract.version)
    return GateInput(contract, GOLD, card, rows, serves, {"gold": "g"})


@cache
def by_contract() -> GateInput:
    """By the contract as it is, for policies."""
    return submitted(Contract.model_validate(CONTRACT))


def judged(submission: GateInput, policy: GatePolicy) -> str:
    """All that a policy is used for, without a file."""
    verdict = judge(policy, submission)
    assert gold_reach(submission.contract, GOLD, policy).checks
    for check in policy.checks:
        if isinstance(check, NonInferior) and check.metric != "cost_per_case":
            assert power_curve([2] * 22, check.margin, policy.alpha, DISCORDANCE)
    assert "evidence" not in {check.id for check in verdict.checks}, verdict.checks[0].seen
    json.dumps(verdict.model_dump(mode="json"), allow_nan=False)
    return verdict.status


PLACES = [("policy", at) for at in numbers_in(ASKED)] + [
    ("contract", at) for at in numbers_in(CONTRACT)
]


def test_every_number_of_the_policy_is_among_those_that_are_tried() -> None:
    found = {at[-1] for _, at in PLACES}
    kinds = GatePolicy.model_json_schema()["$defs"]
    numeric = {
        name for kind in (*kinds.values(), GatePolicy.model_json_schema())
        for name, asked in kind["properties"].items()
        if {"number", "integer"} & {one.get("type") for one in (asked, *asked.get("anyOf", ()))}
    }  # fmt: skip
    assert numeric <= found
    assert {"max_selective_risk", "confidence", "calibrations", "review", "p99_ms"} <= found


@pytest.mark.parametrize(
    ("document", "at"), PLACES, ids=[".".join(map(str, at)) for _, at in PLACES]
)
def test_no_number_ends_in_a_traceback(document: str, at: tuple[Any, ...], tmp_path: Path) -> None:
    refused: list[DslmError] = []
    for value in ODD:
        asked = ASKED if document == "policy" else CONTRACT
        path = written(asked, at, value, tmp_path / "document.yaml")
        try:
            if document == "policy":
                submission, policy = by_contract(), load_policy(path)
                own = policy.checks[at[1]] if at[0] == "checks" else policy.checks[5]
                policy = policy.model_copy(update={"checks": [own]})
            else:
                contract, policy = load_contract(path), GatePolicy.model_validate(ASKED)
                policy = policy.model_copy(update={"checks": policy.checks[4:7:2]})
                submission = submitted(contract)
        except DslmError as error:
            refused.append(error)
            continue
        assert judged(submission, policy) in {"PASS", "FAIL", "INCONCLUSIVE"}
    assert {error.exit_code for error in refused} == {EXIT_BAD_INPUT}
    assert all(str(tmp_path) in error.message() for error in refused)
    assert len(refused) < len(ODD) or at[0] == "traffic"  # shares add up to one, and one is changed


def test_a_risk_too_small_to_be_shown_is_no_division_by_nothing() -> None:
    assert needed_right(1e-17, 0.9) > 10**17
    assert needed_right(0.1, 0.9) == 22
