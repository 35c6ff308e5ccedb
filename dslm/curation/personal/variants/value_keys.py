"""Under which letters and digits a value is looked for: one key for each of its spellings.

Takes a value and how it is labelled; gives keys, each with how the text around it is heard. Called
by `group_index`, and where a value's own spelling matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from dslm.curation.personal.found_values import COMMON, Identity
from dslm.curation.personal.variants.letters_and_digits import (
    Hearing,
    heard,
)
from dslm.curation.personal.variants.name_variants import (
    parts,
    runs,
    short_spellings,
    transcribed,
    whole_spellings,
)
from dslm.curation.personal.variants.spelling_variants import (
    any_spellings,
    is_plain_number,
    lines_of_address,
    partial_spellings,
)
from dslm.curation.personal.variants.word_boundaries import (
    WITHIN_WORD,
)


class Key(NamedTuple):
    """Letters and digits that mean a value where they are heard in a certain way."""

    hearing: Hearing
    chars: str


def hearing_of(identity: Identity) -> Hearing:
    """How the spellings of a value are heard."""
    if identity.is_name:
        return "letters"
    return "address" if identity.kind == "email" else "digits"


def keys_of(identity: Identity, text: str) -> frozenset[Key]:
    """All that means a value in the cases of its group; `text` is how it was labelled."""
    if identity.is_name:
        return _keys_of_name(identity)
    hearing = hearing_of(identity)
    if is_plain_number(identity, text):
        return frozenset({Key(hearing, text)})  # most numbers
    spelled = any_spellings(identity, text) | {text} | partial_spellings(identity, text)
    if identity.kind == "address" or not text.isascii():
        for one in (text, *(lines_of_address(text) if identity.kind == "address" else ())):
            spelled |= transcribed(one.casefold())
    return _heard_keys(hearing, spelled)


@lru_cache(maxsize=1 << 16)  # a name stands in many cases
def _keys_of_name(name: Identity) -> frozenset[Key]:
    if name.form == COMMON:
        return frozenset()
    spelled = whole_spellings(name) | parts(name) | runs(name)
    spelled |= {short for short in short_spellings(name) if len(short) >= WITHIN_WORD}
    spelled |= {other for one in spelled for other in transcribed(one)}
    return _heard_keys("letters", spelled)


def _heard_keys(hearing: Hearing, spelled: Iterable[str]) -> frozenset[Key]:
    made = (Key(hearing, heard(one, hearing)) for one in spelled)
    return frozenset(key for key in made if key.chars)
