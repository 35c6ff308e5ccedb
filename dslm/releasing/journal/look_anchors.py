"""Looks at gold that releases anchor: the ledger has to have them, or somebody took them away.

Takes a verdict, versions and journal; refuses a ledger of the working tree that lacks a look which
one of them names. Called by `registration` and `promote_and_rollback`. The gate does the same for
the receipts in git, `release.json` and `champion.json`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.looks.look_ledger import ledger_of, look_digest, refuse_gaps
from dslm.records import JournalEntry, Verdict
from dslm.releasing.registry.version import Version
from dslm.settings.workspace import Workspace

TAG = "look"


def look_of(verdict: Verdict) -> str | None:
    """The digest of the look that a verdict was reached at."""
    return None if verdict.look is None else look_digest(verdict.look)


def refuse_uncounted(ws: Workspace, verdict: Verdict, where: str | Path) -> None:
    """Refuse a verdict whose look at gold the ledger lacks.

    Raises:
        ReleaseRefused: It does, or no look was counted for it.
    """
    again = f"run `dvc repro -f -s gate@{ws.workflow}`, and commit `eval/{ws.workflow}/looks`"
    digest = look_of(verdict)
    if digest is None:
        raise ReleaseRefused("no look at gold was counted for it", where=where, fix=again)
    if digest not in ledger_of(ws).read().looks:
        what = f"the ledger of looks lacks {digest[:15]}…, with which this verdict was reached"
        raise ReleaseRefused(what, where=where, fix=f"bring it back (`git checkout`), or {again}")


def refuse_lost_looks(
    ws: Workspace, versions: Iterable[Version], entries: Iterable[JournalEntry]
) -> None:
    """Refuse a ledger that lacks the look of a registered version or of a move in the journal.

    Raises:
        ReleaseRefused: It does; names by what it was anchored.
    """
    named = [(f"version {one.number}", one.tags.get(TAG)) for one in versions]
    named += [(f"journal entry {entry.seq}", entry.look) for entry in entries]
    anchored = [(f"{ws.workflow} {by}", digest) for by, digest in named if digest]
    refuse_gaps(ledger_of(ws).read().looks, anchored)


def tags_of(verdict: Verdict) -> dict[str, str]:
    """How a version anchors the look that let it in."""
    digest = look_of(verdict)
    return {} if digest is None else {TAG: digest}


def refuse_other_look(version: Version, verdict: Verdict, where: str, fix: str) -> None:
    """Refuse a version that anchors another look than its verdict's.

    Raises:
        ReleaseRefused: It does.
    """
    if version.tags.get(TAG) != look_of(verdict):
        raise ReleaseRefused("its look at gold is not that of its verdict", where=where, fix=fix)
