from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from support.repositories.small_repository import CONTRACT

from dslm.contract import load_contract
from dslm.contract.model.decision_and_costs import DecisionPolicy
from dslm.errors import Problems
from dslm.provenance import digest_json


def load(tmp_path: Path, old: str, new: str) -> list[str]:
    """The problems of the small contract with one thing replaced."""
    assert CONTRACT.count(old) == 1
    path = tmp_path / "workflow.yaml"
    path.write_text(CONTRACT.replace(old, new))
    with pytest.raises(Problems) as caught:
        load_contract(path)
    return [problem.message() for problem in caught.value.problems]


SLICES = "slices: [language]\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: mini", "name: Mini", "name: "),
        ("  additionalProperties: false\n", "", "additionalProperties: false"),
        ("required: [kind, number]", "required: [kind]", "output.required lacks number"),
        ("type: object", "type: array", "JSON Schema of type object"),
        ("grounded: [number]", "grounded: [no]", "grounded names 'no'"),
        ("out_of_scope: {kind", "out_of_scope: {knd", "did you mean 'kind'?"),
        ("maxLength: 20", "pattern: 'a{9999999}'", "'a{9999999}' is too large"),
        ("maxLength: 20", "pattern: '(a'", "is no JSON Schema"),
        ("p99_ms: 8000", "p99_ms: 80", "slo.p99_ms is below slo.p95_ms"),
        ("wrong_proceed: 45.0", "wrong_proceed: .inf", "costs.wrong_proceed: "),
        ("wrong_proceed: 45.0", "wrong_proceed: -1", "costs.wrong_proceed: "),
        ("max_selective_risk: 0.1", "max_selective_risk: 1.5", "decision.max_selective_risk: "),
        ("{as: text}", "{as: fuzzy}", "compare.number.as: "),
        (SLICES, f"{SLICES}traffic: {{langage: {{de: 1}}}}\n", "did you mean 'language'?"),
        (SLICES, f"{SLICES}traffic: {{language: {{de: 0.5, en: 0.4}}}}\n", "add up to 0.9, not"),
        (SLICES, f"{SLICES}traffic: {{language: {{de: 1, en: 0}}}}\n", "traffic.language.en: "),
        (SLICES, f"{SLICES}traffic: {{language: {{de: .nan}}}}\n", "traffic.language.de: "),
        (SLICES, f"{SLICES}traffic: {{language: {{}}}}\n", "add up to 0, not"),
        (SLICES, f"{SLICES}traffic: {{language: {{de: 1}}, kind: {{a: 1}}}}\n", "of one slice"),
        ("breach: abstain", "breach: proceed", "breach: "),
        ("      fail: {output: {kind: order}}\n", "", "examples.fail' is missing"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert any(says in problem for problem in load(tmp_path, old, new))


def test_layout_and_comments_do_not_change_what_a_contract_means(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CONTRACT)
    (tmp_path / "b.yaml").write_text(
        "# more\n" + CONTRACT.replace("version: 1", "version:   1 # x")
    )
    (tmp_path / "c.yaml").write_text(CONTRACT.replace("version: 1", "version: 2"))
    first, second, third = (load_contract(tmp_path / f"{n}.yaml").digest() for n in "abc")
    assert first == second != third


@pytest.mark.parametrize(("calibrations", "confidence"), [(10**400, 0.9), (1000, 1 - 1e-15)])
def test_so_many_calibrations_that_none_could_certify_are_refused(
    calibrations: int, confidence: float
) -> None:
    with pytest.raises(ValidationError, match="calibrations"):
        DecisionPolicy(max_selective_risk=0.1, confidence=confidence, calibrations=calibrations)


def test_contracts_of_before_there_were_later_keys_keep_their_digest(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CONTRACT)
    shares = f"{SLICES}traffic: {{language: {{en: 0.3, de: 0.7}}}}\n"
    (tmp_path / "b.yaml").write_text(CONTRACT.replace(SLICES, shares))
    plain, weighed = (load_contract(tmp_path / f"{name}.yaml") for name in "ab")
    before = plain.model_dump(mode="json", by_alias=True)
    del before["traffic"], before["locale"], before["decision"]["calibrations"]
    assert plain.digest() == digest_json(before) != weighed.digest()
