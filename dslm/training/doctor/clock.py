"""Check `clock`: the chat template writes no date, or serving would send what no row ever had.

Llama 3.1 and Granite 3 write today's date where nothing else is given.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.inference.prompt import prompt_text
from dslm.proving.finding import Finding, fail, ok
from dslm.training.doctor.subject import Subject
from dslm.training.doctor.told import Told


def clock(seen: Subject) -> Iterator[Finding]:
    """Render one prompt as of two days."""
    then, later = (
        prompt_text(Told(seen.tokenizer, day=day), seen.prompt, "a") for day in ("then", "now")
    )
    if then == later:
        yield ok("clock", "the prompt is the same at any time")
        return
    at = next(i for i, (a, b) in enumerate(zip(then, later, strict=False)) if a != b)
    before = then[max(0, at - 20) : at]
    yield fail(
        "clock", f"the chat template writes the date after {before!r}: every day is another prompt",
        where="chat template",
        fix="copy the base into a folder, write a fixed date in its chat_template.jinja and name "
        "the folder in the recipe",
    )  # fmt: skip
