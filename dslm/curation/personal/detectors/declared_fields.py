"""The values that a case's personal fields hold, as the contract's `data.personal` names them.

Gives each with what it is: the identity that the finders would give it, so that a number which is
labelled here and found there has one surrogate, else one of a free form. Called by
`replace_in_case`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import chain
from typing import Any
from unicodedata import normalize

from dslm.contract.model.personal_fields import Personal, PersonalKind
from dslm.curation.personal.detectors.bank_accounts import cards, ibans
from dslm.curation.personal.detectors.emails import emails
from dslm.curation.personal.detectors.phone_numbers import phones
from dslm.curation.personal.detectors.tax_numbers import taxes
from dslm.curation.personal.found_values import COMMON, FoundValue, Identity
from dslm.curation.personal.json_texts import whole_number
from dslm.curation.personal.known_values.shared_parts import NOTHING_SHARED, SharedParts
from dslm.curation.personal.proof.no_values import is_no_value
from dslm.curation.personal.replacement.beside_values import beside
from dslm.curation.personal.variants.birth_dates import day_identity
from dslm.curation.personal.variants.letters_and_digits import folded_words, heard, is_unspaced
from dslm.curation.personal.variants.name_variants import SHORTEST_NUMBER, UNTELLING, WORD, words_of
from dslm.curation.personal.variants.spelling_variants import OF_ADDRESSES
from dslm.curation.personal.variants.value_keys import hearing_of
from dslm.curation.personal.variants.value_separators import joined
from dslm.records import Case

Placed = tuple[str, Identity, str]  # a field, which value it holds, and how it is written there
NAMING: frozenset[PersonalKind] = frozenset({"name", "company"})
FREE = "free"  # the form of a value that no finder knows


class DeclaredFields:
    """Reads the personal fields of cases."""

    def __init__(
        self, personal: Personal, kinds: Collection[PersonalKind] | None = None,
        shared: SharedParts = NOTHING_SHARED,
    ):  # fmt: skip
        """Of all kinds, or of some; `shared` are the parts that values may keep."""
        self.places = {
            place: kind for place, kind in personal.places.items() if kinds is None or kind in kinds
        }
        self._words = shared.words
        found_by: dict[PersonalKind, Callable[[str], Iterable[FoundValue]]] = {
            "email": emails, "iban": ibans, "card": cards, "tax": taxes, "national_id": taxes,
            "phone": partial(phones, regions=tuple(personal.regions)),
        }  # fmt: skip
        self._found_by = found_by

    def values(self, case: Case) -> Iterator[tuple[Identity, str]]:
        """Every value of a personal field, and how it is written there."""
        whole = ((identity, text) for _, identity, text in self.placed(case))
        return chain(whole, self.within(case))

    def within(self, case: Case) -> Iterator[tuple[Identity, str]]:
        """Values that stand among other things in their fields: Anna Weber <anna@web.de>."""
        for place, kind in self.places.items():
            for text in texts_at(case, place):
                if kind not in NAMING:
                    yield from self._beside(kind, text)
                elif "@" in text:
                    yield from ((one.identity, one.text) for one in emails(text))

    def _beside(self, kind: PersonalKind, text: str) -> Iterator[tuple[Identity, str]]:
        """Values in a text that are not all of it: what a finder knows, and numbers and days."""
        if find := self._found_by.get(kind):
            for one in find(_with_cue(kind, text)):
                if joined(one.text) != joined(text):
                    yield one.identity, one.text
        for value in beside(kind, text).values:
            if identity := self.identity(kind, value):
                yield identity, value

    def placed(self, case: Case) -> Iterator[Placed]:
        """What each personal field holds as a whole, with the field."""
        for place, kind in self.places.items():
            for text in texts_at(case, place):
                if kind in NAMING and "@" in text:
                    text = _name_beside_emails(text)
                for one in _values_in(kind, text):
                    if identity := self.identity(kind, one):
                        yield place, identity, one

    def identity(self, kind: PersonalKind, text: str) -> Identity | None:
        """Which value a field's text is; None for none."""
        if is_no_value(text):
            return None
        if kind == "name":
            return _name(text)
        if kind == "company":
            return _company(text, self._words)
        day = day_identity(text) if kind == "date" else None
        return day or self._as_found(kind, text) or _free(kind, text)

    def _as_found(self, kind: PersonalKind, text: str) -> Identity | None:
        find = self._found_by.get(kind)
        if find is None:
            return None
        plain = normalize("NFKC", text)  # in full-width digits
        for said in dict.fromkeys((text.strip(), _with_cue(kind, text), _with_cue(kind, plain))):
            for one in find(said):
                if joined(one.text) == joined(text):
                    return one.identity
        return None


