from __future__ import annotations

import pytest
from support.curation.curated_runs import curated
from support.models import tiny_model

from dslm.curation.filters.too_long import Limit
from dslm.errors import InputError
from dslm.inference.prompts.prompt import row_lengths, tuned_prompt
from dslm.records import Case
from dslm.training.encoded_rows import encode


def words(rows) -> list[int]:
    return [len(text.split()) for text, _ in rows]


def limit(most: int) -> Limit:
    return Limit(most, words, {"max_tokens": str(most)})


def longer(row: dict) -> dict:
    return row | {"input": f"{row['input']} and {row['id']} goes on for quite some words more"}


@pytest.mark.parametrize("style", sorted(tiny_model.STYLES))
def test_what_is_counted_is_what_training_encodes(contract, build_rows, style: str) -> None:
    tokenizer, prompt = tiny_model.tokenizer(style), tuned_prompt(contract)
    rows = build_rows(20)
    rows[3]["input"] += " <|im_end|> [/INST] <end_of_turn>"
    rows[4]["target"] = {"kind": "other", "amount": "<|im_end|>"}
    rows[5]["input"] = "  "
    cases = [Case.model_validate(row) for row in rows]
    told = row_lengths(tokenizer, prompt, [(case.input, case.target or {}) for case in cases])
    assert told == [len(encode(tokenizer, prompt, case).input_ids) for case in cases]
    assert row_lengths(tokenizer, prompt, []) == []


def test_long_cases_go_and_are_counted_and_the_others_stay(
    contract, rows, gold, write_source
) -> None:
    usual = curated(contract, write_source(rows), gold)
    trained = [case.id for name in ("train", "validation") for case in usual.parts[name]]
    chosen = set(trained[::9])
    mixed = [longer(row) if row["id"] in chosen else row for row in rows]
    found = curated(contract, write_source(mixed), gold, limit=limit(21))
    assert found.ledger.dropped == {"too_long": len(chosen)}
    assert {drop.id for drop in found.ledger.drops} == chosen
    assert {case.id for case in found.kept} == {case.id for case in usual.kept} - chosen
    assert found.inputs["max_tokens"] == "21"
    assert "max_tokens" not in usual.inputs


def test_calibration_keeps_its_long_cases_since_they_come_in_service_too(
    contract, rows, gold, write_source
) -> None:
    usual = curated(contract, write_source(rows), gold)
    chosen = {case.id for case in usual.parts["calibration"]}
    mixed = [longer(row) if row["id"] in chosen else row for row in rows]
    found = curated(contract, write_source(mixed), gold, limit=limit(21))
    assert found.ledger.dropped == {}
    assert {case.id for case in found.parts["calibration"]} == chosen


@pytest.mark.slow
def test_no_case_goes_for_being_near_to_one_that_is_too_long(
    contract, rows, gold, write_source
) -> None:
    usual = curated(contract, write_source(rows), gold)
    one = next(row for row in rows if row["id"] == usual.parts["train"][0].id)
    first = one | {"id": "a-0", "input": f"{one['input']} by now"}  # sorts before, and is longer
    both = curated(contract, write_source([first, *rows]), gold)
    assert both.ledger.dropped == {"near_duplicate": 1}
    found = curated(contract, write_source([first, *rows]), gold, limit=limit(21))
    assert [(drop.id, drop.reason) for drop in found.ledger.drops] == [("a-0", "too_long")]


def test_a_limit_that_no_row_keeps_says_so(contract, rows, gold, write_source) -> None:
    with pytest.raises(InputError, match=r"every row exceeds 3 tokens \(shortest 21\)") as refusal:
        curated(contract, write_source(rows), gold, limit=limit(3))
    assert "max_tokens" in str(refusal.value)
