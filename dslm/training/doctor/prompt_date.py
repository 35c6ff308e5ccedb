"""Check `clock`: the prompt is the same on every day, or serving would send what no row ever had.

Llama 3.2's and Granite 3's templates write today's date; the renderer tells them one fixed date
(`dslm.inference.prompts.template_date`). This looks whether it took hold, and says which date a
model is shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.finding import Finding, fail, ok
from dslm.inference.prompts.prompt import prompt_text
from dslm.inference.prompts.template_date import ASKS, DATE
from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.doctor.fixed_template_tokenizer import FixedTemplateTokenizer


def told_date(seen: CheckedWorkflow) -> str | None:
    """The date that the template is told whenever it asks; None where it does not ask."""
    return DATE if ASKS in str(seen.tokenizer.chat_template) else None


def clock(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Render one prompt as of two days."""
    then, later = (
        prompt_text(FixedTemplateTokenizer(seen.tokenizer, day=day), seen.prompt, "a")
        for day in ("then", "now")
    )
    if then == later:
        date = told_date(seen)
        told = f": the template asks for the date, and is told {date}" if date else ""
        yield ok("clock", f"the prompt is the same at any time{told}")
        return
    at = next(i for i, (a, b) in enumerate(zip(then, later, strict=False)) if a != b)
    before = then[max(0, at - 20) : at]
    yield fail(
        "clock", f"the chat template writes the date after {before!r}: every day is another prompt",
        where="chat template",
        fix="copy the base into a folder, write a fixed date in its chat_template.jinja and name "
        "the folder in the recipe",
    )  # fmt: skip
