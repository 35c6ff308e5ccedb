from __future__ import annotations

import pytest
from sample_card import make_card
from sample_run import make_run

from dslm.reporting.data import ReportData
from dslm.reporting.data_page import render_card
from dslm.reporting.report import render


@pytest.fixture(scope="session")
def run() -> ReportData:
    return make_run(120)


@pytest.fixture(scope="session")
def html(run: ReportData) -> str:
    return render(run)


@pytest.fixture(scope="session")
def card_html() -> str:
    return render_card(make_card())
