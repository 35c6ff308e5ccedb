"""Turns of a talk → one text, `Speaker: what was said`, a line each time the speaker changes.

Takes turns as a row's list (`row_mapping`, `chat_messages`) or as a caption file's cues
(`formats.captions`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

SPEAKER_KEYS = ("speaker", "role", "from")
WORD_KEYS = ("text", "content", "utterance", "value")  # one of them holds what is said
TEXT_KEYS = (*WORD_KEYS, "markdown", "refusal")


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


def _part(value: Any) -> str:
    """What one part of a message says; a picture or file is named, for it is not read."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        text = _first(value, TEXT_KEYS)
        if isinstance(text, str):
            return text
        if isinstance(kind := value.get("type"), str):
            return f"[attachment: {kind}]"
    raise ValueError("a part of it is no text")


def _called(turn: dict[str, Any]) -> Iterator[str]:
    """The calls of tools in a turn, each as `name(arguments)`."""
    for name, arguments in calls_of(turn):
        written = (
            arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        )
        yield f"{name}({written})"


def calls_of(turn: dict[str, Any]) -> list[tuple[str, Any]]:
    """The tools that a turn calls, each with its arguments, which are often JSON as text.

    Raises:
        ValueError: They are in no form that is known.
    """
    given = turn.get("tool_calls") or []
    if not isinstance(given, list):
        raise ValueError("its tool calls are no list")
    calls = [one.get("function", one) if isinstance(one, dict) else one for one in given]
    if turn.get("function_call") is not None:
        calls.append(turn["function_call"])
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in calls):
        raise ValueError("a call of a tool without its name")
    return [(one["name"], one.get("arguments")) for one in calls]


def said_by(turn: dict[str, Any]) -> str | None:
    """What a turn says; None where it has no text at all.

    Raises:
        ValueError: Its text is none, or is one under one key and another under another.
    """
    text = _first(turn, TEXT_KEYS)
    said = [key for key in WORD_KEYS if turn.get(key) not in (None, "")]
    if any(turn[key] != turn[said[0]] for key in said):
        raise ValueError(f"one text under {said[0]!r}, another under {said[1]!r}")
    if isinstance(text, list):
        return "\n".join(_part(part) for part in text)
    if text is not None and not isinstance(text, str):
        raise ValueError(f"no text under {', '.join(TEXT_KEYS)}")
    return text


def _speaker(turn: dict[str, Any]) -> Any:
    """Who speaks: a role, and which of several in that role, where the turn names one."""
    speaker, name = _first(turn, SPEAKER_KEYS), turn.get("name")
    named = isinstance(speaker, str) and isinstance(name, str) and name.strip()
    return f"{speaker} {name}" if named and speaker != name else speaker


def _turn(value: Any) -> Turn:
    text: Any
    if isinstance(value, dict):
        speaker, text = _speaker(value), said_by(value)
        if calls := list(_called(value)):
            text = "\n".join([*([text] if text else []), *calls])
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
            of speaker and text. A text may be a list of parts; calls of tools are written out.

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
