from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.model.contract_model import Rule
from dslm.contract.rules import cel_rules
from dslm.contract.rules.cel_rules import (
    LONGEST_EXPRESSION,
    Unevaluable,
    compile_rule,
    evaluated,
    holds,
)
from dslm.contract.rules.regex_steps import text_of, unrolled
from dslm.contract.rules.rule_step_limit import too_many_steps
from dslm.errors import InputError


def rule(expr: str) -> Rule:
    example: dict[str, Any] = {"output": {}}
    return Rule.model_validate({
        "id": "one", "expr": expr, "breach": "abstain", "means": "m",
        "examples": {"pass": example, "fail": example},
    })  # fmt: skip


CANNOT_BE_EVALUATED = [
    'output.tags[0] != "spam"', "output.tags[99999999999] == 1", "output.tags[-1] == 1",
    "output.tags[1.5] == 1", "output.none.x == 1", "output.lacks == 1", "output.none + 1 == 1",
    "1 / 0 == 1", "1 % 0 == 1", "output.least - 1 < 0", "output.least / -1 > 0",
    "output.most * output.most > 0", "int(output.text) == 1", "int(1e300) == 1", "uint(-1) == 1u",
    'double("x") == 1.0', 'timestamp("x") == timestamp("x")', 'duration("x") == duration("x")',
    'output.text.matches("(")', 'output.text.matches("a{1000000000}")', "nothing(1)",
    "output.text.contains(1)", "input.startsWith(1)", "output[output] == 1", "{[1]: 2} == 1",
    "!1", "-output.none == 1", "1 ? true : false", "output.tags < 1", "output", '"true"', "1",
]  # fmt: skip
ANSWER = {"tags": [], "none": None, "least": -(2**63), "most": 2**63 - 1, "text": "x"}


@pytest.mark.parametrize("expr", CANNOT_BE_EVALUATED)
def test_a_rule_that_cannot_be_evaluated_is_broken(expr: str) -> None:
    assert not holds(rule(expr), "x", ANSWER)


@pytest.mark.parametrize("expr", CANNOT_BE_EVALUATED)
def test_a_rule_that_cannot_be_evaluated_says_why(expr: str) -> None:
    found = evaluated(rule(expr), "x", ANSWER)
    assert isinstance(found, Unevaluable)
    assert found.why


def test_a_rule_that_looks_at_the_first_of_a_list_holds_where_there_is_one() -> None:
    first = rule('output.tags[0] != "spam"')
    assert holds(first, "", {"tags": ["urgent"]})
    assert not holds(first, "", {"tags": ["spam"]})
    assert not holds(first, "", {"tags": []})


@given(
    st.lists(st.sampled_from(["output", "input", ".x", "[0]", "(", ")", "1", "==", "!", "-", "0.5",
                              "'a'", "/", "%", "&&", "?", ":", "[", "]", "{", "}", ".map(x, x)",
                              " ", ".all(", "x", ",", "in", "\0", "ß", "10000000000000000000"])),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                 lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
)  # fmt: skip
def test_no_expression_and_no_value_raises(words: list[str], value: Any) -> None:
    assert holds(rule("".join(words)), "text", {"x": value}) in (True, False)


