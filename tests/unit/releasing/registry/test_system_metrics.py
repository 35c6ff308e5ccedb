from __future__ import annotations

import time

import pytest

from dslm.releasing.registry.system_metrics import sampled

psutil = pytest.importorskip("psutil")


@pytest.mark.slow
def test_the_machine_is_looked_at_from_start_to_end_under_mlflow_s_names() -> None:
    before = time.time() * 1000
    with sampled(every=0.05) as samples:
        time.sleep(0.3)
    names = {sample.name for sample in samples.taken}
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= names
    memory = [s for s in samples.taken if s.name == "system/process_memory_usage_megabytes"]
    assert len(memory) >= 3
    assert [s.step for s in memory] == list(range(len(memory)))
    assert all(s.value > 1 for s in memory)
    assert before - 1 <= samples.started <= memory[0].milliseconds < memory[-1].milliseconds


def test_nothing_is_sampled_when_the_block_is_over() -> None:
    with sampled(every=0.02) as samples:
        pass
    count = len(samples.taken)
    assert count > 0  # once at the start
    time.sleep(0.1)
    assert len(samples.taken) == count


def test_an_error_in_the_block_is_its_own() -> None:
    with pytest.raises(KeyError), sampled(every=0.02):
        raise KeyError
