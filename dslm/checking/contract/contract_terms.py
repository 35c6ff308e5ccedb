"""Proofs of what the contract itself says: grammar, rules, out of scope, costs, dates.

Called by `dslm.checking.check_workflow`; needs neither data nor model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from dslm.checking.finding import Finding, fail, failures, named, ok, warn
from dslm.contract.answers.canonical_answer import allows, blank, schema_errors, undecodable
from dslm.contract.model.contract_model import Contract, Rule, RuleExample
from dslm.contract.rules.cel_rules import Unevaluable, compile_rule, evaluated
from dslm.curation.answer_fields import named_values
from dslm.errors import InputError
from dslm.settings.workspace import Workspace


def prove_terms(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """All proofs that need the contract alone."""
    yield from _grammar(ws, contract)
    yield from _rules(ws, contract)
    yield from _out_of_scope(ws, contract)
    yield from _costs(ws, contract)
    yield from _valid_until(ws, contract, dt.datetime.now(tz=dt.UTC).date())


def _grammar(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """The schema is one that decoding can be held to; the validator's turn was at loading."""
    faults = undecodable(contract)
    for fault in faults:
        where = f"{ws.contract}: {fault.where}" if fault.where else ws.contract
        yield fail("grammar", fault.what, where=where, fix=fault.fix)
    if not faults:
        yield ok("grammar", "output compiles to a decoding grammar")


def _rules(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    found = [finding for rule in contract.rules for finding in _rule(ws, contract, rule)]
    yield from found
    if not contract.rules:
        yield warn("rules", "no rules: only schema, confidence and grounding hold an answer back",
                   where=ws.contract, fix="add what must hold for every right answer")  # fmt: skip
    elif not any(finding.kind == "fail" for finding in found):
        yield ok(
            "rules",
            f"{len(contract.rules)} rules, each tested with an example that keeps "
            "it and one that breaks it",
        )


def _rule(ws: Workspace, contract: Contract, rule: Rule) -> Iterator[Finding]:
    try:
        compile_rule(rule)
    except InputError as error:
        yield from failures("rules", InputError(error.what, where=_at(ws, rule), fix=error.fix))
        return
    for name, example in (("pass", rule.examples.holds), ("fail", rule.examples.breached)):
        where = f"{_at(ws, rule)}.examples.{name}"
        unknown = sorted(set(example.output) - set(contract.fields))
        if unknown:
            yield fail("rules", f"names {named(unknown)}, which is no output field", where=where)
            continue
        yield from _example(contract, rule, example, where, wanted=name == "pass")
        yield from _example_values(contract, example, where)


def _example(
    contract: Contract, rule: Rule, example: RuleExample, where: str, *, wanted: bool
) -> Iterator[Finding]:
    """An example does what it is for, and is not broken only because nothing can be evaluated."""
    seen = evaluated(rule, example.input, blank(contract, example.output))
    why = seen.why if isinstance(seen, Unevaluable) else None
    if (seen is True) != wanted:
        says = "breaks the rule" if wanted else "does not break the rule"
        says += f", which cannot be evaluated: {why}" if why else ""
        yield fail("rules", says, where=where, fix="correct the example or `expr`")
    elif why:
        yield warn(
            "rules", f"breaks the rule only as it cannot be evaluated: {why}", where=where,
            fix="take an example for which `expr` is false: a typing error in it breaks every one",
        )  # fmt: skip


def _example_values(contract: Contract, example: RuleExample, where: str) -> Iterator[Finding]:
    """An example whose values the schema forbids proves nothing about real answers."""
    for error in schema_errors(contract, blank(contract, example.output)):
        if error.split(":")[0].split(".")[0] in example.output:
            yield warn("rules", f"output.{error}", where=where, fix="use values `output` allows")


def _at(ws: Workspace, rule: Rule) -> str:
    return f"{ws.contract}: rules.{rule.id}"


def _out_of_scope(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    if undecodable(contract):
        return  # the grammar's own finding: no value can be asked about
    for field, values in contract.out_of_scope.items():
        allowed = _listed(contract.schema["properties"][field])
        wrong = [value for value in values if not allows(contract, field, value)]
        if wrong:
            yield fail(
                "out_of_scope", f"{named(map(repr, wrong))} is no value of {field!r}",
                where=f"{ws.contract}: out_of_scope.{field}",
                fix=f"one of {named(map(repr, allowed))}" if allowed else "a value `output` allows",
            )  # fmt: skip
        elif allowed is None:
            yield warn("out_of_scope", f"{field!r} lists no values, so a typing error goes unseen",
                       where=f"{ws.contract}: out_of_scope.{field}",
                       fix=f"name them: output.properties.{field}.enum")  # fmt: skip
        else:
            yield ok("out_of_scope", f"{field} in {{{named(values)}}} means: do not process")


def _listed(schema: Mapping[str, Any]) -> list[Any] | None:
    """The values that a field, or each item of a list, is one of; None where none are listed."""
    items = schema.get("items")
    return named_values(items if isinstance(items, dict) else schema)


def _costs(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """An order of costs under which holding a case back can pay."""
    costs = contract.costs
    found = []
    for name in ("review", "escalation"):
        if getattr(costs, name) >= costs.wrong_proceed:
            found.append(
                f"{name} costs at least as much as wrong_proceed: holding an answer "
                "back would never pay"
            )
    cheap = sorted(f for f, cost in costs.by_field.items() if cost < costs.review)
    if cheap:
        found.append(f"a wrong {named(cheap)} costs less than a review")
    for message in found:
        yield warn("costs", message, where=f"{ws.contract}: costs")
    if not found:
        yield ok("costs", f"a wrong answer {costs.wrong_proceed:g}, a review {costs.review:g}, "
                 f"an escalation {costs.escalation:g} {costs.currency}")  # fmt: skip


def _valid_until(ws: Workspace, contract: Contract, today: dt.date) -> Iterator[Finding]:
    until = contract.data.valid_until
    if until is None:
        return
    if until < today:
        yield warn("valid_until", f"the data was valid until {until}", fix="label newer cases",
                   where=f"{ws.contract}: data.valid_until")  # fmt: skip
    else:
        yield ok("valid_until", f"the data is valid until {until}")
