"""Every way in which a value that was found may be spelled elsewhere, as joined words.

Called by `close_index` for the cases of a value's group, by `known_values` for all others.
"""

from __future__ import annotations

from dslm.curation.personal.finding import Identity
from dslm.curation.personal.names import SHORTEST_ELSEWHERE, parts, whole_spellings
from dslm.curation.personal.spelling import joined

_NO_TRUNK = frozenset({"1", "34", "39", "45", "47", "48", "351", "352", "420"})


def any_spellings(identity: Identity, text: str) -> set[str]:
    """Spellings that may mean the value in every case; `text` is how it was found.

    Of a name its single words are among them, as far as `known_values` does not take them for
    common ones.
    """
    if identity.kind == "name":
        single = {word for word in parts(identity)
                  if len(word) >= SHORTEST_ELSEWHERE and not word.isdigit()}  # fmt: skip
        spelled = single | (whole_spellings(identity) if " " in identity.value else set())
        return {joined(one) for one in spelled}
    if identity.kind == "phone":
        country, national = identity.form, identity.value
        trunk = national if country in _NO_TRUNK else f"0{national}"
        return {joined(text), f"{country}{national}", f"00{country}{national}", trunk}
    return {joined(text), joined(identity.value)}
