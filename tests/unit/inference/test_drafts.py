"""Drafts of answers: the answers are the same, and fewer passes of the model make them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from scored_rows import MINI
from tiny_engine import PROMPT, PROMPTS, TEXTS, TOKENIZER, engine, families, same

from dslm.contract.answer import grammar
from dslm.contract.narrowing import exactly, narrowed
from dslm.inference import engine as engine_module
from dslm.inference.drafts import Draft
from dslm.inference.engine import Engine
from dslm.inference.grammars import start
from dslm.inference.prompt import shared_prefix
from dslm.inference.slots import Slots
from dslm.inference.unfinished import Generation

PREFIX = shared_prefix(TOKENIZER, PROMPT)


def texts_of(made: Engine, answers: Sequence[Generation]) -> list[str]:
    return [made.lexicon.decode_bytes(list(a.tokens)).decode(errors="replace") for a in answers]


def changed(text: str, at: int) -> str:
    """A text with another letter at a place; counted from its end where that is negative."""
    at %= len(text)
    return text[:at] + ("b" if text[at] != "b" else "c") + text[at + 1 :]


# Of right answers in order: what is drafted instead
DRAFTS: dict[str, Callable[[list[str]], list[str]]] = {
    "right": lambda right: right,
    "wrong at the first letter": lambda right: [changed(text, 0) for text in right],
    "wrong at the first letter of a value": lambda right: [changed(t, 9) for t in right],
    "wrong in the middle": lambda right: [changed(text, len(text) // 2) for text in right],
    "wrong near the end": lambda right: [changed(text, -3) for text in right],
    "wrong at the last letter": lambda right: [changed(text, -1) for text in right],
    "too long": lambda right: [text + text for text in right],
    "too short": lambda right: [text[: len(text) // 2] for text in right],
    "of another case": lambda right: right[1:] + right[:1],
    "forbidden by the grammar": lambda right: ["[1, 2]", '{"kind":7}', "null", "{"] * 2,
    "no text of a model's": lambda right: ["\ufffd", "é🙂", "<|im_end|>", "\n", " ", "a", "{", '"'],
    "empty": lambda right: [""] * len(right),
    "of some": lambda right: [t if n % 3 else "" for n, t in enumerate(right)],
    "right and wrong ones": lambda right: [
        t if n % 2 else changed(t, 10 + n) for n, t in enumerate(right)
    ],
}


@pytest.mark.parametrize("name", DRAFTS)
@pytest.mark.parametrize("size", [3, 8])
def test_answers_are_the_same_whatever_is_drafted(name: str, size: int) -> None:
    made = engine(prefix=PREFIX, batch_size=size)
    free = made.generate(PROMPTS)
    drafted = made.generate(PROMPTS, drafts=DRAFTS[name](texts_of(made, free)))
    assert same(free, drafted)
    assert [a.finish for a in drafted] == [a.finish for a in free]
    for one, other in zip(free, drafted, strict=True):
        assert other.log_probs == pytest.approx(one.log_probs, abs=1e-4)


@pytest.mark.parametrize("architecture", families("llama", "gemma3"))
@pytest.mark.parametrize("name", ["right", "wrong in the middle", "right and wrong ones"])
def test_nor_does_it_matter_in_a_sliding_window(architecture: str, name: str) -> None:
    config = {"sliding_window": 24} if architecture in ("gemma3", "mistral", "phi3") else {}
    made = engine(architecture, prefix=PREFIX, batch_size=3, config=config)
    free = made.generate(PROMPTS)
    assert same(free, made.generate(PROMPTS, drafts=DRAFTS[name](texts_of(made, free))))


@pytest.mark.parametrize("name", ["right", "wrong in the middle", "of another case"])
def test_nor_under_grammars_of_their_own(name: str) -> None:
    made = engine(prefix=PREFIX, batch_size=3)

    def narrow(i: int) -> str:
        return narrowed(MINI, TEXTS[i]).grammar if i % 3 else grammar(MINI.schema)

    free = made.generate(PROMPTS, narrow=narrow)
    drafted = made.generate(PROMPTS, None, narrow, DRAFTS[name](texts_of(made, free)))
    assert same(free, drafted)
    assert [a.refused for a in drafted] == [a.refused for a in free]


@pytest.mark.parametrize("name", ["right", "wrong in the middle", "too long"])
def test_nor_where_nothing_is_forbidden_or_answers_are_cut(name: str) -> None:
    for changes in ({"grammar": None, "max_tokens": 12}, {"max_tokens": 9}):
        made = engine(batch_size=3, **changes)
        free = made.generate(PROMPTS)
        assert same(free, made.generate(PROMPTS, drafts=DRAFTS[name](texts_of(made, free))))


@pytest.mark.parametrize("at_once", [7, 40, 200])
def test_a_draft_that_is_too_long_for_one_pass_takes_several(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine_module.TOKENS_AT_ONCE, "cpu", at_once)
    monkeypatch.setattr(engine_module, "CHOICES_AT_ONCE", at_once // 4)
    made = engine(prefix=PREFIX, batch_size=5)
    free = made.generate(PROMPTS)
    for name in ("right", "wrong near the end"):
        assert same(free, made.generate(PROMPTS, drafts=DRAFTS[name](texts_of(made, free))))


# A model of random weights knows nothing of it
TEXT = json.dumps({"kind": "order", "number": "A-17 A-17 A-17"}, separators=(",", ":"))


@pytest.mark.parametrize("narrow", [None, lambda _: exactly(TEXT)])
def test_a_right_draft_takes_a_fraction_of_the_passes(
    narrow: Callable[[int], str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[list[int]] = []
    forward = Slots.forward

    def noted(slots: Slots, first: int, tokens: Any, *others: Any) -> Any:
        passes.append([len(piece) for piece in tokens])
        return forward(slots, first, tokens, *others)

    made = engine(prefix=PREFIX)
    monkeypatch.setattr(Slots, "forward", noted)
    free = made.generate(PROMPTS, None, narrow)
    without = len(passes)
    passes.clear()
    assert same(free, made.generate(PROMPTS, None, narrow, texts_of(made, free)))
    assert len(passes) * 5 < without


def test_what_a_draft_shows_ahead_is_its_text_and_leaves_the_grammar_where_it_is() -> None:
    made = engine()
    grammars = start(made.lexicon, grammar(MINI.schema), None)
    written = made.lexicon.decode_bytes(grammars.forced())
    text = '{"kind":"order","number":"A-17"}'
    ahead = Draft(made.lexicon, text).ahead(grammars.wide, written, 100)
    tokens = [token for together in ahead for token in together]
    shown = written + made.lexicon.decode_bytes(tokens)
    assert text.encode().startswith(shown)
    assert shown.endswith(b"7"), "all but the end, which the model need not see"
    assert max(map(len, ahead)) > 1, "nothing was forced"
    assert grammars.wide.validate_tokens(tokens) == len(tokens)
    assert Draft(made.lexicon, text).ahead(grammars.wide, b"[", 100) == []
    assert len(Draft(made.lexicon, text).ahead(grammars.wide, written, 1)) == 1


def test_logits_are_given_for_the_places_asked_for() -> None:
    made = engine()
    rows, places = [[7, 8, 9, 10, 11], [12, 13], [14]], [[1, 4], [0], []]
    with torch.inference_mode():
        found = Slots(made.model, 3, [5, 6]).forward(0, rows, [2] * 3, places)
        plain = [made.model(input_ids=torch.tensor([[5, 6, *row]])).logits[0] for row in rows]
    wanted = [plain[row][2 + place] for row, own in enumerate(places) for place in own]
    torch.testing.assert_close(found, torch.stack(wanted).float(), atol=1e-4, rtol=0)
