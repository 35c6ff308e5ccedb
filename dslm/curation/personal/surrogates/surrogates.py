"""Invented values of the same form: the same value has the same surrogate, wherever it stands.

Takes an identity and one of its spellings, gives the surrogate spelled alike: digits for digits,
letters for letters, case and separators kept, check digits valid. What is drawn depends on the key
and the identity alone, and on which draw `distinct_surrogates` says it takes. Called by
`replace_in_case`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from dslm.curation.personal.detectors.declared_fields import FREE
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.known_values.shared_parts import (
    NOTHING_SHARED,
    SharedParts,
    leading_letters,
)
from dslm.curation.personal.surrogates.distinct_surrogates import NOT_MOVED, Moved, Pair
from dslm.curation.personal.surrogates.free_form_surrogates import free_value, written_alike
from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws
from dslm.curation.personal.surrogates.surrogate_names import Renamer, units
from dslm.curation.personal.surrogates.surrogate_numbers import card_like, iban_like, tax_like
from dslm.curation.personal.surrogates.surrogate_phones import phone_like
from dslm.curation.personal.variants.birth_dates import DAY, another_day, day_like
from dslm.curation.personal.variants.letters_and_digits import folded_words, heard
from dslm.curation.personal.variants.spelling_variants import (
    part_of,
    partial_spellings,
    with_its_umlauts,
)
from dslm.curation.personal.variants.spoken_digits import is_spoken
from dslm.curation.personal.variants.value_separators import (
    joined,
    last_digits_replaced,
    written_like,
)

# Names stand in many cases, most other values in one: so many of these would drive those out.
REMEMBERED_NAMES, REMEMBERED = 1 << 17, 1 << 14
MOST_ATTEMPTS = 1_000


class NoDraw(Exception):
    """A value's form has no further surrogate: of one digit there are eight or nine."""


class Surrogates:
    """The surrogates of one key; `shared` are the parts that stay as they are."""

    def __init__(self, key: bytes, shared: SharedParts = NOTHING_SHARED):
        self._key, self._letters = key, shared.letters
        self._names = Renamer(key)
        self._value = lru_cache(maxsize=REMEMBERED)(self._drawn)
        self._name = lru_cache(maxsize=REMEMBERED_NAMES)(self._names.spelled)
        self.pairs = lru_cache(maxsize=REMEMBERED_NAMES)(self._pairs)

    def of(self, identity: Identity, text: str, moved: Moved = NOT_MOVED) -> str:
        """What stands for a value that is spelled `text`; `moved` is which draw values take."""
        if not identity.is_name:
            return self._as(identity, text, self._value(identity, max(moved.get(identity, 0), 0)))
        if moved and not moved.keys().isdisjoint(units(identity)):
            return self._names.spelled(identity, text, moved)
        return self._name(identity, text)

    def units(self, identity: Identity) -> tuple[Identity, ...]:
        """What is drawn for by itself: a value, or each word of a name."""
        return units(identity) if identity.is_name else (identity,)

    def _pairs(self, unit: Identity, nth: int) -> tuple[Pair, ...]:
        """A value and its parts with what a draw makes of them; empty where there is no such."""
        if unit.is_name:
            return (Pair(joined(unit.value), joined(self._names.made(unit, nth))),)
        try:
            made = self._value(unit, nth)
        except NoDraw:
            return ()
        parts = () if unit.kind == "address" else sorted(partial_spellings(unit, unit.value))
        other = ((part, part_of(unit, part, made)) for part in parts)
        pairs = [(unit.value, made), *((before, after) for before, after in other if after)]
        return tuple(Pair(joined(before), joined(after)) for before, after in pairs)

    def _as(self, identity: Identity, text: str, value: str) -> str:
        if text == identity.value and text.isdecimal() and text.isascii():
            return value  # most numbers: nothing to be spelled alike
        if identity.form == DAY:
            return day_like(identity, text, value)
        if identity.form == FREE:
            text = with_its_umlauts(identity.value, text)
        if part := part_of(identity, text, value):
            return written_alike(identity, text, part)
        if identity.form == FREE or (identity.kind != "email" and is_spoken(folded_words(text))):
            return written_alike(identity, text, value)
        if identity.kind == "email" and "@" not in text:
            return _without_at(text, value)
        if identity.kind == "phone":
            return last_digits_replaced(text, value)
        if identity.kind == "email":
            return _cased_like(text, value)
        if len(joined(text)) != len(value):
            return written_alike(identity, text, value)
        return written_like(text, value)

    def _drawn(self, identity: Identity, nth: int) -> str:
        return next(islice(self._all_drawn(identity), nth, None))

    def _all_drawn(self, identity: Identity) -> Iterator[str]:
        """Draws that may stand for a value, each once."""
        seen = {identity.value}
        for attempt in range(MOST_ATTEMPTS):
            draw = KeyedDraws(self._key, identity.kind, identity.form, identity.value, str(attempt))
            made = self._made(identity, draw)
            if made not in seen and not _too_near(identity, made):
                seen.add(made)
                yield made
        if len(seen) == 1:
            raise AssertionError(f"no surrogate of a {identity.kind} differs from it")
        raise NoDraw

    def _made(self, identity: Identity, draw: KeyedDraws) -> str:
        if identity.form == FREE:
            letters = leading_letters(identity)
            return free_value(identity, draw, len(letters) if letters in self._letters else 0)
        if identity.form == DAY:
            return another_day(identity, draw)
        match identity.kind:
            case "email":
                return self._email(identity.value, draw)
            case "iban":
                return iban_like(identity.value, draw)
            case "card":
                return card_like(identity.value, draw)
            case "phone":
                return phone_like(identity.form, identity.value, draw)
            case _:
                return tax_like(identity.form, identity.value, draw)

    def _email(self, address: str, draw: KeyedDraws) -> str:
        """Another mailbox; the host is the same for all addresses of one host."""
        local, _, host = address.rpartition("@")
        hosted = KeyedDraws(self._key, "host", host).like(host.rpartition(".")[0])
        return f"{draw.like(local)}@{hosted}.example"


def _too_near(identity: Identity, made: str) -> bool:
    """Whether more than half of a number's digits came out as they were: 0083 and 0093."""
    if identity.form != FREE:
        return False
    digits = [(a, b) for a, b in zip(identity.value, made, strict=True) if a.isdigit()]
    return sum(a == b for a, b in digits) * 2 > len(digits)


def _without_at(text: str, address: str) -> str:
    """An address that is spoken ("kavi at gmail dot com"), or whose signs were lost."""
    if heard(text, "letters") == heard(text, "address"):
        return joined(address)
    return address.replace("@", " at ").replace(".", " dot ")


def _cased_like(text: str, address: str) -> str:
    """An address in capitals where the original is one by one; hosts are written small."""
    if text.isupper():
        return address.upper()
    local, made = text.rpartition("@")[0], address.rpartition("@")
    if len(local) != len(made[0]):  # folding made two letters of one
        return address
    cased = (new.upper() if old.isupper() else new for new, old in zip(made[0], local, strict=True))
    return "".join([*cased, *made[1:]])
