"""That all answers which one verdict rests on were computed by one engine.

Takes the evidence of a model's answers and the candidate's; refuses where packages or device
differ. Called by `evidence_loading`.
"""

from __future__ import annotations

from dslm.errors import ReleaseRefused
from dslm.evidence import ENGINE, Evidence, Model


def named_answers(model: Model) -> str:
    """Whose answers they are, in words."""
    calibrations = {"calibration": "the calibration", "base_calibration": "the base's calibration"}
    return calibrations.get(model, f"the rows of the {model}")


STAGES = {"base": "score_base", "base_calibration": "score_base", "champion": "score_champion",
          "anchor": "score_champion", "calibration": "calibrate"}  # fmt: skip


def refuse_other_engine(
    workflow: str, model: Model, evidence: Evidence, candidate: Evidence
) -> None:
    """Answers that decide together are of one engine: a threshold belongs to its own.

    Raises:
        ReleaseRefused: A model's are of another than the candidate's.
    """
    theirs, ours = evidence.named(), candidate.named()
    if others := [key for key in ENGINE if theirs[key] != ours[key]]:
        seen = "; ".join(f"{theirs[key]}, the candidate's {ours[key]}" for key in others)
        what = f"{named_answers(model)} is of another engine ({', '.join(others)}): {seen}"
        fix = f"answer on one machine: `dvc repro -f -s {STAGES[model]}@{workflow}`"
        raise ReleaseRefused(what, fix=fix)
