"""Signatures of moves: an entry of the journal, by the key of who moves the champion.

Takes an entry and a key, or a policy; gives the entry with its signature, or whose it is. Called by
`champion_move` before an entry is written, and by `journal_proof` wherever the journal is read.
"""

from __future__ import annotations

from functools import lru_cache

from dslm.errors import ReleaseRefused
from dslm.journal_entry import EntrySignature, JournalEntry
from dslm.provenance import canonical_json
from dslm.releasing.signing.dsse import Signature, sign_bytes, verify_bytes
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.trusted_keys import Trust, Trusted, mover_trust
from dslm.settings.release_policy import ReleasePolicy

KIND = "application/vnd.dslm.journal-entry+json"


def signed_entry(entry: JournalEntry, key: SigningKey) -> JournalEntry:
    """An entry with a signature over all else that it has."""
    made = sign_bytes(_bytes(entry), key, KIND)
    signature = EntrySignature(key_id=made.key_id, value=made.value)
    return entry.model_copy(update={"signature": signature})


def signer_of_entry(entry: JournalEntry, policy: ReleasePolicy) -> Trusted:
    """Whose signature an entry has, of those that a policy lets move the champion.

    Raises:
        ReleaseRefused: It has none, or nobody's who may.
    """
    if entry.signature is None:
        raise ReleaseRefused("is not signed")
    text = canonical_json(policy.plain())
    return _verified(_bytes(entry), entry.signature.key_id, entry.signature.value, text)


def is_signed_by(entry: JournalEntry, trust: Trust) -> bool:
    """Whether a key of a trust root signed an entry, whatever the journal's policies say."""
    if entry.signature is None:
        return False
    signature = Signature(entry.signature.key_id, entry.signature.value)
    try:
        verify_bytes(_bytes(entry), signature, trust, KIND, "")
    except ReleaseRefused:
        return False
    return True


@lru_cache(maxsize=4096)
def _verified(data: bytes, key_id: str, value: str, policy: bytes) -> Trusted:
    return verify_bytes(data, Signature(key_id, value), _movers(policy), KIND, "")


@lru_cache(maxsize=64)
def _movers(policy: bytes) -> Trust:
    return mover_trust(ReleasePolicy.model_validate_json(policy))


def _bytes(entry: JournalEntry) -> bytes:
    return canonical_json(entry.model_dump(mode="json", exclude_none=True, exclude={"signature"}))
