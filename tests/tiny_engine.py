"""An engine on a tiny random model, prompts for it, and when two of its runs count as the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import tiny_model
from scored_rows import MINI

from dslm.contract.answer import grammar
from dslm.inference.attention import register
from dslm.inference.engine import Engine
from dslm.inference.prompt import prompt_ids, tuned_prompt
from dslm.inference.unfinished import Generation

TOKENIZER = tiny_model.tokenizer()
PROMPT = tuned_prompt(MINI)
TEXTS = ["order A-1", "", "Thanks", "Please send order A-17. " * 6, "Ü🙂", "x y", "a" * 90, "7"]
PROMPTS = [prompt_ids(TOKENIZER, PROMPT, text) for text in TEXTS]


def families(*fast: str, all_of: Sequence[str] = tiny_model.ARCHITECTURES) -> list[Any]:
    """Architectures to try; all but those named wait for the slow tier."""
    return [pytest.param(a, marks=[] if a in fast else [pytest.mark.slow]) for a in all_of]


def engine(
    architecture: str = "llama", output: dict[str, Any] | None = None, **changes: Any
) -> Engine:
    """An engine on a random model, with the contract `mini` or one of another output."""
    register()
    model = tiny_model.model(architecture, **changes.pop("config", {}))
    model.set_attn_implementation(changes.pop("attention", "grouped"))
    contract = MINI if output is None else MINI.model_copy(update={"output": output})
    settings: dict[str, Any] = {"prefix": [], "batch_size": 8, "max_tokens": 120}
    return Engine(
        model, TOKENIZER, changes.pop("grammar", grammar(contract.schema)), **settings | changes
    )


def same(left: Sequence[Generation], right: Sequence[Generation]) -> bool:
    """Whether two runs chose the same tokens, equally probable but for rounding."""
    tokens = [g.tokens for g in left] == [g.tokens for g in right]
    pairs = zip(left, right, strict=True)
    return tokens and all(
        math.isclose(sum(a.log_probs), sum(b.log_probs), abs_tol=1e-3) for a, b in pairs
    )
