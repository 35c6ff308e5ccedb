from __future__ import annotations

from typing import Any

import pytest
import tiny_model
import torch
from tiny_engine import PROMPT, PROMPTS, TOKENIZER, engine, families, same

from dslm.errors import InputError
from dslm.inference import engine as engine_module
from dslm.inference import slots as slots_module
from dslm.inference.prompt import shared_prefix
from dslm.inference.slots import Slots

PREFIX = shared_prefix(TOKENIZER, PROMPT)


def expected() -> Any:
    return engine(batch_size=1).generate(PROMPTS)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", families("llama", "gemma3"))
def test_rows_padded_to_the_longest_answer_the_same(architecture: str) -> None:
    made = engine(architecture, prefix=PREFIX, batch_size=3)
    whole = made.generate(PROMPTS)
    made.pads = True
    assert same(whole, made.generate(PROMPTS))


@pytest.mark.slow
def test_a_prompt_read_in_pieces_is_answered_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "TOKENS_AT_ONCE", 11)
    assert same(expected(), engine(prefix=PREFIX, batch_size=4).generate(PROMPTS))


@pytest.mark.slow
def test_buffers_that_must_grow_all_the_time_answer_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots_module, "GROWTH", 0)
    assert same(expected(), engine(prefix=PREFIX, batch_size=3).generate(PROMPTS))


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["grouped", "sdpa", "eager"])
def test_every_attention_answers_the_same(attention: str) -> None:
    made = engine(prefix=PREFIX, batch_size=3, attention=attention)
    assert same(expected(), made.generate(PROMPTS))


@pytest.mark.slow
def test_slots_are_used_again_and_made_anew_only_for_more_rows() -> None:
    made = engine(prefix=PREFIX, batch_size=8)
    whole = expected()
    assert same(whole[:2], made.generate(PROMPTS[:2]))
    small = made._slots
    assert same(whole, made.generate(PROMPTS))
    large = made._slots
    assert same(whole[3:4], made.generate(PROMPTS[3:4]))
    assert small is not large
    assert made._slots is large


def test_no_prompts_are_no_answers() -> None:
    assert engine().generate([]) == []


def test_logits_are_those_of_one_plain_pass_whatever_lies_in_the_other_slots() -> None:
    model = tiny_model.model("llama")
    rows = [[7, 8, 9, 10, 11], [12, 13], [14]]
    with torch.inference_mode():
        slots = Slots(model, 4, prefix=[5, 6])
        slots.forward(0, [[99] * 9] * 4, [2] * 4)  # leftovers of other answers
        slots.forward(1, [row[:-1] for row in rows], [2] * 3)
        found = slots.forward(1, [row[-1:] for row in rows], [1 + len(row) for row in rows])
        plain = [model(input_ids=torch.tensor([[5, 6, *row]])).logits[0, -1] for row in rows]
    torch.testing.assert_close(found, torch.stack(plain).float(), atol=1e-4, rtol=0)


def test_a_model_that_keeps_another_state_is_refused() -> None:
    model = tiny_model.model("qwen3")
    model.config.layer_types = ["linear_attention", "full_attention"]
    with pytest.raises(InputError, match="linear_attention"):
        Slots(model, 1, [])
