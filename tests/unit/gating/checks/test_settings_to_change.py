"""Every check that did not pass names the setting that would move it."""

from typing import get_args

import pytest

from dslm.gating.checks.settings_to_change import KNOBS, knobs
from dslm.gating.verdict_markdown import as_markdown
from dslm.records import Baseline, Check, Status, Verdict
from dslm.scoring.metrics import METRICS
from dslm.settings.gate_policy import ShareMetric


def verdict(*checks: tuple[str, str, Status]) -> Verdict:
    made = tuple(
        Check(id=i, metric=m, status=s, asked="a", seen="s", why="w") for i, m, s in checks
    )
    return Verdict(workflow="mini", status="FAIL", checks=made, baseline=Baseline(), evidence={})


def test_every_metric_that_a_policy_can_ask_for_has_its_knob() -> None:
    shares = get_args(ShareMetric)
    assert set(KNOBS) == set(METRICS) == {*shares, "cost_per_case", "selective_risk"}


@pytest.mark.parametrize("metric", sorted(METRICS))
@pytest.mark.parametrize("status", ["FAIL", "INCONCLUSIVE"])
def test_a_check_that_did_not_pass_names_a_key_and_its_file(metric: str, status: Status) -> None:
    (line,) = knobs(verdict(("asked_for", metric, status)))
    assert line.startswith("asked_for: ")
    assert "`eval/mini/gate.yaml`" in line
    assert any(key in line for key in ("inference.", "training.", "decision.", "costs"))
    assert line in as_markdown(verdict(("asked_for", metric, status)))


def test_answers_that_are_cut_name_the_bound_of_the_recipe() -> None:
    cut = verdict(("valid", "schema_valid_rate", "FAIL"), ("cut", "truncation_rate", "FAIL"))
    lines = knobs(cut)
    assert len(lines) == 1
    assert lines[0].startswith("valid, cut: ")
    assert "`inference.max_answer_tokens`" in lines[0]


def test_what_passed_and_what_is_no_metric_has_no_knob() -> None:
    assert knobs(verdict(("fine", "coverage", "PASS"), ("evidence", "evidence", "FAIL"))) == []
