"""Asks llguidance what a part that was held to an input lets a model write.

Takes a part and a JSON text; says yes or no. Used where a part may turn out to have no text at all,
and by `uncopied_values`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dslm.contract.narrowing.lark_grammar import lark_of
from dslm.contract.narrowing.narrowed_parts import Part
from dslm.contract.schemas.grammar_acceptance import grammar_limits


@lru_cache(maxsize=1)
def _bytes() -> Any:
    from llguidance import LLTokenizer

    return LLTokenizer("byte")


def _matcher(part: Part, text: str) -> Any:
    from llguidance import LLMatcher

    return LLMatcher(_bytes(), lark_grammar(part, text), limits=grammar_limits(), log_level=0)


def can_be_written(part: Part, text: str) -> bool:
    """Whether a copied part has any text at all."""
    matcher = _matcher(part, text)
    return not matcher.is_error() and matcher.try_consume_tokens([ord('"')]) == 1


def accepts(part: Part, text: str, answer: str) -> bool:
    """Whether a part that was held to an input lets a model write a JSON text."""
    matcher, data = _matcher(part, text), answer.encode()
    return bool(matcher.try_consume_tokens(list(data)) == len(data) and matcher.is_accepting())


def lark_grammar(part: Part, text: str) -> str:
    """A part's grammar as llguidance takes it."""
    from llguidance import LLMatcher

    return str(LLMatcher.grammar_from_lark(lark_of(part, text)))
