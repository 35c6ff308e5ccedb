from __future__ import annotations

import numpy as np
import pytest

from dslm.statistics.holm import holm


def test_holm_adjusts_as_published() -> None:
    # Holm 1979, Scand. J. Stat. 6:65: smallest × k, next × (k - 1), never falling
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.6, 0.9])).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []
