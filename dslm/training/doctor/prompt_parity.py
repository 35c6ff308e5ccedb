"""Check `prompt`: what a row is trained on is token for token what serving sends before it answers.

Rows that were tokenised with their answer in one go differ where a merge spans the border; rows of
another renderer differ anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.finding import Finding, fail, named, ok
from dslm.inference.prompts.prompt import prompt_ids, shared_prefix
from dslm.training.doctor.checked_workflow import CheckedWorkflow

FIX = (
    "make rows with dslm.training.encoded_rows only: the prompt's ids first, "
    "the answer's after them"
)


def prompt(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Ask for each case as serving does, and compare with its row up to the first trained token."""
    prefix = shared_prefix(seen.tokenizer, seen.prompt)
    other: dict[str, str] = {}
    for case, row in seen.pairs():
        served = prompt_ids(seen.tokenizer, seen.prompt, case.input)
        trained = list(row.input_ids[: row.start])
        if row.trained and trained != served:
            other[row.case_id] = _difference(seen, trained, served)
        elif served[: len(prefix)] != prefix:
            other[row.case_id] = "does not begin with what serving keeps of every prompt"
    if other:
        first = next(iter(other))
        yield fail("prompt", f"{len(other)} of {seen.count()} differ from what serving sends: "
                   f"{named(other)}; the first {other[first]}",
                   where=f"case {first}", fix=FIX)  # fmt: skip
        return
    yield ok("prompt", f"{seen.count()}: the prompt trained on is the one served, token for token")


def _difference(seen: CheckedWorkflow, trained: list[int], served: list[int]) -> str:
    """Where two prompts part, in a few tokens."""
    length = min(len(trained), len(served))
    at = next((i for i in range(length) if trained[i] != served[i]), length)
    left, right = (seen.tokenizer.decode(ids[at : at + 4]) for ids in (trained, served))
    return f"has {left!r} at token {at}, served is {right!r}"
