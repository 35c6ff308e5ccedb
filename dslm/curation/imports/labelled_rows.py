"""What a row handed over on the command line asks and what is right for it, under the usual keys.

`dslm init` and `dslm import` read the same shapes through this: a text or turns under `input` or
`text`; an object, or its JSON, under `target`, `output` or `label`; or a chat (`chat_messages`).
Called by `import_mapping` and by `dslm.scaffolding.sample_reader`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from dslm.curation.sources import rendered, turns_of, unfenced
from dslm.strict_json import strict_json

INPUT_KEYS = ("input", "text")
TARGET_KEYS = ("target", "output", "label")


@dataclass(frozen=True)
class Meta:
    """What is known of a row beyond its parts.

    Attributes:
        known: Its own `meta`, and the texts, numbers and truth values beside it.
        left_out: The keys of lists, objects and bytes beside it, such as a chat's `tools`.
    """

    known: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def meta_in(row: Mapping[str, Any], used: Collection[str]) -> Meta:
    """A row's meta, and what it holds beside that.

    Args:
        row: The row.
        used: The keys of its other parts.

    Raises:
        ValueError: Its `meta` is no object, or says another value than a key beside it.
    """
    own = object_in(row, "meta")
    if not isinstance(own, dict | None):
        raise ValueError("'meta' is not an object")
    held = own or {}
    beside = {k: v for k, v in row.items() if v is not None and k not in used and k != "meta"}
    for key in beside.keys() & held.keys():
        if beside[key] != held[key] and held[key] is not None:
            raise ValueError(f"{key!r} is one value beside 'meta' and another in it")
    left_out = tuple(key for key, value in beside.items() if isinstance(value, list | dict | bytes))
    plain = {key: value for key, value in beside.items() if key not in left_out}
    return Meta(plain | {k: v for k, v in held.items() if k not in plain}, left_out)


def input_in(row: Mapping[str, Any], key: str) -> str:
    """The text under a key, or the turns of a talk as one.

    Raises:
        ValueError: There is none.
    """
    value = row.get(key)
    if isinstance(value, list):
        try:
            value = rendered(turns_of(value))
        except ValueError as error:
            raise ValueError(f"{key!r}, {error}") from None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key!r} is empty or no text")
    return value


def object_in(row: Mapping[str, Any], key: str) -> Any:
    """The value under a key; an object that is spelled as JSON is read, fenced or not.

    Raises:
        ValueError: It begins as an object and is no JSON.
    """
    value = row.get(key)
    if isinstance(value, str) and (bare := unfenced(value)).lstrip().startswith("{"):
        try:
            return strict_json(bare)
        except ValueError as error:
            raise ValueError(f"{key!r} looks like JSON but is not: {error}") from None
    return value
