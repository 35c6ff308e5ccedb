from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

from dslm.inference.decoding import cpu_threads
from dslm.inference.decoding.cpu_threads import choose_threads


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_number_is_taken_as_it_is() -> None:
    assert choose_threads(1) == 1
    assert torch.get_num_threads() == 1


def test_the_fastest_of_the_measured_numbers_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = {1: 90.0, 2: 10.0, 4: 120.0, 8: 100.0}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(9)), raising=False)
    monkeypatch.setattr(cpu_threads, "_products_per_second", speed.__getitem__)
    assert choose_threads("auto") == 4
    assert torch.get_num_threads() == 4


def test_a_near_tie_goes_to_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = {1: 100.0, 2: 101.0, 4: 90.0, 8: 80.0}  # cores of a shared host that are one for now
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(9)), raising=False)
    monkeypatch.setattr(cpu_threads, "_products_per_second", speed.__getitem__)
    assert choose_threads("auto") == 4


def test_one_bad_moment_does_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = {1: [100.0, 100.0], 2: [20.0, 190.0]}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(cpu_threads, "_products_per_second", lambda n: measured[n].pop(0))
    assert choose_threads("auto") == 2


def test_a_measurement_is_short_and_gives_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_threads, "SECONDS_EACH", 0.01)
    assert 1 <= choose_threads("auto") <= (os.cpu_count() or 1)
