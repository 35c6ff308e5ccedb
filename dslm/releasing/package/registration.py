"""Registers the candidate: a version in MLflow whose evidence says PASS, and which answers.

Takes a workspace after the gate; gives a `Release` and writes `registry/<workflow>/release.json`.
Called by the register stage. Trusts nothing that ran before: has the gate judge again, compares
its verdict with the recorded one, and reads back what it stored.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.evidence import KEYS, release_digest
from dslm.provenance import write_atomic
from dslm.records import JournalEntry, Release, Verdict
from dslm.releasing.journal.journal_anchors import head_tag, known_moves
from dslm.releasing.journal.look_anchors import refuse_lost_looks, refuse_uncounted
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promotion_preconditions import ANSWERED, answered_tag
from dslm.releasing.moves.release_identity import is_release
from dslm.releasing.package.release_package import package
from dslm.releasing.package.release_summary import as_release
from dslm.releasing.package.smoke_test import Answer, smoke
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.orphaned_runs import clear_leftovers
from dslm.releasing.registry.version import CANDIDATE, Version
from dslm.releasing.registry.version_tags import file_tags
from dslm.releasing.signing.version_signatures import sign_packaged
from dslm.releasing.verification.recomputed_verdict import refuse_unlike_latest
from dslm.releasing.verification.release_verification import prove, read_verdict, verdict_tag
from dslm.settings.release_policy import load_release_policy
from dslm.settings.workspace import Workspace
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
    refuse_unlike_latest(ws, verdict)
    refuse_uncounted(ws, verdict, ws.results / "gate.json")
    now = {key: verdict.evidence[key] for key in sorted(KEYS)}
    with exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused):
        store = ModelStore(ws.root, ws.workflow)
        digest = release_digest(ws.workflow, now)
        entries, versions = known_moves(ws, store)
        refuse_lost_looks(ws, versions, entries)
        version = _same(store, digest, verdict, entries[-1:]) or _upload(
            ws, store, digest, now, verdict, head_tag(entries)
        )
        _approve(ws, store, version, answer)
        store.point("candidate", version.number)
        command_steps.reached("candidate")
        release = as_release(ws.workflow, store.version(version.number))
        receipt = release.model_copy(update={"aliases": ("candidate",)})
        text = json.dumps(receipt.model_dump(mode="json"), indent=2, sort_keys=True)
        write_atomic(ws.receipt, text + "\n")
        command_steps.reached("receipt")
        clear_leftovers(store)
    return release


def loosened(ws: Workspace) -> list[str]:
    """In which the candidate is asked less than the champion, which promotion refuses.

    Or needs approvals for, where the release policy names how many.
    """
    verdict = read_verdict(ws.results / "gate.json", ws.workflow)
    found = [f"  {one.part} {one.key}: {one.was} → {one.now}" for one in verdict.changes.loosening]
    rule = load_release_policy(ws.root).approvals.loosening
    head = "it cannot be promoted" if rule is None else (
        f"{rule.count} of {rule.role} have to approve a loosening before it can be promoted"
    )  # fmt: skip
    head += f": less is required of it than of version {verdict.changes.since}"
    return [head, *found] if found else []


def _refuse_experiment() -> None:
    """A sweep is compared by its scorecards; what is registered is applied and run first."""
    if name := os.environ.get("DVC_EXP_NAME"):
        raise ReleaseRefused(
            f"{name} is an experiment, and experiments register nothing",
            fix="`dvc exp apply` it, then `dvc repro` and `dvc repro registry/dvc.yaml`",
        )


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
        if tags.get("verdict") == verdict_tag(verdict):
            return version
    return None


def _upload(
    ws: Workspace,
    store: ModelStore,
    digest: str,
    now: Mapping[str, str],
    verdict: Verdict,
    head: Mapping[str, str],
) -> Version:
    """A new version, not yet approved."""
    store.claim()
    with tempfile.TemporaryDirectory(prefix="dslm-release-") as scratch:
        folder = package(ws, Path(scratch) / "release", now)
        sign_packaged(ws, folder)
        named = file_tags(ws.workflow, folder, now, verdict)
        tags = {**named, **head, "status": "registering"}
        run_id, source = store.upload(folder, {"dslm.digest": digest})
        command_steps.reached("uploaded")
    number = store.add(source, tags, run_id)
    command_steps.reached("version")
    return store.version(number)


def _approve(ws: Workspace, store: ModelStore, version: Version, answer: Answer) -> None:
    """Read a version back, prove every byte, let it answer as was recorded, or mark it broken."""
    known = version.approved and version.tags.get(ANSWERED) == answered_tag(version)[ANSWERED]
    with tempfile.TemporaryDirectory(prefix="dslm-release-") as scratch:
        try:
            proof = prove(store, version, Path(scratch))
            command_steps.reached("read back")
            if not known:
                smoke(ws, proof, answer)
        except ReleaseRefused:
            store.tag(version.number, "status", "broken")
            store.tag(version.number, ANSWERED, "")
            raise
    if not known:
        store.tag(version.number, ANSWERED, answered_tag(version)[ANSWERED])
        command_steps.reached("answered")
    if not version.approved:
        store.tag(version.number, "status", CANDIDATE)
        command_steps.reached("approved")
