from __future__ import annotations

import pytest
from sample_run import make_run

from dslm.reporting.data import ReportData
from dslm.reporting.report import render


@pytest.fixture(scope="session")
def run() -> ReportData:
    return make_run(120)


@pytest.fixture(scope="session")
def html(run: ReportData) -> str:
    return render(run)
