"""A repository of the workflow `mini` as the pipeline leaves it, for tests of what comes after."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.evidence import ChampionRelease, release_digest
from dslm.gating.gate import gate_workspace, write_verdict
from dslm.provenance import write_atomic
from dslm.records import Baseline, Release, Verdict
from dslm.releasing.moves.baseline import choose_baseline, read_champion
from dslm.releasing.moves.promote_and_rollback import history
from dslm.releasing.package.registration import register
from dslm.releasing.verification.fetch_release import fetch_release, what_it_says
from dslm.settings.workspace import Workspace
from support.repositories.scored_repository import (
    Champion,
    calibrated,
    curate,
    inputs_of,
    make_champion,
    score,
    train,
)  # fmt: skip
from support.repositories.scored_rows import cases, first
from support.repositories.small_repository import CONTRACT, RECIPE, ROOT

W = "mini"
OBJECT = {"kind": "order", "number": "A-1"}
GOLD = cases(11)[1:]
CALIBRATION = cases(30, prefix="c")
# What ten cases can pass, and one that they cannot decide.
POLICY = """\
alpha: 0.05
first_release: allow
checks:
  - {id: readable, kind: zero_tolerance, metric: schema_valid_rate}
  - {id: exact, kind: bound, metric: case_exact_match, at_least: 0.8, on: value}
  - {id: holds, kind: non_inferior, metric: case_exact_match, to: champion, margin: 0.9}
"""
UNDECIDED = "  - {id: surely, kind: bound, metric: case_exact_match, at_least: 0.8, on: interval}\n"


def answers_well(_: Path, __: str) -> Mapping[str, Any]:
    """Stands for a decider that loads and answers."""
    return {"object": OBJECT, "action": "proceed", "reasons": [], "confidence": 0.99}


@dataclass(frozen=True)
class Run:
    """A finished run of the pipeline in a repository of its own."""

    ws: Workspace

    def candidate(self, weights: bytes) -> None:
        """Train and calibrate: as the stages leave it."""
        train(self.ws, weights)
        calibrated(self.ws, CALIBRATION)

    def gate(
        self, status: str = "PASS", *, baseline: Baseline | None = None, seconds: int = 1
    ) -> Verdict:
        """Score it and let the gate judge, against the champion that `champion.json` names.

        Args:
            status: What the gate shall say: the answers are chosen so.
            baseline: Compare with this one, as in a clone whose `champion.json` names it. The next
                registration puts that file back.
            seconds: That each answer takes.
        """
        ws = self.ws
        if baseline is not None:
            shutil.copyfile(ws.champion, self._kept)
            write_atomic(ws.champion, baseline.model_dump_json())
        write_atomic(ws.policy, POLICY + UNDECIDED * (status == "INCONCLUSIVE"))
        chosen = choose_baseline(ws)
        write_atomic(ws.baseline, chosen.model_dump_json())
        asked = chosen.version and not chosen.answers_older_contract(1)
        serves = Champion(self._says(chosen), chosen) if asked else None
        right = first(len(GOLD) // 2 if status == "FAIL" else len(GOLD), len(GOLD))
        champion = first(len(GOLD), len(GOLD)) if serves else None
        apart = chosen.other_anchor if asked else None
        apart = None if apart and apart.answers_older_contract(1) else apart
        anchor = apart and (first(len(GOLD), len(GOLD)), Champion(self._says(apart), apart))
        shutil.rmtree(ws.scores("anchor"), ignore_errors=True)
        score(ws, right, champion=champion, serves=serves, gold=GOLD, latency=seconds * 1000,
              anchor=anchor)  # fmt: skip
        verdict = self.judge()
        assert verdict.status == status
        return verdict

    def judge(self) -> Verdict:
        """The gate's verdict on what lies there, written down."""
        verdict = gate_workspace(self.ws, dt.datetime.now(dt.UTC).date())
        write_verdict(self.ws, verdict)
        return verdict

    def forge(self, **changes: Any) -> None:
        """Change what the verdict says, with an editor."""
        path = self.ws.results / "gate.json"
        write_atomic(path, json.dumps(json.loads(path.read_text()) | changes))

    def register(self, answer: Callable[..., Mapping[str, Any]] = answers_well) -> Release:
        """What the register stage does."""
        evidence = inputs_of(self.ws, "candidate")
        text, files = self.ws.calibration.read_text(), ("plan", "recipe", "data")
        says = ChampionRelease(
            evidence=evidence, calibration=text, **{key: evidence[key] for key in files}
        )
        name = release_digest(W, evidence).removeprefix("sha256:")
        write_atomic(self.ws.root / "said" / f"{name}.json", says.model_dump_json())
        try:
            return register(self.ws, answer)
        finally:
            if self._kept.exists():
                self._kept.replace(self.ws.champion)

    @property
    def _kept(self) -> Path:
        return self.ws.root / "champion.kept.json"

    def _says(self, champion: Baseline) -> ChampionRelease:
        """What the score_champion stage reads in the champion's files."""
        if champion.digest == make_champion().baseline.digest:
            return make_champion().says
        name = str(champion.digest).removeprefix("sha256:")
        path = self.ws.root / "said" / f"{name}.json"
        if not path.exists():
            with tempfile.TemporaryDirectory() as into:
                return what_it_says(fetch_release(self.ws, champion, Path(into)))
        return ChampionRelease.model_validate_json(path.read_bytes())

    def released(self, weights: bytes) -> Release:
        """A registered candidate, from weights on."""
        self.candidate(weights)
        self.gate()
        return self.register()

    def state(self) -> tuple[Any, ...]:
        """All that a move would change."""
        from dslm.releasing.registry.mlflow_store import ModelStore

        return (
            ModelStore(self.ws.root, W).aliases(),
            history(self.ws),
            self.ws.champion.read_bytes(),
        )

    def forget_copies(self) -> None:
        """Leave what is known of the journal outside it as it was before there were copies."""
        from dslm.releasing.journal.journal_anchors import COPY, HEAD
        from dslm.releasing.registry.mlflow_store import ModelStore

        store = ModelStore(self.ws.root, W)
        for version in store.versions():
            for key in version.tags:
                if key.startswith(COPY) or key == HEAD:
                    store.mlflow.delete_model_version_tag(W, str(version.number), key)
        self.ws.journal_copy.unlink(missing_ok=True)
        noted = read_champion(self.ws.champion)
        write_atomic(self.ws.champion, json.dumps(noted.written(), indent=2) + "\n")

    def stored(self, version: int, name: str) -> Path:
        """A file of a version where MLflow keeps it."""
        from dslm.releasing.registry.mlflow_store import ModelStore

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
    curate(ws, GOLD, CALIBRATION)
    write_atomic(ws.waivers, "waivers: []\n")
    run = Run(ws)
    run.candidate(b"weights one")
    run.gate()
    return run
