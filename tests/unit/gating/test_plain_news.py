"""What the gate says of a check, told to somebody who knows no statistics."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from support.repositories.sample_run import make_run

from dslm.gating.gate import judge
from dslm.reporting.run_report.verdict_headline import headline


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "bound", "metric": "case_exact_match", "at_least": 0.999, "on": "value"},
        {"kind": "bound", "metric": "case_exact_match", "at_least": 0.999, "on": "interval"},
        {"kind": "gain", "metric": "case_exact_match", "over": "base", "at_least": 0.9},
        {"kind": "gain", "metric": "cost_per_case", "over": "person", "at_least": 2.9},
        {"kind": "non_inferior", "metric": "coverage", "to": "champion", "margin": 0.001},
        {"kind": "slice_alarm", "metric": "case_exact_match", "against": "champion",
         "worse_by": 0.01, "min_cases": 2},
    ],
    ids=lambda asked: f"{asked['kind']}-{asked.get('on', '')}",
)  # fmt: skip
def test_the_news_of_every_kind_of_check_has_no_statistics_that_nobody_explains(
    submit: Any, asking: Any, asked: dict[str, Any]
) -> None:
    """Of the gate's own words, so that a change of them is noticed here."""
    lost = [place >= 60 for place in range(200)]
    found = submit(right=lost, champion=[place >= 3 for place in range(200)])
    verdict = judge(asking(asked), found)
    assert verdict.status != "PASS"
    run = dataclasses.replace(
        make_run(8), verdict=verdict.model_copy(update={"evidence": {}}), scorecard=found.scorecard
    )
    said = headline(run).reason
    for jargon in ("McNemar", "p =", "Holm", "clears", "rings", "design effect", "n ="):
        assert jargon not in said, said
    assert said.endswith(".")
