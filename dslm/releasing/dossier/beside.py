"""What lies beside a release: its moves, who approved it, the last drill, the policy.

Takes the journal, a version's tags and the repository; writes `records/` of a dossier, personal
values hidden. Called by `gathering`.
"""

from __future__ import annotations

import base64
import binascii
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dslm.errors import DslmError, InputError
from dslm.provenance import MANIFEST, digest_file
from dslm.records import JournalEntry
from dslm.releasing.checking import Proof
from dslm.releasing.dossier.hiding import Hiding
from dslm.releasing.dossier.made import APPROVALS, DRILL, JOURNAL, POLICY, PROMOTION, write_json
from dslm.releasing.journal import digest_of
from dslm.releasing.signing.dsse import read_envelope
from dslm.releasing.signing.statements import promoted
from dslm.settings.regular_files import is_there
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

APPROVAL = "approval."  # begins the tags of a version that keep approvals, as signed envelopes
APPROVED = "approved"  # what an entry of the journal keeps of them
DRILLED = "drill.json"  # in registry/W


def write_records(
    ws: Workspace,
    proof: Proof,
    entries: Sequence[JournalEntry],
    tags: Mapping[str, str],
    hiding: Hiding,
    into: Path,
) -> None:
    """Write all that lies beside a release, as far as there is any.

    Args:
        ws: The workflow.
        proof: The release.
        entries: The journal.
        tags: Of the version.
        hiding: Of personal values.
        into: A folder.
    """
    into.mkdir()
    moves = [
        {"digest": digest_of(entry), "entry": hiding.value(entry.model_dump(mode="json"))}
        for entry in entries
    ]
    if moves:
        write_json(into / JOURNAL, moves)
    if approvals := [*_in_tags(tags), *_in_journal(entries, proof)]:
        write_json(into / APPROVALS, [hiding.value(one) for one in _once(approvals)])
    if is_there(drilled := ws.registry / DRILLED):
        write_json(into / DRILL, hiding.value(_read(drilled)))
    if is_there(policy := ws.root / PATH):
        shutil.copyfile(policy, into / POLICY)
    if is_there(ws.promotion) and _is_of(ws.promotion, proof):
        shutil.copyfile(ws.promotion, into / PROMOTION)


def _in_tags(tags: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Approvals that wait for their move; a tag that holds none is nobody's."""
    for key, text in sorted(tags.items()):
        if not key.startswith(APPROVAL):
            continue
        try:
            said, signed_with = _opened(text, key)
            predicate = said["predicate"]
            yield {"kind": str(predicate["kind"]), "reason": str(predicate["reason"]),
                   "at": str(predicate["approvedAt"]), "key_id": signed_with}  # fmt: skip
        except (DslmError, ValueError, LookupError, TypeError):
            continue


def _in_journal(entries: Sequence[JournalEntry], proof: Proof) -> Iterator[dict[str, Any]]:
    """Approvals of the moves that made this release the champion."""
    for entry in entries:
        told = entry.model_dump(mode="json")
        for one in told.get(APPROVED) or () if entry.to_digest == proof.digest else ():
            yield {key: str(one.get(key, "")) for key in ("kind", "reason", "at", "key_id")}


def _once(approvals: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each once: those of a move stay in the version's tags."""
    return [one for place, one in enumerate(approvals) if one not in approvals[:place]]


def _opened(text: str | bytes, where: str) -> tuple[Any, str]:
    """What an envelope says and by which key; whose that is, who verifies has to say."""
    sealed = read_envelope(strict_json(text), where)
    return strict_json(base64.b64decode(sealed.payload)), str(sealed.signatures[0].keyid)


def _is_of(promotion: Path, proof: Proof) -> bool:
    """Whether the statement of the last move is of this release."""
    try:
        said, _ = _opened(promotion.read_bytes(), str(promotion))
    except (DslmError, ValueError, binascii.Error):
        return False
    version, manifest, _ = promoted(said)
    return (version, manifest) == (str(proof.version), digest_file(proof.folder / MANIFEST))


def _read(path: Path) -> Any:
    try:
        return strict_json(path.read_bytes())
    except ValueError as error:
        fix = "run `dslm release drill` again, or take it away"
        raise InputError(f"not JSON: {error}", where=path, fix=fix) from None
