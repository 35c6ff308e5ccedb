"""Deciders of the working tree, of the prompt-only base, and of a registered release.

Takes a workspace or a release's folder; gives a `Decider`. Called by the calibrate and score
stages, batch prediction and the registered model's loader.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dslm.cases import read_labelled
from dslm.contract import Contract, load_contract
from dslm.errors import InputError
from dslm.evidence import (
    Threshold,
    adapter_digests,
    code_digest,
    digest_there,
    engine_differences,
    read_evidence,
    refuse_foreign,
    threshold_in,
)
from dslm.inference.base_models.base_locations import refuse_elsewhere
from dslm.inference.decider import Decider, load_decider
from dslm.inference.prompts.few_shot_examples import baseline_examples
from dslm.inference.prompts.prompt import baseline_prompt, tuned_prompt
from dslm.settings.params import recipe_of
from dslm.settings.recipe import BaseModelSource, load_recipe
from dslm.settings.workspace import Workspace, stage_command

RESTORE = "restore it from a backup, or register that release again"


def load_candidate(ws: Workspace, *, threshold: float | None = None) -> Decider:
    """The adapter in the working tree.

    Args:
        ws: The workflow.
        threshold: Instead of the calibrated one (calibration itself has none yet).

    Raises:
        ReleaseRefused: The calibrated threshold is of another adapter, recipe, contract, code, …
    """
    contract = load_contract(ws.contract)
    if threshold is not None:
        return _candidate(ws, contract, threshold)
    certified = _own_threshold(ws, contract)
    return _told(_candidate(ws, contract, certified.cutoff), certified)


def _candidate(ws: Workspace, contract: Contract, threshold: float) -> Decider:
    return load_decider(
        contract,
        recipe_of(ws),
        tuned_prompt(contract),
        root=ws.root,
        adapter=ws.adapter,
        threshold=threshold,
    )


def _own_threshold(ws: Workspace, contract: Contract) -> Threshold:
    """The calibrated threshold, refused where it is not of what lies here; before a model loads."""
    certified = threshold_in(ws.calibration)
    read_evidence(certified.evidence, what="the calibration")
    model = adapter_digests(ws.adapter) | {
        "contract": contract.digest(),
        "plan": recipe_of(ws).plan_digest(),
        "code": code_digest(),
        "lock": digest_there(ws.lock, fix="restore it from git"),
    }
    fix = stage_command("calibrate", ws.workflow)
    refuse_foreign(certified, model, where=ws.calibration, fix=fix)
    return certified


def _told(decider: Decider, certified: Threshold) -> Decider:
    """The decider, with what computes otherwise here than when its threshold was certified."""
    told = engine_differences(certified.evidence, decider.identity)
    if certified.evidence.get("code") != decider.identity["code"]:
        told.append("other code of dslm")
    return replace(decider, told=tuple(told))


def load_prompted_base(ws: Workspace, *, threshold: float) -> Decider:
    """The base model, told the task, the schema and a few examples.

    Args:
        ws: The workflow.
        threshold: Confidence from which an answer of it may proceed.
    """
    contract, recipe = load_contract(ws.contract), recipe_of(ws)
    cases = read_labelled(ws.curated / "train.jsonl", contract)
    shown = baseline_examples(contract, cases, recipe.inference.baseline_examples)
    return load_decider(
        contract,
        recipe,
        baseline_prompt(contract, shown),
        root=ws.root,
        adapter=None,
        threshold=threshold,
    )


def load_release(
    folder: Path,
    *,
    root: Path | None = None,
    contract: Contract | None = None,
    base: BaseModelSource | None = None,
) -> Decider:
    """A registered release, from its own files.

    Args:
        folder: With workflow.yaml, recipe.yaml, calibration.json and adapter/.
        root: The repository, which a recipe's relative base folder is relative to.
        contract: Judge by this contract instead of the release's own; the same version of it.
        base: Where the base model lies, instead of where the recipe says; it has to be the same.

    Raises:
        InputError: The contract asked for is of another version, or a file is not what it was; or
            the recipe names a base in a place where none is looked for.
        ReleaseRefused: Its threshold was certified for another model.
    """
    own = load_contract(folder / "workflow.yaml")
    asked = contract or own
    if asked.version != own.version:
        raise InputError(
            f"release answers contract version {own.version}, asked for {asked.version}",
            where=folder,
            fix="a raised contract version needs a retrained model",
        )
    path = folder / "calibration.json"
    certified = threshold_in(path)
    refuse_foreign(certified, adapter_digests(folder / "adapter"), where=path, fix=RESTORE)
    recipe = load_recipe(folder / "recipe.yaml")
    if base is None:  # else the caller says where, not whoever wrote the release
        refuse_elsewhere(recipe.base, root or Path.cwd())
    else:
        recipe = recipe.model_copy(update={"base": base})
    decider = load_decider(
        asked,
        recipe,
        tuned_prompt(asked),
        root=root or Path.cwd(),
        adapter=folder / "adapter",
        threshold=certified.cutoff,
        locked=False,
    )
    return _told(decider, certified)
