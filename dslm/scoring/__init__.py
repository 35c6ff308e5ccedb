"""Predictions and gold in; outcomes, rows, intervals, threshold and scorecard out. No torch."""

from dslm.evidence import Calibration, load_calibration
from dslm.scoring.calibration import calibrate
from dslm.scoring.outcome import outcome
from dslm.scoring.rows.scored_rows import make_row, make_rows, recompute
from dslm.scoring.scorecard import make_scorecard, score_model

__all__ = [
    "Calibration",
    "calibrate",
    "load_calibration",
    "make_row",
    "make_rows",
    "make_scorecard",
    "outcome",
    "recompute",
    "score_model",
]
