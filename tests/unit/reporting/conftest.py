from __future__ import annotations

import pytest
from support.curation.sample_data_card import make_card
from support.repositories.sample_run import make_run

from dslm.reporting.data_card.data_card_page import render_card
from dslm.reporting.run_report.report import render
from dslm.reporting.run_report.report_data import ReportData


@pytest.fixture(scope="session")
def run() -> ReportData:
    return make_run(120)


@pytest.fixture(scope="session")
def html(run: ReportData) -> str:
    return render(run)


@pytest.fixture(scope="session")
def card_html() -> str:
    return render_card(make_card())
