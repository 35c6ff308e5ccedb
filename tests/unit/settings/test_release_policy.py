"""The release policy is closed, and its people, roles and approvals fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from dslm.errors import EXIT_BAD_INPUT, Problems
from dslm.provenance import write_atomic
from dslm.settings.release_policy import PATH, ReleasePolicy, load_release_policy

GOOD = """\
people:
  ann: [{public_key: a}, {public_key: b, retired: "2026-01-31"}]
  bob: [{public_key: c}]
roles: {trainer: [ann], approver: [ann, bob]}
approvals:
  promotion: {count: 1}
  policy_change: {count: 2, role: approver, not_the_trainer: false}
"""


def load(root: Path, text: str) -> ReleasePolicy:
    write_atomic(root / PATH, text)
    return load_release_policy(root)


def test_people_roles_and_approvals_are_read(tmp_path: Path) -> None:
    policy = load(tmp_path, GOOD)
    assert [kind for kind, _ in policy.approvals.named()] == ["promotion", "policy_change"]
    assert policy.approvals.promotion
    assert (policy.approvals.promotion.role, policy.approvals.promotion.not_the_trainer) == (
        "approver", True,
    )  # fmt: skip
    assert ReleasePolicy.model_validate(policy.plain()) == policy
    same = load(
        tmp_path, "# said otherwise\n" + GOOD.replace("count: 1", "role: approver, count: 1")
    )
    assert same.digest() == policy.digest()
    assert load(tmp_path, GOOD.replace("count: 2", "count: 1")).digest() != policy.digest()


@pytest.mark.parametrize(
    ("was", "now", "line", "told"),
    [
        ("roles:", "role:", 4, "unknown key 'role' — did you mean 'roles'?"),
        ("promotion:", "promotions:", 6, "did you mean 'promotion'?"),
        ("count: 1", "count: 0", 6, "greater than or equal to 1"),
        ("count: 1", "count: 3", 6, "asks for 3 people, and approver has 2"),
        ("role: approver", "role: aprover", 7, "did you mean 'approver'?"),
        ("[ann, bob]", "[ann, bop]", 4, "'bop' is not in people — did you mean 'bob'?"),
        ("[ann, bob]", "[ann, ann]", 4, "names ann twice"),
        ("trainer: [ann]", "trainer: []", 4, "names nobody"),
        ("bob: [{public_key: c}]", "bob: []", 3, "people.bob: has no key"),
        (
            "bob: [{public_key: c}]",
            "Ann_: [{public_key: c}]",
            3,
            "reads as 'ann' does",
        ),
        ("  policy_change", "  #", 5, "policy_change is missing"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, was: str, now: str, line: int, told: str
) -> None:
    assert was in GOOD
    with pytest.raises(Problems) as caught:
        load(tmp_path, GOOD.replace(was, now, 1))
    assert caught.value.exit_code == EXIT_BAD_INPUT
    assert f"policy.yaml:{line}" in caught.value.message()
    assert told in caught.value.message()
