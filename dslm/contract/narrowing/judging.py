"""Asks llguidance and the validator what they accept, byte by byte.

Takes a schema or grammar and a JSON text; says yes or no. Used where values are listed, so that
none is that the contract's own grammar would not let a model write, and by `uncopied`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from dslm.contract.answer import grammar, grammar_limits
from dslm.contract.narrowing.lark import lark_of
from dslm.contract.narrowing.parts import Copied, Part
from dslm.contract.narrowing.patterns import whole_text


@lru_cache(maxsize=1)
def _bytes() -> Any:
    from llguidance import LLTokenizer

    return LLTokenizer("byte")


def _matcher(written: str) -> Any:
    from llguidance import LLMatcher

    return LLMatcher(_bytes(), written, limits=grammar_limits())


def _accepts(matcher: Any, text: str) -> bool:
    """Whether a fresh matcher accepts a whole text; it is fresh again afterwards."""
    data = text.encode()
    taken = matcher.try_consume_tokens(list(data))
    whole = taken == len(data) and matcher.is_accepting()
    matcher.reset()
    return bool(whole)


def json_text(value: Any) -> str:
    """A value as an answer has it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f")


@lru_cache(maxsize=64)
def judge(schema: bytes) -> Callable[[str], bool]:
    """Whether a JSON text may stand where a schema (as canonical JSON) is asked for."""
    import jsonschema_rs

    matcher = _matcher(grammar(json.loads(schema)))
    valid = jsonschema_rs.validator_for(json.loads(schema))

    def allowed(text: str) -> bool:
        return _accepts(matcher.deep_copy(), text) and bool(valid.is_valid(json.loads(text)))

    return allowed


@lru_cache(maxsize=64)
def refused(pattern: str) -> bool:
    """Whether llguidance cannot hold a copy to a pattern."""
    try:
        part = Copied(expression=whole_text(pattern))
    except ValueError:
        return True
    return bool(_matcher(lark_grammar(part, "a")).is_error())


def can_be_written(part: Part, text: str) -> bool:
    """Whether a grammar has any text at all."""
    matcher = _matcher(lark_grammar(part, text))
    return not matcher.is_error() and matcher.try_consume_tokens([ord('"')]) == 1


def accepts(part: Part, text: str, answer: str) -> bool:
    """Whether a part that was held to an input lets a model write a JSON text."""
    return _accepts(_matcher(lark_grammar(part, text)), answer)


def lark_grammar(part: Part, text: str) -> str:
    """A part's grammar as llguidance takes it."""
    from llguidance import LLMatcher

    return str(LLMatcher.grammar_from_lark(lark_of(part, text)))
