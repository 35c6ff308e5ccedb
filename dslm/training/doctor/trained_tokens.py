"""Check `trained`: every row trains something, and what it trains reads as its right answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from dslm.checking.finding import Finding, fail, named, ok
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.encoded_rows import IGNORED, Encoded


def trained(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Count the labels of each row, and decode them."""
    idle = [row.case_id for row in seen.rows if not row.trained]
    other: list[str] = []
    for case, row in seen.pairs():
        answer = canonical_text(seen.prompt.contract, case.target or {})
        if row.trained and not _reads(seen, row, answer):
            other.append(case.id)
    if idle:
        yield fail("trained", f"{len(idle)} of {seen.count()} train no token: {named(idle)}",
                   where=f"case {idle[0]}", fix="every label is masked: correct that")  # fmt: skip
    if other:
        yield fail(
            "trained", f"{len(other)} of {seen.count()} train something else than their target: "
            f"{named(other)}", where=f"case {other[0]}",
            fix="look at what is trained, below; the tokenizer may lack letters of the answer",
        )  # fmt: skip
    if not (idle or other):
        tokens = sum(row.trained for row in seen.rows)
        least = min(row.trained for row in seen.rows)
        yield ok("trained", f"{seen.count()} train {tokens} tokens, at least {least} each, and "
                 "read as their targets")  # fmt: skip


def _reads(seen: CheckedWorkflow, row: Encoded, answer: str) -> bool:
    """Whether labels stand on their own tokens, and say the answer and one token more at most."""
    pairs = zip(row.input_ids, row.labels, strict=True)
    if any(label not in (token, IGNORED) for token, label in pairs):
        return False
    labels = [label for label in row.labels if label != IGNORED]
    wanted = unicodedata.normalize("NFC", answer)
    return wanted in (_text(seen, labels), _text(seen, labels[:-1]))  # the end is another check's


def _text(seen: CheckedWorkflow, ids: list[int]) -> str:
    return unicodedata.normalize("NFC", seen.tokenizer.decode(ids))
