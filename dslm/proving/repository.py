"""Proofs on what surrounds a contract: sources, attainable bound, params, recipe.

Called by `dslm.proving.proof`. The bound: with n right answers and no wrong one, a share of
wrong answers of at most r is certified with confidence c once (1 - r)^n <= 1 - c (Clopper–Pearson).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from dslm.cases import json_lines
from dslm.contract.model import Contract
from dslm.errors import DslmError, InputError
from dslm.proving.finding import Finding, fail, failures, ok, warn
from dslm.settings.loading import read_text
from dslm.settings.params import load_params, recipe_of
from dslm.settings.workspace import Workspace


def prove_data(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """Sources are there and readable, and enough to certify the risk bound."""
    count = 0
    for source in contract.data.sources:
        where = f"{ws.contract}: data.sources"
        files = sorted(p for p in ws.data.glob(source.path) if p.is_file())
        if not files:
            yield fail("sources", f"no file matches {source.path!r}", where=where,
                       fix="add the file, or mend `path`")  # fmt: skip
            continue
        for path in files:
            try:
                rows = _rows(path)
            except DslmError as error:
                yield from failures("sources", error)
                continue
            count += rows
            yield ok("sources", f"{path.relative_to(ws.data)}: {rows} rows, {source.licence}")
        if source.licence.strip().upper() in {"", "TODO"}:
            yield warn("sources", f"{source.path}: licence is not said", where=where,
                       fix="say under which licence the data may be used")  # fmt: skip
    if count:
        yield from _bound(ws, contract, count)


def _rows(path: Path) -> int:
    """How many rows a source file has, every line of it parsed."""
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return sum(1 for _ in json_lines(path))
    if path.suffix == ".csv":
        rows = csv.reader(io.StringIO(read_text(path), newline=""))
        return max(0, sum(1 for row in rows if row) - 1)
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return int(parquet.read_metadata(path).num_rows)
    fix = "sources are .jsonl, .jsonl.gz, .csv or .parquet"
    raise InputError("is no kind of file that can be read", where=path, fix=fix)


def answers_needed(risk: float, confidence: float) -> int:
    """Right answers, and no wrong one, that certify a risk bound."""
    return math.ceil(math.log(1 - confidence) / math.log(1 - risk))


def _bound(ws: Workspace, contract: Contract, rows: int) -> Iterator[Finding]:
    policy = contract.decision
    needed = answers_needed(policy.max_selective_risk, policy.confidence)
    held = int(rows * contract.data.split.calibration)
    asked = f"{policy.max_selective_risk:.3g} risk at {policy.confidence:.3g} confidence"
    if held < needed:
        yield warn(
            "bound",
            f"{asked} needs {needed} right answers in a row, calibration gets about {held} cases: "
            "no answer could ever proceed",
            where=f"{ws.contract}: decision",
            fix="add labelled cases, raise data.split.calibration, or ask for less",
        )  # fmt: skip
    else:
        yield ok("bound", f"{asked} needs {needed} right answers of about {held} to calibrate on")


def prove_settings(ws: Workspace) -> Iterator[Finding]:
    """Params, recipe and champion file are there and load."""
    yield from _recipe(ws)
    if ws.champion.is_file():
        yield ok("champion", "registry has a champion.json")
    else:
        yield fail("champion", "no such file", where=ws.champion,
                   fix='write {"version": 0, "digest": null}: no release serves yet')  # fmt: skip


def _recipe(ws: Workspace) -> Iterator[Finding]:
    try:
        name = load_params(ws.root).workflows
        recipe = recipe_of(ws)
    except DslmError as error:
        yield from failures("recipe", error)
        return
    yield ok("recipe", f"{name[ws.workflow].recipe} ({recipe.method})")
