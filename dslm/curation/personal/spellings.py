"""Every way in which a value that was found may be spelled elsewhere, as joined words.

Called by `replacing` for the case that holds the value, by `spreading` and `proof` for all others.
"""

from __future__ import annotations

from dslm.curation.personal.finding import Identity
from dslm.curation.personal.names import parts, short_spellings, whole_spellings
from dslm.curation.personal.spelling import joined

_NO_TRUNK = frozenset({"1", "34", "39", "45", "47", "48", "351", "352", "420"})


def own_spellings(identity: Identity, text: str) -> set[str]:
    """Spellings that mean the value in its own case; `text` is how it was found."""
    if identity.kind != "name":
        return any_spellings(identity, text)
    return whole_spellings(identity) | short_spellings(identity) | parts(identity)


def any_spellings(identity: Identity, text: str) -> set[str]:
    """Spellings that mean the value in every case.

    One word of a name does not: it is anybody's, or a word of the language.
    """
    if identity.kind == "name":
        return whole_spellings(identity) if " " in identity.value else set()
    if identity.kind == "phone":
        country, national = identity.form, identity.value
        trunk = national if country in _NO_TRUNK else f"0{national}"
        return {joined(text), f"{country}{national}", f"00{country}{national}", trunk}
    return {joined(text), joined(identity.value)}
