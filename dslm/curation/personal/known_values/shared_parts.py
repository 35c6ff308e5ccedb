"""Parts of personal values that many groups share: what says of what form a value is, not whose.

`FA-` of the numbers of invoices, "Hotel" of companies' names. A surrogate leaves them as they are,
so that a model learns from surrogates what it will see. A part is shared where at least
`LEAST_GROUPS` groups have it in one field, with as many different rests: letters that are somebody,
such as initials, stand with few groups. A company's word counts only beside one that few groups
have, since of "Müller Holz" the rarer word is whose it is. Letters are few, or a word for such a
number. No name that many bear is shared, nor one of a field of kind `name`. Counted by
`shared_part_counts`; read by `declared_fields` and `surrogates`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from dslm.contract.model.personal_fields import Personal, PersonalKind
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.names.common_words import COMMON_WORDS
from dslm.curation.personal.names.frequent_names import may_be_name
from dslm.curation.personal.variants.name_variants import KEPT

LEAST_GROUPS = 10
MOST_RESTS = 100  # of a company's word, the first by their letters, so that any order gives them
MOST_LETTERS = 4  # of a number, unless they are a word for what it numbers; "kowalczyk81" is a name
_NUMBERED_THINGS = (
    "account auftrag bestellung booking buchung claim client contract contrat contrato "
    "customer facture factura fattura invoice konto kunde kunden lieferschein member order "
    "pedido policy police rechnung reservation schaden ticket vertrag vorgang"
)
NUMBERED = frozenset(_NUMBERED_THINGS.split())
_LEADING = re.compile(r"[^\W\d_]+(?=\d)")


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
    """The groups of a part and the rests of its values, each with its groups; of all the first few.

    A rest that is left out is one of many; of groups ten tell as much as more.
    """

    groups: set[str] = field(default_factory=set)
    rests: dict[str, set[str]] = field(default_factory=dict)

    def add(self, rest: str, groups: Iterable[str]) -> None:
        new = set(groups)
        for known in (self.groups, self.rests.setdefault(rest, set())):
            if len(known) < LEAST_GROUPS:
                known.update(new)
        if len(self.rests) > MOST_RESTS:
            del self.rests[max(self.rests)]


class PartCount:
    """In how many groups each part stands, and with which rests.

    What is counted in pieces and added gives the same in any order.
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
            self._seen.setdefault(Part(identity.kind, place, text), _Seen()).add(rest, (group,))

    def lines(self) -> Iterator[str]:
        """What was counted: the names, and a part a line."""
        yield json.dumps({"names": sorted(self._names)})
        for part, seen in self._seen.items():
            rests = {rest: sorted(groups) for rest, groups in sorted(seen.rests.items())}
            yield json.dumps({"part": part, "groups": sorted(seen.groups), "rests": rests})

    def add_lines(self, lines: Iterable[str]) -> None:
        """Count what `lines` of others gave."""
        for counted in map(json.loads, lines):
            if "names" in counted:
                self._names.update(counted["names"])
            else:
                seen = self._seen.setdefault(Part(*counted["part"]), _Seen())
                seen.groups.update(counted["groups"])
                for rest, groups in counted["rests"].items():
                    seen.add(rest, groups)

    def shared(self) -> SharedParts:
        """The parts that enough groups share and that are nobody's name."""
        found = {(part.kind, part.text) for part, seen in self._seen.items()
                 if part.text not in self._names and self._is_shared(part, seen)}  # fmt: skip
        return SharedParts(
            frozenset(text for kind, text in found if kind == "id"),
            frozenset(text for kind, text in found if kind == "company"),
        )

    def _is_shared(self, part: Part, seen: _Seen) -> bool:
        rests, groups = seen.rests, seen.groups
        if part.kind == "company":
            rests = {rest: held for rest, held in rests.items() if self._is_telling(part, rest)}
            groups = set().union(*rests.values())
        return len(groups) >= LEAST_GROUPS <= len(rests)

    def _is_telling(self, part: Part, rest: str) -> bool:
        """Whether the rest of a company's name has a word that few groups have, and no town."""
        others = (self._seen.get(part._replace(text=word)) for word in rest.split())
        return any(
            word not in COMMON_WORDS and (seen is None or len(seen.groups) < LEAST_GROUPS)
            for word, seen in zip(rest.split(), others, strict=True)
        )


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
        may_be = 0 < len(text) <= MOST_LETTERS or text in NUMBERED
        parted = [(text, identity.value[len(text) :])] if may_be else []
    yield from ((text, rest) for text, rest in parted if not may_be_name(text))


def leading_letters(identity: Identity) -> str:
    """The letters before the first digit of a value of kind `id`; empty for none."""
    found = _LEADING.match(identity.value) if identity.kind == "id" else None
    return found[0] if found else ""
