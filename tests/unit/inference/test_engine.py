from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import jsonschema_rs
import pytest
import tiny_model
import torch
from llguidance import LLMatcher
from scored_rows import MINI
from tiny_engine import PROMPT, PROMPTS, TOKENIZER, engine, families, same

from dslm.contract.answer import grammar
from dslm.errors import DslmError, InputError
from dslm.inference.engine import Engine
from dslm.inference.grammars import _log_total
from dslm.inference.prompt import answer_ids, shared_prefix
from dslm.inference.unfinished import Generation

NULLABLE = {"type": ["string", "null"], "maxLength": 6}


def text_of(made: Engine, generation: Generation) -> str:
    return b"".join(made.lexicon.decode_bytes([t]) for t in generation.tokens).decode()


@pytest.mark.slow
@pytest.mark.parametrize("architecture", families("llama", "gemma3"))
def test_an_answer_does_not_depend_on_the_batch_it_is_in(architecture: str) -> None:
    alone, three, eight = (engine(architecture, batch_size=n).generate(PROMPTS) for n in (1, 3, 8))
    assert same(alone, three)
    assert same(alone, eight)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", families("mistral", all_of=("gemma3", "mistral", "phi3")))
def test_nor_where_the_text_is_longer_than_a_sliding_window(architecture: str) -> None:
    config = {"sliding_window": 24}
    prefix = shared_prefix(TOKENIZER, PROMPT)
    alone = engine(architecture, config=config, batch_size=1).generate(PROMPTS)
    batched = engine(architecture, config=config).generate(PROMPTS)
    prefixed = engine(architecture, config=config, prefix=prefix).generate(PROMPTS)
    assert same(alone, batched)
    assert same(alone, prefixed)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", families("llama"))
def test_a_shared_prefix_changes_nothing_but_the_work(architecture: str) -> None:
    prefix = shared_prefix(TOKENIZER, PROMPT)
    assert len(prefix) > 3
    made = engine(architecture, prefix=prefix, batch_size=3)
    whole = engine(architecture, batch_size=3).generate(PROMPTS)
    assert same(whole, made.generate(PROMPTS))
    assert same(whole, made.generate(PROMPTS)), "the kept prefix was changed by its first use"


def test_answers_come_in_the_order_of_the_prompts_and_are_counted() -> None:
    counted: list[int] = []
    made = engine(batch_size=3).generate(PROMPTS, counted.append)
    assert [g.prompt_tokens for g in made] == [len(p) for p in PROMPTS]
    assert sum(counted) == len(PROMPTS)
    assert len(counted) > 2


