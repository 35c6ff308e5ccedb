"""Answers a whole file of inputs, resumable after any kind of end.

Takes JSONL of cases, appends one JSON line an answer (`dslm.records.Answer`); a rerun keeps what is
there, drops a cut last line, and goes on. Called by `dslm predict`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError

from dslm.cases import MOST_REPORTED, json_lines_in, numbered_records, records_in
from dslm.contract.answers.grounding import groundings
from dslm.contract.model.contract_model import Contract
from dslm.errors import DslmError, EnvironmentFault, InputError, Problems
from dslm.inference.decider import Decider
from dslm.progress_line import Progress
from dslm.provenance import canonical_json, digest_bytes
from dslm.records import Answer, Case, Decision, Prediction
from dslm.stage import take_lock
from dslm.strict_json import strict_json

BATCHES_A_WRITE = 4  # what an interruption can lose; batches within a write have no idle tails
STANDARD_STREAM = Path("-")
BEGINNING, NEXT = b'{"id": "', b'", "object": '  # of every answer's line, around its id
DIGITS = len("sha256:") + 24  # of a digest, enough to tell one from another


@dataclass(frozen=True)
class Asked:
    """The cases of a file: those that wait for an answer, and those that have one.

    Attributes:
        waiting: Without an answer.
        answered: With one.
        actions: Of the answers, by the case's id.
        made_from: Labels that they were made from.
        whole: Bytes of the output up to its last whole line.
        size: Bytes of it in all.
    """

    waiting: tuple[Case, ...]
    answered: tuple[Case, ...]
    actions: dict[str, str]
    made_from: dict[str, str]
    whole: int
    size: int


def read_asked(source: Path, out: Path) -> Asked:
    """What is to be answered; needs no model, so that a broken file is told of before one loads.

    Raises:
        InputError: The source is broken or repeats an id, or `out` holds answers to other cases.
    """
    numbered = _numbered(source)
    cases = [case for _, case in numbered]
    if not cases:
        raise InputError("no cases in this file", where=source)
    _refuse_repeated(source, numbered)
    there, whole, size = _answered(out, {case.id for case in cases})
    waiting = tuple(case for case in cases if case.id not in there)
    answered = tuple(case for case in cases if case.id in there)
    actions: dict[str, str] = {name: one.action for name, one in there.items()}
    return Asked(waiting, answered, actions, {n: one.made_from for n, one in there.items()},
                 whole, size)  # fmt: skip


def _numbered(source: Path) -> list[tuple[int, Case]]:
    if source != STANDARD_STREAM:
        if source.is_fifo():  # would be waited for, without a word where nobody writes into it
            fix = f"let standard input give it: `dslm predict {STANDARD_STREAM} OUT < {source}`"
            raise InputError("is a pipe, a file was expected", where=source, fix=fix)
        return numbered_records(source, Case)
    if sys.stdin is None:
        raise InputError("standard input is closed", where=source, fix="name a file")
    if sys.stdin.isatty():
        sys.stderr.write("predict: waits for cases, a line of JSON each; Ctrl-D ends them\n")
    name = "standard input"
    return records_in(json_lines_in(sys.stdin.buffer, name), name, Case)


def _refuse_repeated(source: Path, numbered: Sequence[tuple[int, Case]]) -> None:
    first: dict[str, int] = {}
    faults: list[DslmError] = []
    for line, case in numbered:
        if case.id in first:
            what = f"id {case.id!r} is used twice, first on line {first[case.id]}"
            faults.append(InputError(what, where=f"{source}:{line}", fix="ids must be unique"))
        first.setdefault(case.id, line)
    if faults:
        raise Problems(faults[:MOST_REPORTED])


def answer_file(decider: Decider, source: Path, out: Path) -> dict[str, int]:
    """Answer every case of `source` that `out` does not hold yet; raises as `read_asked` does.

    Returns:
        How many cases of the whole file got each action.
    """
    return answer(decider, read_asked(source, out), out)


def answer(decider: Decider, asked: Asked, out: Path) -> dict[str, int]:
    """Append the answers that are lacking; gives how many cases of the file got each action.

    Raises:
        InputError: The file holds answers of another model, or to other inputs.
        EnvironmentFault: Another process writes into it, or did since it was read.
    """
    _refuse_mixed(decider, asked, out)
    left, actions = asked.waiting, dict(asked.actions)
    size = decider.engine.batch_size * BATCHES_A_WRITE
    with _held(out, asked) as stream, Progress("predict", len(left), "cases") as bar:
        for start in range(0, len(left), size):
            batch = left[start : start + size]
            answers = decider.answer([case.input for case in batch], bar.advance)
            stream.write("".join(_lines(decider, batch, answers)))
            stream.flush()
            os.fsync(stream.fileno())
            for case, (_, decision) in zip(batch, answers, strict=True):
                actions[case.id] = decision.action
    return dict(sorted(Counter(actions.values()).items()))


@contextlib.contextmanager
def _held(out: Path, asked: Asked) -> Iterator[TextIO]:
    """The output to append to, held by this process alone; its cut last line is removed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("a", encoding="utf-8") as stream:
        if not take_lock(stream, out):
            fix = "let it end, or name another output file"
            raise EnvironmentFault("another run writes into it", where=out, fix=fix)
        if os.fstat(stream.fileno()).st_size != asked.size:
            what = "was written into while the model was loaded"
            raise EnvironmentFault(what, where=out, fix="run the command again")
        stream.truncate(asked.whole)  # only now: what is refused stays
        yield stream


