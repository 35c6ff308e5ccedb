"""One move of the champion: the journal first, then aliases and the receipt follow it.

Takes a proved release; gives the `JournalEntry`. Called by `promoting`, which decides whether the
move may be made. What the journal says counts: `serve` can be called again after a crash.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Literal

from dslm.errors import ReleaseRefused
from dslm.provenance import write_atomic
from dslm.records import Baseline, JournalEntry
from dslm.releasing.checking import Proof
from dslm.releasing.journal import Journal, digest_of, served
from dslm.releasing.store import ModelStore
from dslm.settings.workspace import Workspace

Action = Literal["promote", "rollback"]


def move(
    ws: Workspace,
    store: ModelStore,
    entries: tuple[JournalEntry, ...],
    action: Action,
    proof: Proof,
    reason: str,
    actor: str,
) -> JournalEntry:
    """Write the journal, then let aliases and the receipt follow."""
    journal = Journal(store)
    entry = JournalEntry(
        seq=len(entries) + 1,
        at=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        actor=actor.strip(),
        action=action,
        from_version=entries[-1].to_version if entries else 0,
        to_version=proof.version,
        reason=reason.strip(),
        verdict_digest=proof.verdict_digest,
        previous_digest=digest_of(entries[-1]) if entries else journal.genesis,
    )
    journal.append(entry)
    serve(ws, store, (*entries, entry))
    return entry


def serve(ws: Workspace, store: ModelStore, entries: tuple[JournalEntry, ...]) -> None:
    """Bring aliases and champion.json in step with the journal, and see that they are.

    Raises:
        ReleaseRefused: An alias does not name what it was just set to.
    """
    line = served(entries)
    wanted = {"previous": line[-2] if len(line) > 1 else None, "champion": line[-1]}
    before = store.aliases()
    for alias, number in wanted.items():
        if before.get(alias) != number:
            store.point(alias, number)
    after = store.aliases()
    for alias, number in wanted.items():
        if after.get(alias) != number:
            what = f"alias {alias} names {after.get(alias)}, not {number}"
            raise ReleaseRefused(what, where=ws.workflow, fix="somebody else moved it: try again")
    text = json.dumps(baseline(store, line[-1]).model_dump(), indent=2) + "\n"
    if not ws.champion.is_file() or ws.champion.read_text(encoding="utf-8") != text:
        write_atomic(ws.champion, text)


def baseline(store: ModelStore, champion: int) -> Baseline:
    """The champion as a verdict names it."""
    if not champion:
        return Baseline()
    tags = store.version(champion).tags
    return Baseline(
        version=champion,
        digest=tags.get("digest"),
        contract_version=int(tags["contract_version"]) if "contract_version" in tags else None,
    )
