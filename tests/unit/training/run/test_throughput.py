from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.training.run import throughput as module
from dslm.training.run.hardware_peak import Peak
from dslm.training.run.throughput import Throughput
from dslm.training.run.training_run import train

PEAK = Peak(1e6, "specified")


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def batch(*lengths: int, padded: bool) -> dict[str, Any]:
    if not padded:
        return {"input_ids": torch.zeros(1, sum(lengths))}
    mask = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    return {"input_ids": torch.zeros_like(mask), "attention_mask": mask}


def run(pace: Throughput, clock: Clock, *, padded: bool) -> None:
    """Three updates of two micro-batches: 10 seconds, then two of 2; 14 tokens each."""
    for step, seconds in ((1, 10.0), (2, 2.0), (3, 2.0)):
        pace.begin()
        pace.count(batch(2, 4, padded=padded))
        pace.count(batch(8, padded=padded))
        clock.now += seconds
        pace.end(step)
        clock.now += 100.0  # validation


def test_updates_are_timed_without_the_first_and_what_is_between_them(clock: Clock) -> None:
    pace = Throughput(1000.0, PEAK)
    run(pace, clock, padded=False)
    assert pace.tokens_per_second == 7.0
    assert pace.utilisation == pytest.approx(7.0 * 1000 / 1e6)
    assert pace.speeds == [(1, 1.4), (2, 7.0), (3, 7.0)]
    assert pace.note() == "7 tokens/s · MFU 1%"


def test_padding_is_no_token_and_its_share_is_told(clock: Clock) -> None:
    pace = Throughput(1000.0, PEAK)
    run(pace, clock, padded=True)
    assert pace.tokens_per_second == 7.0
    assert pace.padding_share == pytest.approx(2 / 16)
    packed = Throughput(1000.0, PEAK)
    run(packed, clock, padded=False)
    assert packed.padding_share == 0.0


def test_a_base_of_unknown_shapes_has_a_speed_but_no_utilisation(clock: Clock) -> None:
    pace = Throughput(None, PEAK)
    assert (pace.tokens_per_second, pace.note()) == (None, "")
    run(pace, clock, padded=False)
    assert pace.utilisation is None
    assert pace.note() == "7 tokens/s"


def test_a_long_run_s_curve_is_thinned_by_means() -> None:
    pace = Throughput(None, PEAK, speeds=[(step, float(step)) for step in range(1, 1001)])
    assert pace.curve(most=200)[:2] == ((5, 3.0), (10, 8.0))
    assert len(pace.curve(most=200)) == 200
    assert Throughput(None, PEAK).curve() == ()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_run_is_measured_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = tiny_model.base_files()
    recipe = tiny_model.recipe(files.folder, accumulation=2, batch_size=2)
    rows = cases(24)
    summary, found = train(MINI, recipe, files, rows, cases(4, prefix="v"), tmp_path)
    assert found.update_tokens_per_second is not None
    assert found.flops_per_token is not None
    assert found.utilisation == pytest.approx(
        found.update_tokens_per_second * found.flops_per_token / found.peak_tflops / 1e12, rel=0.02
    )
    assert found.update_tokens_per_second > found.tokens_per_second  # validation is not counted
    assert (found.padding_share, found.peak_source) == (0.0, "measured")
    assert found.metrics()["utilisation"] == found.utilisation
    assert found.words()["peak_source"] == "measured"
    assert summary.steps == 6
