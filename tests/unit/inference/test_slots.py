from __future__ import annotations

from typing import Any

import pytest
import tiny_model
import torch
from tiny_engine import PROMPT, PROMPTS, TOKENIZER, engine, families, same

from dslm.errors import InputError
from dslm.inference import engine as engine_module
from dslm.inference import slots as slots_module
from dslm.inference.attention import register
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
    monkeypatch.setitem(engine_module.TOKENS_AT_ONCE, "cpu", 11)
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


WINDOWS = [3, 12, 30, 200]  # shorter than a row's own part; ending in the prefix; longer than all


@pytest.mark.parametrize("attention", ["grouped", "sdpa"])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("architecture", ["mistral", "gemma3"])
def test_logits_after_a_shared_prefix_are_those_of_one_plain_pass(
    architecture: str, window: int, attention: str
) -> None:
    register()
    model = tiny_model.model(architecture, sliding_window=window)
    before, rows = list(range(20, 44)), [[7, 8, 9, 10, 11, 12, 13], [14, 15], [16]]
    with torch.inference_mode():
        plain = [model(input_ids=torch.tensor([before + row])).logits[0, -1] for row in rows]
        model.set_attn_implementation(attention)
        slots = Slots(model, 3, before)
        at_once = slots.forward(0, rows, [24] * 3)
        slots.forward(0, [row[:-1] for row in rows], [24] * 3)
        stepwise = slots.forward(0, [row[-1:] for row in rows], [23 + len(row) for row in rows])
    torch.testing.assert_close(at_once, torch.stack(plain), atol=1e-4, rtol=0)
    torch.testing.assert_close(stepwise, torch.stack(plain), atol=1e-4, rtol=0)


def test_the_prefix_is_kept_once_and_not_once_a_slot() -> None:
    before = list(range(20, 320))
    with torch.inference_mode():
        slots = Slots(tiny_model.model("llama"), 5, before)
        slots.forward(0, [[7]] * 5, [300] * 5)
    for layer in slots._cache.layers:
        assert [kept.shape for kept in layer.prefix] == [(2, 300, 16)] * 2
        assert layer.keys.shape[:3] == (5, 2, slots_module.GROWTH)


def test_prompts_of_like_length_are_read_together_and_all_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[list[int]] = []

    def noted(slots: Slots, first: int, tokens: Any, *others: Any) -> Any:
        read.append([len(piece) for piece in tokens])
        return forward(slots, first, tokens, *others)

    forward = Slots.forward
    monkeypatch.setattr(Slots, "forward", noted)
    monkeypatch.setitem(engine_module.TOKENS_AT_ONCE, "cpu", 120)
    engine(grammar=None, prefix=PREFIX, max_tokens=1).generate(PROMPTS)
    asked = read[1:]  # without the prefix
    assert all(len(widths) * max(widths) <= 120 or len(widths) == 1 for widths in asked)
    assert len(asked) < len(PROMPTS), "some were read together"
    assert sum(map(sum, asked)) == sum(len(prompt) - len(PREFIX) for prompt in PROMPTS)


def test_a_model_that_keeps_another_state_is_refused() -> None:
    model = tiny_model.model("qwen3")
    model.config.layer_types = ["linear_attention", "full_attention"]
    with pytest.raises(InputError, match="linear_attention"):
        Slots(model, 1, [])
