"""Reads YAML that says one thing: plain values under text keys, bounded in size and depth.

Takes text, gives ruamel's round-trip types, which keep lines and comments. Called by
`document_loading`. What YAML allows beyond a document of settings is refused with its line: tags,
keys that are no text (`1:` and `"1":` would be one key to us), numbers that other readers take for
others or for texts (`007`), a document that holds itself or repeats itself endlessly, half of a
character.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

DEEPEST, MOST_VALUES, LONGEST_NUMBER = 50, 200_000, 400
LARGEST = 4 * 2**20  # characters; ruamel reads about 300,000 a second
_TOO_MANY = f"more than {MOST_VALUES:,} values"
# As JSON has them, and a digit may lack on one side of the point: 007, 0x1F and 1_000 are texts too
_NUMBER = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan",
    re.IGNORECASE,
)
_TAG = "tag:yaml.org,2002:"


class NotStrictError(MarkedYAMLError):
    """YAML that is valid, and no document of settings."""

    def __init__(self, problem: str, mark: StreamMark | None):
        super().__init__(None, None, problem, mark)


class _Composer(Composer):
    """Refuses on the way what may not go on: each step down is a step of Python's own stack."""

    deep = seen = 0

    def __init__(self, loader: Any = None):
        super().__init__(loader)
        self.warn_double_anchors = False  # YAML allows to name a second value as the first

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if not isinstance(event, AliasEvent) and getattr(event, "ctag", None) is not None:
            tag = str(event.ctag).replace(_TAG, "!!")
            fix = "leave it out" if tag in {"!", "!!str"} else "write the plain value"
            raise NotStrictError(f"a tag ({tag}) says nothing here: {fix}", event.start_mark)
        if self.deep == DEEPEST:
            raise NotStrictError(f"nested more than {DEEPEST} deep", event.start_mark)
        if self.seen == MOST_VALUES:
            raise NotStrictError(_TOO_MANY, event.start_mark)
        self.seen += 1
        self.deep += 1
        node = super().compose_node(parent, index)
        self.deep -= 1
        return node

    def get_single_node(self) -> Any:
        try:
            return super().get_single_node()
        except (ValueError, OverflowError, AssertionError) as error:
            # of the scanner: an escape beyond Unicode, or a version of YAML that there is not
            said = str(error).splitlines()[0]
            raise NotStrictError(f"no text: {said}", self.loader.reader.get_mark()) from None

    def compose_document(self) -> Any:
        node = super().compose_document()
        _values(node, {}, set())
        return node


class _Constructor(RoundTripConstructor):
    """Names the line of a value that looks like a number or a date, and is none."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ConstructorError(None, None, f"no value: {said}", node.start_mark) from None


def _values(node: Any, known: dict[int, int], above: set[int]) -> int:
    """How many values a node has when each repetition is written out; each is looked at once."""
    here = id(node)
    if here in above:
        raise NotStrictError("this value holds itself", node.start_mark)
    if here in known:
        return known[here]
    above.add(here)
    count = 1
    if isinstance(node, ScalarNode):
        _look_at(node)
    elif isinstance(node, SequenceNode):
        count += sum(_values(one, known, above) for one in node.value)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            _look_at_key(key)
            count += 1 + _values(value, known, above)
    above.discard(here)
    if count > MOST_VALUES:
        raise NotStrictError(_TOO_MANY, node.start_mark)
    known[here] = count
    return count


def _look_at_key(key: Any) -> None:
    if not isinstance(key, ScalarNode) or key.tag not in {f"{_TAG}str", f"{_TAG}merge"}:
        raise NotStrictError("a key has to be text: put it in quotes", key.start_mark)
    _look_at(key)


def _look_at(node: ScalarNode) -> None:
    text, kind = node.value, str(node.tag).removeprefix(_TAG)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise NotStrictError("half of a character (a surrogate without its other half)",
                             node.start_mark)  # fmt: skip
    if kind in {"int", "float"} and len(text) > LONGEST_NUMBER:
        raise NotStrictError(f"a number of {len(text)} digits", node.start_mark)
    if kind in {"int", "float"} and not _NUMBER.fullmatch(text):
        what = f"{text} is one number here and another or a text to others: write it plainly"
        raise NotStrictError(f"{what}, or put it in quotes", node.start_mark)
    if kind == "bool" and text.lower() not in {"true", "false"}:  # under `%YAML 1.1`
        what = f"{text} is true or false to some readers: put it in quotes, or write that"
        raise NotStrictError(what, node.start_mark)


def strict_yaml(text: str) -> Any:
    """A YAML 1.2 document, its lines, comments and quotes kept.

    Raises:
        MarkedYAMLError: It is none, or more than a document of settings; has the line.
    """
    if len(text) > LARGEST:
        raise NotStrictError(f"too large: more than {LARGEST:,} characters", None)
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True  # for those who write the document back
    yaml.Composer, yaml.Constructor = _Composer, _Constructor
    try:
        return yaml.load(text)
    except ReaderError as error:
        what = f"a character that YAML forbids (U+{error.character:04X})"
        raise NotStrictError(what, _mark(text, error.position)) from None


def _mark(text: str, position: int) -> StreamMark:
    line = text.count("\n", 0, position)
    return StreamMark("", position, line, 0)
