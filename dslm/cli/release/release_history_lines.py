"""A move of the champion as `dslm release history` and `show` tell it, for programs and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dslm.records import JournalEntry
    from dslm.releasing.journal.journal_proof import SignedMove


def move_plain(entry: JournalEntry, by: SignedMove) -> dict[str, Any]:
    """A move as JSON: its entry, and who signed and approved it."""
    approved = [{"kind": one.kind, "by": who} for one, who in by.approved_by]
    return entry.model_dump(mode="json") | {"signed_by": by.signed_by, "approved_by": approved}


def move_by(entry: JournalEntry, by: SignedMove) -> str:
    """Who says to have made a move, whose signature it has, and who approved it."""
    approved = dict.fromkeys(who for _, who in by.approved_by)
    told = [f"signed by {by.signed_by}" if by.signed_by else "not signed"]
    return "\n".join([entry.actor, *told, *(f"approved by {who}" for who in approved)])
