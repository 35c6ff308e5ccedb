"""What one decision was worth against gold, in the contract's currency.

Takes a labelled case, the answer and the decision on it; gives exactly one `Outcome`, whatever
they are. Called for every scored row, so that cost and straight-through rate follow from it alone.
"""

from __future__ import annotations

from dslm.contract import Contract
from dslm.contract.comparing import wrong_fields
from dslm.contract.deciding import ideal
from dslm.errors import InputError
from dslm.records import Case, Decision, Outcome, OutcomeKind, Prediction


def cost_of_wrong(contract: Contract, wrong: tuple[str, ...]) -> float:
    """What it costs when a case proceeds wrongly: the dearest of its wrong fields.

    A case that may not proceed at all costs `wrong_proceed`, even where every field is right.
    """
    costs = contract.costs
    if not wrong:
        return costs.wrong_proceed
    return max(costs.by_field.get(field, costs.wrong_proceed) for field in wrong)


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
        cost = 0.0 if right else cost_of_wrong(contract, wrong)
    else:
        kind = "held_back" if may_proceed else "rightly_held"
        reviewed = decision.action == "abstain"
        cost = contract.costs.review if reviewed else contract.costs.escalation
    return Outcome(kind=kind, exact=not wrong, wrong_fields=wrong, cost=cost)
