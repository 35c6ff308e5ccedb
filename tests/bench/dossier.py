"""Seconds and bytes of a dossier, by the size of the gold set; a model's answers are made up.

    PYTHONPATH=.:tests python tests/bench/dossier.py --gold 200 1000

Each command is a process of its own, imports included. The contract declares personal data, so
that every text is looked through.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from support.curation.sample_data_card import make_card
from support.repositories import finished_run, scored_rows
from support.repositories.finished_run import W, finish_run

from dslm import evidence
from dslm.provenance import write_atomic
from dslm.releasing.moves.promote_and_rollback import promote
from dslm.releasing.registry.mlflow_connection import client

MAIN = "from dslm.cli.entry import main; main()"
PERSONAL = (
    "  personal: {mode: mask, kinds: [email, phone, iban], "
    "fields: {meta.sender: {kind: name}, target.number: {kind: id}}}\n"
)


def made(root: Path, gold: int) -> None:
    """A repository with a champion that was measured on so many gold cases, four a group."""
    finished_run.GOLD = scored_rows.cases(gold + 1, groups=gold // 4)[1:]
    run = finish_run(root)
    client(root)
    now = evidence.current(run.ws)
    card = make_card(workflow=W, digests={key: now[key] for key in ("data", "gold")})
    write_atomic(run.ws.data_card, card.to_json())
    run.register()
    promote(run.ws, None, "first", "ann")
    run.ws.contract.write_text(run.ws.contract.read_text() + PERSONAL)


def seconds(root: Path, *arguments: str) -> float:
    """Processor time of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", MAIN, *arguments]
    subprocess.run(command, check=True, capture_output=True,
                   env=os.environ | {"DSLM_ROOT": str(root)})  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gold", type=int, nargs="+", default=[200, 1000])
    print("| gold cases | made | `verify W` | `release verify` | folder | page |")
    print("|---|---|---|---|---|---|")
    for gold in parser.parse_args().gold:
        with tempfile.TemporaryDirectory() as scratch:
            root, folder = Path(scratch) / "repository", Path(scratch) / "dossier"
            root.mkdir()
            made(root, gold)
            into = ("--version", "1", "--to", str(folder))
            spent = [
                seconds(root, "release", "dossier", W, *into),
                seconds(root, "verify", W, "--dossier", str(folder)),
                seconds(root, "release", "verify", "--dossier", str(folder)),
            ]
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            page = (folder / "index.html").stat().st_size
            told = " | ".join(f"{one:.1f} s" for one in spent)
            print(f"| {gold:,} | {told} | {size // 1000} kB | {page // 1000} kB |", flush=True)


if __name__ == "__main__":
    main()
