"""Check `turn`: what asks for an answer is how the template itself begins an answer's turn.

A generation prompt that is no beginning of the turn (one that opens a block of thought which the
written turn leaves out) asks for something else than is trained.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.finding import Finding, fail, ok, warn
from dslm.inference.prompts.prompt import prompt_text
from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.doctor.fixed_template_tokenizer import FixedTemplateTokenizer

ANSWER = "forty-two"


def turn(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Render a conversation that waits for its answer, and the same one with the answer in it."""
    asked = prompt_text(seen.tokenizer, seen.prompt, "a")
    whole = prompt_text(FixedTemplateTokenizer(seen.tokenizer, answer=ANSWER), seen.prompt, "a")
    before, found, _ = whole.rpartition(ANSWER)
    if not found:
        yield fail("turn", "the chat template leaves an assistant's turn out",
                   where="chat template", fix="use an instruct model")  # fmt: skip
    elif not before.startswith(asked):
        kept = next((i for i, (a, b) in enumerate(zip(asked, before, strict=False)) if a != b),
                    min(len(asked), len(before)))  # fmt: skip
        yield fail(
            "turn", f"the generation prompt writes {asked[kept:]!r} where an assistant's turn has "
            f"{before[kept:]!r}",
            where="chat template", fix="let both branches of the template write the same",
        )  # fmt: skip
    elif between := before[len(asked) :]:
        yield warn(
            "turn", f"the template writes {between!r} before an answer; here answers follow at "
            "once, in training and serving alike",
            where="chat template",
        )  # fmt: skip
    else:
        yield ok("turn", "the generation prompt is how the template begins an answer's turn")
