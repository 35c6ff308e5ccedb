"""Proofs on what surrounds a contract: sources, attainable bound, params, recipe.

Called by `dslm.proving.proof`. The bound: with n right answers and no wrong one, a share of
wrong answers of at most r is certified with confidence c once (1 - r)^n <= 1 - c (Clopper–Pearson).
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.contract.model import Contract
from dslm.errors import DslmError
from dslm.proving.finding import Finding, fail, failures, ok, warn
from dslm.proving.source_cases import SourceCases
from dslm.proving.sources import prove_sources
from dslm.settings.params import load_params, recipe_of, recipe_path
from dslm.settings.regular_files import refuse_no_file
from dslm.settings.workspace import Workspace
from dslm.statistics.zero_failures import needed_right


def prove_data(ws: Workspace, contract: Contract, seen: SourceCases) -> Iterator[Finding]:
    """Sources are there and readable, and enough to certify the risk bound."""
    if rows := (yield from prove_sources(ws, contract, seen)):
        yield from _bound(ws, contract, rows)


def _bound(ws: Workspace, contract: Contract, rows: int) -> Iterator[Finding]:
    policy = contract.decision
    needed = needed_right(policy.max_selective_risk, policy.confidence)
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
    try:
        refuse_no_file(
            ws.champion, fix='write {"version": 0, "digest": null}: no release serves yet'
        )
    except DslmError as error:
        yield from failures("champion", error)
    else:
        yield ok("champion", "registry has a champion.json")


def _recipe(ws: Workspace) -> Iterator[Finding]:
    try:
        name = load_params(ws.root).workflows
        recipe = recipe_of(ws)
    except DslmError as error:
        yield from failures("recipe", error)
        return
    yield ok("recipe", f"{name[ws.workflow].recipe} ({recipe.method})")
    if not recipe.base.embedded and not recipe.base.lock:
        yield fail("base", f"{recipe.base.name} is not locked", where=recipe_path(ws),
                   fix=recipe.base.way_to_lock(name[ws.workflow].recipe))  # fmt: skip
