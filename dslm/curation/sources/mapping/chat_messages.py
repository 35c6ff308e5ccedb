"""Rows that are a chat, as they are exported for fine-tuning → rows with an input and a target.

Takes `{"messages": […]}` (OpenAI) or `{"conversations": […]}` (ShareGPT): what the assistant says
last, as JSON, is the target; what was said before is the input, the text itself where one user says
one thing. What the system says is an instruction to another model: it goes into `meta.system`, or
beside what the row has there. `dslm init`, `dslm import` and curation read rows through this.
Called by `row_mapping`, `import_mapping` and `dslm.scaffolding.sample_reader`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dslm.curation.sources.mapping.dialogue_turns import (
    SPEAKER_KEYS,
    calls_of,
    rendered,
    said_by,
    turns_of,
)
from dslm.strict_json import strict_json

CHAT_KEYS = ("messages", "conversations", "conversation")
ASSISTANTS = {"assistant", "gpt", "model", "bot", "chatgpt", "ai"}
SYSTEMS = {"system", "developer"}
SYSTEM_KEYS = ("system", "chat_system")  # of meta
_FENCED = re.compile(
    r"\s*(?P<fence>`{3,}|~{3,})[ \t]*+\w*+[ \t]*+\n(.*?)(?:\n[ \t]*+)?(?P=fence)\s*\Z", re.DOTALL
)


def without_chat(
    row: Mapping[str, Any], inputs: Sequence[str], targets: Sequence[str], meta: str | None = "meta"
) -> Mapping[str, Any]:
    """A row whose chat, if it is one, became an input and, without a target, a target.

    Args:
        row: A row of any source.
        inputs: The keys that an input is under; a chat becomes the first of them.
        targets: The same of a target; without any the chat is the input alone.
        meta: The key of the row's meta; None where that is keys of the row itself.

    Raises:
        ValueError: The chat is none, or ends with no answer that could be a target.
    """
    found = ((key, turns) for key in CHAT_KEYS if (turns := _turns(row.get(key))) is not None)
    key, turns = next(found, (None, []))
    if key is None or any(row.get(name) is not None for name in inputs if name != key):
        return row
    rest = {name: value for name, value in row.items() if name != key}
    if not targets or any(row.get(name) is not None for name in targets if name != key):
        return rest | {inputs[0]: turns}
    asked, answer, system = _parted(turns)
    if system and meta is None:
        rest = _with_system(rest, system, {})
    elif system and isinstance(held := _object(rest.get(str(meta))), dict):
        rest[str(meta)] = _with_system(held, system, rest)
    return rest | {inputs[0]: _input(asked), targets[0]: answer}


def _object(value: Any) -> Any:
    """A row's meta as an object, also of a text that spells it; else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return strict_json(value)
        except ValueError:
            return value  # who reads the meta says what is wrong
    return {} if value is None or value == "" else value


def _with_system(meta: Mapping[str, Any], said: str, beside: Mapping[str, Any]) -> dict[str, Any]:
    """The meta with what the chat's system said, under the first of two keys that is free.

    Args:
        meta: What the row has there.
        said: By the system.
        beside: Other keys of the row, which may become meta too.

    Raises:
        ValueError: Both keys hold something else.
    """
    for key in SYSTEM_KEYS:
        if all(held.get(key) in (None, "", said) for held in (meta, beside)):
            return {**meta, key: said}
    raise ValueError(f"no place for what the system says: meta has {' and '.join(SYSTEM_KEYS)}")


def _turns(value: Any) -> list[Any] | None:
    """The turns that a row holds, or a cell spells; None for what is no list."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = strict_json(value)
        except ValueError:
            return None  # a text that begins with a bracket
    return value if isinstance(value, list) else None


def _role(turn: Any) -> str:
    """Who speaks in a turn, in small letters."""
    named = (turn.get(key) for key in SPEAKER_KEYS) if isinstance(turn, dict) else ()
    return next((name.strip().casefold() for name in named if isinstance(name, str)), "")


def _parted(turns: list[Any]) -> tuple[list[Any], dict[str, Any], str]:
    """What was said, the answer to it, and what the system said before all."""
    turns_of(turns)  # names the first that is none
    if not turns or _role(turns[-1]) not in ASSISTANTS:
        raise ValueError("the last message is not the assistant's, so there is no target")
    if turns[-1].get("weight") == 0:
        raise ValueError("the last message has the weight 0: it is not to be learnt")
    system = rendered(turns_of([{"text": said_by(t) or ""} for t in turns if _role(t) in SYSTEMS]))
    asked = [turn for turn in turns[:-1] if _role(turn) not in SYSTEMS]
    return asked, _answer(turns[-1]), system


def _input(asked: list[Any]) -> str:
    """One text as it is; of several turns who said what."""
    if len(asked) == 1 and _role(asked[0]) not in ASSISTANTS and not calls_of(asked[0]):
        return said_by(asked[0]) or ""
    return rendered(turns_of(asked))


def _answer(turn: dict[str, Any]) -> dict[str, Any]:
    """The object that an assistant says, or calls its one tool with."""
    calls, text = calls_of(turn), (said_by(turn) or "").strip()
    if len(calls) > 1:
        raise ValueError(f"the last message calls {len(calls)} tools, so there is no one target")
    if calls and text:
        raise ValueError("the last message has a text and calls a tool: one of them is the target")
    value: Any = calls[0][1] if calls else text
    if isinstance(value, str):
        try:
            value = strict_json(unfenced(value))
        except ValueError as error:
            raise ValueError(f"the last message is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("the last message is not a JSON object")
    return value


def unfenced(text: str) -> str:
    """A text without the fence of a block of code around the whole of it."""
    found = _FENCED.match(text)
    return found[2] if found else text
