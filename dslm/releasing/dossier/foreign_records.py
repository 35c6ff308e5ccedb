"""What is read of a dossier's files that no other part of dslm has a record of.

Made by `collected_files` and `release_history`; read by `artefacts`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.errors import ReleaseRefused
from dslm.records import JournalEntry, Record
from dslm.releasing.signing.dsse import read_envelope
from dslm.releasing.signing.keys import demonstration_key
from dslm.strict_json import strict_json

AGAIN = "make the dossier again: `dslm release dossier`"


class Sealed(Record):
    """A release's manifest: digests of its files, one over all of them, and of what it is of."""

    digest: str
    files: dict[str, str]
    inputs: dict[str, str]


class Move(Record):
    """An entry of the journal: its digest there, who signed it, and what may be shown of it."""

    digest: str
    texts_hidden: bool
    signed_by: str | None
    entry: JournalEntry


@dataclass(frozen=True)
class Stated:
    """A signature or signed statement, whoever counts: by which key, and what it says."""

    key_id: str
    said: Mapping[str, Any]

    @property
    def demonstration(self) -> bool:
        """Whether by the published key, which proves nothing."""
        return self.key_id == demonstration_key().public.id


class Approval(Record):
    """One person's approval of a move that made the release the champion."""

    kind: str
    who: str
    at: str
    reason: str


class Erased(Record):
    """One erasure: when, and of how many cases by file."""

    at: str
    cases: dict[str, int]


class ErasedCases(Record):
    """All erasures from a release."""

    erasures: tuple[Erased, ...]


def payload_of(envelope: Any, where: Path) -> Mapping[str, Any]:
    """What an envelope holds; whose signature it is, whoever trusts somebody looks."""
    try:
        said = strict_json(base64.b64decode(read_envelope(envelope, where).payload))
    except ValueError:
        raise ReleaseRefused("no statement in it", where=where, fix=AGAIN) from None
    if not isinstance(said, dict):
        raise ReleaseRefused("no statement in it", where=where, fix=AGAIN)
    return said
