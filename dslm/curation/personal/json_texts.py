"""What a line of JSON says: its texts one by one, or soon its words, for what looks them up first.

Most lines hold nothing: their words are asked for as a whole, without reading the JSON. Used by
`known_values`, `replace_everywhere` and `leftovers`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dslm.curation.personal.variants.escaped_characters import readings
from dslm.curation.personal.variants.letters_and_digits import folded_words

NAMING = frozenset({"id", "ids", "of", "cases", "matches"})  # keys of what is never replaced
_ESCAPE = re.compile(r"\\[bfnrt]")
_BETWEEN = ('","', '":"', '":["', '"],"')  # one text of a line ends, another begins
_NO_DIGIT = "x"  # said between texts: "sixty" and, in the next one, "one" are no 61


def texts_in(value: Any, naming: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text, key and whole number in a JSON value, and whether it is a name of something."""
    if isinstance(value, str):
        yield value, naming
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key, True
            yield from texts_in(inner, naming or key in NAMING)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item, naming)
    elif (whole := whole_number(value)) is not None:
        yield whole, naming


def keys_alone(value: Any) -> Any:
    """A JSON value without its texts and numbers."""
    if isinstance(value, dict):
        return {key: keys_alone(inner) for key, inner in value.items()}
    return [keys_alone(item) for item in value] if isinstance(value, list) else None


def whole_number(value: Any) -> str | None:
    """The digits of a whole number, also of one that a column with gaps made 4815.0; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value)) if value == value // 1 else None


def mapped(value: Any, change: Callable[[str], str], kept: frozenset[str] = frozenset()) -> Any:
    """A JSON value with every text in it changed; a whole number is changed by its digits.

    Args:
        value: Any.
        change: Gives the new text.
        kept: Texts that stay as they are.
    """
    if isinstance(value, str):
        return value if value in kept else change(value)
    if isinstance(value, dict):
        return {key: mapped(inner, change, kept) for key, inner in value.items()}
    if isinstance(value, list):
        return [mapped(item, change, kept) for item in value]
    if (whole := whole_number(value)) is not None:
        made = change(whole)
        if made != whole:
            return type(value)(made) if made.isdecimal() else made
    return value


def words_of_line(line: str) -> list[str]:
    """The folded words of all texts, keys and numbers of a line of JSON, in their order.

    Between two texts stands a word that says no digit.
    """
    if "\\" in line:
        if "\\\\" in line or "\\u" in line:
            texts = [one for text, _ in texts_in(json.loads(line)) for one in readings(text)]
            return folded_words(f"\n{_NO_DIGIT}\n".join(texts))
        line = _ESCAPE.sub(" ", line)
    for between in _BETWEEN:
        line = line.replace(between, f" {_NO_DIGIT} ")
    return folded_words(line)


def words_but(record: str, given: Iterable[str]) -> set[str]:
    """The words of a case's line, but for those that were given there."""
    return set(words_of_line(record)) - {word for text in given for word in folded_words(text)}
