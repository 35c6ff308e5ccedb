from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from support.models import tiny_model
from support.models.chat_templates import LLAMA
from support.repositories.scored_rows import cases

from dslm.checking.finding import Finding
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.inference.prompts.prompt import prompt_text
from dslm.records import Case
from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.doctor.doctor_checks import diagnose
from dslm.training.encoded_rows import IGNORED, Encoded

Patient = Callable[..., CheckedWorkflow]


def failing(seen: CheckedWorkflow) -> list[str]:
    return [f.proof for f in diagnose(seen).failing]


def of(seen: CheckedWorkflow, check: str) -> Finding:
    (found,) = [f for f in diagnose(seen).findings if f.proof == check]
    return found


def with_row(seen: CheckedWorkflow, at: int, row: Encoded) -> CheckedWorkflow:
    rows = list(seen.rows)
    rows[at] = row
    return replace(seen, rows=tuple(rows))


def encoded_at_once(seen: CheckedWorkflow, at: int, **settings: Any) -> Encoded:
    """A row as trainers make it: prompt and answer as one text, split by the tokenizer."""
    case, row = seen.cases[at], seen.rows[at]
    asked = prompt_text(seen.tokenizer, seen.prompt, case.input)
    answer = canonical_text(seen.prompt.contract, case.target or {})
    end = seen.tokenizer.decode([row.labels[-1]])
    ids = seen.tokenizer(asked + answer + end, **settings)["input_ids"]
    begin = len(seen.tokenizer(asked, **settings)["input_ids"])
    return Encoded(case.id, tuple(ids), (IGNORED,) * begin + tuple(ids[begin:]))


def adding_a_start(style: str = "llama3") -> Any:
    """A tokenizer that puts its beginning-of-sequence token before every text, as Llama's does."""
    from tokenizers.processors import TemplateProcessing

    tokenizer = tiny_model.tokenizer(style)
    start = tokenizer.bos_token
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{start} $A", special_tokens=[(start, tokenizer.bos_token_id)]
    )
    return tokenizer


def test_a_merge_across_prompt_and_answer_is_caught(patient: Patient) -> None:
    across = tiny_model.tokenizer(lines=['Answer:{"kind":"order"}'] * 9)
    template = (
        tiny_model.STYLES["chatml"]
        .template.replace("assistant\n{% endif %}", "assistant\nAnswer:{% endif %}")
        .replace(
            "{{ m.content }}", "{% if m.role == 'assistant' %}Answer:{% endif %}{{ m.content }}"
        )
    )
    seen = patient(template=template, tokenizer=across)
    assert failing(seen) == []  # made apart, as serving goes on from its prompt
    row = encoded_at_once(seen, 1, add_special_tokens=False)
    assert row.input_ids != seen.rows[1].input_ids  # the border was merged away
    planted = with_row(seen, 1, row)
    assert "prompt" in failing(planted)
    assert of(planted, "prompt").where == f"case {row.case_id}"


def test_rows_of_another_template_are_caught(patient: Patient) -> None:
    seen = patient()
    trained = [replace(r, input_ids=(*r.input_ids[:3], 9, *r.input_ids[4:])) for r in seen.rows]
    said = of(replace(seen, rows=tuple(trained)), "prompt")
    assert said.kind == "fail"
    assert "7 of 7 rows differ from what serving sends" in said.message
    assert "at token 3" in said.message


def test_a_row_that_lost_its_system_turn_is_caught(patient: Patient) -> None:
    seen = patient()
    asked = [{"role": "user", "content": seen.cases[2].input}]
    ids = seen.tokenizer.apply_chat_template(
        asked, add_generation_prompt=True, tokenize=True, return_dict=False
    )
    answer = seen.rows[2].labels[seen.rows[2].start :]
    row = Encoded(seen.cases[2].id, (*ids, *answer), ((IGNORED,) * len(ids)) + answer)
    planted = with_row(seen, 2, row)
    assert failing(planted) == ["prompt", "wording"]
    assert of(planted, "wording").message.startswith("1 of 7 rows do not show the task: g-002")


