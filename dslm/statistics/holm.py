"""Holm's correction for looking at many p-values (1979, Scandinavian Journal of Statistics 6:65).

Called by the slice alarm and by curation's search for suspect labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """P-values adjusted for looking at all of them, in the order given."""
    found = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(found, kind="stable")
    stepped = np.maximum.accumulate(found[order] * np.arange(len(found), 0, -1))
    corrected = np.empty(len(found))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
