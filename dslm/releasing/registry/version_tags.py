"""The tags that a version has by its files: for who lists versions, and for who proves them.

Takes a release's folder, its evidence and verdict; gives the tags. Called when a release is
registered, and when one is registered again from its files because the database was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dslm.contract import load_contract
from dslm.evidence import TERMS_FILE, release_digest
from dslm.provenance import MANIFEST, digest_file
from dslm.records import Verdict
from dslm.releasing.journal.look_anchors import tags_of
from dslm.releasing.package.release_summary import TAG as SUMMARY
from dslm.releasing.package.release_summary import summary_tag
from dslm.releasing.verification.release_verification import evidence_tag, verdict_tag


def file_tags(
    workflow: str, folder: Path, evidence: Mapping[str, str], verdict: Verdict
) -> dict[str, str]:
    """What a version's files say, as tags; its status is not among them.

    Args:
        workflow: Whose release.
        folder: The release, every byte compared with its manifest.
        evidence: As the manifest names it.
        verdict: The one in the folder.
    """
    tags = {
        "digest": release_digest(workflow, evidence),
        "manifest": digest_file(folder / MANIFEST),
        "contract_version": str(load_contract(folder / "workflow.yaml").version),
        "evidence": evidence_tag(evidence),
        "verdict": verdict_tag(verdict),
        **tags_of(verdict),
        SUMMARY: summary_tag(folder),
    }
    terms = folder / TERMS_FILE
    return tags | ({"terms": digest_file(terms)} if terms.is_file() else {})
