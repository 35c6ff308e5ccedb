"""Sources in; train, validation and calibration out: broken rows, leaks and duplicates counted."""

from dslm.curation.pipeline import Curated, curate

__all__ = ["Curated", "curate"]
