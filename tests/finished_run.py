"""A repository of the workflow `mini` as the pipeline leaves it, for tests of what comes after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from small_repository import CONTRACT, RECIPE, ROOT, case

from dslm import evidence
from dslm.provenance import digest_file, write_atomic, write_manifest
from dslm.records import (
    Baseline,
    Check,
    FieldScore,
    Metric,
    ModelScore,
    Release,
    Scorecard,
    Verdict,
)
from dslm.releasing.packaging import scored_digest
from dslm.releasing.promoting import history
from dslm.releasing.registering import register
from dslm.settings.policy import load_policy
from dslm.settings.workspace import Workspace

W = "mini"
OBJECT = {"kind": "order", "number": "A-1"}
METRIC = Metric(value=0.9, low=0.85, high=0.94, n=200)
UNMEASURED = Metric(value=None, low=None, high=None, n=0)


def answers_well(_: Path, __: str) -> Mapping[str, Any]:
    """Stands for a decider that loads and answers."""
    return {"object": OBJECT, "action": "proceed", "reasons": [], "confidence": 0.99}


@dataclass(frozen=True)
class Run:
    """A finished run of the pipeline in a repository of its own."""

    ws: Workspace

    def candidate(self, weights: bytes) -> None:
        """Train, calibrate and score: as the stages leave it."""
        ws = self.ws
        made_from = {key: f"sha256:{key}" for key in evidence.TRAINED_FROM}
        ws.adapter.mkdir(parents=True, exist_ok=True)
        (ws.adapter / "adapter_model.safetensors").write_bytes(weights)
        for name in ("adapter_config.json", "training.json"):
            write_atomic(ws.adapter / name, "{}\n")
        write_manifest(ws.adapter, made_from)
        write_atomic(ws.calibration, '{"threshold": 0.8}\n')
        for model in ("candidate", "base"):
            self.score(model, seconds=1)
        self.scorecard()

    def score(self, model: str, *, seconds: int) -> None:
        """Rows of a model, with the time that answering took."""
        folder = self.ws.scores(model)
        write_atomic(folder / "rows.jsonl", f'{{"id": "a", "seconds": {seconds}}}\n')
        write_manifest(folder, {})

    def scorecard(self) -> None:
        """The scorecard of what lies there now."""
        field = FieldScore(precision=METRIC, recall=METRIC, f1=METRIC, accuracy=METRIC)
        score = ModelScore(
            metrics={"case_exact_match": METRIC, "selective_risk": UNMEASURED},
            fields={"number": field}, slices={}, latency_ms={"p95": 900.0}, outcomes={},
        )  # fmt: skip
        card = Scorecard(
            workflow=W, gold_cases=200, currency="EUR", threshold=0.8,
            models={"candidate": score, "base": score}, evidence=evidence.current(self.ws),
        )  # fmt: skip
        write_atomic(self.ws.results / "scorecard.json", card.model_dump_json() + "\n")

    def gate(self, status: str = "PASS", **changes: Any) -> None:
        """The gate's verdict on it, against the champion of now."""
        champion = Baseline.model_validate_json(self.ws.champion.read_bytes())
        check = Check(id="exact", metric="m", status=status, asked="≥ 0.8", seen="0.9", why="")
        judged = {
            "policy": load_policy(self.ws.policy).digest(),
            "scorecard": digest_file(self.ws.results / "scorecard.json"),
            "waivers": "none",
        } | {f"rows_{m}": scored_digest(self.ws, m) for m in ("candidate", "base")}
        verdict = Verdict(
            workflow=W, status=status, checks=(check,), baseline=champion,
            evidence=evidence.current(self.ws) | judged,
        )  # fmt: skip
        verdict = verdict.model_copy(update=changes)
        write_atomic(self.ws.results / "gate.json", verdict.model_dump_json() + "\n")
        write_atomic(self.ws.results / "gate.md", f"# {status}\n")

    def register(self, answer: Callable[..., Mapping[str, Any]] = answers_well) -> Release:
        """What the register stage does."""
        return register(self.ws, answer)

    def released(self, weights: bytes) -> Release:
        """A registered candidate, from weights on."""
        self.candidate(weights)
        self.gate()
        return self.register()

    def state(self) -> tuple[Any, ...]:
        """All that a move would change."""
        from dslm.releasing.store import ModelStore

        return (
            ModelStore(self.ws.root, W).aliases(),
            history(self.ws),
            self.ws.champion.read_bytes(),
        )

    def stored(self, version: int, name: str) -> Path:
        """A file of a version where MLflow keeps it."""
        from dslm.releasing.store import ModelStore

        run = ModelStore(self.ws.root, W).version(version).run_id
        return self.ws.root / ".mlflow/artifacts" / W / str(run) / "artifacts/release" / name


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def finish_run(root: Path) -> Run:
    """Write the repository and let the gate pass; there is no MLflow database yet."""
    ws = Workspace(root, W)
    for name in (f"recipes/{RECIPE}.yaml", "registry/card-template.md.jinja"):
        shutil.copyfile(ROOT / name, _made(root / name))
    write_atomic(root / "params.yaml", f"workflows:\n  {W}:\n    recipe: {RECIPE}\n")
    write_atomic(ws.contract, CONTRACT)
    write_atomic(ws.champion, '{"version": 0, "digest": null}\n')
    write_atomic(ws.lock, "dslm==0.1.0\n")
    shutil.copyfile(ROOT / "eval" / "invoice_intake" / "gate.yaml", _made(ws.policy))
    write_atomic(ws.gold, json.dumps(case(1)) + "\n")
    for name in ("train.jsonl", "validation.jsonl"):
        write_atomic(ws.curated / name, "{}\n")
    write_manifest(ws.curated, {})
    run = Run(ws)
    run.candidate(b"weights one")
    run.gate()
    return run
