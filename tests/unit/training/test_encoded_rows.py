from __future__ import annotations

from dataclasses import replace

import pytest
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.contract.answers.canonical_answer import canonical_text
from dslm.errors import InputError
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.records import Case
from dslm.training.encoded_rows import IGNORED, encode, preview

TOKENIZER = tiny_model.tokenizer()
PROMPT = tuned_prompt(MINI)


def test_only_the_answer_and_its_end_carry_loss() -> None:
    for case in cases(10):
        row = encode(TOKENIZER, PROMPT, case)
        learnt = [label for label in row.labels if label != IGNORED]
        assert case.target is not None
        assert TOKENIZER.decode(learnt[:-1]) == canonical_text(MINI, case.target)
        assert learnt[-1] == TOKENIZER.eos_token_id
        assert row.trained == len(learnt) > 0


def test_labels_stand_where_their_tokens_stand() -> None:
    row = encode(TOKENIZER, PROMPT, cases(2)[1])
    pairs = zip(row.input_ids, row.labels, strict=True)
    assert all(label in (token, IGNORED) for token, label in pairs)


def test_a_case_without_a_target_is_refused() -> None:
    with pytest.raises(InputError, match="case x: no target"):
        encode(TOKENIZER, PROMPT, Case(id="x", input="y"))


def test_a_row_knows_where_its_answer_begins() -> None:
    row = encode(TOKENIZER, PROMPT, cases(2)[1])
    assert row.labels[row.start] != IGNORED
    assert set(row.labels[: row.start]) == {IGNORED}
    masked = replace(row, labels=(IGNORED,) * len(row.labels))
    assert (masked.start, masked.trained) == (len(row.labels), 0)


def test_the_preview_shows_what_is_seen_and_what_is_learnt() -> None:
    case = cases(2)[1]
    shown = preview(TOKENIZER, encode(TOKENIZER, PROMPT, case))
    assert shown["case"] == case.id
    assert case.input in shown["prompt"]
    assert shown["prompt"].endswith("<|im_start|>assistant\n")
    assert shown["learnt"] == '{"kind":"order","number":"A-1"}<|im_end|>'
