from __future__ import annotations

import datetime
from typing import Any

import pytest
from support.models import tiny_model
from support.models.chat_templates import FAMILIES
from support.repositories.scored_rows import MINI

from dslm.inference.prompts.prompt import baseline_prompt, prompt_ids, prompt_text, tuned_prompt
from dslm.inference.prompts.template_date import DATE, with_fixed_date
from dslm.records import Case
from dslm.training.encoded_rows import encode

PROMPT = tuned_prompt(MINI)
CASE = Case(id="c", input="Order A-17", target={"kind": "order", "number": "A-17"})


def on(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the templates' clock show noon of a day."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.datetime.fromisoformat(f"{day}T12:00:00")

    monkeypatch.setattr("transformers.utils.chat_template_utils.datetime", Clock)


def tokenizer(family: str) -> Any:
    style, template = FAMILIES[family]
    made = tiny_model.tokenizer(style)
    made.chat_template = template
    return made


@pytest.mark.parametrize(
    ("family", "written"),
    [("llama3.2", "Today Date: 26 Jul 2024"), ("granite3", "Today's Date: July 26, 2024."),
     ("llama3.1", "Today Date: 26 Jul 2024")],
)  # fmt: skip
def test_training_and_serving_ask_alike_on_different_days(
    family: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tokenizer(family)
    on("2026-03-01", monkeypatch)
    row = encode(model, PROMPT, CASE)
    plain = model.apply_chat_template(PROMPT.messages(CASE.input), tokenize=False)
    on("2027-11-30", monkeypatch)
    later = model.apply_chat_template(PROMPT.messages(CASE.input), tokenize=False)
    assert (plain != later) == (family != "llama3.1"), "the clock was not moved"
    assert list(row.input_ids[: row.start]) == prompt_ids(model, PROMPT, CASE.input)
    assert written in prompt_text(model, PROMPT, CASE.input)
    assert written in prompt_text(model, baseline_prompt(MINI, [CASE]), CASE.input)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("\n  {{ strftime_now('%d %b %Y') }}", "\n  26 Jul 2024"),
        ("  {% if 1 %}\n{{ strftime_now(format='%B %-d, %y %%') }}{% endif %}", "July 26, 24 %"),
        ("{% block day %}{{ strftime_now('%A') }}{% endblock %}", "Friday"),
        ("{% macro now() %}{{ strftime_now('%F') }}{% endmacro %}{{ now() }}", DATE),
        ("{% set d = strftime_now('%c') if strftime_now is defined %}{{ d }}",
         "Fri Jul 26 00:00:00 2024"),
        ("{% for m in messages %}{{ strftime_now('%j') }}{% endfor %}", "208"),
    ],
)  # fmt: skip
def test_the_date_is_the_same_wherever_a_template_asks_and_the_layout_stays(
    template: str, said: str
) -> None:
    model = tiny_model.tokenizer()
    turns = [{"role": "user", "content": "a"}]
    written = model.apply_chat_template(
        turns, chat_template=with_fixed_date(template), tokenize=False
    )
    assert written == said
    plain = model.apply_chat_template(turns, chat_template=template, tokenize=False)
    assert (len(plain) - len(plain.lstrip())) == (len(written) - len(written.lstrip()))


def test_what_is_written_for_a_directive_is_what_the_library_writes_for_that_day() -> None:
    day = datetime.datetime.fromisoformat(DATE)
    model = tiny_model.tokenizer()
    asked = "%A %a %B %b %d %m %Y %y %j %u %w %U %V %W %H %I %M %S %f %p %F %T %R %D %e %-d %-m"
    template = with_fixed_date("{{ strftime_now('" + asked + "') }}")
    turns = [{"role": "user", "content": "a"}]
    written = model.apply_chat_template(turns, chat_template=template, tokenize=False)
    assert written == day.strftime(asked)


def test_a_template_that_asks_for_no_date_is_left_as_it_is() -> None:
    template = FAMILIES["qwen3"][1]
    assert with_fixed_date(template) is template
