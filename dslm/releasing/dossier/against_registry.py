"""Checks a dossier against the version that it is of: registry, journal and repository.

Takes a workspace and a dossier; gathers anew what it rests on, compares, and has the gate judge the
release's own rows again where what it was judged by is still in force. Called by
`dslm verify --dossier`.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.evidence import code_digest, digest_there
from dslm.gating.gate import judge_run, read_documents
from dslm.provenance import MANIFEST, digest_file
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.dossier_contents import APPROVALS, DERIVED, JOURNAL, PROMOTION, RECORDS
from dslm.releasing.dossier.dossier_verification import CheckedDossier, check_dossier
from dslm.releasing.dossier.foreign_records import AGAIN
from dslm.releasing.dossier.make_dossier import collect
from dslm.releasing.package.erased_cases import erasures_of
from dslm.releasing.signing.model_signature import files_in
from dslm.releasing.verification.recomputed_verdict import (
    ReleaseRun,
    of_before_formats,
    refuse_unlike,
)
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

THEN = "check it in the commit that it was made at, or make the dossier again"


def check_against_registry(ws: Workspace, folder: Path) -> CheckedDossier:
    """Check a dossier by itself, and against the version that it is of.

    Args:
        ws: The workflow.
        folder: The dossier.

    Raises:
        ReleaseRefused: As `check_dossier`, or it is of another workflow, or what it rests on is
            not what would be gathered now: the release's files, rows, records, and the journal up
            to where it was then.
    """
    checked = check_dossier(folder)
    if checked.workflow != ws.workflow:
        raise ReleaseRefused(f"is a dossier of {checked.workflow}", where=folder)
    made = Artefacts(folder).made
    with tempfile.TemporaryDirectory(prefix="dslm-dossier-") as scratch:
        fetched, again = Path(scratch) / "release", Path(scratch) / "dossier"
        fetched.mkdir()
        again.mkdir()
        proof = collect(ws, made.version, fetched, again, with_inputs=made.inputs)
        _refuse_unlike(folder, again)
        judged = _judged_again(ws, proof)
    return replace(checked, registered=True, judged_again=judged)


def _judged_again(ws: Workspace, proof: ReleaseProof) -> bool:
    """Whether the gate, asked again from the release's rows, says the same.

    Returns:
        False where it cannot be asked: gold set, contract, policy, waivers or code are others now.

    Raises:
        ReleaseRefused: It says something else.
    """
    said = proof.verdict.evidence
    if of_before_formats(proof) or erasures_of(proof.folder):
        return False
    if said.get("gold") != digest_there(ws.gold, fix=AGAIN):
        return False
    documents = read_documents(ws, dt.datetime.now(dt.UTC).date())
    now = {**documents.digests, "contract": documents.contract.digest(), "code": code_digest()}
    if any(said.get(key) != digest for key, digest in now.items()):
        return False
    documents = replace(documents, look=proof.verdict.look)
    verdict = judge_run(ReleaseRun(proof, documents, said["gold"]), documents)
    where = f"{ws.workflow} version {proof.version}"
    refuse_unlike(proof.verdict, verdict, documents, where=where, fix="do not pass it on")
    return True


def _refuse_unlike(folder: Path, again: Path) -> None:
    """Compare what a dossier rests on with what was gathered now."""
    later = _moved_since(folder / RECORDS / JOURNAL, again / RECORDS / JOURNAL)
    for name in sorted({*_rests_on(folder), *_rests_on(again)}):
        here, there = folder / name, again / name
        if later and name in (f"{RECORDS}/{JOURNAL}", f"{RECORDS}/{PROMOTION}"):
            continue  # the journal was compared, and the statement is of the last move alone
        if later and name == f"{RECORDS}/{APPROVALS}" and _begins(here, there):
            continue  # it was promoted since
        if not here.is_file() or not there.is_file():
            what = "is not in registry or repository" if here.is_file() else "is missing"
            raise ReleaseRefused(what, where=here, fix=THEN)
        if digest_file(here) != digest_file(there):
            what = "is not what registry and repository have now"
            raise ReleaseRefused(what, where=here, fix=THEN)


def _rests_on(folder: Path) -> Iterator[str]:
    return (name for name in files_in(folder) if name not in (*DERIVED, MANIFEST))


def _begins(approvals: Path, now: Path) -> bool:
    """Whether approvals, or none, are the first of what there are now."""
    given, there = (
        strict_json(path.read_bytes()) if path.is_file() else [] for path in (approvals, now)
    )
    return isinstance(given, list) and given == there[: len(given)]


def _moved_since(journal: Path, now: Path) -> bool:
    """Whether a journal is the beginning of what it is now, and shorter."""
    if not journal.is_file() or not now.is_file():
        return now.is_file()
    entries, later = (strict_json(path.read_bytes()) for path in (journal, now))
    if not isinstance(entries, list):
        return False
    return len(entries) < len(later) and entries == later[: len(entries)]
