"""A threshold, how it was found, and which model it belongs to.

`Calibration` is made by `dslm.scoring.calibration`. Whoever answers by a threshold (prediction, a
loaded release, the champion on new gold) reads it as a `Threshold` first, and refuses one that was
certified for another model. Releases keep their own calibration for ever, so that reading asks for
no more than the threshold and its evidence.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from dslm.cases import read_record
from dslm.contract.answers.decision import NEVER
from dslm.errors import InputError, ReleaseRefused
from dslm.records import Record
from dslm.settings.workspace import stage_command
from dslm.strict_json import strict_json

# What makes a model another one, whatever code or machine it runs on.
MODEL = ("adapter", "base", "tokenizer", "template", "recipe", "data")
# Before evidence had a format these were named as the working tree had them, whatever the adapter
# was made from: of a release of that time they prove nothing, its adapter does.
OF_THE_TREE = ("recipe", "data")


MOST_COUNTED = 1_000_000  # calibrations


class Step(Record):
    """So many most confident answers, tested against the bound.

    Attributes:
        answers: That a threshold would let through.
        groups: They are of.
        wrong: Of them.
        p: Against "its selective risk is above the bound".
        level: That `p` had to keep.
        certified: Whether it did, or one with more answers did.
        risk: About the bound for which it would have been certified.
    """

    answers: int
    groups: int
    wrong: int
    p: float
    level: float
    certified: bool
    risk: float


def nearest(steps: Sequence[Step]) -> Step | None:
    """The rung above all certified ones that came nearest to passing; None where there is none."""
    above = [step for step in steps if not step.certified]
    return min(above, key=lambda step: step.p / max(step.level, sys.float_info.min), default=None)


class Calibration(Record):
    """A threshold and how it was found, or why there is none.

    Calibrations of before the certificate knew groups have no `groups` and no `steps`. `number`
    says which calibration on these cases it is, as the ledger of looks had it; `why` tells it from
    the second on.
    """

    threshold: float | None
    certified: bool
    max_selective_risk: float
    confidence: float
    cases: int
    could_proceed: int
    accepted: int
    wrong: int
    coverage: float
    upper_bound: float | None
    design_effect: float
    needed_right: int
    why: str
    groups: int | None = None
    steps: tuple[Step, ...] = ()
    number: int = Field(1, ge=1, le=MOST_COUNTED)
    evidence: dict[str, str]

    @property
    def cutoff(self) -> float:
        """What `decide` compares confidence with."""
        return NEVER if self.threshold is None else self.threshold


@dataclass(frozen=True)
class Threshold:
    """Confidence from which an answer may proceed, and what it was certified with.

    `evidence` is of the calibration's answers, as it was written by its format.
    """

    cutoff: float
    evidence: Mapping[str, str]


def _again(path: Path) -> str:
    return f"run {stage_command('calibrate', path)}"


def load_calibration(path: Path) -> Calibration:
    """The calibration that a stage wrote.

    Raises:
        InputError: It is missing, cut, or not one.
    """
    return read_record(path, Calibration, missing="not calibrated yet", fix=_again(path))


def read_threshold(text: bytes, where: Path) -> Threshold:
    """The threshold of a calibration.json, `NEVER` where it certifies none.

    Raises:
        InputError: It does not say, or not what for.
    """
    try:
        value = strict_json(text)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=where, fix=_again(where)) from None
    if not isinstance(value, dict):
        raise InputError("not an object", where=where, fix=_again(where))
    found, named = value.get("threshold", "absent"), value.get("evidence")
    if not isinstance(named, dict) or not all(isinstance(one, str) for one in named.values()):
        raise InputError("does not say which model it is of", where=where, fix=_again(where))
    if found is None:
        return Threshold(NEVER, named)
    try:
        cutoff = math.nan if isinstance(found, bool | str) else float(found)
    except (TypeError, OverflowError):  # a list, or a whole number beyond any float
        cutoff = math.nan
    if not math.isfinite(cutoff):
        raise InputError("`threshold` is no number", where=where, fix=_again(where))
    return Threshold(cutoff, named)


def threshold_in(path: Path) -> Threshold:
    """The same of a file.

    Raises:
        InputError: There is none.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        what = "not calibrated yet" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise InputError(f"{what}: {error.strerror}", where=path, fix=_again(path)) from None
    return read_threshold(text, path)


def refuse_foreign(
    threshold: Threshold, model: Mapping[str, str], *, where: Path, fix: str
) -> None:
    """Refuse a threshold that was certified for another model than the one that is to answer.

    Args:
        threshold: With what it was certified with.
        model: Digests of the model; its keys are compared, those of `MODEL` at least.
        where: The calibration's file.
        fix: What to do.

    Raises:
        ReleaseRefused: It is one; names what differs.
    """
    if lacking := [key for key in MODEL if key not in model]:
        raise ValueError(f"not compared: {lacking}")
    said = dict(threshold.evidence)
    if "format" not in said:
        said |= {key: model[key] for key in OF_THE_TREE}
    others = sorted(key for key, value in model.items() if said.get(key) != value)
    if others:
        what = f"the threshold was certified for another {', '.join(others)}"
        raise ReleaseRefused(what, where=where, fix=fix)
