"""Whether a label is still right once values were replaced. Called by `replacing`."""

from __future__ import annotations

from collections.abc import Collection

from dslm.contract.answer import schema_errors
from dslm.contract.grounding import ungrounded
from dslm.contract.model import Contract
from dslm.contract.rules import breaches
from dslm.records import Case


def label_holds(
    contract: Contract, before: Case, after: Case, broken: Collection[str] | None = None
) -> bool:
    """Whether the label is as valid, as grounded and as true to the rules as it was.

    Args:
        contract: Says what is valid.
        before: The case as it was.
        after: As it became.
        broken: The rules that it broke before, where that was asked already.
    """
    old, new = before.target or {}, after.target or {}
    if (before.input, old) == (after.input, new):
        return True
    if schema_errors(contract, new):
        return False
    loose = set(ungrounded(contract, after.input, new))
    if loose and loose - set(ungrounded(contract, before.input, old)):
        return False
    if broken is None:
        broken = [rule.id for rule in breaches(contract, before.input, old)]
    return {rule.id for rule in breaches(contract, after.input, new)} == set(broken)
