"""Check `wording`: instruction and input stand in the prompt's tokens as they were given.

Templates and tokenizers that drop a turn, fold blanks, change case or lack a letter do it silently.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from dslm.checking.finding import Finding, fail, named, ok, warn
from dslm.inference.prompts.prompt import harmless
from dslm.training.doctor.checked_workflow import CheckedWorkflow


def wording(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Decode each prompt and look for what was put into it."""
    lost: list[str] = []
    trimmed: list[str] = []
    bare: list[str] = []
    for case, row in seen.pairs():
        text = _folded(seen.tokenizer.decode(list(row.input_ids[: row.start])))
        given = _folded(harmless(seen.tokenizer, case.input))
        if _folded(seen.prompt.instruction.strip()) not in text:
            bare.append(case.id)
        if given.strip() not in text:
            lost.append(case.id)
        elif given not in text:
            trimmed.append(case.id)
    yield from _findings(seen, bare=bare, lost=lost, trimmed=trimmed)


def _folded(text: str) -> str:
    """Composed letters: many tokenizers compose them, and a reader sees no difference."""
    return unicodedata.normalize("NFC", text)


def _findings(
    seen: CheckedWorkflow, *, bare: list[str], lost: list[str], trimmed: list[str]
) -> Iterator[Finding]:
    fix = "correct the base's chat template, or use another base"
    if bare:
        yield fail("wording", f"{len(bare)} of {seen.count()} do not show the task: {named(bare)}",
                   where=f"case {bare[0]}", fix=fix)  # fmt: skip
    if lost:
        yield fail(
            "wording", f"{len(lost)} of {seen.count()} do not show the input as it was given: "
            f"{named(lost)}", where=f"case {lost[0]}", fix=fix,
        )  # fmt: skip
    if trimmed and not lost:
        yield warn("wording", f"{len(trimmed)} of {seen.count()} lose blanks at the input's ends: "
                   f"{named(trimmed)}", where=f"case {trimmed[0]}")  # fmt: skip
    if not (bare or lost or trimmed):
        yield ok("wording", f"{seen.count()} show task and input as they were given")