def test_a_tokenizer_that_adds_a_start_too_does_no_harm_to_rows_of_ours(patient: Patient) -> None:
    seen = patient("llama3", tokenizer=adding_a_start())
    assert seen.tokenizer("a")["input_ids"][0] == seen.tokenizer.bos_token_id
    assert failing(seen) == []


def test_a_template_and_a_tokenizer_that_both_add_a_start_are_caught(patient: Patient) -> None:
    seen = patient("llama3", tokenizer=adding_a_start())
    planted = with_row(seen, 0, encoded_at_once(seen, 0))
    assert failing(planted) == ["prompt", "start"]
    assert of(planted, "start").message == ("1 of 7 rows begin with two <|begin_of_text|>: g-000")


def test_a_start_that_the_template_forgets_is_caught(patient: Patient) -> None:
    template = LLAMA.replace("{{ bos_token }}", "")
    seen = patient("llama3", template, tokenizer=adding_a_start())
    assert failing(seen) == ["start"]
    assert "7 of 7 rows begin without <|begin_of_text|>" in of(seen, "start").message


def test_a_start_in_the_midst_of_a_row_is_caught(patient: Patient) -> None:
    seen = patient("llama3")
    row = seen.rows[4]
    ids = (*row.input_ids[:9], seen.tokenizer.bos_token_id, *row.input_ids[9:])
    planted = with_row(seen, 4, replace(row, input_ids=ids, labels=(IGNORED, *row.labels)))
    assert "start" in failing(planted)
    assert of(planted, "start").where == "case g-004"


def test_a_row_that_trains_nothing_is_caught(patient: Patient) -> None:
    seen = patient()
    planted = with_row(seen, 3, replace(seen.rows[3], labels=(IGNORED,) * len(seen.rows[3].labels)))
    assert failing(planted) == ["trained", "end"]
    assert of(planted, "trained").message == "1 of 7 rows train no token: g-003"


def test_a_row_that_trains_another_answer_is_caught(patient: Patient) -> None:
    seen = patient()
    swapped = replace(seen.rows[1], case_id="g-002")
    assert "trained" in failing(with_row(seen, 2, swapped))


def test_labels_that_are_shifted_are_caught(patient: Patient) -> None:
    seen = patient()
    row = seen.rows[1]
    shifted = replace(row, labels=(*row.labels[1:], IGNORED))
    found = failing(with_row(seen, 1, shifted))
    assert {"trained", "end"} <= set(found)


def test_a_row_that_does_not_train_its_end_is_caught(patient: Patient) -> None:
    seen = patient()
    planted = with_row(seen, 5, replace(seen.rows[5], labels=(*seen.rows[5].labels[:-1], IGNORED)))
    assert failing(planted) == ["end"]
    assert of(planted, "end").message == "1 of 7 rows do not train <|im_end|> at their end: g-005"


def test_an_end_that_is_the_tokenizer_s_and_not_the_turn_s_is_caught(patient: Patient) -> None:
    seen = patient("gemma")
    eos = seen.tokenizer.eos_token_id
    rows = tuple(
        replace(r, input_ids=(*r.input_ids[:-1], eos), labels=(*r.labels[:-1], eos))
        for r in seen.rows
    )
    planted = replace(seen, rows=rows)
    assert failing(planted) == ["end"]
    assert "7 of 7 rows do not train <end_of_turn>" in of(planted, "end").message


def test_rows_over_the_limit_are_listed_longest_first_and_counted(patient: Patient) -> None:
    long = [
        Case(id=f"long-{n}", input="far too long " * (60 + n), target=cases(1)[0].target)
        for n in range(3)
    ]
    said = of(patient(of=[*cases(8), *long]), "length")
    assert said.kind == "fail"
    assert said.message.startswith("3 of 11 rows exceed 256 tokens (longest ")
    names = [part.split(" (")[0] for part in said.message.split("): ")[1].split(", ")]
    assert names == ["long-2", "long-1", "long-0"]
    assert "max_tokens" in (said.fix or "")


def test_many_long_rows_are_listed_in_part_and_counted_in_full(patient: Patient) -> None:
    seen = patient(of=cases(30), max_tokens=16)
    said = of(seen, "length").message
    assert said.startswith("30 of 30 rows exceed 16 tokens")
    assert said.endswith(" and 10 more")


