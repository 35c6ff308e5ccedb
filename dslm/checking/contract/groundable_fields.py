"""Proof that grounded fields can be held to the input they are decoded from.

Called by `dslm.checking.check_workflow`, for a contract whose grammar is sound. Says nothing where
the recipe does not ask for it (`inference.copy_grounded`).
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.finding import Finding, named, ok, warn
from dslm.contract.model.contract_model import Contract
from dslm.contract.narrowing import limits
from dslm.errors import DslmError
from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace


def prove_copying(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """Each grounded field, or part of one, that no input narrows, with the reason."""
    try:
        copies = recipe_of(ws).inference.copy_grounded
    except DslmError:
        return  # a recipe that cannot be read is another proof's finding
    if not (copies and contract.grounded):
        return
    found = limits(contract)
    for place, why in sorted(found.open.items()):
        yield warn(
            "copying", f"{place} {why}: the model may write there what is not in the input",
            where=f"{ws.contract}: output.{place}",
            fix="give it a narrower schema, or take it out of `grounded`",
        )  # fmt: skip
    for place, why in sorted(found.closed.items()):
        yield warn(
            "copying", f"{place} {why}: they are never written",
            where=f"{ws.contract}: output.{place}",
            fix="name the keys, and set `additionalProperties: false`",
        )  # fmt: skip
    if not found.open and not found.closed:
        yield ok("copying", f"copied from the input only: {named(contract.grounded)}")
