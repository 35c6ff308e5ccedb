"""Registers the candidate: a version in MLflow whose evidence says PASS, and which answers.

Takes a workspace after the gate; gives a `Release` and writes `registry/<workflow>/release.json`.
Called by the register stage. Trusts nothing that ran before: reads the verdict again, compares
every digest with what lies there now, and reads back what it stored.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from dslm.contract import load_contract
from dslm.errors import InputError, Problems, ReleaseRefused
from dslm.evidence import current, read_json, refuse_differences
from dslm.provenance import MANIFEST, canonical_json, digest_file, write_atomic
from dslm.records import JournalEntry, Release, Scorecard, Verdict
from dslm.releasing.checking import Answer, prove, read_verdict, release_digest, smoke
from dslm.releasing.identity import is_release
from dslm.releasing.journal import Journal
from dslm.releasing.packaging import package, scored_digest
from dslm.releasing.store import ModelStore, Version
from dslm.settings.policy import load_policy
from dslm.settings.workspace import Workspace, stage_command
from dslm.stage import exclusive


def register(ws: Workspace, answer: Answer) -> Release:
    """Register the candidate, or find the version that it already is.

    Args:
        ws: The workflow.
        answer: Loads a release's folder and answers one input; the smoke test.

    Raises:
        GateFailed: The verdict is FAIL.
        Inconclusive: The verdict is INCONCLUSIVE.
        ReleaseRefused: Evidence is missing or of something else, or the version does not answer;
            or this is an experiment of DVC's, which registers nothing.
    """
    _refuse_experiment()
    verdict = read_verdict(ws.results / "gate.json", ws.workflow)
    now = _evidence(ws)
    refuse_differences(verdict.evidence, now | _judged(ws, verdict), what="the verdict")
    refuse_differences(_scorecard(ws).evidence, now, what="the scorecard")
    with exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused):
        store = ModelStore(ws.root, ws.workflow)
        digest = release_digest(ws.workflow, now)
        champion = Journal(store).entries()[-1:]
        version = _same(store, digest, verdict, champion) or _upload(
            ws, store, digest, now, verdict
        )
        _approve(store, version, answer)
        store.point("candidate", version.number)
        release = as_release(ws.workflow, store.version(version.number))
        receipt = release.model_copy(update={"aliases": ("candidate",)})
        text = json.dumps(receipt.model_dump(mode="json"), indent=2, sort_keys=True)
        write_atomic(ws.receipt, text + "\n")
    return release


def _refuse_experiment() -> None:
    """A sweep is compared by its scorecards; what is registered is applied and run first."""
    if name := os.environ.get("DVC_EXP_NAME"):
        raise ReleaseRefused(
            f"{name} is an experiment, and experiments register nothing",
            fix="`dvc exp apply` it, then `dvc repro` and `dvc repro registry/dvc.yaml`",
        )


def as_release(workflow: str, version: Version) -> Release:
    """A version of the registry as the record that people and receipts see."""
    return Release(
        workflow=workflow,
        version=version.number,
        digest=version.digest,
        aliases=version.aliases,
        status=version.tags.get("status", "unknown"),
        contract_version=version.contract_version,
        created=version.created,
        evidence=version.evidence,
        run_id=version.run_id,
    )


def _evidence(ws: Workspace) -> dict[str, str]:
    """What lies there now; a missing part is a refusal, a mistake in a document stays one."""
    try:
        return current(ws)
    except Problems:
        raise
    except InputError as error:
        raise ReleaseRefused(error.what, where=error.where, fix=error.fix) from error
    except FileNotFoundError as error:
        fix = f"run {stage_command('gate', ws.workflow)}"
        raise ReleaseRefused("evidence is missing", where=error.filename, fix=fix) from None


def _judged(ws: Workspace, verdict: Verdict) -> dict[str, str]:
    """Digests of what the gate looked at beyond the candidate, as it is now."""
    rows = {key for key in verdict.evidence if key.startswith("rows_")}
    found = {
        key: scored_digest(ws, key.removeprefix("rows_"))
        for key in rows | {"rows_candidate", "rows_base"}
    }
    found["policy"] = load_policy(ws.policy).digest()
    found["waivers"] = digest_file(ws.waivers) if ws.waivers.is_file() else "none"
    path = ws.results / "scorecard.json"
    found["scorecard"] = digest_file(path) if path.is_file() else "none"
    return found


def _scorecard(ws: Workspace) -> Scorecard:
    path, command = ws.results / "scorecard.json", stage_command("score", ws.workflow)
    try:
        return Scorecard.model_validate(read_json(path, made_by=command))
    except ValidationError as error:
        what = f"no scorecard: {error.errors()[0]['msg']}"
        raise ReleaseRefused(what, where=path, fix=f"run {command}") from None


def _same(
    store: ModelStore, digest: str, verdict: Verdict, champion: Sequence[JournalEntry]
) -> Version | None:
    """The version that holds this candidate with this evidence already.

    The champion is one whatever it was compared with: a second run compares it with itself. Any
    other must have been compared with the present baseline, or it could not be promoted.
    """
    for version in reversed(store.versions()):
        tags = version.tags
        if tags.get("digest") != digest or tags.get("status") == "broken":
            continue
        if any(is_release(store, entry, version) for entry in champion):
            return version
        if tags.get("verdict") == _verdict_key(verdict):
            return version
    return None


def _verdict_key(verdict: Verdict) -> str:
    """What a verdict was about: all that went in.

    Rows and scorecard came out of it, and hold times that differ at every scoring.
    """
    asked = {k: d for k, d in verdict.evidence.items() if k != "scorecard" and k[:5] != "rows_"}
    about = {"baseline": verdict.baseline.model_dump(), "evidence": asked}
    return canonical_json(about).decode()


def _upload(
    ws: Workspace, store: ModelStore, digest: str, now: Mapping[str, str], verdict: Verdict
) -> Version:
    """A new version, not yet approved."""
    with tempfile.TemporaryDirectory(prefix="dslm-release-") as scratch:
        folder = package(ws, Path(scratch) / "release", now)
        tags = {
            "digest": digest,
            "manifest": digest_file(folder / MANIFEST),
            "contract_version": str(load_contract(folder / "workflow.yaml").version),
            "status": "registering",
            "evidence": canonical_json(dict(now)).decode(),
            "verdict": _verdict_key(verdict),
        }
        run_id, source = store.upload(folder, {"dslm.digest": digest})
    return store.version(store.add(source, tags, run_id))


def _approve(store: ModelStore, version: Version, answer: Answer) -> None:
    """Read a version back, prove every byte, let it answer once; one that cannot is broken."""
    with tempfile.TemporaryDirectory(prefix="dslm-release-") as scratch:
        try:
            proof = prove(store, version, Path(scratch))
            if version.tags.get("status") != "candidate":
                smoke(proof, answer)
        except ReleaseRefused:
            store.tag(version.number, "status", "broken")
            raise
    if version.tags.get("status") != "candidate":
        store.tag(version.number, "status", "candidate")
