"""All checks in their order, and what they found of one workflow.

Takes tokenizer, prompt and cases; gives a `Diagnosis`. Called by `dslm doctor`, which shows it, and
by `dslm.training.run.training_run`, which refuses where a check fails and writes it beside the
adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dslm.checking.finding import Finding, failures
from dslm.errors import DslmError, InputError, Problems
from dslm.training.doctor.bos_token import start
from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.doctor.end_token import end
from dslm.training.doctor.generation_prompt import turn
from dslm.training.doctor.padding_labels import padding
from dslm.training.doctor.prompt_date import clock, told_date
from dslm.training.doctor.prompt_parity import prompt
from dslm.training.doctor.prompt_wording import wording
from dslm.training.doctor.row_length import length
from dslm.training.doctor.tokenizer_identity import fingerprint, template, tokenizer
from dslm.training.doctor.trained_tokens import trained
from dslm.training.encoded_rows import preview

Check = Callable[[CheckedWorkflow], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    tokenizer,  # in memory as in its files
    template,  # in memory as in its file
    clock,  # the same prompt on every day
    turn,  # asks as the template itself begins an answer
    prompt,  # trained on what is served
    wording,  # task and input are all there
    start,  # one beginning-of-sequence token
    trained,  # something, and it is the target
    end,  # the token that ends an answer
    length,  # nothing over the limit
    padding,  # without loss
)


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found; the same for the same inputs, and free of paths where all is well."""

    findings: tuple[Finding, ...]
    preview: dict[str, str]
    tokenizer: str
    template: str
    fingerprint: str
    date: str | None  # which the template is told, where it asks

    @property
    def failing(self) -> list[Finding]:
        """The findings that forbid training."""
        return [finding for finding in self.findings if finding.kind == "fail"]

    def require_sound(self) -> None:
        """Refuse to train.

        Raises:
            Problems: A check fails; each with its name, the row and what to do.
        """
        if self.failing:
            raise Problems(
                [InputError(f"{f.proof}: {f.message}", where=f.where, fix=f.fix)
                 for f in self.failing]
            )  # fmt: skip

    def record(self) -> dict[str, Any]:
        """As it is kept beside the adapter."""
        kept = [{"check": f.proof, "kind": f.kind, "message": f.message} for f in self.findings]
        return {
            "checks": kept,
            "tokenizer": self.tokenizer,
            "template": self.template,
            "fingerprint": self.fingerprint,
            "date": self.date,
        }


def diagnose(seen: CheckedWorkflow) -> Diagnosis:
    """All checks on one workflow; one that cannot be made is a failing one."""
    return Diagnosis(
        findings=tuple(finding for check in CHECKS for finding in _made(check, seen)),
        preview=preview(seen.tokenizer, seen.rows[0]),
        tokenizer=seen.files.tokenizer,
        template=seen.files.template,
        fingerprint=fingerprint(seen.tokenizer),
        date=told_date(seen),
    )


def _made(check: Check, seen: CheckedWorkflow) -> list[Finding]:
    try:
        return list(check(seen))
    except DslmError as error:
        return failures(check.__name__, error)
