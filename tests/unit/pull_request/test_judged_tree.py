"""The tree that is judged: the target's code and policy, the pull request's data, no link."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.repositories.small_repository import make_repository

from dslm.errors import DslmError, ReleaseRefused
from dslm.evidence import release_digest
from dslm.provenance import write_atomic
from dslm.pull_request.judged_tree import ask_by_target, lay_out
from dslm.records import Release
from dslm.settings.workspace import Workspace


@pytest.fixture
def target(tmp_path: Path) -> Workspace:
    ws = make_repository(tmp_path / "target")
    (ws.root / "dslm").mkdir()
    (ws.root / "dslm" / "gate.py").write_text("the target's\n")
    (ws.root / "dvc.yaml").write_text("stages: {}\n")
    return ws


@pytest.fixture
def head(target: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(target.root, tmp_path / "head")
    ws = Workspace(tmp_path / "head", "mini")
    (ws.root / "dslm" / "gate.py").write_text("the pull request's\n")
    (ws.root / "dvc.yaml").write_text("stages: {evil: {cmd: touch it-ran}}\n")
    (ws.root / ".dvc").mkdir()
    (ws.root / ".dvc" / "config").write_text("[core]\n    remote = evil\n")
    (ws.root / "dvc.lock").write_text("{}\n")
    ws.champion.write_text('{"version": 9, "digest": null}\n')
    ws.policy.write_text(ws.policy.read_text().replace("0.7", "0.1"))
    (ws.data / "new.txt").write_text("new\n")
    return ws


def test_code_and_champion_are_the_targets_and_data_the_pull_requests(
    target: Workspace, head: Workspace, tmp_path: Path
) -> None:
    ws = lay_out(target, head.root, tmp_path / "tree")
    assert (ws.root / "dslm" / "gate.py").read_text() == "the target's\n"
    assert (ws.root / "dvc.yaml").read_bytes() == (target.root / "dvc.yaml").read_bytes()
    assert ws.champion.read_bytes() == target.champion.read_bytes()
    assert not (ws.root / ".dvc").exists()
    assert (ws.data / "new.txt").read_text() == "new\n"
    assert ws.policy.read_bytes() == head.policy.read_bytes()  # dvc.lock names it


def test_the_targets_policy_asks_and_the_pull_requests_own_is_kept_beside_it(
    target: Workspace, head: Workspace, tmp_path: Path
) -> None:
    head.waivers.write_text("waivers: []  # of its own\n")
    ws = lay_out(target, head.root, tmp_path / "tree")
    own = ask_by_target(ws, target)
    assert ws.policy.read_bytes() == target.policy.read_bytes()
    assert ws.waivers.read_bytes() == target.waivers.read_bytes()
    assert own.policy.read_bytes() == head.policy.read_bytes()
    assert own.waivers.read_bytes() == head.waivers.read_bytes()


def test_params_of_other_workflows_are_left_out(
    target: Workspace, head: Workspace, tmp_path: Path
) -> None:
    more = "  'other/../../etc': {recipe: x}\n"
    params = head.root / "params.yaml"
    params.write_text(params.read_text() + more)
    ws = lay_out(target, head.root, tmp_path / "tree")
    assert list(json.loads((ws.root / "params.yaml").read_text())["workflows"]) == ["mini"]


def a_linked_gold(ws: Workspace) -> None:
    ws.gold.unlink()
    ws.gold.symlink_to("/etc/hostname")


def a_linked_folder(ws: Workspace) -> None:
    shutil.rmtree(ws.data / "sources")
    (ws.data / "sources").symlink_to("/etc", target_is_directory=True)


def a_linked_parent(ws: Workspace) -> None:
    (ws.root / "recipes").rename(ws.root / "elsewhere")
    (ws.root / "recipes").symlink_to(ws.root / "elsewhere", target_is_directory=True)


def no_lock(ws: Workspace) -> None:
    (ws.root / "dvc.lock").unlink()


def a_contract_that_grows_as_it_is_read(ws: Workspace) -> None:
    pairs = zip("abcdefgh", "bcdefghi", strict=True)
    lines = ["a: &a [x, x]", *(f"{b}: &{b} [*{a}, *{a}]" for a, b in pairs)]
    ws.contract.write_text("\n".join(lines) + "\n")


def a_contract_of_another_name(ws: Workspace) -> None:
    ws.contract.write_text(ws.contract.read_text().replace("name: mini", "name: other"))


def a_name_that_is_no_utf_8(ws: Workspace) -> None:
    (ws.eval / os.fsdecode(b"\xff")).mkdir()
    (ws.eval / os.fsdecode(b"\xff") / "a.txt").write_text("")


RECEIPT = Release(workflow="mini", version=1, digest=release_digest("mini", {"adapter": "a"}),
                  status="candidate", contract_version=1, created="2026-11-22",
                  evidence={"adapter": "a"}, look="sha256:look")  # fmt: skip


def receipt(**changes: Any) -> Callable[[Workspace], None]:
    """A registration's receipt in the pull request."""
    text = RECEIPT.model_copy(update=changes).model_dump_json()
    return lambda ws: write_atomic(ws.receipt, text)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (a_name_that_is_no_utf_8, r"\\xff: its name is no UTF-8"),
        (lambda ws: write_atomic(ws.receipt, '{"version": 9}'), "is not a registration record"),
        (receipt(look=None), "names its look"),
        (receipt(workflow="other"), "registration record of"),
        (receipt(digest="sha256:x"), "not a registration record of mini"),
        (receipt(evidence={}), "not a registration record of mini"),
        (a_linked_gold, "no regular file"), (a_linked_folder, "no regular file"),
        (a_linked_parent, "no regular file"), (no_lock, "no dvc.lock"),
        (a_contract_that_grows_as_it_is_read, "workflow.yaml"),
        (a_contract_of_another_name, "the contract is called 'other'"),
    ],
)  # fmt: skip
def test_what_leads_elsewhere_or_cannot_be_read_is_refused(
    target: Workspace, head: Workspace, tmp_path: Path, edit: Callable[[Workspace], None], said: str
) -> None:
    edit(head)
    with pytest.raises(DslmError, match=said):
        lay_out(target, head.root, tmp_path / "tree")


def test_a_receipt_is_the_pull_request_s_own_and_is_not_taken_away(
    target: Workspace, head: Workspace, tmp_path: Path
) -> None:
    receipt()(head)
    ws = lay_out(target, head.root, tmp_path / "new")
    assert ws.receipt.read_bytes() == head.receipt.read_bytes()
    receipt(look=None)(target)  # of before looks were counted: it may stay as it is
    receipt(look=None)(head)
    assert lay_out(target, head.root, tmp_path / "old").receipt.is_file()
    head.receipt.unlink()
    with pytest.raises(ReleaseRefused, match=r"release\.json: the pull request takes it away"):
        lay_out(target, head.root, tmp_path / "gone")
