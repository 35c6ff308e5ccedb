"""Proofs on what surrounds a contract: sources, attainable bound, params, recipe.

Called by `dslm.checking.check_workflow`. The bound: whether the calibration split could certify the
risk if no answer of it were wrong, by the p-value that the certificate itself takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.data.source_cases import SourceCases
from dslm.checking.data.source_files import prove_sources
from dslm.checking.finding import Finding, fail, failures, ok, warn
from dslm.contract.model.contract_model import Contract
from dslm.errors import DslmError
from dslm.settings.files.regular_files import refuse_no_file
from dslm.settings.params import load_params, recipe_of, recipe_path
from dslm.settings.workspace import Workspace
from dslm.statistics.power_and_sample_size import needed_right, p_without_failure


def prove_data(ws: Workspace, contract: Contract, seen: SourceCases) -> Iterator[Finding]:
    """Sources are there and readable, and enough to certify the risk bound."""
    if (yield from prove_sources(ws, contract, seen)):
        yield from _bound(ws, contract, seen)


def _bound(ws: Workspace, contract: Contract, seen: SourceCases) -> Iterator[Finding]:
    policy, sizes = contract.decision, list(seen.calibration.values())
    sure = policy.confidence_of_each
    needed = needed_right(policy.max_selective_risk, sure)
    over = f" over {policy.calibrations} calibrations" if policy.calibrations else ""
    risk, chance = f"{policy.max_selective_risk:.3g}", f"{policy.confidence:.3g}"
    needs = (
        f"a selective risk of {risk} at confidence {chance}{over} needs {needed} right answers in "
        "as many groups and none wrong"
    )
    held = f"{sum(sizes):,} cases in {len(sizes):,} groups at most" if sizes else "no case"
    most, allowed = policy.max_selective_risk, 1 - sure
    if not sizes or p_without_failure(sizes, most) > allowed:
        uneven = len(sizes) >= needed and p_without_failure([1] * len(sizes), most) <= allowed
        held += f", and one of them, which may be all wrong, has {max(sizes):,}" if uneven else ""
        fix = "add labelled cases of other groups, raise data.split.calibration, or ask for less"
        yield warn(
            "bound", f"{needs}; the calibration split gets {held}: no answer could ever proceed",
            where=f"{ws.contract}: decision",
            fix=f"take fewer cases of the largest group, {fix}" if uneven else fix,
        )  # fmt: skip
    else:
        yield ok("bound", f"{needs}; the calibration split gets {held}")


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
