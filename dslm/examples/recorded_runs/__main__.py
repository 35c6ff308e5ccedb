"""`python -m dslm.examples.recorded_runs --out FOLDER`: draws the recorded runs again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dslm.examples.recorded_runs.draw_answers import record


def main() -> None:
    """Write the files, name each one on standard output."""
    parser = argparse.ArgumentParser(prog="python -m dslm.examples.recorded_runs")
    parser.add_argument("--out", type=Path, required=True, help="where to write them")
    for name, lines in record(parser.parse_args().out).items():
        sys.stdout.write(f"{name}: {lines} lines\n")


if __name__ == "__main__":
    main()
