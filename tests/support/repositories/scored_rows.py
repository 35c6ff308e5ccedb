"""Answers to the cases of `mini` whose rightness and confidence a test chooses, scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML

from dslm.contract import Contract
from dslm.contract.answers.answer_confidence import DECIMALS, read_answer
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.provenance import digest_json
from dslm.records import Case, FinishReason, LogProbs, Prediction, Row
from dslm.scoring.rows.scored_rows import make_rows
from support.repositories.small_repository import CONTRACT, case

MINI = Contract.model_validate(YAML(typ="safe").load(CONTRACT))
WRONG = {"kind": "order", "number": "A"}  # valid, rule-clean, grounded in every order, never right


def cases(count: int, *, groups: int | None = None, prefix: str = "g") -> list[Case]:
    """Labelled cases, four in five of which may proceed; in so many groups, or each its own."""
    found = []
    for number in range(count):
        made = case(number, prefix=prefix)
        if made["target"]["kind"] == "other":  # no case repeats one of another group
            made["input"] = f"{digest_json(number)[7:39]}."
        made["meta"]["sender"] = f"s{number if groups is None else number % groups}"
        if prefix != "g":  # no split knows a text or sender of gold
            made["input"] = f"{made['input'][:-1]}, says {prefix}."
            made["meta"]["sender"] += prefix
        found.append(Case.model_validate(made))
    return found


def answer(
    target: dict[str, Any] | None, *, confidence: float = 0.99, **changes: Any
) -> Prediction:
    """What a model wrote; None is a text that is no object."""
    text = "no idea" if target is None else canonical_text(MINI, target)
    finish: FinishReason = "length" if target is None else "stop"
    log_probs = log_probs_of(confidence)
    read = read_answer(MINI, text, finish, log_probs)
    sure = read.confidence if 0 <= confidence <= 1 else confidence
    values = {
        "object": target, "text": text, "confidence": sure,
        "field_confidence": read.field_confidence, "prompt_tokens": 40, "finish_reason": finish,
        "answer_tokens": 12, "latency_ms": 120.0, "log_probs": log_probs,
    }  # fmt: skip
    return Prediction.model_validate(values | changes)


def log_probs_of(confidence: float) -> LogProbs:
    """Tokens of which only the first, in no field's value, was less than certain."""
    if not 0 <= confidence < 1:
        return ()
    doubt = round(math.log(max(confidence, 1e-40)), DECIMALS)
    return ((0, 1, doubt),) if doubt else ()  # as close to certain as rows can tell


def rows_of(
    gold: Sequence[Case],
    right: Sequence[bool],
    *,
    confidence: Sequence[float] | None = None,
    threshold: float = 0.5,
    latency: float = 120.0,
) -> list[Row]:
    """Scored rows of answers that are right where the test says so."""
    sure = confidence or [0.99] * len(gold)
    answers = [
        answer(c.target if r else WRONG, confidence=s, latency_ms=latency)
        for c, r, s in zip(gold, right, sure, strict=True)
    ]
    return make_rows(MINI, gold, answers, threshold)


def first(right: int, count: int) -> list[bool]:
    """The first so many right, the others wrong."""
    return [i < right for i in range(count)]
