"""What a first look writes: steps beside one another, nothing compared that was not measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from gpu.look.running import DONE, FAILED, NOT_RUN, OVER, Result
from gpu.look.steps import STEPS
from gpu.look.summary import compared, news, page, write

OURS = next(step for step in STEPS if step.name == "1b-lora")
TRL = next(step for step in STEPS if step.name == "1b-lora-trl")
ONE = Result(OURS, DONE, found={
    "tokens_per_second": 300.0, "peak_memory_gb": 4.0, "losses": [7.5, 7.0], "loaded": ["torch"],
    "attention": "sdpa", "why_not_varlen": "varlen cannot run here: old torch",
})  # fmt: skip
OTHER = Result(TRL, DONE, found={
    "tokens_per_second": 200.0, "peak_memory_gb": 5.0, "losses": [7.25, 7.125],
})  # fmt: skip


def test_ours_and_trls_are_compared_by_speed_memory_and_loss() -> None:
    assert compared([ONE, OTHER]) == {
        "1b-lora / 1b-lora-trl": {
            "tokens_per_second": 1.5, "peak_memory": 0.8, "first_loss_difference": 0.25,
            "last_loss_difference": -0.125,
        }
    }  # fmt: skip


def test_a_step_that_is_not_done_is_compared_with_nothing() -> None:
    for status in (FAILED, OVER, NOT_RUN):
        assert compared([ONE, replace(OTHER, status=status)]) == {}
        assert compared([replace(ONE, status=status), OTHER]) == {}


def test_a_number_that_is_not_there_is_unknown_and_not_zero() -> None:
    bare = replace(OTHER, found={"tokens_per_second": 200.0})
    (pair,) = compared([ONE, bare]).values()
    assert pair["peak_memory"] is None
    assert pair["last_loss_difference"] is None
    assert "| unknown |" in page({}, [ONE, bare])


def test_the_page_says_why_a_step_was_not_made_and_how_attention_was() -> None:
    failed = replace(OTHER, status=FAILED, reason="RuntimeError: a|b", found=None)
    text = page({"minutes": 8, "packages": {"torch": "2.9", "trl": None}}, [ONE, failed])
    assert "| 1b-lora-trl | failed | 0 | RuntimeError: a/b |" in text
    assert "attention sdpa · varlen cannot run here: old torch" in text
    assert "| trl | not installed |" in text


def test_each_step_that_is_over_has_a_file_and_the_summary_has_all(tmp_path: Path) -> None:
    (tmp_path / "steps").mkdir()
    write(tmp_path, {"minutes": 8}, [ONE, Result(TRL)])
    assert [p.name for p in (tmp_path / "steps").iterdir()] == ["00-1b-lora.json"]
    whole = json.loads((tmp_path / "summary.json").read_text())
    assert [s["status"] for s in whole["steps"]] == [DONE, "waiting"]
    assert "loaded" not in whole["steps"][0]["found"]
    assert not list(tmp_path.rglob("*.partial"))


def test_a_status_is_told_once() -> None:
    told: set[tuple[str, str]] = set()
    assert len(news([ONE, Result(TRL)], told)) == 1
    assert [line.split(":")[0] for line in news([ONE, OTHER], told)] == ["1b-lora-trl"]
