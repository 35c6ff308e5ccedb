"""Drops cases whose target breaks a rule of the contract, unless the case says that it does.

`meta.breaks` lists the rules that a right answer breaks (a total that does not add up because the
sender cannot add). Anything else that breaks a rule is a wrong label; so is a declared breach that
does not occur.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.model.contract_model import Contract
from dslm.contract.rules.cel_rules import breaches
from dslm.curation.ledger import Drop
from dslm.records import Case


def rule_fault(contract: Contract, case: Case) -> str | None:
    """Why a case's target and its declared breaches disagree; None where they agree."""
    declared = case.meta.get("breaks", [])
    if not isinstance(declared, list) or not all(isinstance(rule, str) for rule in declared):
        return "breaks_is_no_list"
    broken = [rule.id for rule in breaches(contract, case.input, case.target or {})]
    if undeclared := [rule for rule in broken if rule not in declared]:
        return f"breaks:{undeclared[0]}"
    if kept := sorted(set(declared) - set(broken)):
        return f"breaks_not:{kept[0]}"
    return None


def rule_breaks(cases: Sequence[Case], contract: Contract) -> list[Drop]:
    """The cases whose target and declared breaches disagree, by the first rule they disagree on."""
    faults = ((case.id, rule_fault(contract, case)) for case in cases)
    return [Drop(id=identity, reason=fault) for identity, fault in faults if fault]
