"""What a pull request changes of policy, waivers and gold: told, since none of it judges itself.

Takes the workflow as the target branch and as the pull request has it; gives lines. Called by
`judging`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dslm.errors import DslmError
from dslm.settings.policy import GatePolicy, load_policy, load_waivers
from dslm.settings.workspace import Workspace

BY_TARGETS = "judged by the target branch's; this change is for people to review"


def policy_notes(target: Workspace, head: Workspace) -> tuple[str, ...]:
    """Lines on each document that differs; none where none does."""
    return tuple(_notes(target, head))


def _notes(target: Workspace, head: Workspace) -> Iterator[str]:
    try:
        ours, theirs = load_policy(target.policy), load_policy(head.policy)
    except DslmError as error:
        yield f"The gate policy changes and cannot be compared: {error.message()}"
        return
    if found := list(_policy(ours, theirs)):
        yield f"The gate policy changes ({'; '.join(found)}): {BY_TARGETS}."
    mine, other = load_waivers(target.waivers), load_waivers(head.waivers)
    if mine != other:
        added = sorted({one.check for one in other} - {one.check for one in mine})
        what = f" (new: {', '.join(added)})" if added else ""
        yield f"The waivers change{what}: {BY_TARGETS}."


def _policy(ours: GatePolicy, theirs: GatePolicy) -> Iterator[str]:
    """What is asked otherwise, in the policy's own words."""
    left, right = _flat(ours), _flat(theirs)
    for key in sorted(left.keys() | right.keys()):
        if left.get(key) != right.get(key):
            was, now = (side.get(key, "not there") for side in (left, right))
            yield f"{key}: {was} → {now}"


def _flat(policy: GatePolicy) -> dict[str, Any]:
    found = policy.model_dump(mode="json")
    checks = found.pop("checks")
    for check in checks:
        name = check.pop("id")
        found |= {f"{name}.{key}": value for key, value in check.items() if key != "means"}
    return found
