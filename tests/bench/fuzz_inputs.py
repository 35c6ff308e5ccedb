"""Broken inputs for init, import, check, curate and predict, and how each of them ended.

    python tests/bench/fuzz_inputs.py --out docs/measurements/fuzz.json

One process, no model; 20,000 inputs, or `--count`. Every input has a number, and
`--first N --count 1` tries it again. Ends with exit code 1 where a command ended with another code
than 0 or 2, lost a row, or left something half-written.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.faults.fuzzed_inputs import Outcome, make_fuzzer

from dslm.errors import EXIT_INTERRUPTED, EXIT_TERMINATED

MEMORY = 6 * 2**30


def told(outcome: Outcome) -> str:
    """A wrong outcome in two lines."""
    last = outcome.trace.strip().splitlines()
    where = [line.strip() for line in last if line.startswith('  File "') and "dslm" in line]
    return (
        f"{outcome.seed}: {outcome.command}, {outcome.broken}: {'; '.join(outcome.wrong)}\n"
        f"    {last[-1][:200] if last else ''} {where[-1] if where else ''}"
    )


def main() -> None:
    """Try the inputs and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    ended: dict[str, Counter[str]] = {}
    wrong: list[Outcome] = []
    started = time.monotonic()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # what reads without end shows, too
    with tempfile.TemporaryDirectory() as root:
        fuzzer = make_fuzzer(Path(root) / "repository")
        for seed in range(given.first, given.first + given.count):
            outcome = fuzzer.run(seed)
            if outcome.code in {EXIT_INTERRUPTED, EXIT_TERMINATED}:
                sys.exit(outcome.code)
            ended.setdefault(outcome.command, Counter())[str(outcome.code)] += 1
            if outcome.wrong:
                wrong.append(outcome)
                print(told(outcome), flush=True)
                if given.count == 1:
                    print(outcome.trace)
    result = {
        "machine": f"{platform.machine()}, one process, Python {platform.python_version()}",
        "cores": os.cpu_count(),
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "first_seed": given.first,
        "inputs": given.count,
        "seconds": round(time.monotonic() - started),
        "ended_with_exit_code": {
            command: dict(sorted(codes.items())) for command, codes in sorted(ended.items())
        },
        "wrong": len(wrong),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
