"""Check `start`: exactly one beginning-of-sequence token, where the family has one.

The template may write it while the tokenizer adds one too; or neither does.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.finding import Finding, fail, named, ok
from dslm.inference.prompts.prompt import prompt_ids
from dslm.training.doctor.checked_workflow import CheckedWorkflow


def start(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Count the token in every row.

    ChatML models call their turn marker the beginning of a sequence, and it stands once a turn: so
    a row may have as many as a plain prompt has, but not two at its head.
    """
    token = seen.tokenizer.bos_token_id
    if token is None:
        yield ok("start", "the family has no beginning-of-sequence token")
        return
    usual = prompt_ids(seen.tokenizer, seen.prompt, "a").count(token)
    adds = token in seen.tokenizer("a")["input_ids"]
    double = [r.case_id for r in seen.rows if r.input_ids[:2] == (token, token)]
    none = [r.case_id for r in seen.rows if adds and r.input_ids[:1] != (token,)]
    within = [
        r.case_id for r in seen.rows
        if r.case_id not in {*double, *none} and r.input_ids.count(token) > usual
    ]  # fmt: skip
    written = seen.tokenizer.decode([token])
    for rows, message, fix in (
        (double, f"begin with two {written}",
         "the chat template and the tokenizer both add one: correct the template"),
        (none, f"begin without {written}, which the tokenizer puts before every text",
         "let the chat template write {{ bos_token }} first"),
        (within, f"have another {written} within",
         "make rows with dslm.training.encoded_rows only"),
    ):  # fmt: skip
        if rows:
            yield fail("start", f"{len(rows)} of {seen.count()} {message}: {named(rows)}",
                       where=f"case {rows[0]}", fix=fix)  # fmt: skip
    if not (double or none or within):
        count = f"one {written}" if usual == 1 else f"{usual} {written}, one a turn"
        yield ok("start", f"{seen.count()} have {count}" if usual else f"no {written} is written")
