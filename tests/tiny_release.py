"""A repository whose candidate is a tiny model with an adapter of random weights, and its release.

Takes empty folders; gives what `load_candidate`, `load_release` and MLflow load.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import tiny_model
from scored_rows import MINI
from small_repository import make_repository

from dslm.contract.deciding import NEVER
from dslm.evidence import Evidence, adapter_digests, code_digest
from dslm.inference.decider import engine_now
from dslm.inference.locks import lock_base
from dslm.provenance import digest_bytes, digest_file, write_manifest
from dslm.releasing.packaging import mlmodel
from dslm.settings.params import recipe_of
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace


def make_candidate(root: Path, base: str = "base/tiny") -> Workspace:
    """A repository with a trained adapter of the tiny model, and its calibration.

    Args:
        root: An empty folder.
        base: Where the base lies, as the recipe names it.
    """
    made = make_repository(root)
    tiny_model.write_base(root / base)
    (root / "recipes" / "tiny.yaml").write_text(tiny_model.recipe_text(base))
    lock_base(BaseModelSource(folder=base), root)
    (root / "params.yaml").write_text("workflows: {mini: {recipe: tiny}}\n")
    tiny_model.write_adapter(made.adapter)
    made.lock.write_text("dslm==0.1.0\n")
    calibrated_by(made)
    return made


def calibrated_by(ws: Workspace, threshold: float | None = 0.25, **changes: str) -> None:
    """What the calibrate stage leaves, but for the numbers beside the threshold."""
    model = adapter_digests(ws.adapter) | engine_now()
    model |= {
        "contract": MINI.digest(),
        "plan": recipe_of(ws).plan_digest(),
        "code": code_digest(),
        "lock": digest_file(ws.lock),
        "calibration_cases": digest_bytes(b"cases"),
        "threshold": str(NEVER),
    }
    named = Evidence.of("calibration", model).named() | changes
    ws.calibration.write_text(json.dumps({"threshold": threshold, "evidence": named}))


def release_of(ws: Workspace, folder: Path) -> Path:
    """The files of a release that answering needs, sealed."""
    shutil.copytree(ws.adapter, folder / "adapter")
    shutil.copyfile(ws.contract, folder / "workflow.yaml")
    shutil.copyfile(ws.root / "recipes" / "tiny.yaml", folder / "recipe.yaml")
    shutil.copyfile(ws.calibration, folder / "calibration.json")
    shutil.copyfile(ws.lock, folder / "requirements.txt")
    (folder / "MLmodel").write_text(json.dumps(mlmodel()))
    write_manifest(folder, {})
    return folder
