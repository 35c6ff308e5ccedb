"""Labels that a reader takes for one: they differ by case, blanks, composition or look-alikes.

Takes labels; gives those that belong together, with what they differ by. Used by `dslm init` and
`dslm check`. Look-alike letters are those of Cyrillic, Greek and Armenian that are drawn as Latin
ones (Unicode TS #39, confusables.txt, letters only; digits for letters, such as 0 for O, are not
looked for).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from dslm.contract.text.folding import composed

_CAPITALS = (
    "АA ВB СC ЕE НH ІI ЈJ КK МM ОO РP ЅS ТT ХX УY ҮY ԌG ԚQ ԜW "
    "ΑA ΒB ΕE ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ΖZ ՕO ՍU ԼL"
)
_SMALL = "аa сc еe һh іi јj оo рp ѕs хx уy ԁd ԛq ԝw ѵv γy ιi νv οo ρp υu αa օo ոn սu հh զq ɡg ıi"
_LATIN = str.maketrans({pair[0]: pair[1] for pair in f"{_CAPITALS} {_SMALL}".split()})


def _blanks(text: str) -> str:
    return " ".join(text.split())


def _composition(text: str) -> str:
    return unicodedata.normalize("NFC", text)


# What is taken away in turn, and what labels differ by that are one without it.
_STEPS = (
    ("composition", _composition),
    ("blanks", _blanks),
    ("look-alike letters", lambda text: text.translate(_LATIN)),
    ("case", composed),
)


@dataclass(frozen=True)
class LookAlikes:
    """Several labels that look like one, and what they differ by."""

    labels: tuple[str, ...]
    by: tuple[str, ...]

    def __str__(self) -> str:
        # not repr: a combining mark or a Cyrillic letter would not be seen in it
        return f"{', '.join(shown(label) for label in self.labels)} {self.unquoted}"

    @property
    def unquoted(self) -> str:
        """What they differ by, without them."""
        *first, last = self.by
        return f"differ in {', '.join(first)}{' and ' if first else ''}{last} only"


def shown(label: str) -> str:
    """A label in quotes; with its letters as code points too where they are not plain to see."""
    plain = label.isascii() or (
        label == _composition(label)
        and all(char.isprintable() or char == " " for char in label)
        and label.translate(_LATIN) == label
    )
    return repr(label) if plain else f"{label!r} ({ascii(label)[1:-1]})"


def look_alikes(labels: Iterable[str]) -> list[LookAlikes]:
    """The groups of two labels and more that differ only in what a reader does not see."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for label in dict.fromkeys(labels):
        groups[_skeleton(label)].append(label)
    return [
        LookAlikes(tuple(group), _differences(group)) for group in groups.values() if len(group) > 1
    ]


def _skeleton(label: str) -> str:
    for _, without in _STEPS:
        label = without(label)
    return _blanks(label)


def _differences(labels: list[str]) -> tuple[str, ...]:
    """Which steps change some of the labels only, or make some of them one."""
    found, left = [], labels
    for name, without in _STEPS:
        changed = [without(label) for label in left]
        some = len({new == old for new, old in zip(changed, left, strict=True)}) > 1
        if len(set(left)) > 1 and (some or len(set(changed)) < len(set(left))):
            found.append(name)
        left = changed
    return tuple(found) or ("signs that are not seen",)
