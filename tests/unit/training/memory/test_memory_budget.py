from __future__ import annotations

from pathlib import Path

import pytest

from dslm.errors import EnvironmentFault, InputError
from dslm.training.memory import memory_budget as room_module
from dslm.training.memory.memory_budget import (
    ASKED,
    Budget,
    _of_machine,
    memory_budget,
    memory_budget_without_torch,
    resident,
)


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path]:
    """A machine's /proc and control groups: 8 GB free, this process has 1 GB of it."""
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    groups.mkdir()
    (proc / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable:    7812500 kB\n")
    (proc / "self" / "status").write_text("VmHWM:\t 2000000 kB\nVmRSS:\t  976563 kB\n")
    (proc / "self" / "cgroup").write_text("0::/\n")
    return proc, groups


def least(proc: Path, groups: Path) -> Budget:
    return min(_of_machine(proc, groups), key=lambda one: one.bytes)


def test_there_is_what_the_machine_has_left_and_what_the_process_has_already(
    machine: tuple[Path, Path],
) -> None:
    found = least(*machine)
    assert found.bytes / 1e9 == pytest.approx(9.0, rel=1e-3)
    assert found.of == "available memory of this machine"


def test_a_container_s_limit_counts_without_the_file_pages_that_can_go(
    machine: tuple[Path, Path],
) -> None:
    proc, groups = machine
    (groups / "memory.max").write_text("4000000000\n")
    (groups / "memory.current").write_text("3000000000\n")
    (groups / "memory.stat").write_text("anon 1000000000\ninactive_file 1500000000\n")
    found = least(proc, groups)
    assert found.bytes / 1e9 == pytest.approx(4.0 - 1.5 + 1.0, rel=1e-3)
    assert found.of == "memory limit of this container"


def test_the_limit_of_a_group_further_up_counts_too(machine: tuple[Path, Path]) -> None:
    proc, groups = machine
    (proc / "self" / "cgroup").write_text("0::/slice/own\n")
    (groups / "slice" / "own").mkdir(parents=True)
    (groups / "slice" / "own" / "memory.max").write_text("max\n")
    (groups / "slice" / "memory.max").write_text("2000000000\n")
    (groups / "slice" / "memory.current").write_text("1900000000\n")
    assert least(proc, groups).bytes / 1e9 == pytest.approx(1.1, rel=1e-3)


def test_the_older_kind_of_groups_is_read_as_well(machine: tuple[Path, Path]) -> None:
    proc, groups = machine
    (proc / "self" / "cgroup").write_text("5:cpu:/x\n4:memory:/x\n0::/\n")
    own = groups / "memory" / "x"
    own.mkdir(parents=True)
    (own / "memory.limit_in_bytes").write_text("3000000000\n")
    (own / "memory.usage_in_bytes").write_text("2500000000\n")
    (own / "memory.stat").write_text("total_inactive_file 500000000\n")
    (groups / "memory" / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert least(proc, groups).bytes / 1e9 == pytest.approx(2.0, rel=1e-3)


def test_a_system_that_says_nothing_is_not_short_of_memory(tmp_path: Path) -> None:
    assert least(tmp_path, tmp_path).bytes == float("inf")


def test_here_there_is_more_than_this_process_has() -> None:
    assert memory_budget(on_gpu=False).bytes > resident() > 1e6


def test_less_may_be_asked_for_and_never_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ASKED, "0.5")
    assert memory_budget(on_gpu=False) == Budget(0.5e9, ASKED)
    monkeypatch.setenv(ASKED, "1e9")
    assert memory_budget(on_gpu=False).bytes < 1e15


def test_without_torch_a_gpu_is_asked_through_its_driver_s_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert memory_budget_without_torch()[1] is False
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 1000\necho 2000\n")
    program.chmod(0o755)
    assert memory_budget_without_torch() == (Budget(1000 * 1024**2, "free memory of the GPU"), True)
    monkeypatch.setattr(room_module, "PATIENCE", 0.1)
    program.write_text("#!/bin/sh\nexec /bin/sleep 60\n")  # a driver that hangs
    with pytest.raises(EnvironmentFault, match="gives no answer"):
        memory_budget_without_torch()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    program.write_text("#!/bin/sh\necho No devices were found; exit 6\n")
    assert memory_budget_without_torch()[1] is False
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    program.write_text("#!/bin/sh\necho 1000\n")
    assert memory_budget_without_torch()[1] is False


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan"])
def test_what_is_no_amount_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(ASKED, text)
    with pytest.raises(InputError, match=r"DSLM_MEMORY_GB is .* write gigabytes"):
        memory_budget(on_gpu=False)
