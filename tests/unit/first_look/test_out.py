"""Where a first look writes: what is there already is not its own, and stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LOOK = Path(__file__).parents[2] / "gpu" / "first_look.py"


def look(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(LOOK), "--device", "cpu", "--tiny", "--only", "machine"]
    return subprocess.run(
        [*command, *arguments], cwd=cwd, capture_output=True, text=True, timeout=100, check=False
    )


def test_a_folder_with_other_things_in_it_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "look/logs/sub").mkdir(parents=True)
    (tmp_path / "look/steps").mkdir()
    mine, old = tmp_path / "look/logs/mine.log", tmp_path / "look/steps/07-3b-lora.json"
    for path in (mine, old):
        path.write_text("?")
    done = look("--minutes", "0.001", "--out", "look", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    assert mine.read_text() == "?"
    assert (tmp_path / "look/logs/sub").is_dir()
    assert not old.exists()  # of an earlier look
    assert "machine" in (tmp_path / "look/summary.md").read_text()  # of where it was called


def test_a_place_that_takes_nothing_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in ("file", "/proc/look"):
        done = look("--minutes", "0.001", "--out", out, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith("--out: nothing can be written to")


WRONG = [
    "--minutes=nan",
    "--minutes=-1",
    "--minutes=inf",
    "--limit=machine=nan",
    "--limit=machine=-5",
]


@pytest.mark.parametrize("asked", WRONG)
def test_a_time_that_never_ends_or_is_none_is_refused(tmp_path: Path, asked: str) -> None:
    done = look("--dry-run", asked, cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