def obj(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


SCHEMAS = {
    "one constant, all forced": obj(kind={"const": "order"}),
    "two constants": obj(a={"const": 1}, b={"const": None}),
    "enum": obj(kind={"enum": ["order", "other", "order form"]}),
    "enum with null": obj(rate={"enum": ["0", "5.5", "19", None]}),
    "enum of kinds": obj(a={"enum": [1, "1", True, None]}),
    "short text": obj(a={"type": "string", "maxLength": 4}),
    "least and most": obj(a={"type": "string", "minLength": 3, "maxLength": 5}),
    "nullable text": obj(a=NULLABLE, b=NULLABLE),
    "date pattern": obj(d={"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}),
    "amount pattern": obj(d={"type": ["string", "null"], "pattern": r"^\d{1,6}\.\d{2}$"}),
    "date format": obj(d={"type": "string", "format": "date"}),
    "boolean": obj(a={"type": "boolean"}, b={"type": ["boolean", "null"]}),
    "bounded integer": obj(a={"type": "integer", "minimum": 3, "maximum": 120}),
    "number in steps": obj(a={"type": "integer", "minimum": 0, "maximum": 9}),
    "list": obj(a={"type": "array", "items": {"enum": ["x", "y"]}, "maxItems": 3}),
    "list of objects": obj(
        a={"type": "array", "items": obj(q={"enum": [1, 2]}, s=NULLABLE), "maxItems": 2}
    ),
    "nested": obj(a=obj(b=obj(c={"type": "boolean"})), z={"enum": ["ü", "日本"]}),
    "any of": obj(a={"anyOf": [{"type": "null"}, {"enum": [7]}, obj(k={"const": 1})]}),
    "reference": obj(a={"$ref": "#/$defs/unit"}) | {"$defs": {"unit": {"enum": ["kg", "g"]}}},
    "names that need escapes": obj(**{'a "b"\\': {"enum": ["\n", "\u2028"]}, "é": NULLABLE}),
    "names that begin alike": obj(a={"enum": ["b"]}, ab={"enum": ["a"]}, abc={"type": "null"}),
}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_answer_of_a_model_that_knows_nothing_is_valid(name: str) -> None:
    made = engine(output=SCHEMAS[name])
    for generation in made.generate(PROMPTS):
        assert generation.finish == "stop"
        answer = json.loads(text_of(made, generation))
        assert list(jsonschema_rs.validator_for(SCHEMAS[name]).iter_errors(answer)) == []
        assert list(answer) == list(SCHEMAS[name]["properties"])


def test_what_the_grammar_forces_is_certain_and_costs_no_choice() -> None:
    generation = engine(output=SCHEMAS["one constant, all forced"]).generate(PROMPTS[:1])[0]
    assert set(generation.log_probs) == {0.0}
    assert len(generation.tokens) == len(generation.log_probs)


def test_forced_tokens_have_log_probability_zero_among_free_ones() -> None:
    made = engine(output=SCHEMAS["boolean"])
    for generation in made.generate(PROMPTS):
        free = [v for v in generation.log_probs if v != 0.0]
        assert 1 <= len(free) <= 4
        assert all(v < 0 for v in free)


def recomputed(
    made: Engine, prompt: Sequence[int], tokens: Sequence[int], *, likeliest: bool = True
) -> list[float]:
    """Log-probabilities of an answer by one plain pass, masked token by token with llguidance."""
    from llguidance import LLMatcher
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    with torch.no_grad():
        logits = made.model(input_ids=torch.tensor([[*prompt, *tokens]])).logits[0].double()
    matcher, found = LLMatcher(made.lexicon, made.grammar), []
    bits = allocate_token_bitmask(1, made.vocabulary)
    for place, token in enumerate(tokens, start=len(prompt) - 1):
        forced = matcher.compute_ff_tokens()
        fill_next_token_bitmask(matcher, bits, 0)
        words = bits[0]
        allowed = [i for i in range(made.vocabulary) if words[i // 32] >> (i % 32) & 1]
        assert token in allowed
        best = logits[place, token] >= logits[place, allowed].max() - 1e-3
        assert best or not likeliest, "not the likeliest"
        value = logits[place, token] - torch.logsumexp(logits[place, allowed], dim=0)
        found.append(0.0 if forced else float(value))
        assert matcher.consume_token(token)
    return found


@pytest.mark.parametrize("architecture", families("llama", all_of=("llama", "gemma3", "granite")))
def test_probabilities_are_those_of_a_plain_pass_over_the_whole_answer(architecture: str) -> None:
    prefix = shared_prefix(TOKENIZER, PROMPT)
    made = engine(architecture, prefix=prefix)
    for prompt, generation in zip(PROMPTS, made.generate(PROMPTS), strict=True):
        expected = recomputed(made, prompt, generation.tokens)
        assert generation.log_probs == pytest.approx(expected, abs=1e-4)


def narrowed(number: str | None) -> str:
    """The grammar of `mini` in which one number is possible, or none."""
    parts = MINI.output["properties"] | {"number": {"enum": [number]}}
    return grammar({**MINI.output, "properties": parts})


@pytest.mark.parametrize("size", [1, 8])
def test_a_row_can_have_a_grammar_of_its_own(size: int) -> None:
    made = engine(batch_size=size)
    numbers = ["A-1", "B-22", None, "A", "é🙂", '"', "C", "7"]
    found = made.generate(PROMPTS, narrow=lambda i: narrowed(numbers[i]))
    assert [json.loads(text_of(made, g))["number"] for g in found] == numbers


def test_what_only_its_own_grammar_forced_is_as_improbable_as_the_model_finds_it() -> None:
    made = engine()
    found = made.generate(PROMPTS, narrow=lambda i: narrowed("Zq"))
    for prompt, generation in zip(PROMPTS, found, strict=True):
        expected = recomputed(made, prompt, generation.tokens, likeliest=False)
        assert generation.log_probs == pytest.approx(expected, abs=1e-4)
        assert sum(generation.log_probs) < -5, "the model was sure of what it was forced to write"


def test_an_answer_that_its_own_grammar_allows_is_not_changed_by_it() -> None:
    made = engine()
    free = made.generate(PROMPTS)
    wide = grammar(MINI.output)
    assert same(free, made.generate(PROMPTS, narrow=lambda i: wide))


def test_what_is_forbidden_adds_nothing_to_the_total() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        logits = 20 * torch.randn(9, 500)
    logits[torch.arange(9)[:, None] < torch.arange(500) % 9] = -math.inf
    torch.testing.assert_close(_log_total(logits), logits.logsumexp(dim=-1), atol=0, rtol=0)
    assert _log_total(torch.full((1, 3), math.nan)).isnan()


def test_an_answer_that_is_cut_says_so() -> None:
    made = engine(max_tokens=6)
    assert {g.finish for g in made.generate(PROMPTS)} == {"length"}


@pytest.mark.slow
def test_without_a_grammar_decoding_is_greedy_and_free() -> None:
    made = engine(grammar=None, max_tokens=12, batch_size=3)
    for prompt, generation in zip(PROMPTS, made.generate(PROMPTS), strict=True):
        ids = list(prompt)
        for token in generation.tokens:
            with torch.no_grad():
                logits = made.model(input_ids=torch.tensor([ids])).logits[0, -1]
            assert int(logits.argmax()) == token
            ids.append(token)
        assert generation.finish in ("stop", "length")
        assert len(generation.tokens) <= 12


def test_free_decoding_stops_at_the_end_token_and_leaves_it_out() -> None:
    made = engine(grammar=None, max_tokens=5)
    made.end = end = made.generate(PROMPTS[:1])[0].tokens[2]
    generation = made.generate(PROMPTS[:1])[0]
    assert generation.finish == "stop"
    assert end not in generation.tokens


@pytest.mark.parametrize("style", sorted(tiny_model.STYLES))
def test_decoding_stops_on_the_token_that_training_ends_an_answer_with(style: str) -> None:
    tokenizer = tiny_model.tokenizer(style)
    learnt = answer_ids(tokenizer, MINI, {"kind": "other", "number": None})[-1]
    model = tiny_model.model()
    made = Engine(model, tokenizer, None, prefix=[], batch_size=2, max_tokens=4)
    assert made.end == learnt
    assert made.lexicon.eos_token == learnt


def test_a_prompt_without_the_prefix_is_refused() -> None:
    with pytest.raises(InputError, match="shared prefix"):
        engine(prefix=[5, 6, 7]).generate(PROMPTS[:1])


def test_a_grammar_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="the grammar cannot be used"):
        engine(grammar="start: {{{").generate(PROMPTS[:1])


def test_a_model_that_gives_nan_is_stopped() -> None:
    made = engine()
    with torch.no_grad():
        made.model.get_input_embeddings().weight.fill_(math.nan)
    with pytest.raises(DslmError, match="NaN"):
        made.generate(PROMPTS[:2])


def test_a_grammar_that_cannot_be_used_is_given_up_and_said() -> None:
    made = engine()
    found = made.generate(PROMPTS, narrow=lambda i: "start: (" if i == 1 else grammar(MINI.schema))
    assert "llguidance gave up" in str(found[1].refused)
    assert {g.refused for i, g in enumerate(found) if i != 1} == {None}
    assert same(found, engine().generate(PROMPTS))


def test_a_grammar_that_leaves_nothing_to_write_is_given_up_on_the_way() -> None:
    begun = json.dumps('{"kind":"order","number":')
    never = LLMatcher.grammar_from_lark(f"start: {begun} T\nT: /[a&&b]/")
    found = engine().generate(PROMPTS, narrow=lambda i: never)
    assert all(g.finish in ("stop", "length") for g in found)
    assert all(g.refused for g in found)


def test_an_answer_that_is_cut_short_spoils_none_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine()
    first = made.generate(PROMPTS[:1])
    lengthened = torch.nn.functional.pad
    calls: list[None] = []

    def fails_once(*given: Any) -> Any:  # between two layers, as where memory ends
        calls.append(None)
        if len(calls) == 2:
            raise MemoryError
        return lengthened(*given)

    with monkeypatch.context() as patch:
        patch.setattr(torch.nn.functional, "pad", fails_once)
        with pytest.raises(MemoryError):
            made.generate(PROMPTS[3:4])
    assert same(first, made.generate(PROMPTS[:1]))
    assert same(made.generate(PROMPTS[3:4]), engine().generate(PROMPTS[3:4]))
