"""Every way in which a value that was found may be spelled elsewhere, as joined words.

Called by `group_index` for the cases of a value's group, by `known_values` for all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dslm.curation.personal.found_values import COMMON, Identity
from dslm.curation.personal.variants.birth_dates import DAY, days_of, digits_of_day
from dslm.curation.personal.variants.escaped_characters import unescaped
from dslm.curation.personal.variants.letters_and_digits import folded_words, heard
from dslm.curation.personal.variants.name_variants import (
    PARTICLES,
    SHORTEST_ELSEWHERE,
    parts,
    whole_spellings,
)
from dslm.curation.personal.variants.value_separators import joined
from dslm.curation.personal.variants.word_boundaries import LEAST_BEHIND_NOUGHTS

# Say of what kind an address is, not whose.
_ADDRESS_WORDS = (
    "apartment apt avenue ave block boulevard blvd box building city close court ct district door "
    "drive dr east flat floor gasse highway house lane ln main no north number nr park place plot "
    "po platz post road rd room south square st str street strasse straße suite town unit village "
    "way west th rue via calle plaza piazza allee weg avenida av boulevard bd rua corso viale "
    "straat laan plein ulica ul aleja ulice cad cadde caddesi sok sokak sokagi mah mahallesi "
    "daire kat ул улица д дом кв квартира пр просп проспект пер переулок вул вулиця буд οδος οδ "
    "شارع רחוב רח"
)
OF_ADDRESSES = frozenset(folded_words(_ADDRESS_WORDS))
_CUT = {"street": "st", "avenue": "ave", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct"}
_STREETS = (("strasse", "str"), ("straat", "str"), ("platz", "pl"))
LOCAL, LAST = (7, 8), 4  # digits of a telephone number without its area; of a card that are told
SHORTEST_ACCOUNT = 6
SHORTEST_PART = 5  # letters and digits of a part of an address
_HOUSE = re.compile(r"\d+[a-z]?")
_LINE_END = re.compile(r"[,;|\n\u060c\u061b\u3001\uff0c\uff1b]")
_IN_TWO = re.compile("ae|oe|ue", re.IGNORECASE)
_IN_ONE = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LETTERS = re.compile(r"^[^\W\d_]+")
_NO_TRUNK = frozenset({"1", "34", "39", "45", "47", "48", "351", "352", "420"})


def any_spellings(identity: Identity, text: str) -> set[str]:
    """Spellings that may mean the value in every case; `text` is how it was found.

    Of a name its single words are among them, as far as `known_values` does not take them for
    common ones; of a company those that few groups have.
    """
    if identity.form == COMMON:
        return set()
    if identity.is_name:
        single = {word for word in parts(identity)
                  if len(word) >= SHORTEST_ELSEWHERE and not word.isdigit()}  # fmt: skip
        spelled = single | (whole_spellings(identity) if " " in identity.value else set())
        return {joined(one) for one in spelled}
    if identity.kind == "phone" and identity.form.isdigit():
        country, national = identity.form, identity.value
        trunk = national if country in _NO_TRUNK else f"0{national}"
        return {joined(text), f"{country}{national}", f"00{country}{national}", trunk}
    if identity.form == DAY:
        return {joined(text), *map(joined, identity.value.split())}
    return {joined(text), joined(identity.value), *_without_noughts(identity.value)}


def is_plain_number(identity: Identity, text: str) -> bool:
    """Whether a value is spelled in one way: digits that begin with no nought, as most numbers."""
    plain = text == identity.value and identity.kind == "id" and text.isascii() and text.isdigit()
    return plain and text[0] != "0"


def _without_noughts(value: str) -> set[str]:
    """What a column of numbers leaves of digits that begin with noughts: 314 of 0314."""
    left = value.lstrip("0") if value.isascii() and value.isdigit() else value
    return {left} if LEAST_BEHIND_NOUGHTS <= len(left) < len(value) else set()


def partial_spellings(identity: Identity, text: str) -> set[str]:
    """Parts that mean the value in the cases of its group; `part_of` finds their surrogates.

    Of an e-mail address the mailbox, of one in a town the house and the street, of a telephone
    number the local one, of an IBAN the account, of other long numbers the last digits, of
    `INV-71172` the number alone, of a day its digits without signs.
    """
    value = identity.value
    if identity.kind == "email":
        made = {value.rpartition("@")[0]}
    elif identity.kind == "address":
        made = {one for one in _houses(text) if joined(one) in value.casefold()} | turned(text)
        made |= {one for one in lines_of_address(text) if joined(one) in value.casefold()}
        made |= {other for one in (*made, value) for other, _, _ in _other_streets(joined(one))}
    elif identity.kind == "phone":
        made = {value[-size:] for size in LOCAL if len(value) > size} | _without_area(identity)
    elif identity.form == DAY:
        made = {digits for day in days_of(identity) for digits in digits_of_day(day)}
    elif _is_told_by_its_last(identity):
        told = (value[-LAST:], *_accounts_in(identity), *_without_century(value))
        return {one for one in told if one.isdigit()}
    elif identity.kind == "id":
        number = _LETTERS.sub("", value)
        made = {number} if number.isdigit() and number != value else set()
    else:
        return set()
    return {part for part in made if len(joined(part)) >= SHORTEST_PART}


def _without_area(identity: Identity) -> set[str]:
    """A telephone number as it is dialled in its town, where its country's plan is known."""
    if not identity.form.isdigit():
        return set()
    import phonenumbers

    country, national = int(identity.form), int(identity.value)
    number = phonenumbers.PhoneNumber(country_code=country, national_number=national)
    area = phonenumbers.length_of_geographical_area_code(number)
    return {identity.value[area:]} if area else set()


