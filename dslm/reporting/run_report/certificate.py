"""How the threshold was certified, as a reader meets it: the tries, and the one that came nearest.

Takes a recorded calibration; gives its steps, and a sentence. Called by `main_finding`, `report`,
`page_sections`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from dslm.evidence import Step, nearest
from dslm.reporting.formatting import rate


def certificate_steps(calibration: Mapping[str, Any] | None) -> list[Step]:
    """The numbers of answers that the calibration tried; none where it does not say."""
    try:
        return [Step.model_validate(step) for step in (calibration or {}).get("steps", [])]
    except (TypeError, ValidationError):
        return []


def almost_certified(calibration: Mapping[str, Any]) -> str:
    """What came nearest to being certified, of the numbers of answers that were tested.

    Args:
        calibration: As recorded; of before the tests were kept it says nothing.
    """
    best = nearest(certificate_steps(calibration))
    if best is None:
        return ""
    return (f"Nearest: {best.answers:,} answers had {best.wrong or 'none'} wrong, enough for a "
            f"bound of {rate(best.risk)}")  # fmt: skip
