"""A first look says which packages it needs before anything is loaded."""

from __future__ import annotations

import subprocess
import sys
from email.message import Message

import pytest
from gpu.look import steps, wheels
from support.documents.code_reader import ROOT

SCRIPT = ROOT / "tests" / "gpu" / "first_look.py"
INSTALLED = {
    "trl": ["datasets (>=4)", "accelerate>=1.0", 'vllm>=0.10 ; extra == "vllm"'],
    "datasets": ["dill<0.5,>=0.3", "xxhash"],
    "accelerate": [],
    "xxhash": [],
}


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(name: str) -> Message:
        if name not in INSTALLED:
            raise wheels.importlib.metadata.PackageNotFoundError(name)
        made = Message()
        made["Version"] = "1.0"
        return made

    monkeypatch.setattr(wheels.importlib.metadata, "version", lambda name: of(name)["Version"])
    monkeypatch.setattr(wheels.importlib.metadata, "requires", lambda name: INSTALLED.get(name))
    monkeypatch.setattr(wheels, "_found", lambda _: False)


@pytest.mark.usefixtures("pretended")
def test_what_a_needed_package_needs_in_turn_is_missed_too() -> None:
    assert wheels.missing(("trl",)) == ["dill"]
    assert wheels.missing(("accelerate",)) == []
    assert wheels.missing(("torch", "trl", "ruamel.yaml")) == ["torch", "ruamel.yaml", "dill"]


def test_nothing_is_missing_where_the_project_is_installed() -> None:
    assert wheels.missing(tuple(wheels.needed())) == []
    assert {"torch", "trl", "peft", "bitsandbytes", "llguidance"} <= set(wheels.needed())


def test_packages_that_one_step_is_about_are_not_called_for_by_all() -> None:
    assert not {"liger_kernel", "flash_attn"} & set(wheels.needed())
    assert {"liger-kernel", "flash-attn"} <= wheels.table().keys()


def test_the_list_and_the_plan_load_no_library_and_need_no_installation() -> None:
    tell = "print('LOADED', [m for m in ('torch', 'pydantic', 'dslm') if m in sys.modules])"
    run = f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    shown = (
        f"import atexit, runpy, sys\natexit.register(lambda: {tell})\n"
        f"sys.argv = ['x', '--list']\n{run}"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", shown], cwd="/", capture_output=True, text=True, check=False
    )
    assert "LOADED []" in done.stdout, done.stderr
    for step in steps.STEPS:
        assert step.name in done.stdout
    assert "torch" in done.stdout


def test_a_limit_for_a_step_that_is_none_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--list", "--limit", "9b-lora=3"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no step '9b-lora'" in done.stderr


def test_names_are_one_each_and_steps_are_compared_with_steps() -> None:
    names = [step.name for step in steps.STEPS]
    assert len(set(names)) == len(names)
    assert names[0] == "machine"
    assert {step.beside for step in steps.STEPS} <= {None, *names}
    assert all(0 < step.least <= step.limit for step in steps.STEPS)
