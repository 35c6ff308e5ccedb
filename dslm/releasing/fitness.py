"""Whether a proved version may follow the champion: compared with it, and as good by today's terms.

Takes a version's proof and what serves; refuses, or gives what it is asked less in than earlier
releases were. Called by `promoting`, and before somebody approves a promotion.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.records import Baseline, Changes, JournalEntry
from dslm.releasing.anchor_release import refuse_other_anchor
from dslm.releasing.approval import lost, refuse_old_contract, refuse_stale
from dslm.releasing.checking import Proof
from dslm.releasing.kept_terms import less_than_kept
from dslm.releasing.look_anchors import refuse_lost_looks
from dslm.releasing.rejudging import of_before_formats, refuse_unlike_release
from dslm.releasing.rolled_back import less_than_rolled_back
from dslm.releasing.store import ModelStore
from dslm.releasing.version import Version
from dslm.settings.workspace import Workspace


def refuse_unfit(
    ws: Workspace,
    store: ModelStore,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
    proof: Proof,
    champion: Baseline,
) -> tuple[Changes, ...]:
    """Refuse a proved version that was compared with another champion, or is not as good today.

    Returns:
        What changed since releases that were asked more, the champion first; none mostly.

    Raises:
        ReleaseRefused: It is one.
    """
    gone = lost(store, entries, versions, champion)
    refuse_stale(ws, proof, champion, lost=gone)
    refuse_old_contract(proof, ws)
    back = gone and proof.digest == champion.digest
    if not back:  # what let it in once still stands
        refuse_lost_looks(ws, versions, entries)
        refuse_other_anchor(ws, store, entries, proof, champion, versions)
    if back and of_before_formats(proof):  # which holds too little to be judged again
        return ()
    since = refuse_unlike_release(ws, proof).changes
    loosened: tuple[Changes, ...] = (since,) if since.loosening else ()
    if back:  # held to no less than it was then
        loosened += less_than_kept(ws, entries[-1] if entries else None, proof)
    return loosened + less_than_rolled_back(store, entries, versions, proof)
