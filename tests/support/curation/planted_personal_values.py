"""Personal values and the ways people spell them, seeded: what the tests plant and look for.

Made without any code of the package that is tested: spellings come from here, so that a spelling
which the package does not know shows as a leftover.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GIVEN = ("Esther", "Robin", "Jonas", "Zoë", "André", "Priya", "Ben", "Kavi", "Marlene", "Omar",
         "Lucía", "Ingrid", "Thandi", "Yusuf", "Wren", "Anneliese")  # fmt: skip
FAMILY = ("Crusoe", "Fairbeck", "Kolbart", "Núñez", "Vinoth", "Okonkwo", "Hämmerling", "Sato",
          "Petrov", "Abernathy", "Lindqvist", "Thirummoorthy", "Duval", "Ferreira")  # fmt: skip
KINDS = {"ssn": "ssn", "policy": "policy", "phone": "phone", "card": "card", "account": "account",
         "pin": "pin", "passport": "passport"}  # fmt: skip


def _grouped(value: str, by: str, size: int = 3) -> str:
    return by.join(value[n : n + size] for n in range(0, len(value), size))


def _spoken(value: str, nought: str = "zero") -> str:
    said = {**{str(n): word for n, word in enumerate(SPOKEN)}, "0": nought}
    return " ".join(said.get(char, char) for char in value)


def _doubled(value: str) -> str:
    out, place = [], 0
    while place < len(value):
        char = value[place]
        twice = char.isdigit() and value[place : place + 2] == char * 2
        out.append(f"double {SPOKEN[int(char)]}" if twice else _spoken(char))
        place += 2 if twice else 1
    return " ".join(out)


def _wide(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in value)


CODE_SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda v: v,
    "capitals": str.upper,
    "small": str.lower,
    "blanks": lambda v: _grouped(v, " "),
    "hyphens": lambda v: _grouped(v, "-"),
    "points": lambda v: _grouped(v, "."),
    "slashes": lambda v: _grouped(v, "/", 4),
    "underscores": lambda v: _grouped(v, "_", 2),
    "commas": lambda v: _grouped(v, ", "),
    "no-break blanks": lambda v: _grouped(v, "\u00a0", 2),
    "line break": lambda v: _grouped(v, "\n", 4),
    "one by one": lambda v: _grouped(v, " ", 1),
    "spoken": _spoken,
    "spoken with oh": lambda v: _spoken(v, "oh"),
    "spoken doubles": _doubled,
    "spoken capitals": lambda v: _spoken(v).upper(),
    "half spoken": lambda v: f"{v[: len(v) // 2]} {_spoken(v[len(v) // 2 :])}",
    "full width": _wide,
    "glued to a word": lambda v: f"nr{v}" if v[0].isdigit() else f"0nr-{v}",
    "in brackets": lambda v: f"({v})",
    "in quotes": lambda v: f'"{v}".',
    "zero-width": lambda v: f"{v[:2]}\u200b{v[2:]}",
}
NAME_SPELLINGS: dict[str, Callable[[str, str], str]] = {
    "as it is": lambda g, f: f"{g} {f}",
    "capitals": lambda g, f: f"{g} {f}".upper(),
    "small": lambda g, f: f"{g} {f}".lower(),
    "family first": lambda g, f: f"{f}, {g}",
    "family first, small": lambda g, f: f"{f} {g}".lower(),
    "given alone": lambda g, _: g,
    "given alone, small": lambda g, _: g.lower(),
    "family alone": lambda _, f: f,
    "family alone, small": lambda _, f: f.lower(),
    "initial": lambda g, f: f"{g[0]}. {f}",
    "titled": lambda _, f: f"Mr. {f}",
    "owning": lambda g, _: f"{g}'s",
    "hyphen": lambda g, f: f"{g}-{f}",
    "point": lambda g, f: f"{g}.{f}".lower(),
    "underscore": lambda g, f: f"{g}_{f}".lower(),
    "glued": lambda g, f: f"{g}{f}".lower(),
    "mistyped address": lambda g, f: f"{f if len(f) > 4 else f + g}gmailcom".lower(),
    "address": lambda g, f: f"{g}.{f}@mail.com".lower(),
    "no accents": lambda g, f: f"{_plain(g)} {_plain(f)}",
    "line break": lambda g, f: f"{g}\n{f}",
    "no-break blank": lambda g, f: f"{g}\u00a0{f}",
    "letter by letter": lambda _, f: " ".join(f.lower()),
}


def _plain(text: str) -> str:
    return text.translate(str.maketrans("áéíóúñëäüöÁÉ", "aeiouneauoAE"))


@dataclass(frozen=True)
class Planted:
    """One value in one spelling.

    Attributes:
        field: The field that holds it.
        value: As the field holds it; of a name the given and the family name.
        spelling: Which one.
        text: As spelled.
    """

    field: str
    value: str
    spelling: str
    text: str


def _code(rng: random.Random, field: str) -> str:
    digits = "".join(rng.choices("0123456789", k={"pin": 4, "card": 16}.get(field, 9)))
    if field == "policy":
        return f"{''.join(rng.choices('ABCDEFGHKMPRSTUVWXYZ', k=2))}{digits[:6]}"
    return f"{rng.choice('CFGHJK')}{digits[:8]}" if field == "passport" else digits


def planted(count: int, seed: int = 16) -> list[Planted]:
    """Values of all fields, every spelling in turn."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        if number % 3 == 0:
            given, family = rng.choice(GIVEN), rng.choice(FAMILY)
            spelling = list(NAME_SPELLINGS)[number // 3 % len(NAME_SPELLINGS)]
            text = NAME_SPELLINGS[spelling](given, family)
            found.append(Planted("name", f"{given} {family}", spelling, text))
        else:
            field = list(KINDS)[number % len(KINDS)]
            value = _code(rng, field)
            spelling = list(CODE_SPELLINGS)[rng.randrange(len(CODE_SPELLINGS))]
            found.append(Planted(field, value, spelling, CODE_SPELLINGS[spelling](value)))
    return found


def heard(text: str) -> str:
    """Digits and letters alone, spoken digits as digits; the tests' own, plain and slow."""
    out = []
    words = "".join(c if c.isalnum() or c == "\u200b" else " " for c in text.casefold()).split()
    times = 1
    for word in words:
        word = word.replace("\u200b", "")
        if word == "double":
            times = 2
            continue
        digit = "0" if word in ("oh", "o") else str(SPOKEN.index(word)) if word in SPOKEN else word
        out.append(digit * times)
        times = 1
    plain = "".join(out)
    return "".join(str(int(c)) if c.isdecimal() else c for c in plain)


def left_of(one: Planted, slot: str) -> bool:
    """Whether a slot in which a value was planted still tells it."""
    if one.field == "name":
        words = [w for w in _plain(one.value).casefold().split() if len(w) > 2]
        told = _plain(heard(one.text)).replace(" ", "")
        return any(w in told and w in _plain(heard(slot)) for w in words)
    before, after = heard(one.value), heard(slot)
    if before in after:
        return True
    same = sum(a == b for a, b in zip(before, after[-len(before) :], strict=False) if a.isdigit())
    return same > 0.7 * sum(c.isdigit() for c in before)
