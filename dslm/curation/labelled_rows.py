"""What a row handed over on the command line asks and what is right for it, under the usual keys.

`dslm init` and `dslm import` read the same shapes through this: a text or turns under `input` or
`text`; an object, or its JSON, under `target`, `output` or `label`; or a chat (`chats`). Called by
`fitting` and by `dslm.scaffolding.sample`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dslm.curation.chats import unfenced
from dslm.curation.turns import rendered, turns_of
from dslm.strict_json import strict_json

INPUT_KEYS = ("input", "text")
TARGET_KEYS = ("target", "output", "label")


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