def _made_from(decider: Decider, text: str) -> str:
    """The digest of an input and of all that answers it."""
    told = {"input": text, "threshold": repr(decider.threshold), "by": dict(decider.identity)}
    return digest_bytes(canonical_json(told))[:DIGITS]


def _refuse_mixed(decider: Decider, asked: Asked, out: Path) -> None:
    """A file with answers of two models, or to an input that has changed, would say neither."""
    for case in asked.answered:
        told = asked.made_from[case.id]
        if not told:
            raise InputError(
                f"its answer to case {case.id!r} does not say what made it, as an older dslm wrote",
                where=out, fix="name another output file",
            )  # fmt: skip
        if told != _made_from(decider, case.input):
            raise InputError(
                f"holds an answer to case {case.id!r} that was made otherwise: by another model, "
                "contract, threshold, packages or device, or to another input",
                where=out, fix="name another output file",
            )  # fmt: skip


def _grounding(contract: Contract, case: Case, prediction: Prediction) -> dict[str, Any]:
    """How each grounded value occurs in the input, and what else its form there may mean."""
    found = groundings(contract, case.input, prediction.object or {})
    return {
        field: {"how": one.how} | ({"readings": one.readings} if one.ambiguous else {})
        for field, one in found.items()
    }


def _lines(
    decider: Decider, cases: Sequence[Case], answers: Sequence[tuple[Prediction, Decision]]
) -> list[str]:
    return [
        json.dumps(
            {
                "id": case.id,
                "object": prediction.object,
                "action": decision.action,
                "reasons": list(decision.reasons),
                "confidence": prediction.confidence,
                "field_confidence": prediction.field_confidence,
                "finish_reason": prediction.finish_reason,
                "not_narrowed": prediction.not_narrowed,
                "grounding": _grounding(decider.contract, case, prediction),
                "made_from": _made_from(decider, case.input),
            },
            ensure_ascii=False,
        )
        + "\n"
        for case, (prediction, decision) in zip(cases, answers, strict=True)
    ]


def _answered(out: Path, known: set[str]) -> tuple[dict[str, Answer], int, int]:
    """Answers of an earlier run, the bytes of its whole lines, and of all of it."""
    fix = "name another output file"
    if out == STANDARD_STREAM:
        raise InputError("answers go into a file", where=out, fix="name one")
    if not out.exists():
        return {}, 0, 0
    if not out.is_file():  # a pipe would be waited for
        raise InputError("is no regular file", where=out, fix=fix)
    data = out.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if not _is_begun(data[len(whole) :]):
        raise InputError("its last line is no answer of dslm", where=out, fix=fix)
    found: dict[str, Answer] = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        where = f"{out}:{number}"
        try:
            answer = Answer.model_validate(strict_json(line))
        except (ValueError, ValidationError):
            raise InputError("is no answer of dslm", where=where, fix=fix) from None
        if answer.id not in known:
            what = f"holds an answer to case {answer.id!r}, which the input lacks"
            raise InputError(what, where=where, fix=fix)
        if answer.id in found:
            what = f"holds a second answer to case {answer.id!r}"
            raise InputError(what, where=where, fix="keep one of them, or name another output file")
        found[answer.id] = answer
    return found, len(whole), len(data)


def _is_begun(cut: bytes) -> bool:
    """Whether a half line is the beginning of an answer, not a case or label without a line end."""
    named = re.match(rb'\{"id": "(?:[^"\\]|\\.)*\\?', cut)
    if not named:
        return BEGINNING.startswith(cut)
    return cut.startswith(NEXT, named.end()) or NEXT.startswith(cut[named.end() :])
