"""Check `length`: no row and no right answer is longer than the recipe allows.

None is ever cut or left out here. An answer beyond the recipe's bound could never be given whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dslm.checking.finding import Finding, fail, ok
from dslm.training.doctor.checked_workflow import CheckedWorkflow

MOST_LISTED = 20
END = 1  # the token that ends a turn is trained, but is none of the answer's


def length(seen: CheckedWorkflow) -> Iterator[Finding]:
    """List the rows and answers over their limits, longest first."""
    rows = [(len(row.input_ids), row.case_id) for row in seen.rows]
    answers = [(row.trained - END, row.case_id) for row in seen.rows]
    answers += [(tokens, case) for case, tokens in seen.other_answers.items()]
    faults = [
        *_over(rows, seen.max_tokens, "rows exceed", fix="raise training.max_tokens in the recipe, "
               "or drop the cases from the sources"),
        *_over(answers, seen.max_answer, "right answers exceed",
               fix=f"set inference.max_answer_tokens in the recipe to {max(answers)[0]} or more"),
    ]  # fmt: skip
    yield from faults
    if not faults:
        room = "" if seen.max_answer is None else (
            f", the longest of {len(answers)} answers {max(answers)[0]} of {seen.max_answer}"
        )  # fmt: skip
        yield ok("length", f"the longest of {seen.count()} has {max(rows)[0]} tokens of "
                 f"{seen.max_tokens}{room}")  # fmt: skip


def _over(
    sizes: Sequence[tuple[int, str]], most: int | None, what: str, *, fix: str
) -> Iterator[Finding]:
    over = [] if most is None else [(-size, case) for size, case in sizes if size > most]
    if not over:
        return
    over.sort()
    listed = ", ".join(f"{case} ({-size})" for size, case in over[:MOST_LISTED])
    more = f" and {len(over) - MOST_LISTED} more" if len(over) > MOST_LISTED else ""
    noun, verb = what.rsplit(" ", 1)
    yield fail(
        "length", f"{len(over)} of {len(sizes)} {noun} {verb} {most} tokens (longest "
        f"{-over[0][0]}): {listed}{more}",
        where=f"case {over[0][1]}", fix=fix,
    )  # fmt: skip
