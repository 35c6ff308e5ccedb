"""Whether the same look at gold was held up by a stricter policy before: loosened until it passed.

Takes the ledger's folder, a verdict and the policy that asked; gives lines for `gate.md`, the
report and `dslm gate`, which decide nothing. A champion's policy is compared by
`changes_since_champion`, and what loosens it is refused at promotion; this tells it of a first
release too, where there is no champion yet.
"""

from __future__ import annotations

from pathlib import Path

from dslm.gating.changes.changes_since_champion import policy_changes
from dslm.looks.asked_policies import AskedPolicy, asked_policy, keep_policy, policies_of
from dslm.records import Verdict
from dslm.settings.gate_policy import GatePolicy

HEADING = "Loosened since this look at gold was held up"


def keep_asked(looks: Path, verdict: Verdict, policy: GatePolicy) -> None:
    """Write down by which policy a verdict was reached; nothing where nothing was looked at."""
    if verdict.look is not None:
        checks = {check.id: check.status for check in verdict.checks}
        asked = asked_policy(verdict.status, checks, policy.model_dump(mode="json"))
        keep_policy(looks, verdict.look, asked)


def loosened_since(looks: Path, verdict: Verdict, policy: GatePolicy) -> list[str]:
    """A line for each policy under which the same look did not pass and that asked more.

    Args:
        looks: The folder of the ledger.
        verdict: On that look.
        policy: By which it was reached; nothing is told of another.
    """
    if verdict.look is None or verdict.evidence.get("policy") != policy.digest():
        return []
    found, broken = policies_of(looks, verdict.look)
    lines = [line for one in found if (line := _line(one, policy))]
    return [*lines, *(f"{path.name} in {path.parent} cannot be read: `git checkout` it"
                      for path in broken)]  # fmt: skip


def _line(one: AskedPolicy, policy: GatePolicy) -> str:
    """What was loosened since one policy; empty where it passed, or nothing was."""
    turned = [
        f"{change.key}: {change.was} → {change.now}"
        for change in policy_changes(one.policy, policy.model_dump(mode="json")) if change.loosens
    ]  # fmt: skip
    if one.status == "PASS" or not turned:
        return ""
    by = f" ({', '.join(one.held_up)})" if one.held_up else ""
    return f"{one.status}{by} before; loosened since the last verdict on this look: " + "; ".join(
        turned)  # fmt: skip
