"""What each calibration on the same cases was asked: risk, confidence, and over how many it holds.

Takes a calibration's evidence and the contract's `decision`; writes one small file beside its look,
`eval/<workflow>/looks/calibration/<split>/asked/`, tracked by git. Written by the calibrate stage;
read by the gate. Whoever is held up and then names another number of calibrations, a lower
confidence or a larger risk is told so, before there is a champion to compare the contract with.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from dslm.contract.model.decision_and_costs import DecisionPolicy
from dslm.errors import ReleaseRefused
from dslm.looks.asked_cases import short
from dslm.looks.calibration_looks import FOLDER, calibration_ledger
from dslm.looks.look import Look
from dslm.looks.look_ledger import GIT, KeptLook, Ledger, candidate_digest
from dslm.provenance import write_atomic
from dslm.record import Record
from dslm.settings.workspace import Workspace

ASKED = "asked"
_ROUNDING = 1 + 1e-9


class AskedCertificate(Record):
    """What one calibration was asked; `calibrations` as in the contract, None where not named."""

    format: Literal["1"] = "1"
    max_selective_risk: float = Field(gt=0, le=0.5)  # as the contract bounds them
    confidence: float = Field(gt=0.5, lt=1)
    calibrations: int | None = Field(ge=1, le=1000)

    @property
    def error(self) -> float:
        """With which it may certify what is not so."""
        return (1 - self.confidence) / (self.calibrations or 1)

    def told(self) -> str:
        """In words."""
        over = f" over {self.calibrations}" if self.calibrations else " of each"
        return f"risk {self.max_selective_risk:.3g} at {self.confidence:.3g}{over}"


def asked_by(decision: DecisionPolicy) -> AskedCertificate:
    """What a contract asks of a calibration."""
    return AskedCertificate(
        max_selective_risk=decision.max_selective_risk,
        confidence=decision.confidence,
        calibrations=decision.calibrations,
    )


def keep_asked(ws: Workspace, evidence: Mapping[str, str], decision: DecisionPolicy) -> None:
    """Write down what a calibration was asked; the same model under the same contract, once."""
    split, model = evidence["calibration_cases"], candidate_digest(evidence)
    path = _path(calibration_ledger(ws).folder, split, model)
    if not path.exists():
        write_atomic(path, asked_by(decision).model_dump_json(indent=1) + "\n")


def asked_before(looks: Path, evidence: Mapping[str, str], decision: DecisionPolicy) -> list[str]:
    """Lines on calibrations before on these or overlapping cases that were asked otherwise.

    Args:
        looks: The folder of the ledger of looks at gold.
        evidence: Of the calibration's answers.
        decision: By which it was certified.

    Raises:
        ReleaseRefused: The ledger is broken; or those before and this one, over how many of them
            together the contract's confidence holds, have more error than that leaves.
    """
    folder, now = looks / FOLDER, asked_by(decision)
    kept = Ledger(folder).read()
    asked = [
        _read(_path(folder, look.gold, look.candidate))
        for look in _before(kept, evidence["calibration_cases"], candidate_digest(evidence))
    ]
    others = Counter(then for then in asked if then not in (None, now))
    lines = [
        f"{count} of the calibrations before on these cases asked {then.told()}, this one asks "
        f"{now.told()}" for then, count in others.items() if then
    ]  # fmt: skip
    if unknown := asked.count(None):
        lines.append(f"what {unknown} of the calibrations before asked is not kept")
    spent = math.fsum(then.error for then in asked if then and then.calibrations)
    if (
        others
        and now.calibrations
        and spent
        and spent + now.error > (1 - now.confidence) * _ROUNDING
    ):
        what = f"those before it may be wrong in {spent:.3g} of all draws, this one in "
        what += f"{now.error:.3g} more, where {1 - now.confidence:.3g} is all: {lines[0]}"
        fix = "calibrate on cases that none before saw, or take the contract's `decision` back"
        raise ReleaseRefused(what, where=folder, fix=fix)
    return lines


def _before(kept: KeptLook, split: str, model: str) -> Iterator[Look]:
    """The looks before a calibration's own, the first first; none where it was never counted."""
    own = [d for d, look in kept.looks.items() if (look.gold, look.candidate) == (split, model)]
    first = min(own, key=lambda digest: (kept.looks[digest].number, digest), default=None)
    if first is None:
        return
    before = [kept.looks[digest] for digest in kept.before([first]) - set(own)]
    yield from sorted(before, key=lambda look: (look.number, look.candidate))


def _path(folder: Path, split: str, model: str) -> Path:
    return folder / short(split) / ASKED / f"{short(model)}.json"


def _read(path: Path) -> AskedCertificate | None:
    try:
        return AskedCertificate.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise ReleaseRefused("cannot be read", where=path, fix=GIT) from None
