from __future__ import annotations

import math

import pytest

from dslm.errors import InputError
from dslm.settings.recipe import MustLearn
from dslm.training.run.training_tripwires import TrainingMonitor

HALFWAY = MustLearn(share=0.5, margin=0.1)


def watched(*, steps: int = 9) -> TrainingMonitor:
    watcher = TrainingMonitor(tokens_per_epoch=1, must_learn=HALFWAY)
    watcher.begin(steps)
    return watcher


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_stops_the_run(loss: float) -> None:
    watcher = TrainingMonitor(tokens_per_epoch=1)
    watcher.see(1, 2.0)
    with pytest.raises(InputError, match="step 2: the loss is"):
        watcher.see(2, loss)


def test_a_loss_of_exactly_zero_stops_the_run() -> None:
    with pytest.raises(InputError, match="no token is trained"):
        TrainingMonitor(tokens_per_epoch=1).see(1, 0.0)


def test_a_loss_that_explodes_stops_the_run() -> None:
    watcher = TrainingMonitor(tokens_per_epoch=1)
    for step in range(1, 6):
        watcher.see(step, 1.0)
    watcher.see(6, 3.9)
    with pytest.raises(InputError, match=r"exploded to 4\.10"):
        watcher.see(7, 4.1)


def test_the_first_steps_may_be_as_wild_as_they_like() -> None:
    watcher = TrainingMonitor(tokens_per_epoch=1)
    for step, loss in enumerate((0.1, 30.0, 2.0, 8.0, 1.0), start=1):
        watcher.see(step, loss)
    assert watcher.losses == [(1, 0.1), (2, 30.0), (3, 2.0), (4, 8.0), (5, 1.0)]


def test_a_validation_loss_that_has_not_fallen_by_the_share_stops_the_run() -> None:
    watcher = watched()
    watcher.validated(0, 2.0)
    watcher.validated(4, 2.0)  # 4 of 9 is not half yet
    said = r"step 5: no learning: .* is 1\.8100, the untrained base's 2\.0000; .* 10\.0% lower"
    with pytest.raises(InputError, match=said):
        watcher.validated(5, 1.81)


def test_a_validation_loss_that_has_fallen_enough_is_looked_at_once() -> None:
    watcher = watched()
    for step, loss in ((0, 2.0), (5, 1.79), (8, 2.5)):
        watcher.validated(step, loss)
    assert watcher.validation_losses == [(0, 2.0), (5, 1.79), (8, 2.5)]


def test_without_the_untrained_base_s_loss_nothing_is_guessed() -> None:
    with pytest.raises(InputError, match="untrained base's validation loss is not known"):
        watched().validated(5, 0.1)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_validation_loss_that_is_no_number_stops_the_run(loss: float) -> None:
    with pytest.raises(InputError, match="step 3: the validation loss is"):
        watched().validated(3, loss)
