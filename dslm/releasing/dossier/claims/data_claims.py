"""Claims on the data: where it is from, what was dropped, what gold of its size can show.

Called by `all_claims`, with artefacts that are there: each gives whether it holds, and words.
"""

from __future__ import annotations

from dslm.releasing.dossier.artefacts import Artefacts, needed

Said = tuple[bool, str]


def origin(found: Artefacts) -> Said:
    """Every source says where it is from and under which licence."""
    contract, card = needed(found.contract), needed(found.data_card)
    silent = [s.path for s in contract.data.sources if not (s.licence.strip() and s.origin.strip())]
    if silent:
        return False, f"{len(silent)} sources without origin or licence"
    if card.digests.get("data") != found.evidence.get("data"):
        return False, "the data card is not of the data that it was trained on"
    count = len(contract.data.sources)
    return True, f"sources with origin and licence: {count}; the data by its digest"


def curated(found: Artefacts) -> Said:
    """What became of the rows."""
    card = needed(found.data_card)
    dropped = sum(card.dropped.values())
    if not card.read:
        return False, "no row was read"
    return True, (f"of {card.read:,} rows {card.kept:,} kept, {dropped:,} dropped for "
                  f"{len(card.dropped)} reasons, {card.rejected:,} rejected")  # fmt: skip


def repeats(found: Artefacts) -> Said:
    """Cases that repeat others were dropped."""
    card, contract = needed(found.data_card), needed(found.contract)
    named = ("exact_duplicate", "near_duplicate")
    count = sum(n for reason, n in card.dropped.items() if reason.partition(":")[0] in named)
    alike = contract.data.near_duplicate
    return True, f"{count:,} repeated cases dropped, from a similarity of {alike:g} on"


def leakage(found: Artefacts) -> Said:
    """Gold was kept out of training."""
    card = needed(found.data_card)
    if not card.leakage.compared:
        return False, "no case was compared with gold"
    leaks = sum(card.leakage.found.values())
    return True, f"{card.leakage.compared:,} cases compared with gold, {leaks:,} leaks dropped"


def personal(found: Artefacts) -> Said:
    """Personal data was looked for and is hidden."""
    contract, card = needed(found.contract), needed(found.data_card)
    personal = contract.data.personal
    if not personal.looks:
        return False, "the contract names no personal data, and none was looked for"
    if not personal.hides:
        return False, "personal data is counted and stays (mode: keep)"
    if card.personal is None:
        return False, "the data card says nothing of personal data"
    named = len(personal.kinds) + len(personal.places)
    return True, f"{named} kinds and fields looked for, mode {personal.mode}"


def gold_size(found: Artefacts) -> Said:
    """What gold of this size can decide."""
    card = needed(found.data_card)
    gold = card.reach.gold
    if gold.margin >= 1:
        return False, f"{gold.cases:,} gold cases decide no margin"
    return True, f"{gold.cases:,} gold cases decide a loss of {gold.margin * 100:.1f} points"
