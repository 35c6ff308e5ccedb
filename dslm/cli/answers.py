"""The models that recorded answers name, loaded to answer some of the cases again.

Takes a workspace and a model's name; gives what `dslm.scoring.reproducing` repeats rows with, and
the outcome for all models that were asked for. Called by `dslm verify --answers`. A model that
cannot be had or held here is refused with the reason, and never passed over.
"""

from __future__ import annotations

import math
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dslm.errors import EnvironmentFault, InputError

if TYPE_CHECKING:
    from dslm.evidence import Model
    from dslm.inference.decider import Decider
    from dslm.records import Case
    from dslm.scoring.reproducing import Repeated
    from dslm.settings.recipe import Recipe
    from dslm.settings.workspace import Workspace

HIGHEST_DRAW = 10**9
BESIDES = 1.5e9  # bytes: torch, the tokenizer, keys and values of a batch
BYTES = {"float32": 4.0, "bfloat16": 2.0}
FOUR_BIT = 0.8  # bytes a parameter, embeddings and scales counted in


@dataclass(frozen=True)
class Asked:
    """What is to be answered again.

    Attributes:
        models: Whose rows.
        cases: How many of each; None for as many as find `share` edited ones.
        draw: The number that chooses them.
        share: Of the rows, edited ones.
        chance: With which at least one of them is drawn.
    """

    models: Sequence[Model]
    cases: int | None
    draw: int
    share: float
    chance: float


def new_draw() -> int:
    """A number that nobody could know before."""
    return secrets.randbelow(HIGHEST_DRAW)


def repeat_rows(ws: Workspace, asked: Asked) -> Iterator[Repeated]:
    """Answer again what was drawn of each model's rows, model by model.

    Raises:
        ReleaseRefused: A model is not the one that its rows name, or not in the registry.
        InputError: Rows, cases or a model's files are missing.
        EnvironmentFault: A base is larger than the memory there is.
    """
    from dslm.scoring.reproducing import cases_needed, drawn, repeat
    from dslm.scoring.verification import RELEASES, WorkingTree

    tree = WorkingTree(ws)
    for model in RELEASES:
        if model in asked.models and model not in tree.models():
            who = "champion" if model == "champion" else "anchor other than the champion"
            raise InputError(f"no {who} has answered", where=ws.scores(model),
                             fix=f"leave out --model {model}")  # fmt: skip
    for model in asked.models:
        said = tree.answered(model)
        cases = _cases(ws, model)[: len(said.rows)]  # the base may have been given up
        count = asked.cases or cases_needed(len(said.rows), asked.share, asked.chance)
        places = drawn(said.rows, count, asked.draw, model)
        with tempfile.TemporaryDirectory(prefix="dslm-") as into:
            decider = _load(ws, model, Path(into))
            yield repeat(model, decider, cases, said.rows, said.evidence, places)


def _cases(ws: Workspace, model: Model) -> list[Case]:
    """What a model was asked."""
    from dslm.cases import read_labelled
    from dslm.contract import load_contract
    from dslm.scoring.base_calibration import in_drawn_order

    calibrates = model in ("calibration", "base_calibration")
    path = ws.curated / "calibration.jsonl" if calibrates else ws.gold
    cases = read_labelled(path, load_contract(ws.contract))
    return in_drawn_order(cases) if model == "base_calibration" else cases


def _load(ws: Workspace, model: Model, into: Path) -> Decider:
    from dslm.contract.deciding import NEVER
    from dslm.inference.loading import load_candidate, load_prompted_base
    from dslm.scoring.verification import RELEASES
    from dslm.settings.params import recipe_of

    if model in RELEASES:
        return _release(ws, model, into)
    refuse_too_large(recipe_of(ws), ws.root)
    if model in ("base", "base_calibration"):
        return load_prompted_base(ws, threshold=NEVER)  # texts are compared, not decisions
    return load_candidate(ws, threshold=NEVER if model == "calibration" else None)


def _release(ws: Workspace, model: Model, into: Path) -> Decider:
    """A release that the candidate was compared with, from the registry."""
    from dslm.cases import read_record
    from dslm.contract import load_contract
    from dslm.inference.loading import load_release
    from dslm.records import Baseline
    from dslm.releasing.fetching import fetch_release
    from dslm.settings.recipe import load_recipe
    from dslm.settings.workspace import stage_command

    fix = f"run {stage_command('baseline', ws.workflow)}"
    baseline = read_record(ws.baseline, Baseline, missing="no baseline chosen yet", fix=fix)
    named = baseline if model == "champion" else baseline.other_anchor
    if named is None:
        raise InputError("names no anchor other than the champion", where=ws.baseline, fix=fix)
    release = fetch_release(ws, named, into)
    refuse_too_large(load_recipe(release / "recipe.yaml"), ws.root)
    return load_release(release, root=ws.root, contract=load_contract(ws.contract))


def refuse_too_large(recipe: Recipe, root: Path) -> None:
    """Stop before a base is loaded that the machine cannot hold: it would be killed without a word.

    Raises:
        EnvironmentFault: It is one; says how much it takes and what there is.
    """
    from dslm.inference.base import locate_tokenizer
    from dslm.inference.models import device
    from dslm.training.room import room

    precision = recipe.inference.dtype
    each = FOUR_BIT if recipe.method == "qlora" else BYTES[precision]
    files = sorted(locate_tokenizer(recipe.base, root).folder.rglob("*.safetensors"))
    needed = sum(map(_parameters, files)) * each + BESIDES
    there = room(on_gpu=device() == "cuda")
    if needed > there.bytes:
        what = f"{recipe.base.name} takes about {needed / 1e9:.1f} GB to answer in {precision}"
        raise EnvironmentFault(
            f"{what}, the {there.of} is {there.bytes / 1e9:.1f} GB",
            fix="answer again on a machine that holds it: a runner with a label of its own",
        )


def _parameters(path: Path) -> int:
    """How many numbers a safetensors file holds, by its header."""
    from dslm.inference.safetensors_header import tensor_shapes

    return sum(map(math.prod, tensor_shapes(path).values()))
