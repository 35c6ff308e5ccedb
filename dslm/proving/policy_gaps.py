"""Proofs that a gate policy asks what keeps a workflow safe, and asks it at the first release too.

Takes the policy and the champion file; gives a warning for each gap. Called by
`dslm.proving.policy`. What a check asks is its owner's to decide; that nothing asks is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.errors import DslmError
from dslm.proving.finding import Finding, fail, warn
from dslm.records import Champion
from dslm.settings.loading import load_document
from dslm.settings.policy import AnyCheck, Gain, GatePolicy, NonInferior, SliceAlarm
from dslm.settings.workspace import Workspace

SAFE = "selective_risk"  # how often what goes through without a person is wrong
SERVING = ("champion", "anchor")


def policy_gaps(ws: Workspace, policy: GatePolicy) -> Iterator[Finding]:
    """What no check of a policy asks, and what none can ask while nothing serves."""
    where = f"{ws.policy}: checks"
    if not any(check.metric == SAFE for check in policy.checks):
        yield warn(
            "safety", f"no check is on {SAFE}: a candidate may pass however often what goes "
            "through without a person is wrong",
            where=where, fix=f"add a bound on {SAFE}, as `dslm init` proposes one",
        )  # fmt: skip
    if _serves(ws):
        return
    yield from _first_release(ws, policy, where)


def _serves(ws: Workspace) -> bool:
    """Whether a champion serves; a file that cannot be read is another proof's."""
    try:
        return load_document(ws.champion, Champion, fix="restore it from git").version != 0
    except DslmError:
        return True


def _first_release(ws: Workspace, policy: GatePolicy, where: str) -> Iterator[Finding]:
    if policy.first_release == "refuse":
        yield fail(
            "first_release", "nothing serves, and `first_release: refuse` lets no candidate "
            "through that was compared with no champion: none can pass",
            where=f"{ws.policy}: first_release", fix="`until_one_serves`",
        )  # fmt: skip
    others = [model_compared(check) for check in policy.checks]
    if all(other in SERVING for other in others):
        yield warn(
            "first_release", "nothing serves, and every check compares with what serves: none "
            "applies to the first candidate, and where nothing passes the verdict is FAIL",
            where=where, fix="add what a first release has to show: bounds, a gain over the base",
        )  # fmt: skip
    elif not any(other in ("base", "person") for other in others):
        yield warn(
            "first_release", "nothing serves, and no check compares with the prompted base or "
            "with people alone: the first candidate is compared with nothing",
            where=where, fix="add a `gain` over: base or over: person, as `dslm init` does",
        )  # fmt: skip


def model_compared(check: AnyCheck) -> str | None:
    """The model that a check compares the candidate with; None where it compares with none."""
    if isinstance(check, SliceAlarm):
        return check.against
    if isinstance(check, NonInferior):
        return check.to
    return check.over if isinstance(check, Gain) else None
