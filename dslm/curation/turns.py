"""Turns of a talk → one text, `Speaker: what was said`, a line each time the speaker changes.

Takes turns as a row's list (`mapping`) or as a caption file's cues (`formats.captions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SPEAKER_KEYS = ("speaker", "role", "from")
TEXT_KEYS = ("text", "content", "utterance")


@dataclass(frozen=True)
class Turn:
    """What one speaker said; None for one that is not known."""

    speaker: str | None
    text: str


def rendered(turns: Iterable[Turn]) -> str:
    """The talk as text; what the same speaker said in a row is one line."""
    lines: list[tuple[str | None, list[str]]] = []
    for turn in turns:
        said = " ".join(turn.text.split())
        if not said:
            continue
        if lines and lines[-1][0] == turn.speaker:
            lines[-1][1].append(said)
        else:
            lines.append((turn.speaker, [said]))
    return "\n".join((f"{name}: " if name else "") + " ".join(said) for name, said in lines)


def _first(turn: dict[str, Any], keys: Sequence[str]) -> Any:
    """The value under the first key that has one; a table has all of them, most being null."""
    return next((turn[key] for key in keys if turn.get(key) is not None), None)


def _turn(value: Any) -> Turn:
    if isinstance(value, dict):
        speaker, text = _first(value, SPEAKER_KEYS), _first(value, TEXT_KEYS)
    elif isinstance(value, list) and len(value) == 2:
        speaker, text = value
    else:
        raise ValueError("neither an object nor a pair of speaker and text")
    if not isinstance(text, str):
        raise ValueError(f"no text under {', '.join(TEXT_KEYS)}")
    if speaker is not None and not isinstance(speaker, str):
        raise ValueError("its speaker is no text")
    return Turn(" ".join((speaker or "").split()) or None, text)


def turns_of(values: Sequence[Any]) -> list[Turn]:
    """A list of JSON as turns.

    Args:
        values: Objects with a speaker (or role, from) and a text (or content, utterance), or pairs
            of speaker and text.

    Raises:
        ValueError: One is no turn; the message counts from 1.
    """
    turns = []
    for number, value in enumerate(values, start=1):
        try:
            turns.append(_turn(value))
        except ValueError as error:
            raise ValueError(f"turn {number}: {error}") from None
    return turns
