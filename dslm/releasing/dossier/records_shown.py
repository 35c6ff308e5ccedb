"""What a dossier's records show by signatures, and what is its maker's word alone.

Takes the artefacts of a dossier; refuses names beside moves and approvals that no signature in the
journal bears out, and gives the records that no key of a reader's trust root signs. Called by
`dossier_verification`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dslm.errors import ReleaseRefused
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.dossier_contents import (
    APPROVALS,
    DRILL,
    JOURNAL,
    POLICY,
    PROMOTION,
    RECORDS,
)
from dslm.releasing.dossier.foreign_records import AGAIN, Approval, Move
from dslm.releasing.journal.journal_proof import SignedMove, signed_moves
from dslm.releasing.journal.policy_in_force import standing_after
from dslm.releasing.signing.dsse import opened
from dslm.releasing.signing.journal_signatures import is_signed_by
from dslm.releasing.signing.trusted_keys import Trust

JOURNAL_FILE, APPROVALS_FILE, PROMOTION_FILE, POLICY_FILE, DRILL_FILE = (
    f"{RECORDS}/{name}" for name in (JOURNAL, APPROVALS, PROMOTION, POLICY, DRILL)
)


def refuse_other_names(found: Artefacts) -> tuple[str, ...]:
    """Hold who signed and who approved to the signatures of the journal's entries.

    Returns:
        The journal, where texts of it are hidden: of such an entry no signature can be verified.

    Raises:
        ReleaseRefused: Somebody is named whom no signature shows, or is left out; or the journal
            is not signed and approved as its own policies ask.
    """
    moves = found.moves
    if any(move.texts_hidden for move in moves):
        _refuse_other_approvals(found, None)
        return (JOURNAL_FILE,)
    signed = signed_moves([move.entry for move in moves], found.made.workflow)
    for move, by in zip(moves, signed, strict=True):
        if move.signed_by != by.signed_by:
            what = f"names {move.signed_by or 'nobody'} as who signed entry {move.entry.seq}, "
            what += f"its signature is of {by.signed_by or 'nobody'}"
            raise ReleaseRefused(what, where=found.folder / JOURNAL_FILE, fix=AGAIN)
    _refuse_other_approvals(found, signed)
    return ()


def _refuse_other_approvals(found: Artefacts, signed: Sequence[SignedMove] | None) -> None:
    """Compare approvals with those of the moves; by kind and time alone where texts are hidden."""
    if not (found.folder / APPROVALS_FILE).is_file():
        return
    if signed is None:
        same = Counter((a.kind, a.at) for a in found.approvals) == Counter(
            (a.kind, a.at) for move in found.own_moves for a in move.entry.approvals or ()
        )
    else:
        own = zip(found.moves, signed, strict=True)
        same = list(found.approvals) == list(_approvals(found.made.digest, own))
    if not same:
        what = "names approvals that the moves of this release do not hold, or leaves some out"
        raise ReleaseRefused(what, where=found.folder / APPROVALS_FILE, fix=AGAIN)


def _approvals(digest: str, moves: Iterable[tuple[Move, SignedMove]]) -> Iterable[Approval]:
    for move, by in moves:
        if move.entry.to_digest == digest:
            for one, who in by.approved_by:
                yield Approval(kind=one.kind, who=who, at=one.at, reason=one.reason)


def not_vouched_for(found: Artefacts, trust: Trust) -> tuple[str, ...]:
    """Records that no key of a trust root signs: their maker's word, whoever signed the release.

    The newest entry of the journal vouches for those before it, and for the policy that it names.

    Args:
        found: A dossier whose records were held to each other.
        trust: Whose signatures count.
    """
    files = (JOURNAL_FILE, APPROVALS_FILE, PROMOTION_FILE, POLICY_FILE, DRILL_FILE)
    left = {name for name in files if (found.folder / name).is_file()}
    moves = found.moves
    hidden = any(move.texts_hidden for move in moves)
    if moves and not hidden and is_signed_by(moves[-1].entry, trust):
        left -= {JOURNAL_FILE, APPROVALS_FILE}
        held = standing_after(move.entry for move in moves).held
        if held is not None and found.policy is not None and found.policy.digest() == held.digest:
            left -= {POLICY_FILE}
    if PROMOTION_FILE in left and _is_signed(found, trust):
        left -= {PROMOTION_FILE}
    return tuple(sorted(left))


def _is_signed(found: Artefacts, trust: Trust) -> bool:
    path = found.folder / PROMOTION_FILE
    try:
        opened(path.read_bytes(), trust, path)
    except ReleaseRefused:
        return False
    return True
