"""Check `end`: every row trains the token that ends an answer, once and last.

A model that never learns it writes on until it is cut. Decoding stops on the same token.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.finding import Finding, fail, named, ok
from dslm.inference.prompts.prompt import end_of_turn
from dslm.training.doctor.checked_workflow import CheckedWorkflow


def end(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Look for what the template ends a turn with in the labels of each row."""
    token = end_of_turn(seen.tokenizer)
    written = seen.tokenizer.decode([token])
    lacking = [r.case_id for r in seen.rows if r.labels[-1:] != (token,)]
    twice = [r.case_id for r in seen.rows if r.labels.count(token) > 1]
    fix = "make rows with dslm.training.encoded_rows only; look at the base's chat template"
    if lacking:
        yield fail("end", f"{len(lacking)} of {seen.count()} do not train {written} at their end: "
                   f"{named(lacking)}", where=f"case {lacking[0]}", fix=fix)  # fmt: skip
    if twice:
        yield fail("end", f"{len(twice)} of {seen.count()} train {written} more than once: "
                   f"{named(twice)}", where=f"case {twice[0]}", fix=fix)  # fmt: skip
    if not (lacking or twice):
        yield ok("end", f"{seen.count()} train {written} at their end, on which decoding stops")
