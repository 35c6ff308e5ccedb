"""Deciders of the working tree, of the prompt-only base, and of a registered release.

Takes a workspace or a release's folder; gives a `Decider`. Called by the calibrate and score
stages, batch prediction and the registered model's loader.
"""

from __future__ import annotations

from pathlib import Path

from dslm.cases import read_labelled
from dslm.contract import Contract, load_contract
from dslm.contract.deciding import NEVER
from dslm.errors import InputError
from dslm.evidence import read_json
from dslm.inference.decider import Decider, load_decider
from dslm.inference.prompt import baseline_examples, baseline_prompt, tuned_prompt
from dslm.settings.params import recipe_of
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace, stage_command


def threshold_in(path: Path) -> float:
    """The threshold that a calibration.json certifies, `NEVER` where it certifies none.

    Raises:
        InputError: The file does not say.
    """
    made_by = stage_command("calibrate", path)
    value = read_json(path, made_by=made_by).get("threshold", "absent")
    if value is None:
        return NEVER
    if not isinstance(value, float | int) or isinstance(value, bool):
        raise InputError("`threshold` is no number", where=path, fix=f"run {made_by}")
    return float(value)


def load_candidate(ws: Workspace, *, threshold: float | None = None) -> Decider:
    """The adapter in the working tree.

    Args:
        ws: The workflow.
        threshold: Instead of the calibrated one (calibration itself has none yet).
    """
    contract = load_contract(ws.contract)
    return load_decider(
        contract,
        recipe_of(ws),
        tuned_prompt(contract),
        root=ws.root,
        adapter=ws.adapter,
        threshold=threshold_in(ws.calibration) if threshold is None else threshold,
    )


def load_prompted_base(ws: Workspace) -> Decider:
    """The base model, told the task, the schema and a few examples; proceeds when checks allow."""
    contract, recipe = load_contract(ws.contract), recipe_of(ws)
    cases = read_labelled(ws.curated / "train.jsonl", contract)
    shown = baseline_examples(contract, cases, recipe.inference.baseline_examples)
    return load_decider(
        contract,
        recipe,
        baseline_prompt(contract, shown),
        root=ws.root,
        adapter=None,
        threshold=0.0,
    )


def load_release(
    folder: Path, *, root: Path | None = None, contract: Contract | None = None
) -> Decider:
    """A registered release, from its own files.

    Args:
        folder: With workflow.yaml, recipe.yaml, calibration.json and adapter/.
        root: The repository, which a recipe's relative base folder is relative to.
        contract: Judge by this contract instead of the release's own; the same version of it.
    """
    own = load_contract(folder / "workflow.yaml")
    asked = contract or own
    if asked.version != own.version:
        raise InputError(
            f"release answers contract version {own.version}, asked for {asked.version}",
            where=folder,
            fix="a raised contract version needs a retrained model",
        )
    return load_decider(
        asked,
        load_recipe(folder / "recipe.yaml"),
        tuned_prompt(asked),
        root=root or Path.cwd(),
        adapter=folder / "adapter",
        threshold=threshold_in(folder / "calibration.json"),
        locked=False,
    )
