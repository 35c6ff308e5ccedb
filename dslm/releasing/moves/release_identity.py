"""Which release a number means: an identity is number and digest, never the number alone.

MLflow gives out numbers again once a registered model was deleted, so that version 1 may be another
release than the one that the journal calls so. Takes journal entries and versions; says which are
the same. Used wherever a number that was written down earlier is acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dslm.errors import ReleaseRefused
from dslm.provenance import digest_bytes
from dslm.records import Baseline, JournalEntry
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version

AS_NEW = "register and promote it as a new release"


def same_release(one: JournalEntry, other: JournalEntry) -> bool:
    """Whether two entries went to the same release.

    Entries of before digests were kept name theirs by its verdict, which holds them.
    """
    return one.to_version == other.to_version and same_bytes(one, other)


def same_bytes(one: JournalEntry, other: JournalEntry) -> bool:
    """Whether two entries went to the same bytes, whatever number these have, if that is known."""
    if one.to_digest and other.to_digest:
        return one.to_digest == other.to_digest
    return (one.to_version, one.verdict_digest) == (other.to_version, other.verdict_digest)


def is_release(store: ModelStore, entry: JournalEntry, version: Version) -> bool:
    """Whether a version is the release that an entry went to, by the version's tags."""
    if version.number != entry.to_version:
        return False
    if entry.to_digest is not None:
        return version.digest == entry.to_digest
    verdict = store.read(version, "gate.json")
    return verdict is not None and digest_bytes(verdict) == entry.verdict_digest


def has_bytes_of(store: ModelStore, entry: JournalEntry, version: Version) -> bool:
    """Whether a version is made of the bytes that an entry went to, whatever its number."""
    if entry.to_digest is not None:
        return version.digest == entry.to_digest
    return is_release(store, entry, version)


def registered(
    store: ModelStore, entry: JournalEntry, versions: Iterable[Version]
) -> Version | None:
    """The version that an entry went to; None where it is gone, or its number is another's now."""
    return next((version for version in versions if is_release(store, entry, version)), None)


def taken_over(
    store: ModelStore, entries: Sequence[JournalEntry], version: Version
) -> JournalEntry | None:
    """The newest entry whose number this version has without being its release, if no entry's."""
    named = [entry for entry in reversed(entries) if entry.to_version == version.number]
    if not named or any(is_release(store, entry, version) for entry in named):
        return None
    return named[0]


def not_that_release(
    number: int, where: str, *, also: str = "", fix: str = AS_NEW
) -> ReleaseRefused:
    """The refusal of a number that means another release than it did."""
    what = f"version {number} is not the release that the journal names: it was registered again"
    return ReleaseRefused(f"{what} with other bytes{also}", where=where, fix=fix)


def refuse_taken_over(store: ModelStore, entries: Sequence[JournalEntry], version: Version) -> None:
    """Refuse a version under a former champion's number that is not that release.

    Raises:
        ReleaseRefused: It is one.
    """
    if taken_over(store, entries, version):
        raise not_that_release(version.number, store.model)


def digest_now(
    store: ModelStore, entry: JournalEntry, versions: Iterable[Version], noted: Baseline
) -> str | None:
    """The digest of the release that an entry went to.

    One of before digests were kept has it from the registry or, where it is gone from there, from
    `champion.json`.
    """
    if entry.to_digest is not None:
        return entry.to_digest
    if version := registered(store, entry, versions):
        return version.digest
    return noted.digest if noted.version == entry.to_version else None


def named(number: int, digest: str | None) -> str:
    """A release as people read it, `version 3 (1f2e3d4c)`."""
    return f"version {number} ({short(digest)})" if digest else f"version {number}"


def short(digest: str | None) -> str:
    """The first eight digits of a digest; none of no digest."""
    return (digest or "").removeprefix("sha256:")[:8]
