"""Command line of the generator: takes a folder and a seed, writes sources and gold there.

Called by people (`python -m dslm.examples.invoice_intake --out .`); the regeneration test calls
`writing.write_all` directly.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dslm.examples.invoice_intake.write_files import DEFAULT_SEED, write_all


def main() -> None:
    """Parse the command line, write the files, name each one on standard output."""
    parser = argparse.ArgumentParser(prog="python -m dslm.examples.invoice_intake")
    parser.add_argument("--out", type=Path, required=True, help="repository root, or a scratch one")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default: %(default)s")
    arguments = parser.parse_args()
    for path, count in write_all(arguments.out, arguments.seed).items():
        sys.stdout.write(f"{path}: {count} cases\n")


if __name__ == "__main__":
    main()
