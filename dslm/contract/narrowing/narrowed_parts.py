"""What each part of an answer may be, once the grounded ones are held to one input.

The nouns between reading a schema (`held_schema`) and writing a grammar (`lark_grammar`): a tree
with a leaf for each value. A part that nothing can be written for is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Free:
    """Whatever its own schema allows."""

    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """One of some values, each as the JSON text that an answer has it as."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Copied:
    """A text of whole words that stand in the input in a row.

    `least` and `most` count its characters; `expression` is what it must match besides (Lark).
    """

    least: int = 1
    most: int | None = None
    expression: str | None = None


@dataclass(frozen=True)
class Row:
    """A list: `least` to `most` (None: any number) of one kind of item."""

    item: Part
    least: int
    most: int | None


@dataclass(frozen=True)
class Keyed:
    """An object: its keys in order, each with its part and whether it must be there."""

    members: tuple[tuple[str, Part, bool], ...]


@dataclass(frozen=True)
class Either:
    """One of several parts."""

    options: tuple[Part, ...]


Part = Free | Listed | Copied | Row | Keyed | Either


def either(options: list[Part | None]) -> Part | None:
    """What is left of some options, those that cannot be written left out."""
    found = tuple(one for one in options if one is not None)
    return (found[0] if len(found) == 1 else Either(found)) if found else None