def test_a_row_of_exactly_the_limit_is_kept(patient: Patient) -> None:
    seen = patient()
    longest = max(len(row.input_ids) for row in seen.rows)
    assert of(replace(seen, max_tokens=longest), "length").kind == "ok"
    assert of(replace(seen, max_tokens=longest - 1), "length").kind == "fail"


def batched(pad: int, *, masks: str) -> Any:
    """A collator that masks padding by its place, by its value, or not at all."""

    def collate(rows: Sequence[dict[str, list[int]]]) -> dict[str, list[list[int]]]:
        width = max(len(row["input_ids"]) for row in rows)
        ids = [[*row["input_ids"], *[pad] * (width - len(row["input_ids"]))] for row in rows]
        filler = pad if masks == "nothing" else IGNORED
        labels = [[*row["labels"], *[filler] * (width - len(row["labels"]))] for row in rows]
        if masks == "value":
            labels = [[IGNORED if t == pad else t for t in line] for line in labels]
        return {"input_ids": ids, "labels": labels}

    return collate


@pytest.mark.parametrize(
    ("masks", "says"),
    [("value", "2 tokens of the answers are not trained"),
     ("nothing", "tokens of padding are trained")],
)  # fmt: skip
def test_padding_with_the_end_token_is_caught_where_it_is_not_masked_by_place(
    patient: Patient, masks: str, says: str
) -> None:
    seen = patient()
    seen.tokenizer.pad_token = seen.tokenizer.eos_token
    end = seen.tokenizer.eos_token_id
    planted = replace(seen, collate=batched(end, masks=masks))
    assert failing(planted) == ["padding"]
    assert says in of(planted, "padding").message
    assert failing(replace(seen, collate=batched(end, masks="place"))) == []


@pytest.mark.slow
def test_the_trainer_s_own_collator_masks_by_place(patient: Patient) -> None:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    seen = patient()
    seen.tokenizer.pad_token = seen.tokenizer.eos_token
    collate = DataCollatorForLanguageModeling(pad_token_id=seen.tokenizer.pad_token_id)
    said = of(replace(seen, collate=collate), "padding")
    assert (said.kind, said.message) == (
        "ok", "padding is the end token, and carries no loss in a batch"
    )  # fmt: skip


def test_a_tokenizer_without_padding_is_caught(patient: Patient) -> None:
    seen = patient()
    seen.tokenizer.pad_token = None
    assert failing(seen) == ["padding"]


def test_a_tokenizer_changed_after_loading_is_caught(patient: Patient) -> None:
    seen = patient()
    before = diagnose(seen).fingerprint
    seen.tokenizer.add_tokens(["order"])
    found = diagnose(seen)
    assert "tokenizer" in failing(seen)
    assert "otherwise than its tokenizer.json" in of(seen, "tokenizer").message
    assert found.fingerprint != before


def test_a_tokenizer_of_another_model_is_caught(patient: Patient) -> None:
    seen = patient()
    path = seen.files.folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"vocab_size": 64}))
    assert failing(seen) == ["tokenizer"]
    assert "ids beyond the model's 64" in of(seen, "tokenizer").message


def test_a_template_that_is_not_the_file_s_is_caught(patient: Patient) -> None:
    seen = patient()
    seen.tokenizer.chat_template = seen.tokenizer.chat_template + "{# another #}"
    assert failing(seen) == ["template"]


def test_the_fingerprint_does_not_depend_on_what_was_asked_before(patient: Patient) -> None:
    seen = patient()
    before = diagnose(seen).fingerprint
    seen.tokenizer(["a", "longer text"], padding=True, truncation=True, max_length=3)
    assert diagnose(seen).fingerprint == before


def test_the_record_names_every_check_and_no_path(patient: Patient) -> None:
    seen = patient()
    record = diagnose(seen).record()
    assert record["template"] == seen.files.template
    assert record["tokenizer"] == seen.files.tokenizer
    assert {c["kind"] for c in record["checks"]} == {"ok"}
    assert str(seen.files.folder) not in json.dumps(record)
