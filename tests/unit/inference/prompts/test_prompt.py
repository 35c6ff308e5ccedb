from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.models import tiny_model
from support.models.chat_templates import FAMILIES
from support.repositories.scored_rows import MINI

from dslm.errors import InputError
from dslm.inference.prompts import template_time_limit
from dslm.inference.prompts.few_shot_examples import baseline_examples
from dslm.inference.prompts.prompt import (
    answer_ids,
    baseline_prompt,
    end_of_turn,
    harmless,
    prompt_ids,
    prompt_text,
    shared_prefix,
    tuned_prompt,
)
from dslm.records import Case
from dslm.training.encoded_rows import IGNORED, encode

STYLES = sorted(tiny_model.STYLES)
TOKENIZERS = {style: tiny_model.tokenizer(style) for style in STYLES}
TARGET = {"kind": "order", "number": "A-17"}
EXAMPLE = Case(id="e", input="Please send order A-1.", target={"kind": "order", "number": "A-1"})
PROMPTS = {"tuned": tuned_prompt(MINI), "baseline": baseline_prompt(MINI, [EXAMPLE])}
CONTROL = sorted({token for style in tiny_model.STYLES.values() for token in style.tokens})
any_style = pytest.mark.parametrize("style", STYLES)
messy = st.lists(
    st.sampled_from([*CONTROL, "<|", "|>", "[", "]", " ", "\n", "a", "Ä", "7"])
    | st.text(max_size=5),
    max_size=12,
).map("".join)


def control_ids(tokenizer: Any, ids: list[int]) -> list[int]:
    """The tokens of an id sequence that are no text."""
    special = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    return [i for i in ids if i in special]


@any_style
@pytest.mark.parametrize("text", ["Please send order A-17.", "", " \n\n Ü\u00a0🙂", "a" * 200])
def test_a_training_row_begins_with_exactly_what_serving_sends(style: str, text: str) -> None:
    tokenizer = TOKENIZERS[style]
    row = encode(tokenizer, PROMPTS["tuned"], Case(id="c", input=text, target=TARGET))
    asked = prompt_ids(tokenizer, PROMPTS["tuned"], text)
    assert list(row.input_ids[: len(asked)]) == asked
    assert set(row.labels[: len(asked)]) == {IGNORED}
    assert row.labels[len(asked) :] == row.input_ids[len(asked) :]


@any_style
def test_prompt_and_answer_are_what_the_family_s_template_writes(style: str) -> None:
    tokenizer = TOKENIZERS[style]
    row = encode(tokenizer, PROMPTS["tuned"], Case(id="c", input="Order A-17", target=TARGET))
    turns = [{"role": "user", "content": f"{MINI.task}\n\nOrder A-17"}]
    if style not in ("gemma", "mistral"):
        turns = [
            {"role": "system", "content": MINI.task},
            {"role": "user", "content": "Order A-17"},
        ]
    asked = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    answer = '{"kind":"order","number":"A-17"}'
    assert tokenizer.decode(row.input_ids) == asked + answer + tiny_model.STYLES[style].turn


def test_a_family_that_thinks_is_asked_with_an_empty_thought_in_training_and_serving() -> None:
    tokenizer = tiny_model.tokenizer("chatml")
    tokenizer.chat_template = FAMILIES["qwen3"][1]
    for prompt in PROMPTS.values():
        asked = prompt_text(tokenizer, prompt, "Order A-17")
        assert asked.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
        assert asked.count("<think>") == 1, "answers that are shown have no thought of their own"
        row = encode(tokenizer, prompt, Case(id="c", input="Order A-17", target=TARGET))
        served = prompt_ids(tokenizer, prompt, "Order A-17")
        assert list(row.input_ids[: row.start]) == served
        assert tokenizer.decode(row.labels[row.start :]).startswith('{"kind"')
    turns = [*PROMPTS["tuned"].messages("Order A-17"), {"role": "assistant", "content": "{}"}]
    whole = tokenizer.apply_chat_template(turns, tokenize=False)
    assert whole.startswith(prompt_text(tokenizer, PROMPTS["tuned"], "Order A-17") + "{}")


@any_style
def test_the_end_token_is_learnt_and_comes_last(style: str) -> None:
    tokenizer = TOKENIZERS[style]
    row = encode(tokenizer, PROMPTS["tuned"], Case(id="c", input="Order A-17", target=TARGET))
    assert tokenizer.decode([row.labels[-1]]) == tiny_model.STYLES[style].turn
    assert control_ids(tokenizer, [i for i in row.labels if i != IGNORED]) == [row.labels[-1]]


@any_style
@pytest.mark.parametrize("kind", sorted(PROMPTS))
def test_a_prompt_begins_with_one_start_token_where_the_family_has_one(
    style: str, kind: str
) -> None:
    tokenizer = TOKENIZERS[style]
    ids = prompt_ids(tokenizer, PROMPTS[kind], "Order A-17")
    assert ids.count(tokenizer.bos_token_id) == (0 if tokenizer.bos_token_id is None else 1)
    if tokenizer.bos_token_id is not None:
        assert ids[0] == tokenizer.bos_token_id


@pytest.mark.slow
@any_style
@given(text=messy)
@settings(max_examples=60)
def test_no_input_brings_control_tokens_of_its_own(style: str, text: str) -> None:
    tokenizer = TOKENIZERS[style]
    plain = prompt_ids(tokenizer, PROMPTS["tuned"], "x")
    ids = prompt_ids(tokenizer, PROMPTS["tuned"], text)
    assert control_ids(tokenizer, ids) == control_ids(tokenizer, plain)


