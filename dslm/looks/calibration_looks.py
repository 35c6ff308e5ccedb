"""Looks at calibration cases: how many models were calibrated on them, and what that does.

Takes what a calibration was made from; gives in words what it comes to. Called by the calibrate
stage, the gate and `dslm check`. A certificate is broken in at most 1 - confidence of all
calibrations, one by one. Whoever calibrates another model, another contract or a split drawn anew
until something is certified is told by chance what is not so: of k tries each has that error,
together up to k times as much. The same ledger as of gold counts them,
`eval/<workflow>/looks/calibration/`, so that the number is there to be seen; where the contract
says over how many of them its confidence holds, it decides too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.looks.look_ledger import Ledger, candidate_digest
from dslm.records import Case
from dslm.settings.workspace import Workspace, stage_command

FOLDER = "calibration"


def calibration_ledger(ws: Workspace) -> Ledger:
    """The ledger of looks at calibration cases; no release names one."""
    return Ledger(ws.looks / FOLDER)


def count_calibration(ws: Workspace, evidence: Mapping[str, str], cases: Sequence[Case]) -> int:
    """Which calibration on these cases, or on ones that share some with them, this is.

    Written down at first sight; the same model under the same contract is the same look.

    Raises:
        ReleaseRefused: The ledger is broken.
    """
    gold, model = evidence["calibration_cases"], candidate_digest(evidence)
    return calibration_ledger(ws).record(gold, model, cases).number


def calibrations_so_far(ws: Workspace, cases: Iterable[Case]) -> int:
    """How many were calibrated on these cases, or on ones that share some with them.

    Raises:
        ReleaseRefused: The ledger is broken.
    """
    return calibration_ledger(ws).next_look(cases)[0]


def refuse_uncounted_calibration(
    looks: Path, evidence: Mapping[str, str], number: int, most: int | None
) -> None:
    """Refuse a calibration that says it is an earlier one than the ledger knows it as.

    By its number it is tested, or certifies nothing any more, where the contract names how many.

    Args:
        looks: The folder of the ledger of looks at gold.
        evidence: Of the calibration's answers.
        number: Which calibration it says to be.
        most: Over how many of them together the contract's confidence holds; None where each
            stands for itself: then one that the ledger lacks decides nothing.

    Raises:
        ReleaseRefused: It does, or the ledger that has to have it lacks it, or is broken.
    """
    split, model = evidence["calibration_cases"], candidate_digest(evidence)
    ledger = Ledger(looks / FOLDER)
    counted = [
        look.number
        for look in ledger.read().looks.values()
        if (look.gold, look.candidate) == (split, model)
    ]
    again = stage_command("calibrate", ledger.folder)
    fix = f"bring the ledger back (`git checkout`), or run {again} and all that follows"
    if not counted and most is not None:
        what = f"the ledger of calibrations lacks this one, and together only {most} hold"
        raise ReleaseRefused(what, where=ledger.folder, fix=fix)
    if counted and number < min(counted):
        what = f"says that it is calibration {number} on these cases, the ledger has it as number "
        raise ReleaseRefused(f"{what}{min(counted)}", where="calibration.json", fix=fix)


def told(number: int, confidence: float, most: int | None = None) -> str:
    """What so many calibrations on one split come to; empty for the first.

    The text is stored in `calibration.json`, computed again and compared: do not reword it.

    Args:
        number: Of calibrations.
        confidence: Of the contract.
        most: Over how many of them together that holds; None where it holds for each.
    """
    if number < 2:
        return ""
    if most is not None:
        said = f"{confidence:.3g} holds over {most} calibrations on these cases or their like"
        return f"{said} together, and this is number {number}"
    error = 1 - confidence
    return (
        f"{number} calibrations were made on these cases or their like: each gives out a threshold "
        f"beyond the risk in at most {error:.3g} of all draws, one of {number} in up to "
        f"{min(1.0, number * error):.3g}"
    )
