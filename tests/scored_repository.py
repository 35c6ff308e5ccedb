"""The repository of `mini` as the score stage leaves it, answers chosen by the test, no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from scored_rows import MINI, cases, first, rows_of
from small_repository import make_repository

from dslm import evidence
from dslm.cases import write_records
from dslm.contract.deciding import NEVER
from dslm.provenance import write_atomic, write_manifest
from dslm.records import Baseline, Row
from dslm.scoring import calibrate, make_scorecard
from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace

GOLD = cases(200, groups=100)
CALIBRATION = cases(120, prefix="c")


def seal_rows(ws: Workspace, model: str, rows: Sequence[Row], inputs: Mapping[str, str]) -> None:
    """Rows of one model as a stage writes them."""
    write_records(ws.scores(model) / "rows.jsonl", rows)
    write_manifest(ws.scores(model), inputs)


def _inputs(ws: Workspace) -> None:
    """What curation and training leave."""
    write_records(ws.gold, GOLD)
    write_atomic(ws.lock, "dslm==0.1.0\n")
    for name in ("train", "validation"):
        write_atomic(ws.curated / f"{name}.jsonl", "{}\n")
    write_records(ws.curated / "calibration.jsonl", CALIBRATION)
    write_manifest(ws.curated, {})
    write_atomic(ws.adapter / "adapter_model.safetensors", "weights")
    made_from = {key: f"sha256:{key}" for key in evidence.TRAINED_FROM}
    recipe = recipe_of(ws).digest()
    made_from |= {"recipe": recipe, "data": evidence.data_digest(ws.curated)}
    write_manifest(ws.adapter, made_from)


def finish_scoring(root: Path, *, champion: Sequence[bool] | None = None) -> Workspace:
    """A scored candidate: 190 of 200 right, the base 60; a champion if its answers are given."""
    ws = make_repository(root)
    _inputs(ws)
    rows = rows_of(CALIBRATION, first(120, 120), threshold=NEVER)
    seal_rows(ws, "calibration", rows, {"threshold": str(NEVER)})
    found = calibrate(MINI, rows, {"adapter": "sha256:1"})
    write_atomic(ws.calibration, found.model_dump_json())
    baseline = Baseline() if champion is None else Baseline(version=3, digest="sha256:three")
    write_atomic(ws.baseline, baseline.model_dump_json())
    if champion is None:
        write_atomic(ws.scores("champion") / "note.json", '{"champion": 0}\n')
        write_manifest(ws.scores("champion"), {})
    score(ws, first(190, 200), champion=champion)
    return ws


def score(ws: Workspace, right: Sequence[bool], *, champion: Sequence[bool] | None = None) -> None:
    """Rows of all models and the scorecard, as of the working tree now."""
    now = evidence.current(ws)
    models: dict[str, list[Row]] = {}
    for model, flags, threshold in (
        ("candidate", right, 0.99), ("base", first(60, 200), 0.0), ("champion", champion, 0.5),
    ):  # fmt: skip
        if flags is not None:
            models[model] = rows_of(GOLD, flags, threshold=threshold)
            own = {"threshold": str(threshold), "release": "sha256:three"}
            seal_rows(ws, model, models[model], now | own)
    card = make_scorecard(MINI, GOLD, threshold=0.99, rows_by_model=models, evidence=now)
    write_atomic(ws.results / "scorecard.json", card.model_dump_json(indent=2))
