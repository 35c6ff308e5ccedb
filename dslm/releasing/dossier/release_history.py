"""What lies beside a release: its moves, who approved it, the last drill, the policy.

Takes the journal and the repository; writes `records/` of a dossier, personal
values hidden. Called by `collected_files`.
"""

from __future__ import annotations

import base64
import binascii
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dslm.errors import DslmError
from dslm.provenance import MANIFEST, digest_file
from dslm.records import JournalEntry
from dslm.releasing.dossier.dossier_contents import (
    APPROVALS,
    DRILL,
    JOURNAL,
    POLICY,
    PROMOTION,
    write_json,
)
from dslm.releasing.dossier.personal_redaction import PersonalRedaction
from dslm.releasing.drill.drill_record import read_record
from dslm.releasing.journal.journal import digest_of
from dslm.releasing.journal.journal_proof import SignedMove
from dslm.releasing.signing.dsse import read_envelope
from dslm.releasing.signing.in_toto_statements import promoted
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.files.regular_files import is_there
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


def write_records(
    ws: Workspace,
    proof: ReleaseProof,
    entries: Sequence[JournalEntry],
    moves: Sequence[SignedMove],
    hiding: PersonalRedaction,
    into: Path,
) -> None:
    """Write all that lies beside a release, as far as there is any.

    Args:
        ws: The workflow.
        proof: The release.
        entries: The journal.
        moves: Who signed and approved each, by their signatures.
        hiding: Of personal values.
        into: A folder.
    """
    into.mkdir()
    if entries:
        write_json(into / JOURNAL, list(_moves(entries, moves, hiding)))
    if approvals := _approvals(entries, moves, proof, hiding):
        write_json(into / APPROVALS, approvals)
    if (drilled := read_record(ws)) is not None:
        write_json(into / DRILL, hiding.value(drilled.model_dump(mode="json")))
    if is_there(policy := ws.root / PATH):
        shutil.copyfile(policy, into / POLICY)
    if is_there(ws.promotion) and _is_of(ws.promotion, proof):
        shutil.copyfile(ws.promotion, into / PROMOTION)


def _moves(
    entries: Sequence[JournalEntry], moves: Sequence[SignedMove], hiding: PersonalRedaction
) -> Iterator[dict[str, Any]]:
    """The journal, each reason without personal values, with the people whose keys signed."""
    for entry, move in zip(entries, moves, strict=True):
        told = entry.model_dump(mode="json")
        told["reason"] = hiding.text(entry.reason)
        for one in told["approvals"] or ():
            one["reason"] = hiding.text(one["reason"])
        yield {
            "digest": digest_of(entry),
            "texts_hidden": told != entry.model_dump(mode="json"),
            "signed_by": move.signed_by,
            "entry": told,
        }


def _approvals(
    entries: Sequence[JournalEntry],
    moves: Sequence[SignedMove],
    proof: ReleaseProof,
    hiding: PersonalRedaction,
) -> list[dict[str, str]]:
    """Who approved the moves that made this release the champion, by their signatures."""
    return [
        {"kind": one.kind, "who": who, "at": one.at, "reason": hiding.text(one.reason)}
        for entry, move in zip(entries, moves, strict=True)
        if entry.to_digest == proof.digest
        for one, who in move.approved_by
    ]


def _opened(text: str | bytes, where: str) -> tuple[Any, str]:
    """What an envelope says and by which key; whose that is, who verifies has to say."""
    sealed = read_envelope(strict_json(text), where)
    return strict_json(base64.b64decode(sealed.payload)), str(sealed.signatures[0].keyid)


def _is_of(promotion: Path, proof: ReleaseProof) -> bool:
    """Whether the statement of the last move is of this release."""
    try:
        said, _ = _opened(promotion.read_bytes(), str(promotion))
    except (DslmError, ValueError, binascii.Error):
        return False
    version, manifest, _ = promoted(said)
    return (version, manifest) == (str(proof.version), digest_file(proof.folder / MANIFEST))
