from __future__ import annotations

import json
import math
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import parse
from dslm.contract.answers.decision import NEVER
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.narrowing import narrowed
from dslm.errors import InputError
from dslm.inference.decider import Decider, load_decider
from dslm.inference.decoding.engine import Generation
from dslm.inference.prompts.prompt import baseline_prompt, prompt_ids, tuned_prompt
from dslm.provenance import read_manifest, write_manifest
from dslm.scoring.rows.scored_rows import make_rows, recompute

TEXTS = ["Please send order A-17.", "", "Thanks", "🙂 order order order", "x"]
PLAIN = {"base", "tokenizer", "template", "contract", "plan", "code"}
ENGINE = {"packages", "device"}
TRAINED = {"adapter", "data", "recipe"}


def loaded(
    adapter: Path | None = None, *, threshold: float = 0.0, of: Contract = MINI, **inference: Any
) -> Decider:
    document = tiny_model.recipe_document(tiny_model.base_folder())
    document["inference"] |= inference
    recipe = tiny_model.recipe("x").model_validate(document)
    return load_decider(
        of,
        recipe,
        tuned_prompt(of),
        root=Path.cwd(),
        adapter=adapter,
        threshold=threshold,
        locked=False,
    )


@cache
def plain() -> Decider:
    return loaded()


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return tiny_model.write_adapter(tmp_path / "adapter")


def test_the_identity_names_all_that_an_answer_depends_on(adapter: Path) -> None:
    assert set(plain().identity) == PLAIN | ENGINE
    assert not TRAINED & set(plain().identity)
    tuned = loaded(adapter)
    assert set(tuned.identity) == PLAIN | ENGINE | TRAINED
    assert tuned.identity["adapter"] == read_manifest(adapter, made_by="x")["digest"]
    assert all(tuned.identity[key].startswith("sha256:") for key in PLAIN | TRAINED)
    assert "llguidance " in tuned.identity["packages"]
    assert tuned.identity["device"] in ("cpu", "cuda")


def test_a_changed_batch_plan_is_another_identity() -> None:
    other = loaded(batch_size=2).identity
    assert [k for k in other if other[k] != plain().identity[k]] == ["plan"]


@pytest.mark.slow
def test_an_adapter_changes_what_is_answered_and_batches_do_not(adapter: Path) -> None:
    tuned = [p.text for p in loaded(adapter).predict(TEXTS)]
    assert tuned != [p.text for p in plain().predict(TEXTS)]
    unmerged = loaded(adapter, merge_adapter=False, batch_size=2)
    assert [p.text for p in unmerged.predict(TEXTS)] == tuned


def test_threads_that_ask_at_once_get_the_answers_that_each_would_get_alone() -> None:
    decider = loaded(copy_grounded=True)
    asked = [f"Please send order A-{n}. {'order ' * (n % 3)}" for n in range(12)]
    alone = [decider.answer([text])[0] for text in asked]
    together = threading.Barrier(4)

    def ask(start: int) -> list[Any]:
        together.wait()
        return [decider.answer([text])[0] for text in asked[start : start + 3]]

    with ThreadPoolExecutor(4) as pool:
        found = [one for some in pool.map(ask, range(0, 12, 3)) for one in some]
    at_any_time = {"latency_ms": 0.0}
    for (prediction, decision), (other, its_decision) in zip(alone, found, strict=True):
        assert prediction.model_copy(update=at_any_time) == other.model_copy(update=at_any_time)
        assert decision == its_decision


@pytest.mark.parametrize("part", ["base", "tokenizer", "template"])
def test_an_adapter_trained_on_another_base_is_refused(adapter: Path, part: str) -> None:
    inputs = read_manifest(adapter, made_by="x")["inputs"]
    write_manifest(adapter, inputs | {part: "sha256:other"})
    with pytest.raises(InputError, match=f"trained on another {part}"):
        loaded(adapter)


def test_an_adapter_with_one_changed_byte_is_refused(adapter: Path) -> None:
    path = adapter / "adapter_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="bytes differ from the manifest"):
        loaded(adapter)


def test_an_adapter_that_does_not_say_what_it_was_made_from_is_refused(adapter: Path) -> None:
    write_manifest(adapter, {"base": "sha256:1"})
    with pytest.raises(InputError, match="does not say"):
        loaded(adapter)


def test_every_answer_is_valid_and_its_text_is_its_object() -> None:
    for prediction in plain().predict(TEXTS):
        assert prediction.finish_reason == "stop"
        assert prediction.object is not None
        assert json.loads(prediction.text) == prediction.object
        assert set(prediction.object) == set(MINI.fields)