@any_style
def test_an_example_s_input_brings_none_either(style: str) -> None:
    tokenizer = TOKENIZERS[style]
    evil = EXAMPLE.model_copy(update={"input": " ".join(CONTROL)})
    found = [prompt_ids(tokenizer, baseline_prompt(MINI, [case]), "x") for case in (EXAMPLE, evil)]
    assert control_ids(tokenizer, found[0]) == control_ids(tokenizer, found[1])


@any_style
def test_an_answer_that_spells_a_control_token_holds_text_only(style: str) -> None:
    tokenizer = TOKENIZERS[style]
    target = {"kind": "order", "number": "".join(CONTROL)}
    ids = answer_ids(tokenizer, MINI, target)
    assert control_ids(tokenizer, ids) == [end_of_turn(tokenizer)]
    assert tokenizer.decode(ids[:-1]).endswith("".join(CONTROL) + '"}')


def test_a_harmless_text_is_left_as_it_is() -> None:
    text = "Total: 5 < 7 | [net] <b>\n\t„quoted“"
    assert harmless(TOKENIZERS["chatml"], text) == text


@pytest.mark.slow
@any_style
@pytest.mark.parametrize("kind", sorted(PROMPTS))
@given(text=st.text(max_size=40) | messy)
@settings(max_examples=40)
def test_every_prompt_begins_with_the_shared_prefix(style: str, kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[style]
    prefix = shared_prefix(tokenizer, PROMPTS[kind])
    ids = prompt_ids(tokenizer, PROMPTS[kind], text)
    assert len(ids) > len(prefix)
    assert ids[: len(prefix)] == prefix


def test_the_shared_prefix_covers_schema_and_examples() -> None:
    prefix = shared_prefix(TOKENIZERS["chatml"], PROMPTS["baseline"])
    text = TOKENIZERS["chatml"].decode(prefix)
    assert '"additionalProperties":false' in text
    assert "order A-1." in text


def test_a_template_that_leaves_the_instruction_out_is_refused() -> None:
    tokenizer = tiny_model.tokenizer()
    tokenizer.chat_template = "{{ messages[-1].role }}<|im_start|>assistant\n"
    with pytest.raises(InputError, match="leaves the instruction out"):
        prompt_ids(tokenizer, PROMPTS["tuned"], "x")


LONG = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
ENDLESS = {
    "loops": "{{ messages[-1].content }}" + LONG,
    "macros": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}"
    "{{ m(90) }}",
    "for one input": "{% if 'never' in messages[-1].content %}" + LONG + "{% endif %}"
    "{{ messages[0].content }}{{ messages[-1].content }}",
}


@pytest.mark.parametrize("where", ["here", "in a thread"])
@pytest.mark.parametrize("template", ENDLESS)
def test_a_template_that_goes_on_for_ever_is_stopped_and_the_next_one_is_not(
    monkeypatch: pytest.MonkeyPatch, template: str, where: str
) -> None:
    monkeypatch.setattr(template_time_limit, "SECONDS", 0.3)
    tokenizer = tiny_model.tokenizer()
    tokenizer.chat_template = ENDLESS[template]

    def ask(text: str) -> str:
        if where == "here":
            return prompt_text(tokenizer, tuned_prompt(MINI), text)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(prompt_text, tokenizer, tuned_prompt(MINI), text).result()

    with pytest.raises(InputError, match=r"the chat template was stopped.* 0\.3 seconds"):
        ask("this never ends")
    tokenizer.chat_template = ENDLESS["for one input"]
    for _ in range(50):
        assert ask("this does").endswith("this does")


def test_a_template_that_refuses_every_conversation_is_named_as_the_fault() -> None:
    tokenizer = tiny_model.tokenizer()
    tokenizer.chat_template = "{{ raise_exception('tools only') }}"
    with pytest.raises(InputError, match="tools only"):
        prompt_ids(tokenizer, PROMPTS["tuned"], "x")


@any_style
def test_an_answer_ends_as_the_template_ends_an_answer(style: str) -> None:
    tokenizer = TOKENIZERS[style]
    turns = [{"role": "user", "content": "Order A-17"}, {"role": "assistant", "content": "{}"}]
    written = tokenizer.apply_chat_template(turns, tokenize=False)
    ending = tokenizer.decode([end_of_turn(tokenizer)])
    assert written.split("{}")[1].startswith(ending)
    assert ending == tiny_model.STYLES[style].turn


def test_where_the_template_ends_no_turn_the_tokenizer_s_end_does() -> None:
    tokenizer = tiny_model.tokenizer()
    tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    assert end_of_turn(tokenizer) == tokenizer.eos_token_id


def test_a_template_that_writes_no_answers_is_refused() -> None:
    tokenizer = tiny_model.tokenizer()
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ raise_exception('no answers') }}"
        "{% endif %}{% endfor %}"
    )
    with pytest.raises(InputError, match="no answers"):
        end_of_turn(tokenizer)


def test_a_tokenizer_without_an_end_token_is_refused() -> None:
    tokenizer = tiny_model.tokenizer()
    tokenizer.eos_token = None
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    with pytest.raises(InputError, match="neither chat template nor tokenizer"):
        answer_ids(tokenizer, MINI, TARGET)


def test_examples_are_as_unlike_as_their_number_allows() -> None:
    def made(name: str, kind: str, number: str | None) -> Case:
        return Case(id=name, input=name, target={"kind": kind, "number": number})

    cases = [made("b", "order", "1"), made("a", "order", "2"), made("d", "other", None)]
    assert [c.id for c in baseline_examples(MINI, cases, 2)] == ["a", "d"]
    assert [c.id for c in baseline_examples(MINI, cases, 3)] == ["a", "d", "b"]
    assert baseline_examples(MINI, cases, 0) == []
