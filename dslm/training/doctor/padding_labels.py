"""Check `padding`: what fills a batch carries no loss, and hides no loss either.

Where padding is the end token, a collator that masks by value takes the end token out of every
row's labels too, and one that masks nothing trains padding. Looked at on a batch of the trainer's
own collator, once there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dslm.checking.finding import Finding, fail, ok
from dslm.inference.prompts.prompt import end_of_turn
from dslm.training.doctor.checked_workflow import CheckedWorkflow
from dslm.training.encoded_rows import IGNORED, Encoded

Tokens = list[list[int]]


def padding(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Put the shortest and the longest row into one batch and look at it."""
    pad, ends = seen.tokenizer.pad_token_id, end_of_turn(seen.tokenizer)
    if pad is None:
        yield fail("padding", "the tokenizer has no padding token", where="tokenizer",
                   fix="name one in the base's tokenizer_config.json")  # fmt: skip
        return
    same = "the end token" if pad == ends else "another token than the end"
    if seen.collate is None:
        promise = ": masked by place, as training proves before step 1" if pad == ends else ""
        yield ok("padding", f"padding is {same}{promise}")
        return
    pair = _unlike(seen.rows)
    batch = seen.collate([{"input_ids": list(r.input_ids), "labels": list(r.labels)} for r in pair])
    if fault := _fault(pair, batch):
        yield fail("padding", f"padding is {same}, and in a batch {fault}",
                   where=f"case {pair[0].case_id}",
                   fix="mask padding by its place in the batch, not by its value")  # fmt: skip
    else:
        yield ok("padding", f"padding is {same}, and carries no loss in a batch")


def _unlike(rows: tuple[Encoded, ...]) -> tuple[Encoded, Encoded]:
    """The shortest row and the longest."""
    by_size = sorted(rows, key=lambda row: (len(row.input_ids), row.case_id))
    return by_size[0], by_size[-1]


def _fault(rows: tuple[Encoded, ...], batch: Mapping[str, Any]) -> str | None:
    """What is wrong with a batch: labels beyond the rows' own, or fewer than those."""
    trained = sorted(_labels(rows))
    labels = [list(map(int, line)) for line in batch["labels"]]
    tokens = [list(map(int, line)) for line in batch["input_ids"]]
    found = sorted(label for line in labels for label in line if label != IGNORED)
    if len(found) > len(trained):
        return f"{len(found) - len(trained)} tokens of padding are trained"
    if found != trained:
        return f"{len(trained) - len(found)} tokens of the answers are not trained"
    aligned = all(
        label in (token, IGNORED)
        for line, own in zip(labels, tokens, strict=True)
        for label, token in zip(line, own, strict=True)
    )
    return None if aligned else "labels do not stand where their tokens stand"


def _labels(rows: tuple[Encoded, ...]) -> list[int]:
    return [label for row in rows for label in row.labels if label != IGNORED]
