"""Parts of personal values that many groups share: what says of what form a value is, not whose.

`FA-` of the numbers of invoices, "Hotel" of companies' names. A surrogate leaves them as they are,
so that a model learns from surrogates what it will see. A part is shared where at least
`LEAST_GROUPS` groups have it in one field, with as many different rests: letters that are somebody,
such as initials, stand with few groups. No name of a person is, by the lists that surrogates are
made of and by fields of kind `name`. Counted by `counting_parts`; read by `labelled` and
`surrogates`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from dslm.contract.personal import Personal, PersonalKind
from dslm.curation.personal.finding import Identity
from dslm.curation.personal.name_lists import FAMILY_NAMES, GIVEN_NAMES
from dslm.curation.personal.names import KEPT
from dslm.curation.personal.spelling import joined

LEAST_GROUPS = 10
_LEADING = re.compile(r"[^\W\d_]+(?=\d)")
_NAMES = frozenset(name.casefold() for name in (*GIVEN_NAMES, *FAMILY_NAMES))


@dataclass(frozen=True)
class SharedParts:
    """What stays of values, folded.

    Attributes:
        letters: Before the first digit of values of kind `id`.
        words: Of values of kind `company`.
    """

    letters: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.letters) + len(self.words)


NOTHING_SHARED = SharedParts()


class Part(NamedTuple):
    """A part of values of one field."""

    kind: PersonalKind
    place: str
    text: str


@dataclass(frozen=True)
class _Seen:
    groups: set[str] = field(default_factory=set)
    rests: set[str] = field(default_factory=set)


class PartCount:
    """In how many groups each part stands, and with how many rests; of both the first few.

    What is counted in pieces and added gives the same in any order: who has few counts all.
    """

    def __init__(self) -> None:
        self._seen: dict[Part, _Seen] = {}
        self._names: set[str] = set()

    def add(self, place: str, identity: Identity, group: str) -> None:
        """Count the parts of one value; the words of somebody's name are noted."""
        if identity.kind == "name":
            self._names.update(identity.value.split())
            return
        for text, rest in parts_of(identity):
            self._add(Part(identity.kind, place, text), (group,), (rest,))

    def _add(self, part: Part, groups: Iterable[str], rests: Iterable[str]) -> None:
        seen = self._seen.setdefault(part, _Seen())
        for known, more in ((seen.groups, groups), (seen.rests, rests)):
            if len(known) < LEAST_GROUPS:
                known.update(more)

    def lines(self) -> Iterator[str]:
        """What was counted: the names, and a part a line."""
        yield json.dumps({"names": sorted(self._names)})
        for part, seen in self._seen.items():
            counted = {"part": part, "groups": sorted(seen.groups), "rests": sorted(seen.rests)}
            yield json.dumps(counted)

    def add_lines(self, lines: Iterable[str]) -> None:
        """Count what `lines` of others gave."""
        for counted in map(json.loads, lines):
            if "names" in counted:
                self._names.update(counted["names"])
            else:
                self._add(Part(*counted["part"]), counted["groups"], counted["rests"])

    def shared(self) -> SharedParts:
        """The parts that enough groups share and that are nobody's name."""
        found = {(part.kind, part.text) for part, seen in self._seen.items()
                 if _is_shared(seen) and part.text not in self._names}  # fmt: skip
        return SharedParts(
            frozenset(text for kind, text in found if kind == "id"),
            frozenset(text for kind, text in found if kind == "company"),
        )


def _is_shared(seen: _Seen) -> bool:
    return len(seen.groups) >= LEAST_GROUPS <= len(seen.rests)


def sharing_kinds(personal: Personal) -> frozenset[PersonalKind]:
    """The kinds of a contract's fields that are counted; none where no values share parts.

    Whether a company's words are shared is asked in every mode, as they mean nobody. Names are
    counted as what is never shared.
    """
    kinds = frozenset(personal.places.values())
    sharing = {"company", "id"} if personal.mode == "surrogate" else {"company"}
    return kinds & (sharing | {"name"}) if kinds & sharing else frozenset()


def parts_of(identity: Identity) -> Iterator[tuple[str, str]]:
    """What of a value may be shared, each with the rest of the value; no name of the lists is."""
    if identity.kind == "company":
        words = {w for w in identity.value.split() if w not in KEPT and not w.isdigit()}
        parted = [(word, " ".join(sorted(words - {word}))) for word in sorted(words)]
    else:
        text = leading_letters(identity)
        parted = [(text, identity.value[len(text) :])] if text else []
    yield from ((text, rest) for text, rest in parted if joined(text) not in _NAMES)


def leading_letters(identity: Identity) -> str:
    """The letters before the first digit of a value of kind `id`; empty for none."""
    found = _LEADING.match(identity.value) if identity.kind == "id" else None
    return found[0] if found else ""
