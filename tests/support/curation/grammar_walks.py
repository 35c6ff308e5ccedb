"""Texts that a grammar accepts, walked at random byte by byte; and contracts to walk."""

from __future__ import annotations

import random
from typing import Any

from llguidance import LLMatcher, LLTokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import grammar, grammar_limits
from dslm.contract.model.contract_model import Compare
from dslm.contract.narrowing import narrowed
from dslm.contract.schemas.canonical_values import canonical_value, written

BYTES = LLTokenizer("byte")
LONGEST_WALK = 3000


def contract(base: Contract, part: dict[str, Any], how: str | None = None) -> Contract:
    """A contract whose one grounded field `number` has another schema and comparator."""
    output = base.output | {"properties": base.output["properties"] | {"number": part}}
    compare = {"number": Compare.model_validate({"as": how})} if how else {}
    changes = {"output": output, "compare": compare, "grounded": ["number"]}
    return base.model_copy(update=changes)


def accepted(wanted: str, text: str) -> bool:
    """Whether a grammar accepts a whole text."""
    matcher = LLMatcher(BYTES, wanted, limits=grammar_limits())
    assert not matcher.is_error(), matcher.get_error()
    data = text.encode()
    return matcher.try_consume_tokens(list(data)) == len(data) and bool(matcher.is_accepting())


def answer_text(value: Any) -> str:
    """An answer of the contract `mini` with one value, as a model has to write it."""
    answer = {"kind": "order", "number": value}
    return written(canonical_value(answer))


def allowed(made: Contract, text: str, value: Any) -> bool:
    """Whether the narrowed grammar lets a model write a value; the contract's own then does too."""
    answer = answer_text(value)
    narrow = accepted(narrowed(made, text).grammar, answer)
    assert not narrow or accepted(grammar(made.schema), answer)
    return narrow


def walk(wanted: str, seed: int) -> str | None:
    """One text that a grammar accepts, chosen at random; None where it went on for too long."""
    draw = random.Random(seed)
    matcher = LLMatcher(BYTES, wanted, limits=grammar_limits())
    assert not matcher.is_error(), matcher.get_error()
    bits = allocate_token_bitmask(1, BYTES.vocab_size)
    taken: list[int] = []
    while not matcher.is_stopped() and len(taken) < LONGEST_WALK:
        fill_next_token_bitmask(matcher, bits, 0)
        open_to = [b for b in range(256) if bits[0, b // 32] >> (b % 32) & 1]
        if matcher.is_accepting() and not open_to:
            break
        assert open_to, f"a dead end after {bytes(taken)!r}: {matcher.get_error()}"
        ends = [b for b in open_to if b in b'"]}']
        byte = draw.choice(ends if ends and draw.random() < 0.3 else open_to)
        assert matcher.consume_token(byte)
        taken.append(byte)
    return bytes(taken).decode() if matcher.is_accepting() else None