def _accounts_in(identity: Identity) -> tuple[str, ...]:
    """The account that an IBAN ends with, with and without noughts before it."""
    if identity.kind != "iban":
        return ()
    ends = (identity.value[-10:], identity.value[-8:], identity.value[-10:].lstrip("0"))
    return tuple(one for one in ends if len(one) >= SHORTEST_ACCOUNT)


def _without_century(value: str) -> tuple[str, ...]:
    """A number that begins with a day of birth, as Sweden's, with its year in two digits."""
    return (value[2:],) if len(value) == 12 and value[:2] in ("18", "19", "20") else ()


def _is_told_by_its_last(identity: Identity) -> bool:
    """Whether a number's last four digits are told alone; a valid SSN is found as a tax number."""
    kinds = identity.kind in ("card", "iban", "national_id") or identity.form == "us_ssn"
    return kinds and len(identity.value) > 2 * LAST


def house_and_street(text: str) -> str:
    """The number of a house and the word beside it that names the street: "12 Elm"."""
    words = [word for word in folded_words(text) if word not in OF_ADDRESSES | PARTICLES]
    numbers = [n for n, word in enumerate(words[:2]) if _HOUSE.fullmatch(word)]
    return " ".join(words[:2]) if len(words) > 2 - len(numbers) and len(numbers) == 1 else ""


def _houses(text: str) -> set[str]:
    """The houses with their streets, of the whole address and of each of its lines."""
    return {*filter(None, map(house_and_street, (text, *lines_of_address(text))))}


def turned(text: str) -> set[str]:
    """House and street of an address the other way round: "elm street 12" of 12 Elm Street."""
    words = folded_words(text)
    return {one for near in _houses(text) for one in _turned(words, *near.split())}


def _turned(words: list[str], first: str, last: str) -> set[str]:
    street, house = (last, first) if _HOUSE.fullmatch(first) else (first, last)
    if not {street, house} <= set(words):
        return set()
    at = words.index(street)
    behind = words[at + 1 : at + 2]
    kinds = {"", *behind, *(_CUT.get(kind, kind) for kind in behind)}
    named = {f"{street} {kind}".strip() for kind in kinds if not kind or kind in OF_ADDRESSES}
    before = words.index(house) < at
    made = {f"{one} {house}" if before else f"{house} {one}" for one in named}
    return made | {other for one in made for other, _, _ in _other_streets(joined(one))}


def _turned_part(value: str, text: str, made: str) -> str | None:
    """The part of a surrogate for a house and street that are written the other way round."""
    words = folded_words(text)
    for back in (words[-1:], words[1:]):
        front = words[: len(words) - len(back)]
        said, behind = "".join([*back, *front]), len("".join(back))
        at = value.find(said) if front and len(value) == len(made) else -1
        part = made[at : at + len(said)] if at >= 0 else _street_part(value, said, made)
        if front and part:
            return part[behind:] + part[:behind]
    return None


def lines_of_address(text: str) -> list[str]:
    """What commas and line breaks part, if it has a number: the street, the town with its code."""
    lines = [line.strip() for line in _LINE_END.split(unescaped(text))]
    return [one for one in lines if re.search(r"\d", one)] if len(lines) > 1 else []


def with_its_umlauts(value: str, text: str) -> str:
    """A text with umlauts in as many letters as the value has them in, which it then spells."""
    if heard(text, "digits") not in value:
        for other in (_IN_TWO.sub(lambda two: two[0][0], text), text.translate(_IN_ONE)):
            if heard(other, "digits") in value:
                return other
    return text


def _other_streets(said: str) -> Iterator[tuple[str, str, str]]:
    """A street's name with its kind cut, or whole: "hauptstr 12"; and both endings, new first."""
    for whole, short in _STREETS:
        for old, new in ((whole, short), (short, whole)):
            if old in said and re.search(rf"[^\W\d_]{old}(?![^\W\d_])", said):
                yield re.sub(rf"(?<=[^\W\d_]){old}(?![^\W\d_])", new, said, count=1), new, old


def _street_part(value: str, said: str, made: str) -> str | None:
    """The part of a surrogate for a street whose kind is written otherwise than in the value."""
    for other, old, new in _other_streets(said):
        at = value.find(other)
        if at >= 0 and len(value) == len(made):
            stem = at + other.index(old)
            return f"{made[at:stem]}{new}{made[stem + len(old) : at + len(other)]}"
    return None


def part_of(identity: Identity, text: str, made: str) -> str | None:
    """The part of a surrogate for a text that is a part of its value; None for a whole one."""
    value, said = identity.value.casefold(), joined(text)
    if identity.kind not in ("email", "address"):
        said = heard(text, "digits")
    if identity.kind == "email":
        mailbox = made.rpartition("@")[0]
        return joined(mailbox) if mailbox and said == joined(value.rpartition("@")[0]) else None
    if identity.kind == "address" and said not in value:
        return _street_part(value, said, made) or _turned_part(value, text, made)
    at = value.find(said) if identity.kind == "address" else value.rfind(said)
    if at < 0 or not len(said) < len(value) == len(made):
        return None
    return made[at : at + len(said)]
