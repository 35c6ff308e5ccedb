from __future__ import annotations

import pytest
import tiny_model
from scored_rows import MINI, cases

from dslm.contract.answer import canonical_text
from dslm.errors import InputError
from dslm.inference.prompt import tuned_prompt
from dslm.records import Case
from dslm.training.encoding import IGNORED, encode, encode_all, preview

TOKENIZER = tiny_model.tokenizer()
PROMPT = tuned_prompt(MINI)


def long_case(name: str) -> Case:
    target = {"kind": "other", "number": None}
    return Case(id=name, input="far too long " * 60, target=target)


def test_a_row_over_the_limit_is_refused_by_name_and_nothing_is_cut() -> None:
    given = [*cases(8), long_case("the-long-one"), long_case("another")]
    with pytest.raises(InputError) as refusal:
        encode_all(TOKENIZER, PROMPT, given, 256)
    message = str(refusal.value)
    assert "2 of 10 rows exceed 256 tokens" in message
    assert "the-long-one, another" in message
    assert "max_tokens" in message


def test_many_long_rows_are_named_in_part_and_counted_in_full() -> None:
    given = [long_case(f"long-{n}") for n in range(9)]
    with pytest.raises(InputError, match="9 of 9 rows") as refusal:
        encode_all(TOKENIZER, PROMPT, given, 256)
    assert "long-4, …" in str(refusal.value)
    assert "long-5" not in str(refusal.value)


def test_a_row_of_exactly_the_limit_is_kept_whole() -> None:
    row = encode(TOKENIZER, PROMPT, cases(2)[1])
    size = len(row.input_ids)
    assert encode_all(TOKENIZER, PROMPT, cases(2)[1:], size) == [row]
    with pytest.raises(InputError, match=f"longest {size}"):
        encode_all(TOKENIZER, PROMPT, cases(2)[1:], size - 1)


def test_every_case_becomes_one_row_in_its_place() -> None:
    rows = encode_all(TOKENIZER, PROMPT, cases(20), 256)
    assert [row.case_id for row in rows] == [case.id for case in cases(20)]


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


def test_two_start_tokens_are_refused() -> None:
    tokenizer = tiny_model.tokenizer("llama3")
    tokenizer.chat_template = "{{ bos_token }}" + tokenizer.chat_template
    with pytest.raises(InputError, match="two beginning-of-sequence tokens"):
        encode_all(tokenizer, PROMPT, cases(3), 256)


def test_the_preview_shows_what_is_seen_and_what_is_learnt() -> None:
    case = cases(2)[1]
    shown = preview(TOKENIZER, encode(TOKENIZER, PROMPT, case))
    assert shown["case"] == case.id
    assert case.input in shown["prompt"]
    assert shown["prompt"].endswith("<|im_start|>assistant\n")
    assert shown["learnt"] == '{"kind":"order","number":"A-1"}<|im_end|>'
