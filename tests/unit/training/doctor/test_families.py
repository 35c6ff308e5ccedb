from __future__ import annotations

from collections.abc import Callable

import pytest
from support.models import tiny_model
from support.models.chat_templates import FAMILIES, LIARS

from dslm.errors import InputError, Problems
from dslm.inference.prompts.template_date import DATE
from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.doctor.doctor_checks import CHECKS, diagnose

Patient = Callable[..., CheckedWorkflow]
SOUND = {style: (style, None) for style in tiny_model.STYLES} | FAMILIES
NAMES = [check.__name__ for check in CHECKS]


@pytest.mark.parametrize("family", sorted(SOUND))
def test_a_family_s_own_template_is_sound(patient: Patient, family: str) -> None:
    found = diagnose(patient(*SOUND[family]))
    assert found.failing == []
    assert [f.proof for f in found.findings] == NAMES
    found.require_sound()


# Known and harmless, told all the same: what stands between asking and answer, blanks at the ends.
TOLD = {"gemma": {"wording"}, "llama3": {"wording"}, "llama3.1": {"wording"},
        "llama3.2": {"wording"}, "mistral": {"turn"}, "qwen3-late-thought": {"turn"}}  # fmt: skip


@pytest.mark.parametrize("family", sorted(SOUND))
def test_a_family_s_peculiarities_are_told(patient: Patient, family: str) -> None:
    found = diagnose(patient(*SOUND[family]))
    assert {f.proof for f in found.findings if f.kind == "warn"} == TOLD.get(family, set())


def test_an_empty_thought_before_the_answer_is_named(patient: Patient) -> None:
    findings = diagnose(patient(*FAMILIES["qwen3-late-thought"])).findings
    (said,) = [f.message for f in findings if f.proof == "turn"]
    assert said.startswith("the template writes '<think>\\n\\n</think>\\n\\n' before an answer")


DATED = ("granite3", "llama3.2")


@pytest.mark.parametrize("family", DATED)
def test_the_date_that_a_template_is_told_is_kept_beside_the_adapter(
    patient: Patient, family: str
) -> None:
    found = diagnose(patient(*FAMILIES[family]))
    assert found.record()["date"] == DATE
    (said,) = [f.message for f in found.findings if f.proof == "clock"]
    assert said.endswith(f"the template asks for the date, and is told {DATE}")


def test_a_template_without_a_date_has_none_in_its_record(patient: Patient) -> None:
    assert diagnose(patient("chatml")).record()["date"] is None


@pytest.mark.parametrize("family", DATED)
def test_a_renderer_that_lets_the_day_through_is_caught(
    patient: Patient, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dslm.inference.prompts.prompt.with_fixed_date", lambda template: template)
    (failed,) = diagnose(patient(*FAMILIES[family])).failing
    assert failed.proof == "clock"
    assert "every day is another prompt" in failed.message


@pytest.mark.parametrize("liar", sorted(LIARS))
def test_a_template_that_lies_is_caught_by_its_check(patient: Patient, liar: str) -> None:
    style, template, check, says = LIARS[liar]
    found = diagnose(patient(style, template))
    assert [f.proof for f in found.failing] == [check]
    assert says in found.failing[0].message
    assert found.failing[0].where
    assert found.failing[0].fix
    with pytest.raises(Problems, match=f"{check}: "):
        found.require_sound()


def test_a_template_without_a_system_turn_has_the_task_in_the_user_s(patient: Patient) -> None:
    dropping = tiny_model.STYLES["chatml"].template.replace(
        "messages %}", "messages if m.role != 'system' %}"
    )
    seen = patient("chatml", dropping)
    found = diagnose(seen)
    assert found.failing == []
    assert f"<|im_start|>user\n{seen.prompt.instruction}\n\n" in found.preview["prompt"]


def test_a_template_that_loses_the_task_either_way_makes_no_rows(patient: Patient) -> None:
    template = "{{ messages[-1].role }}<|im_start|>assistant\n"
    with pytest.raises(InputError, match="leaves the instruction out"):
        patient("chatml", template)
