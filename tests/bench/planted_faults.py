"""Prints every planted fault with what caught it: `python tests/bench/planted_faults.py`.

Each is planted in a run that passes, in a folder of its own that is made anew; the run itself is
asked first. `--only WORD` takes those with a word in their name. Ends with 1 where one passed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # edited_evidence and its like

from support.faults.edited_evidence import edit_faults
from support.faults.faulty_evidence_files import Runs, file_faults
from support.faults.loosened_settings import GOOD, TODAY, caught_by, loosenings
from support.repositories.scored_repository import FORTY, PAIRS, THIRTY, finish_scoring
from support.repositories.scored_rows import cases, first

from dslm.settings.workspace import Workspace

WIDEST = 110


def caught(root: Path, only: str) -> Iterator[tuple[str, str]]:
    """Each fault with what caught it."""
    small = {"gold": FORTY, "calibration": THIRTY, "champion": first(38, 40)}
    finish_scoring(root / "alone", **small)
    finish_scoring(root / "pairs", gold=PAIRS, calibration=THIRTY, champion=GOOD)
    yesterday = finish_scoring(root / "yesterday", **small, day="yesterday")
    other = finish_scoring(root / "other", gold=cases(40, prefix="x"), champion=first(37, 40),
                           calibration=cases(30, prefix="y"), day="other")  # fmt: skip
    tables = (("alone", file_faults() | edit_faults()), ("pairs", loosenings()))
    for base, faults in tables:
        yield f"untouched, {base}", caught_by(_copy(root, base), TODAY) or "nothing, as it should"
        for name, plant in faults.items():
            if only in name:
                ws = _copy(root, base)
                day = plant(Runs(ws, yesterday, other) if base == "alone" else ws)
                yield name, caught_by(ws, day if isinstance(day, dt.date) else TODAY)


def _copy(root: Path, base: str) -> Workspace:
    shutil.rmtree(root / "planted", ignore_errors=True)
    shutil.copytree(root / base, root / "planted")
    return Workspace(root / "planted", "mini")


def main() -> int:
    """Print the table; 1 where a fault passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a word of the names")
    asked = parser.parse_args()
    missed, count = 0, 0
    print("| fault | caught by |\n|---|---|")
    with tempfile.TemporaryDirectory() as root:
        for name, by in caught(Path(root), asked.only):
            words = " ".join(by.replace(str(root), "").replace("|", "/").split())
            print(f"| {name} | {words[:WIDEST] or 'NOTHING'} |")
            missed, count = missed + (not by), count + 1
    print(f"\n{count} rows, {missed} of them caught by nothing")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
