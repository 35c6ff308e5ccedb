"""Deterministic validators in CEL. A rule that cannot be evaluated counts as breached.

Called with every right answer by curation and `dslm check`, and with every prediction before its
decision. No error of an evaluation leaves here: a rule is written by a workflow's owner, and an
answer by a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dslm.contract.model.contract_model import Contract, Rule
from dslm.contract.rules.rule_step_limit import MOST_STEPS, too_many_steps
from dslm.errors import InputError

# CEL's evaluator goes down one frame of the stack a level, and no error can be caught where the
# stack of a worker's thread (2 MiB) ends: seen from 10,000 characters and 5,000 levels on.
LONGEST_EXPRESSION = 4_000
_DEEPEST = 100
_MOST_SAID = 10**12


@lru_cache(maxsize=512)
def _program(expr: str) -> Any:
    import cel

    if len(expr) > LONGEST_EXPRESSION:
        raise ValueError(f"{len(expr)} characters long, of at most {LONGEST_EXPRESSION}")
    return cel.compile(expr)


def compile_rule(rule: Rule) -> None:
    """Compile a rule's expression.

    Raises:
        InputError: It is not CEL, with the parser's first line, longer than can be evaluated, or
            would take too long with any answer.
    """
    try:
        _program(rule.expr)
    except ValueError as error:
        fix = "write CEL over `input` and `output`"
        raise InputError(str(error).splitlines()[0], where=f"rule {rule.id}", fix=fix) from None
    fix = "put fewer loops, or counts of a pattern, into each other"
    try:
        most = too_many_steps(rule.expr, "", {})
    except RecursionError:
        what = "brackets stand in each other by the hundred"
        raise InputError(what, where=f"rule {rule.id}", fix="write it shorter") from None
    if most:
        raise InputError(f"{_too_many(most)} with any answer", where=f"rule {rule.id}", fix=fix)


def _too_many(steps: int) -> str:
    said = f"{steps:,}" if steps <= _MOST_SAID else f"more than {_MOST_SAID:,}"
    return f"its loops and patterns may take {said} steps, of at most {MOST_STEPS:,},"


@dataclass(frozen=True)
class Unevaluable:
    """What a rule is where it is neither true nor false, and why."""

    why: str


def holds(rule: Rule, text: str, answer: Mapping[str, Any]) -> bool:
    """Whether an answer to `text` keeps a rule; what cannot be evaluated keeps none."""
    return evaluated(rule, text, answer) is True


def evaluated(rule: Rule, text: str, answer: Mapping[str, Any]) -> bool | Unevaluable:
    """What a rule's expression is for an answer to `text`."""
    if _deeper(answer, _DEEPEST):
        return Unevaluable(f"the answer is nested more than {_DEEPEST} levels deep")
    try:
        if most := too_many_steps(rule.expr, text, answer):
            return Unevaluable(f"{_too_many(most)} with an answer of this size")
        found = _program(rule.expr).execute({"input": text, "output": dict(answer)})
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - an index, a key, a type, and what CEL adds
        return Unevaluable(next(iter(str(error).splitlines()), "") or type(error).__name__)
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of Rust, which derives it from nothing less
            return Unevaluable("the evaluator gave up")
        raise
    return found if isinstance(found, bool) else Unevaluable("it is neither true nor false")


def _deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists stand in each other more than some levels deep."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(one, levels - 1) for one in inner)


def breaches(contract: Contract, text: str, answer: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules an answer breaks, in the contract's order."""
    return tuple(rule for rule in contract.rules if not holds(rule, text, answer))