def test_nothing_is_nested_deeper_than_the_stack_of_a_worker() -> None:
    """Beyond it the process dies, whatever is caught."""
    deep: Any = 1
    for _ in range(900):
        deep = {"a": [deep]}
    worst = [
        "1" + "+1" * (LONGEST_EXPRESSION // 2 - 4) + "==1",
        "output" + ".a" * (LONGEST_EXPRESSION // 2 - 8) + "==1",
        "[1].map(x," * 350 + "1" + ")" * 350 + "==1",
        "(" * 1900 + "1" + ")" * 1900 + "==1",
        "output.deep == output.deep",
    ]
    found = []
    before = threading.stack_size(2 * 1024 * 1024)
    try:
        thread = threading.Thread(
            target=lambda: found.extend(holds(rule(e), "", {"deep": deep}) for e in worst)
        )
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == [False] * len(worst)


MANY = {"a": list(range(200)), "s": ["t" * 200] * 200, "n": [[1, 2, 3]] * 200}


@pytest.mark.parametrize(
    "expr",
    ["output.a.map(x, output.a).map(y, y.map(z, output.a)).size() > 0",  # it took 7 minutes
     "output.a.all(x, output.a.all(y, output.a.all(z, x + y + z >= 0)))",
     "output.s.all(s, output.s.all(t, (s + t).matches('(t+)+$')))",
     "['t']" + ".map(x, x + x)" * 200 + ".size() > 0", "[1]" + ".map(x, [x, x])" * 40 + " == 1",
     "'.all(x,' != input && output.n.map(x, output.n.map(y, output.n)).size() > 0"],
)  # fmt: skip
def test_loops_that_may_take_too_long_are_not_begun(expr: str) -> None:
    began = time.process_time()
    found = evaluated(rule(expr), "t" * 1000, MANY)
    assert isinstance(found, Unevaluable)
    assert "steps" in found.why
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "expr",
    ["output.a.all(x, output.a.exists_one(y, x == y))", "output.a.all(x, x in output.a)",
     "output.n.map(x, x.size()).all(x, x == 3)", "output.n.all(x, x.exists(y, y > 2))",
     "output.s.all(s, s.matches('^t+$'))", "output.s.all(s, input.contains(s))",
     "input.matches('^t+$')", "'all(x, ' in ['all(x, ']", "r'\\'.size() == 1"],
)  # fmt: skip
def test_loops_over_what_an_answer_holds_are_evaluated(expr: str) -> None:
    assert holds(rule(expr), "t" * 100_000, MANY)


NESTED = "(((a{1,20}){1,20}){1,20}){1,5}[bc]"  # it took a minute for 5,000 characters


@pytest.mark.parametrize(
    "expr",
    [f"input.matches('{NESTED}')", "input.matches(output.pattern)",
     "output.text.matches(output.pattern)",
     f"[1, 2].all(n, input.matches('x' + r'{NESTED}'))",
     "input.matches('((?:a?b?c?){1,1000}){20}x')",
     r"input.matches('((a{1,30}\\)?){1,30}){1,10}[bc]')",
     r"input.matches('(?x)((a{1,30}) # one\n {1,30}){1,10}[bc]')",
     "input.matches('" + "((a{1,20}){1,19})" * 20 + "[bc]')"],  # 15 seconds for 10,000 characters
)  # fmt: skip
def test_a_pattern_whose_counts_multiply_is_not_begun(expr: str) -> None:
    began = time.process_time()
    found = evaluated(rule(expr), "a" * 5000, {"pattern": NESTED, "text": "a" * 5000})
    assert isinstance(found, Unevaluable)
    assert "patterns may take" in found.why
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("pattern", "states"),
    [("a{1,1000}", 0), ("(a|b)+", 0), ("(ab{2}){3}", 9), ("((a{1,30}){1,30}){1,10}", 9000),
     (r"^(\d{1,3}\.){3}\d{1,3}$", 12), (r"([(){9}]x){2}", 4), (r"(\(a){2,}\{9}", 4),
     ("(?x)( (a {1,30} ) {1,30} ) {1,10}", 9000), ("((a{1,30}){1,30}) {1,10}", 900),
     ("(?x)((a{1,30}) # one\n { 1 , 30 }) { 1,10 }", 9000), (r"(?x)(a\# {2}){3}", 12),
     ("((a{1,20}){1,19})" * 20, 7600), ("((a{2}){2}b){3}", 15), ("a{100}{50}", 5000),
     ("){3}(", 0), ("(a)" + "{999999999}" * 300, 10**12)],
)  # fmt: skip
def test_the_size_that_counts_make_of_a_pattern(pattern: str, states: int) -> None:
    assert unrolled(pattern) == states


