"""The repository of `mini` with a tiny model that answered all cases: as the stages leave it.

Takes an empty folder; gives its workspace. Unlike `scored_repository` the rows are a model's own,
so that it can be asked again.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

from dslm.cases import write_records
from dslm.curation.splits import SPLITS
from dslm.evidence import data_digest
from dslm.inference.base_models.base_locks import lock_base
from dslm.provenance import read_manifest, write_atomic, write_manifest
from dslm.records import Case
from dslm.settings.params import recipe_of
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace
from pipelines import baseline, calibrate, score, score_base, score_champion
from support.models import tiny_model
from support.repositories.dvc_repository import unlike_cases
from support.repositories.scored_repository import seal_curated
from support.repositories.scored_rows import cases
from support.repositories.small_repository import make_repository

COUNT = 20


def finish_answering(
    root: Path, contract: str | None = None, architecture: str = "llama"
) -> Workspace:
    """Curated, trained, calibrated and scored; there is no champion."""
    ws = make_repository(root)
    if contract is not None:
        ws.contract.write_text(contract)
    tiny_model.write_base(root / "base" / "tiny", architecture)
    (root / "recipes" / "tiny.yaml").write_text(tiny_model.recipe_text("base/tiny"))
    lock_base(BaseModelSource(folder="base/tiny"), root)
    (root / "params.yaml").write_text("workflows: {mini: {recipe: tiny}}\n")
    ws.lock.write_text("dslm==0.1.0\n")
    write_records(
        ws.gold, [Case.model_validate(c) for c in unlike_cases(COUNT, prefix="g", seed=2)]
    )
    asked = {name: _unlike(cases(12, prefix=name[0]), name) for name in SPLITS}
    seal_curated(ws, asked.pop("calibration"), asked)
    write_atomic(ws.waivers, "waivers: []\n")
    answer_all(ws, architecture=architecture)
    return ws


def _unlike(found: list[Case], name: str) -> list[Case]:
    """The same of other texts and senders: no split knows those of another."""
    said = [case.input.partition(", says")[0].rstrip(".") for case in found]
    return [
        case.model_copy(update={"input": f"{text}. To the {name}.",
                                "meta": case.meta | {"sender": case.id}})
        for case, text in zip(found, said, strict=True)
    ]  # fmt: skip


def answer_all(ws: Workspace, *, seed: int = 0, architecture: str = "llama") -> None:
    """Train, with weights drawn by a number, and let every model answer."""
    shutil.rmtree(ws.adapter, ignore_errors=True)
    tiny_model.write_adapter(ws.adapter, architecture, seed=seed)
    made_from = read_manifest(ws.adapter, made_by="x")["inputs"]
    now = {"recipe": recipe_of(ws).digest(), "data": data_digest(ws.curated)}
    write_manifest(ws.adapter, made_from | now)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for stage in (calibrate, baseline, score_base, score_champion, score):
            stage.body(ws)
