"""Claims on who decided, who signed, and the way back.

Called by `all_claims`, with artefacts that are there: each gives whether it holds, and words.
"""

from __future__ import annotations

from dslm.provenance import MANIFEST, digest_file
from dslm.releasing.dossier.artefacts import Artefacts, needed
from dslm.releasing.dossier.dossier_contents import RELEASE
from dslm.releasing.signing.in_toto_statements import promoted

Said = tuple[bool, str]


def signed(found: Artefacts) -> Said:
    """By whose key the release is signed."""
    signed = needed(found.signature)
    if signed.demonstration:
        return False, "signed with the demonstration key, which is published and proves nothing"
    return True, f"signed with key {signed.key_id[:12]}"


def recorded(found: Artefacts) -> Said:
    """Answers that it has to give again."""
    return True, "it carries cases and answers that it has to give again wherever it is loaded"


def journaled(found: Artefacts) -> Said:
    """That this release was made champion, with who and why."""
    if not found.own_moves:
        return False, "this release was never made the champion"
    last = found.own_moves[-1].entry
    count = len(found.moves)
    return True, f"made champion on {last.at[:10]}, with who and why; moves in all: {count}"


def way_back(found: Artefacts) -> Said:
    """That there is a release to go back to."""
    others = {move.entry.to_digest for move in found.moves} - {found.made.digest, None}
    if not others:
        return False, "no other release was ever the champion, so that there is none to go back to"
    return True, f"other releases that were champion: {len(others)}"


def move_stated(found: Artefacts) -> Said:
    """That the move is signed."""
    stated = needed(found.promotion)
    version, manifest, _ = promoted(stated.said)
    own = digest_file(found.folder / RELEASE / MANIFEST)
    if (version, manifest) != (str(found.made.version), own):
        return False, "it is a statement on something else"
    if stated.demonstration:
        return False, "stated with the demonstration key, which is published and proves nothing"
    return True, f"the move is stated with key {stated.key_id[:12]}"


def policy_asks(found: Artefacts) -> Said:
    """That unsigned releases are refused."""
    policy = needed(found.policy)
    if not policy.signing.required:
        return False, "the release policy takes releases that nobody signed"
    keys = len(policy.signing.keys) + len(policy.roles.get("trainer", []))
    return True, f"releases have to be signed; keys that count: {keys}"


def approved(found: Artefacts) -> Said:
    """Who approved it."""
    if not found.approvals:
        return False, "nobody approved it"
    people = sorted({one.who for one in found.approvals})
    return True, f"approved with signatures by {', '.join(people)}"


def drilled(found: Artefacts) -> Said:
    """That going back was drilled with this release, and every fault was survived."""
    drill = needed(found.drill)
    if not drill.passed or not drill.rows:
        return False, "the drill did not pass"
    if found.made.digest not in [one.digest for one in drill.releases]:
        return False, "the last drill was of other releases"
    return True, (f"faults planted and survived: {len(drill.rows)}, on {drill.at:%Y-%m-%d}, in "
                  f"{drill.seconds:.0f} s")  # fmt: skip
