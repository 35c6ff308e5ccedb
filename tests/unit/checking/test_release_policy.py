"""What a release policy lacks for data that somebody else owns is told before the first release."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.releases.approving_people import APPROVALS, ROLES, People
from support.releases.signed_folders import INVENTED
from support.repositories.finished_run import Run
from support.repositories.small_repository import CONTRACT

from dslm.checking.policy.release_policy_checks import prove_release_policy
from dslm.contract import load_contract
from dslm.scaffolding.release_policy_draft import write_release_policy
from dslm.settings.release_policy import PATH, ReleasePolicy, load_release_policy
from dslm.settings.workspace import Workspace

DEMONSTRATION = "signing: {demonstration_key: true}\n"


def found(root: Path, contract: str, policy: str | None) -> list[tuple[str, str]]:
    ws = Workspace(root, "mini")
    for path, text in ((ws.contract, contract), (root / PATH, policy)):
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text)
    proved = prove_release_policy(ws, load_contract(ws.contract))
    return [(finding.kind, finding.message) for finding in proved]


def test_the_examples_policy_suits_invented_data_alone(tmp_path: Path) -> None:
    ((kind, _),) = found(tmp_path / "a", INVENTED, DEMONSTRATION)
    assert kind == "ok"
    ((kind, told),) = found(tmp_path / "b", CONTRACT, DEMONSTRATION)
    assert kind == "warn"
    for part in ("demonstration_key: false", "required: true", "a key of whoever trains",
                 "approvals.promotion", "approvals.policy_change"):  # fmt: skip
        assert part in told


@pytest.mark.parametrize(
    ("approvals", "roles", "kind", "told"),
    [
        (APPROVALS, ROLES, "ok", "promotion 1, policy_change 1"),
        ("", ROLES, "warn", "one person alone decides"),
        (APPROVALS.replace("{count: 1}", "{count: 1, not_the_trainer: false}"), ROLES, "warn",
         "somebody other than the trainer"),
        (APPROVALS, "roles: {approver: [bob]}\n", "warn", "a key of whoever trains"),
        (APPROVALS, "roles: {}\n", "fail", "the role 'approver' is not in roles"),
    ],
)  # fmt: skip
def test_a_policy_of_ones_own_is_held_to_what_real_data_need(
    tmp_path: Path, approvals: str, roles: str, kind: str, told: str
) -> None:
    people = People.with_keys(tmp_path / "people")
    run = Run(Workspace(tmp_path, "mini"))
    people.policy(run, approvals, roles=roles)
    findings = found(tmp_path, CONTRACT, None)
    assert findings[0][0] == kind
    assert told in findings[0][1]


def test_init_writes_a_policy_where_there_is_none_and_check_says_what_is_missing(
    tmp_path: Path,
) -> None:
    ((kind, told),) = found(tmp_path, CONTRACT, None)
    assert (kind, "the file itself" in told) == ("warn", True)
    write_release_policy(tmp_path)
    assert load_release_policy(tmp_path) == ReleasePolicy()
    text = (tmp_path / PATH).read_text()
    ((kind, told),) = found(tmp_path, CONTRACT, None)
    assert (kind, "the file itself" in told, "demonstration_key" in told) == ("warn", False, False)
    (tmp_path / PATH).write_text("signing: {required: true}\n")
    write_release_policy(tmp_path)
    assert (tmp_path / PATH).read_text() == "signing: {required: true}\n"
    filled = "\n".join(line.removeprefix("# ") for line in text.splitlines()[7:])
    pem = People.with_keys(tmp_path / "keys").keys
    for name in ("ann", "bob"):
        body = pem[name].public.pem.strip().replace("\n", "\n        ")
        begin = filled.index("public_key: |\n", filled.index(f"  {name}:")) + len("public_key: |\n")
        end = filled.find("  bob:", begin) if name == "ann" else filled.index("roles:")
        filled = f"{filled[:begin]}        {body}\n{filled[end:]}"
    (tmp_path / PATH).write_text(f"signing: {{required: true}}\n{filled}\n")
    assert [kind for kind, _ in found(tmp_path, CONTRACT, None)] == ["ok"]
