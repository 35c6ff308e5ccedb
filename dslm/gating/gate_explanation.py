"""What the gate asks and what this gold set can tell, before anything is scored: `gate explain`.

Takes a workspace; gives an `Explained`. No model and no run is needed. What the gold set can do is
said by `reach`, how likely a loss slips through by `power_curve`.
"""

from __future__ import annotations

from dslm.cases import read_labelled
from dslm.contract import load_contract
from dslm.contract.model.contract_model import Contract
from dslm.data_card import CheckReach
from dslm.gating.power.detectable_differences import (
    DISCORDANCE,
    FIRST_LOOK,
    checks_reach,
    group_sizes,
)
from dslm.gating.power.power_curve import PowerPoint, power_curve
from dslm.records import Case, Record
from dslm.scoring.metrics import METRICS
from dslm.settings.gate_policy import AnyCheck, GatePolicy, NonInferior, load_policy
from dslm.settings.workspace import Workspace


class ExplainedCheck(Record):
    """One check: what is asked, why in the owner's words, and what this gold set can do for it.

    `can` follows "this gold set"; `enough` is None where only scores can tell.
    """

    id: str
    kind: str
    metric: str
    asked: str
    means: str
    can: str
    needed_cases: int | None
    needed_groups: int | None
    enough: bool | None


class Curve(Record):
    """How likely a true loss passes one check."""

    id: str
    metric: str
    margin: float
    points: tuple[PowerPoint, ...]


class Explained(Record):
    """A policy on its gold set.

    `largest_group` is in cases; 1 where every case stands for itself. Of two equal models it is
    assumed that they differ on `discordance` of the cases. All is told of a first look at this
    gold set, which may spend `look_share` of `alpha`.
    """

    workflow: str
    cases: int
    groups: int
    largest_group: int
    group_by: str | None
    alpha: float
    look_share: float
    discordance: float
    checks: tuple[ExplainedCheck, ...]
    curves: tuple[Curve, ...]

    @property
    def level(self) -> float:
        """The error that a first look may spend: at most so many that miss a check pass it."""
        return self.alpha * self.look_share


def explain(ws: Workspace) -> Explained:
    """What is asked of a candidate of this workflow.

    Raises:
        InputError: Contract, gold set or policy are wrong.
    """
    contract = load_contract(ws.contract)
    return explained(contract, read_labelled(ws.gold, contract), load_policy(ws.policy))


def explained(contract: Contract, gold: list[Case], policy: GatePolicy) -> Explained:
    """The same of what was read."""
    sizes = group_sizes(contract, gold)
    reach = {one.id: one for one in checks_reach(contract, gold, policy)}
    margins = [c for c in policy.checks if isinstance(c, NonInferior) and _is_share(c)]
    level = policy.alpha * FIRST_LOOK
    curves = {  # checks that ask the same have one curve
        (c.margin): Curve(id=c.id, metric=c.metric, margin=c.margin,
                          points=power_curve(sizes, c.margin, level, DISCORDANCE))
        for c in reversed(margins)
    }  # fmt: skip
    return Explained(
        workflow=contract.name, cases=len(gold), groups=len(sizes),
        largest_group=max(sizes, default=0), group_by=contract.data.group_by,
        alpha=policy.alpha, look_share=FIRST_LOOK, discordance=DISCORDANCE,
        checks=tuple(_check(check, reach[check.id]) for check in policy.checks),
        curves=tuple(curves.values()),
    )  # fmt: skip


def _is_share(check: NonInferior) -> bool:
    return METRICS[check.metric].unit == "share"


def _check(check: AnyCheck, reach: CheckReach) -> ExplainedCheck:
    return ExplainedCheck(
        id=check.id, kind=check.kind, metric=check.metric, asked=reach.asked, means=check.means,
        can=reach.can, needed_cases=reach.needed, needed_groups=reach.needed_groups,
        enough=reach.enough,
    )  # fmt: skip
