"""A repository whose candidate is a tiny model with an adapter of random weights, and its release.

Takes empty folders; gives what `load_candidate`, `load_release` and MLflow load.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from dslm.cases import read_records, write_records
from dslm.contract.answers.decision import NEVER
from dslm.evidence import (
    TRAINED_FROM,
    Evidence,
    adapter_digests,
    code_digest,
    release_digest,
)
from dslm.inference.base_models.base_locks import lock_base
from dslm.inference.decider import engine_now
from dslm.inference.decider_loading import load_candidate
from dslm.provenance import digest_bytes, digest_file, write_manifest
from dslm.records import (
    Baseline,
    Case,
    Check,
    JournalEntry,
    Metric,
    ModelScore,
    Outcome,
    Row,
    Scorecard,
    Verdict,
)
from dslm.releasing.journal.journal import Journal
from dslm.releasing.package.recorded_answers import cases_to_record
from dslm.releasing.package.release_package import mlmodel
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.release_verification import evidence_tag, verdict_tag
from dslm.scoring.scorecard_verification import answers_digest
from dslm.settings.params import recipe_of
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace
from support.models import tiny_model
from support.repositories.scored_rows import MINI
from support.repositories.small_repository import make_repository

MEASURED = Metric(value=0.5, low=0.4, high=0.6, n=60)
SCORECARD = Scorecard(
    workflow="mini", gold_cases=60, currency="EUR", threshold=0.25, evidence={},
    models={"candidate": ModelScore(metrics={"cost_per_case": MEASURED}, fields={}, slices={},
                                    latency_ms={}, outcomes={})},
)  # fmt: skip


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


def answered_release_of(ws: Workspace, folder: Path) -> Path:
    """The files of a release that was gated: its model's own rows, its evidence, a verdict.

    The adapter says that it was made from the recipe that lies there.
    """
    made_from = {**adapter_digests(ws.adapter), "recipe": recipe_of(ws).digest()}
    write_manifest(ws.adapter, {key: made_from[key] for key in TRAINED_FROM})
    calibrated_by(ws)
    release_of(ws, folder)
    decider = load_candidate(ws)
    gold = read_records(ws.gold, Case)
    answers = decider.answer([case.input for case in gold])
    outcome = Outcome(kind="held_back", exact=False, cost=3.0)
    write_records(
        folder / "rows" / "candidate.jsonl",
        [
            Row(id=case.id, group=case.id, prediction=answer, decision=decision, outcome=outcome)
            for case, (answer, decision) in zip(gold, answers, strict=True)
        ],
    )
    asked = {"gold": digest_file(ws.gold), "calibration": digest_file(ws.calibration)}
    named = Evidence.of("candidate", decider.identity, asked, {
        "lock": digest_file(ws.lock), "threshold": str(decider.threshold),
    }).named()  # fmt: skip
    (folder / "evidence.json").write_text(json.dumps({"candidate": named}))
    write_records(folder / "recorded.jsonl", cases_to_record(ws))
    shown = {"id": gold[0].id, "input": gold[0].input, "as_gold": True}
    (folder / "smoke.json").write_text(json.dumps(shown))
    (folder / "card.md").write_text("# mini\n")
    return sealed(folder, named)


def sealed(folder: Path, named: Mapping[str, str] | None = None) -> Path:
    """The release with a manifest and a verdict that fit its files, as whoever may write makes it.

    Args:
        folder: The release.
        named: Its evidence; by default what it says already, but for digests of its files.
    """
    if named is None:
        named = json.loads((folder / "MANIFEST.json").read_text())["inputs"]
    rows = answers_digest(folder / "rows" / "candidate.jsonl", named)
    (folder / "scorecard.json").write_text(SCORECARD.model_dump_json())
    judged = {"rows_candidate": rows, "scorecard": digest_file(folder / "scorecard.json")}
    check = Check(id="readable", metric="schema_valid_rate", status="PASS", asked="a", seen="b",
                  why="c")  # fmt: skip
    verdict = Verdict(workflow="mini", status="PASS", checks=(check,), baseline=Baseline(),
                      evidence=dict(named) | judged)  # fmt: skip
    (folder / "gate.json").write_text(verdict.model_dump_json())
    write_manifest(folder, named)
    return folder


def put_into_registry(ws: Workspace, folder: Path) -> str:
    """Register such a release as version 1, by hand, and make it the champion; gives its digest."""
    store = ModelStore(ws.root, "mini")
    named = json.loads((folder / "MANIFEST.json").read_text())["inputs"]
    verdict = Verdict.model_validate_json((folder / "gate.json").read_bytes())
    digest = release_digest("mini", named)
    tags = {
        "digest": digest, "manifest": digest_file(folder / "MANIFEST.json"), "status": "candidate",
        "contract_version": "1", "evidence": evidence_tag(named), "verdict": verdict_tag(verdict),
    }  # fmt: skip
    run_id, source = store.upload(folder, {})
    assert store.add(source, tags, run_id) == 1
    journal = Journal(store)
    journal.append(JournalEntry(
        seq=1, at="2026-01-01T00:00:00+00:00", actor="ann", action="promote", from_version=0,
        to_version=1, to_digest=digest, reason="first",
        verdict_digest=digest_file(folder / "gate.json"), previous_digest=journal.genesis,
    ))  # fmt: skip
    store.point("champion", 1)
    return digest
