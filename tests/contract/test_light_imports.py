"""What needs no torch loads none: help, check and the gate answer on a bare machine, at once."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest
from support.documents.code_reader import ROOT

HEAVY = ("torch", "transformers", "trl", "peft", "mlflow", "daft", "scipy", "pandas", "datasets",
         "sklearn", "cleanlab", "model_signing", "sigstore")  # fmt: skip
SHOW = (
    "import sys, atexit\n"
    f"heavy = {HEAVY!r}\n"
    "atexit.register(lambda: sys.stderr.write("
    "'LOADED:' + ','.join(m for m in heavy if m in sys.modules)))\n"
)


def loaded_by(code: str) -> tuple[int, str]:
    """Exit code of a program, and the heavy libraries it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW + code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr.rsplit("LOADED:", 1)[1]


def run_main(*arguments: str) -> str:
    return f"sys.argv = {['dslm', *arguments]!r}\nfrom dslm.cli.app import main\nmain()"


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("check", "invoice_intake"), ("show", "contract", "invoice_intake"),
     ("release", "--help"), ("release", "list", "invoice_intake")],
    ids=" ".join,
)  # fmt: skip
def test_a_light_command_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    code, heavy = loaded_by(run_main(*arguments))
    bounds = "scipy" if arguments[0] == "check" else ""  # over groups, as the gate computes them
    assert (code, heavy) == (0, bounds)


@pytest.mark.slow
@pytest.mark.parametrize(
    "stage", sorted(p.stem for p in (ROOT / "pipelines").glob("*.py") if p.stem[0] != "_")
)
def test_the_help_of_a_stage_loads_nothing_heavy(stage: str) -> None:
    code = (
        f"import runpy\nsys.argv = ['x', '--help']\n"
        f"runpy.run_module('pipelines.{stage}', run_name='__main__', alter_sys=True)"
    )
    assert loaded_by(code) == (0, "")


def test_help_answers_at_once() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import sys\n" + run_main("--help")],
                   cwd=ROOT, capture_output=True, check=True)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # processor time, so that a busy machine does not fail it
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_help_loads_none_of_our_settings_either() -> None:
    code = SHOW.replace(repr(HEAVY), repr(("pydantic", "ruamel.yaml", "llguidance", "cel")))
    done = subprocess.run(
        [sys.executable, "-c", code + run_main("--help")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr.rsplit("LOADED:", 1)[1] == ""