@pytest.mark.parametrize(
    ("literal", "text"),
    [(r"'\\(\'\n\x28\u0029'", "\\('\n()"), (r"r'\(\n'", r"\(\n"), ('R"""\\("a"\\n"""', '\\("a"\\n'),
     ("'''it's'''", "it's")],
)  # fmt: skip
def test_what_a_literal_says_is_what_is_counted(literal: str, text: str) -> None:
    assert text_of(literal) == text


def test_usual_patterns_go_over_long_texts() -> None:
    for pattern in (r"^(\d{1,3}\.){3}\d{1,3}$", "([A-Z]{2}[0-9]{1,5}-?){1,3}", "([a-z]+ ?){1,50}"):
        assert isinstance(evaluated(rule(f"input.matches(r'{pattern}')"), "t" * 50_000, {}), bool)


LOOPS = ["all", "exists", "exists_one", "map", "filter"]


def drawn_expression(draw: random.Random, depth: int, known: list[str]) -> str:
    kind = draw.random()
    if depth == 0 or kind < 0.15:
        return draw.choice(known)
    first, second = (drawn_expression(draw, depth - 1, known) for _ in range(2))
    if kind < 0.5:
        return draw.choice([f"({first} + {second})", f"[{first}, {second}]", f"{first}.size()"])
    variable, loop = f"v{len(known)}", draw.choice(LOOPS)
    body = drawn_expression(draw, depth - 1, [*known, variable])
    return f"{first}.{loop}({variable}, {body}{'' if loop == 'map' else f' != {second}'})"


def test_no_expression_takes_longer_than_its_steps_say() -> None:
    """13,734 drawn ones took at most 1.9 seconds, with lists of 25."""
    draw = random.Random(8)
    answer = {"a": [1] * 12, "s": ["t" * 200] * 12, "n": [[1, 2, 3] * 5] * 12}
    known = ["output.a", "output.s", "output.n", "input", "1"]
    begun = 0
    for expr in (drawn_expression(draw, 3, known) for _ in range(300)):
        if len(expr) < 400 and not too_many_steps(expr, "i" * 2000, answer):
            before, begun = time.process_time(), begun + 1
            holds(rule(expr), "i" * 2000, answer)
            assert time.process_time() - before < 5
    assert begun > 200


def test_loops_that_are_too_many_for_any_answer_are_told() -> None:
    with pytest.raises(InputError, match="more than 1,000,000,000,000 steps"):
        compile_rule(rule("['t']" + ".map(x, x + x)" * 200 + ".size() > 0"))
    nested = rule("(" * 600 + "output.a.all(x, x)" + ")" * 600)
    with pytest.raises(InputError):
        compile_rule(nested)
    assert not holds(nested, "", MANY)
    compile_rule(rule("output.a.all(x, output.a.all(y, output.a.all(z, x + y + z >= 0)))"))


def test_an_expression_that_is_too_long_is_told() -> None:
    with pytest.raises(InputError, match="5006 characters long, of at most 4000"):
        compile_rule(rule("true" + " " * 5002))


def test_a_panic_of_the_library_is_a_breach_but_what_stops_the_program_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class PanicException(BaseException):  # as pyo3 calls it
        pass

    class Raising:
        def __init__(self, error: BaseException):
            self.error = error

        def execute(self, _: Any) -> None:
            raise self.error

    for error in (PanicException(), RecursionError(), OSError()):
        monkeypatch.setattr(cel_rules, "_program", lambda _, e=error: Raising(e))
        assert not holds(rule("true"), "", {})
    for error in (KeyboardInterrupt(), SystemExit(), MemoryError()):
        monkeypatch.setattr(cel_rules, "_program", lambda _, e=error: Raising(e))
        with pytest.raises(type(error)):
            holds(rule("true"), "", {})
