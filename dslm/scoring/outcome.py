"""What one decision was worth against gold, in the contract's currency.

Takes a labelled case, the answer and the decision on it; gives exactly one `Outcome`, whatever
they are. Called for every scored row, so that cost and straight-through rate follow from it alone.
"""

from __future__ import annotations

from collections.abc import Collection

from dslm.contract import Contract
from dslm.contract.answers.decision import ideal
from dslm.contract.answers.field_equality import wrong_fields
from dslm.errors import InputError
from dslm.records import Case, Decision, Outcome, OutcomeKind, Prediction


def cost_of_wrong(contract: Contract, wrong: Collection[str], *, may_proceed: bool) -> float:
    """What it costs when a case proceeds wrongly: the dearest of all that is wrong with it.

    Each wrong field costs its `by_field`, or `wrong_proceed`; that the case may not proceed at all
    costs `wrong_proceed`. So more that is wrong never costs less.
    """
    costs = contract.costs
    faults = [costs.by_field.get(field, costs.wrong_proceed) for field in wrong]
    return max([*faults, *([] if may_proceed else [costs.wrong_proceed])])


def dearest(contract: Contract) -> float:
    """The most that a case can cost."""
    costs = contract.costs
    return max(costs.wrong_proceed, costs.review, costs.escalation, *costs.by_field.values())


def outcome(contract: Contract, case: Case, prediction: Prediction, decision: Decision) -> Outcome:
    """The outcome of one case.

    Args:
        contract: Comparators, rules and costs.
        case: With its target; the target decides whether the case may proceed.
        prediction: The answer.
        decision: What was done with it.

    Raises:
        InputError: The case has no target.
    """
    if case.target is None:
        raise InputError("a case without target cannot be scored", where=f"case {case.id}")
    wrong = wrong_fields(contract, prediction.object, case.target)
    may_proceed = ideal(contract, case.input, case.target).action == "proceed"
    kind: OutcomeKind
    if decision.action == "proceed":
        right = may_proceed and not wrong
        kind = "straight_through" if right else "wrong_proceed"
        cost = 0.0 if right else cost_of_wrong(contract, wrong, may_proceed=may_proceed)
    else:
        kind = "held_back" if may_proceed else "rightly_held"
        reviewed = decision.action == "abstain"
        cost = contract.costs.review if reviewed else contract.costs.escalation
    return Outcome(kind=kind, exact=not wrong, wrong_fields=wrong, cost=cost)