@lru_cache(maxsize=1 << 12)
def _values_in(kind: PersonalKind, text: str) -> tuple[str, ...]:
    """The values of a field's text; the text itself where more of it may be somebody's."""
    found = beside(kind, text)
    return found.values if found.values and found.alone else (text,)


def _name_beside_emails(text: str) -> str:
    """A field's text but for the e-mail addresses in it; empty where it is no more than one."""
    found = [*emails(text)]
    for one in reversed(found):
        text = f"{text[: one.start].rstrip(' <([')} {text[one.end :].lstrip(' >)]')}"
    return text.strip(" ,;:<>()[]") if found else text


def _with_cue(kind: PersonalKind, text: str) -> str:
    """A field's text behind a word that says what its number is."""
    cue = {"phone": "Tel. ", "national_id": "SSN ", "tax": "SSN "}.get(kind, "")
    return f"{cue}{text.strip()}"


@lru_cache(maxsize=1 << 16)  # a name stands in many cases
def _name(text: str) -> Identity | None:
    words = words_of(text)
    telling = [word for word in words if word not in UNTELLING]
    if not words:
        return None
    known = any(len(word) >= (SHORTEST_NUMBER if word.isdigit() else 2) for word in telling)
    form = "" if known or _is_whole_name(text) else COMMON
    return Identity("name", form, " ".join(words))


def _is_whole_name(text: str) -> bool:
    """Whether words that are nobody's by themselves are somebody's together: Do Van An, 王 芳.

    In small letters they are what noisy labels take along: "my name is".
    """
    words = WORD.findall(text)
    spelled = [w for w in words if (len(w) > 1 and w[0].isupper()) or is_unspaced(joined(w))]
    return len(words) > 1 and len(spelled) == len(words)


def _company(text: str, shared: frozenset[str]) -> Identity | None:
    if (name := _name(text)) is None:
        return None
    words = sorted(shared.intersection(name.value.split()))
    return Identity("company", name.form or " ".join(words), name.value)


def _free(kind: PersonalKind, text: str) -> Identity | None:
    if kind == "address" and OF_ADDRESSES.issuperset(folded_words(text)):
        return None  # "street", which noisy labels hold: whose it is it does not say
    value = heard(text, hearing_of(Identity(kind, FREE, "")))
    return Identity(kind, FREE, value) if value else None


def texts_at(case: Case, place: str) -> Iterator[str]:
    """The texts and whole numbers that a case holds at a place, as text."""
    part, _, path = place.partition(".")
    holder = case.meta if part == "meta" else case.target or {}
    if path in holder:
        yield from _leaves(holder[path])
    else:
        yield from _at(holder, path.split("."))


def _at(value: Any, keys: list[str]) -> Iterator[str]:
    if not keys:
        yield from _leaves(value)
    elif isinstance(value, list):
        for item in value:
            yield from _at(item, keys)
    elif isinstance(value, Mapping) and keys[0] in value:
        yield from _at(value[keys[0]], keys[1:])


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif (whole := whole_number(value)) is not None:
        yield whole
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
