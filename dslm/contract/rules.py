"""Deterministic validators in CEL. A rule that cannot be evaluated counts as breached."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dslm.contract.model import Contract, Rule
from dslm.errors import InputError


@lru_cache(maxsize=512)
def _program(expr: str) -> Any:
    import cel

    return cel.compile(expr)


def compile_rule(rule: Rule) -> None:
    """Compile a rule's expression.

    Raises:
        InputError: It is not CEL, with the parser's first line.
    """
    try:
        _program(rule.expr)
    except ValueError as error:
        fix = "write CEL over `input` and `output`"
        raise InputError(str(error).splitlines()[0], where=f"rule {rule.id}", fix=fix) from None


def holds(rule: Rule, text: str, answer: Mapping[str, Any]) -> bool:
    """Whether an answer to `text` keeps a rule."""
    try:
        return _program(rule.expr).execute({"input": text, "output": dict(answer)}) is True
    except (ArithmeticError, KeyError, RuntimeError, TypeError, ValueError):
        return False  # e.g. a number that does not parse: what cannot be checked may not proceed


def breaches(contract: Contract, text: str, answer: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules an answer breaks, in the contract's order."""
    return tuple(rule for rule in contract.rules if not holds(rule, text, answer))
