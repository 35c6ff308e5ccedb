"""How sure an answer is, and each field of it, from the log-probabilities of its tokens.

Takes an answer's text, how it ended and what the model thought of its tokens; gives all of a
prediction that follows from them. The one place where confidence is made: the decider answers by
it, and verification, which believes no confidence that was written down, makes it again. That is
exact, since log-probabilities are rounded once, here, before anything is made of them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dslm.contract.answers.canonical_answer import parse
from dslm.contract.model.contract_model import Contract
from dslm.records import FinishReason, LogProbs

DECIMALS = 6  # of logarithms and probabilities; with fewer, the surest answers could not be ranked
_BLANKS = re.compile(r"[ \t\n\r]*")
# Only looks where a value ends: numbers stay text, as no number has too many digits to be passed
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


@dataclass(frozen=True)
class Reading:
    """All of a prediction that follows from text, finish and log-probabilities."""

    object: dict[str, Any] | None
    finish_reason: FinishReason
    confidence: float
    field_confidence: dict[str, float]


def kept_log_probs(pieces: Sequence[bytes], log_probs: Sequence[float]) -> LogProbs | None:
    """What is kept of an answer's tokens: those that were not certain, and where they stand.

    Args:
        pieces: The bytes of each token.
        log_probs: The natural logarithm of each one's probability; in float32 that of a certain
            token may be a little above 0.

    Returns:
        First byte, length and logarithm of each token that is less than certain; None where one has
        no probability at all, so that the answer is no answer.
    """
    if not all(map(math.isfinite, log_probs)):
        return None
    found, at = list[tuple[int, int, float]](), 0
    for piece, log_prob in zip(pieces, log_probs, strict=True):
        if (rounded := round(log_prob, DECIMALS)) < 0:
            found.append((at, len(piece), rounded))
        at += len(piece)
    return tuple(found)


def read_answer(
    contract: Contract, text: str, finish: FinishReason, log_probs: LogProbs | None
) -> Reading:
    """What an answer says and how sure it is.

    Args:
        contract: The workflow's contract.
        text: What the model wrote.
        finish: How it ended; of one that was not cut, it is said anew whether it is an answer.
        log_probs: As kept; None where the model has no probability for it.
    """
    answer = None
    if finish != "length":
        answer = parse(contract, text) if log_probs is not None else None
        finish = "invalid" if answer is None else "stop"
    tokens = log_probs or ()
    sure = 0.0 if log_probs is None else _joint(one for _, _, one in tokens)
    fields = {} if answer is None else _field_confidence(text, answer, tokens)
    return Reading(answer, finish, sure, fields)


def _joint(log_probs: Iterator[float]) -> float:
    """The probability of several tokens together."""
    return min(1.0, round(math.exp(math.fsum(log_probs)), DECIMALS))


def _field_confidence(text: str, answer: dict[str, Any], tokens: LogProbs) -> dict[str, float]:
    """Joint probability of the tokens that reach into each field's value."""
    return {
        field: _joint(p for start, size, p in tokens if start < last and start + size > first)
        for field, first, last in _values(text)
        if field in answer
    }


def _values(text: str) -> Iterator[tuple[str, int, int]]:
    """Each field of an object that was read already, and the bytes that its value takes.

    A value begins where its colon ends.
    """
    at = _past(text, _past(text, 0, "\ufeff"), "{")
    while text[at] != "}":
        field, at = _DECODER.raw_decode(text, at)
        start = _past(text, at, ":", strip=False)
        _, end = _DECODER.raw_decode(text, _past(text, start))
        yield field, _bytes(text[:start]), _bytes(text[:end])
        at = _past(text, _past(text, end), ",")


def _past(text: str, at: int, mark: str = "", *, strip: bool = True) -> int:
    """The place after blanks and, if it stands there, a mark; after blanks that follow it too."""
    at = _end_of_blanks(text, at)
    at += len(mark) if mark and text.startswith(mark, at) else 0
    return _end_of_blanks(text, at) if strip else at


def _end_of_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _bytes(text: str) -> int:
    return len(text.encode())
