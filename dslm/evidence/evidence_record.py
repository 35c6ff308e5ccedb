"""What one model's answers are evidence of: one closed record, the same keys for every model.

Made when a model answers (`dslm.scoring.rows.answer_cases`), written flat beside the answers, and
read by whoever acts on them: gate, registration, promotion, prediction, a release that is loaded.
Every key is there and every key is compared: `refuse_others` takes what each has to be. A format
that comes later reads the earlier ones and has at least their keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, StringConstraints, ValidationError

from dslm.errors import ReleaseRefused
from dslm.provenance import digest_json
from dslm.records import Record

FORMAT: Literal["1"] = "1"
NONE: Literal["none"] = "none"
Model = Literal["candidate", "base", "champion", "anchor", "calibration", "base_calibration"]

# What computed the answers. Answers that are compared with each other have to come from one engine;
# where a model is loaded, another engine is told of and not refused: it may be another machine.
ENGINE = ("packages", "device")


def _finite(text: str) -> str:
    if not math.isfinite(float(text)):
        raise ValueError("not a finite number")
    return text


Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Maybe = Digest | Literal["none"]
Words = Annotated[str, StringConstraints(min_length=1)]
Number = Annotated[str, AfterValidator(_finite)]


class Evidence(Record):
    """What answers came from, in text alone; `none` where a key has no meaning for a model.

    Attributes:
        format: Of this record. What was written before there was one has no such key.
        model: Who answered; `calibration` is the candidate on its calibration split,
            `base_calibration` the base on the same.
        adapter: The fine-tuned weights; none for the prompt-only base.
        base: The base model's weights and configuration.
        tokenizer: Its tokenizer.
        template: Its chat template.
        recipe: What the adapter was trained by; none for the base.
        data: Cases that it was trained on; for the base, that its examples were drawn from.
        contract: What the answers were judged by.
        plan: How answers were computed: batches, precision, cap.
        code: Of the library, as far as it answers, decides and scores.
        lock: The lock file of installed packages.
        packages: Versions of those that compute answers.
        device: What they ran on.
        gold: The cases asked; none for the calibrations.
        calibration_cases: The cases asked by the calibrations; none for all others.
        calibration: What the threshold is from: a file, for the base its answers to the calibration
            split. None for the calibrations.
        threshold: Confidence from which an answer proceeded.
        release: The digest of the champion, or of the anchor release; none for all others.
    """

    format: Literal["1"]
    model: Model
    adapter: Maybe
    base: Digest
    tokenizer: Digest
    template: Digest
    recipe: Maybe
    data: Digest
    contract: Digest
    plan: Digest
    code: Digest
    lock: Digest
    packages: Words
    device: Words
    gold: Maybe
    calibration_cases: Maybe
    calibration: Maybe
    threshold: Number
    release: Maybe

    @classmethod
    def of(cls, model: Model, *parts: Mapping[str, str]) -> Self:
        """The evidence of answers, from what an engine says of itself and what it was asked.

        Raises:
            ValueError: Two parts name one key, or a key that answers need is lacking.
        """
        found: dict[str, str] = {"format": FORMAT, "model": model}
        for part in parts:
            if twice := found.keys() & part.keys():
                raise ValueError(f"named twice: {', '.join(sorted(twice))}")
            found |= part
        missing = dict.fromkeys(KEYS - found.keys(), NONE)
        return cls.model_validate(missing | found)

    def named(self) -> dict[str, str]:
        """As it is written into manifests, scorecards, verdicts and releases."""
        return dict(self)


KEYS = frozenset(Evidence.model_fields)
COMPARED = KEYS - set(ENGINE)


def read_evidence(named: Mapping[str, str], *, what: str) -> Evidence:
    """Evidence as it was written.

    Args:
        named: Its keys and texts.
        what: Whose evidence it is, for the message.

    Raises:
        ReleaseRefused: A key is missing, unknown or no such text; or it is of before there was a
            format.
    """
    fix = "run `dvc repro` and read the new verdict"
    if named.get("format") != FORMAT:
        said = f"format {named['format']}" if "format" in named else "no format"
        lacking = ", ".join(sorted(KEYS - named.keys()))
        what = f"{what}: evidence of {said}, {FORMAT} is asked for"
        raise ReleaseRefused(f"{what}; it lacks {lacking}" if lacking else what, fix=fix)
    try:
        return Evidence.model_validate(dict(named))
    except ValidationError as error:
        keys = ", ".join(dict.fromkeys(str(fault["loc"][0]) for fault in error.errors()))
        what = f"{what}: no evidence: {keys} missing, unknown, or of no such form"
        raise ReleaseRefused(what, fix=fix) from None


def refuse_others(evidence: Evidence, wanted: Mapping[str, str], *, what: str) -> None:
    """Compare every key of evidence, but the engine's, with what it has to be.

    Args:
        evidence: Of some answers.
        wanted: Every key but those of `ENGINE`.
        what: Whose evidence it is, for the message.

    Raises:
        ReleaseRefused: A key differs; names each.
    """
    if wanted.keys() != COMPARED:
        raise ValueError(f"not compared: {sorted(COMPARED ^ wanted.keys())}")
    refuse_differences(evidence.named(), wanted, what=what)


def refuse_differences(
    recorded: Mapping[str, str], now: Mapping[str, str], *, what: str, where: Path | None = None
) -> None:
    """Compare digests that something names with what is there.

    Args:
        recorded: Digests that some result names.
        now: Digests of what is there; only these keys are compared.
        what: Whose digests they are, for the message.
        where: The file that names them.

    Raises:
        ReleaseRefused: A digest is missing or differs; names each.
    """
    stale = sorted(key for key, digest in now.items() if recorded.get(key) != digest)
    if stale:
        raise ReleaseRefused(
            f"{what} is outdated evidence: {', '.join(stale)} changed since",
            where=where,
            fix="run `dvc repro` and read the new verdict",
        )


def engine_differences(recorded: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What computes otherwise now, worded: `torch 2.13.0 (was torch 2.11.0)`."""
    found = []
    for key in ENGINE:
        if key not in recorded:
            found.append(f"{now[key]} (not recorded then)")
            continue
        was, here = (set(side[key].split(", ")) for side in (recorded, now))
        if was != here:
            found.append(f"{', '.join(sorted(here - was)) or 'less'} (was "
                         f"{', '.join(sorted(was - here)) or 'not there'})")  # fmt: skip
    return found


def release_digest(workflow: str, evidence: Mapping[str, str]) -> str:
    """The name of a candidate by its content: the same model and evidence, the same digest.

    The engine is no part of it: a candidate that was scored again on another machine is the same.
    """
    named = {key: value for key, value in evidence.items() if key not in ENGINE}
    return digest_json({"workflow": workflow, "evidence": named})