def test_confidence_is_the_probability_of_the_answer_and_of_no_field_less() -> None:
    engine = plain().engine
    prompts = [engine.tokenizer.apply_chat_template(
        plain().prompt.messages(text), tokenize=True, add_generation_prompt=True, return_dict=False
    ) for text in TEXTS]  # fmt: skip
    for prediction, generation in zip(
        plain().predict(TEXTS), engine.generate(prompts), strict=True
    ):
        exactly = math.exp(sum(generation.log_probs))
        assert prediction.confidence == pytest.approx(exactly, abs=1e-5)
        assert set(prediction.field_confidence) == set(MINI.fields)
        for value in prediction.field_confidence.values():
            assert prediction.confidence <= value + 1e-6 <= 1 + 2e-6


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_an_answer_that_the_model_has_no_probability_for_is_none(bad: float) -> None:
    tokens = plain().engine.tokenizer.encode('{"kind":"order","number":"A-17"}')
    fine = Generation(tuple(tokens), (-0.1,) * len(tokens), "stop", 5, 0.1)
    assert plain()._prediction(fine, {}).object == {"kind": "order", "number": "A-17"}
    log_probs = (*(-0.1,) * (len(tokens) - 1), bad)
    made = plain()._prediction(replace(fine, log_probs=log_probs), {})
    assert (made.object, made.finish_reason, made.confidence) == (None, "invalid", 0.0)
    (row,) = recompute(MINI, cases(1), make_rows(MINI, cases(1), [made], 0.0), 0.0)
    assert row.prediction == made
    assert row.decision.action == "escalate"


def test_an_answer_cut_by_the_limit_has_no_object_and_goes_where_the_contract_says() -> None:
    cut = loaded(max_answer_tokens=4)
    for prediction, decision in cut.answer(TEXTS):
        assert prediction.finish_reason == "length"
        assert prediction.object is None
        assert prediction.field_confidence == {}
        assert decision.action == MINI.decision.invalid
        assert decision.reasons == ("length",)


def test_no_answer_proceeds_below_the_threshold() -> None:
    never = loaded(threshold=NEVER).answer(TEXTS)
    assert {decision.action for _, decision in never} <= {"abstain", "escalate"}
    assert all("low_confidence" in decision.reasons for _, decision in never)


def test_a_decider_answers_nothing_with_nothing() -> None:
    assert plain().answer([]) == []


def test_a_prompt_with_examples_is_answered_like_any_other() -> None:
    recipe = tiny_model.recipe(tiny_model.base_folder())
    prompt = baseline_prompt(MINI, cases(3))
    settings: Any = {"root": Path.cwd(), "adapter": None, "threshold": 0.0}
    with pytest.raises(InputError, match="the base is not locked"):
        load_decider(MINI, recipe, prompt, **settings)
    decider = load_decider(MINI, recipe, prompt, **settings, locked=False)
    assert {p.finish_reason for p in decider.predict(TEXTS)} == {"stop"}
    assert len(decider.engine.prefix) > 150


def test_grounded_values_are_copied_where_the_recipe_says_so() -> None:
    assert MINI.grounded == ["number"] or MINI.grounded == ("number",)
    copies, free = loaded(copy_grounded=True), loaded(copy_grounded=False)
    invented = 0
    for text, copied, made in zip(TEXTS, copies.predict(TEXTS), free.predict(TEXTS), strict=True):
        assert copied.object is not None
        assert not ungrounded(MINI, text, copied.object)
        invented += made.object is None or bool(ungrounded(MINI, text, made.object))
    assert invented, "a random model invents nothing: this test shows nothing"
    assert copies.identity["plan"] != free.identity["plan"]


WORDS = {
    "english": "the mill of Specht Holz sent 12 boards and a bill, no. FA-72",
    "hindi": "कृपया पाँच किलो चीनी और दो किलो चना भेजें, धन्यवाद",
    "chinese": "请发送五公斤白糖和两公斤鹰嘴豆，订单号 A-17，谢谢。",
    "arabic": "من فضلك أرسل خمسة كيلو من السكر الأبيض، رقم الطلب A-17",
}


@pytest.mark.parametrize("language", WORDS)
def test_an_answer_is_copied_from_two_thousand_words(language: str) -> None:
    draw = random.Random(7)
    words = WORDS[language].split()
    text = " ".join(draw.choice(words) + str(n % 97) for n in range(2000))
    made = loaded(copy_grounded=True)
    found = narrowed(MINI, text)
    prompts = [prompt_ids(made.engine.tokenizer, made.prompt, short) for short in TEXTS]
    for generation in made.engine.generate(prompts, narrow=lambda _: found.grammar):
        assert generation.finish == "stop"
        assert generation.refused is None
        answer = parse(MINI, made.engine.lexicon.decode_str(list(generation.tokens)))
        assert answer is not None
        assert not ungrounded(MINI, text, answer)


@pytest.mark.slow
def test_an_input_of_two_thousand_words_is_read_and_answered() -> None:
    text = " ".join(f"{word}{n}" for n, word in enumerate(WORDS["english"].split() * 154))
    (prediction,) = loaded(copy_grounded=True).predict([text])
    assert prediction.object is not None
    assert prediction.not_narrowed == {}
    assert not ungrounded(MINI, text, prediction.object)


def test_an_answer_that_is_not_held_to_its_input_says_so() -> None:
    needed = MINI.model_copy(update={"output": MINI.output | {"properties": {
        "kind": {"enum": ["order", "other"]}, "number": {"type": "string", "maxLength": 8},
    }}})  # fmt: skip
    nothing, something = loaded(of=needed, copy_grounded=True).predict(["...", "A-17"])
    assert "has nothing for it" in nothing.not_narrowed["number"]
    assert something.not_narrowed == {}
