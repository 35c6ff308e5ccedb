"""Reads a YAML document into a closed model, reporting every mistake at once.

Takes a path and a pydantic model; gives the model, or one `Problems` error that names file, line
and key of each mistake and the nearest valid key. Called by the loaders of contract, recipe,
policy and params.
"""

from __future__ import annotations

import datetime as dt
import math
import types
import typing
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from dslm.errors import InputError, Problems
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.regular_files import refuse_no_file
from dslm.settings.files.strict_yaml import strict_yaml

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]
MOST_REPEATED = 200  # characters of what was given


def read_text(path: Path, *, fix: str | None = None) -> str:
    """A UTF-8 text file, a byte-order mark removed."""
    try:
        refuse_no_file(path, fix=fix)
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", where=path, fix=fix) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            f"not UTF-8 (byte {error.object[error.start]:#04x})",
            where=f"{path}:{line}",
            fix="save the file as UTF-8",
        ) from None


@lru_cache(maxsize=128)
def _parsed(text: str) -> Any:
    return strict_yaml(text)


def read_yaml(path: Path, *, fix: str | None = None, to_edit: bool = False) -> Any:
    """A YAML 1.2 document with line numbers kept (ruamel round-trip types).

    Args:
        path: The file.
        fix: What to do where there is none.
        to_edit: For a caller who changes the document; others share what was parsed before, since
            parsing takes 10 ms for a recipe.
    """
    text = read_text(path, fix=fix)
    try:
        return strict_yaml(text) if to_edit else _parsed(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = shortened((error.problem or "not YAML").splitlines()[0])
        raise InputError(problem, where=f"{path}:{line}", fix="correct the YAML") from None


def plain(value: Any) -> Any:
    """Round-trip types as plain dicts, lists and scalars."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def line_of(document: Any, location: Location) -> int:
    """The line (from 1) of the deepest part of `location` that the document has."""
    line, node = 1, document
    for part in location:
        inside = (isinstance(node, CommentedMap) and part in node) or (
            isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node)
        )
        if inside:
            mark = (node.lc.data or {}).get(part)  # none of a key that was merged in
            line = mark[0] + 1 if mark else line
            node = node[part]
    return line


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """All models an annotation may hold directly: through unions, lists and dict values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (types.UnionType, typing.Union, list, tuple, dict):
        return [m for a in typing.get_args(annotation) for m in _models_in(a)]
    if typing.get_origin(annotation) is typing.Annotated:
        return _models_in(typing.get_args(annotation)[0])
    return []


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """The valid keys of the mapping at `location` of a model."""
    here = [model]
    for part in location:
        fields = [f for m in here for n, f in m.model_fields.items() if part in (f.alias, n)]
        if fields:
            here = [m for f in fields for m in _models_in(f.annotation)]
    return sorted({f.alias or n for m in here for n, f in m.model_fields.items()})


def shortened(text: str) -> str:
    """A text without its middle where it is long: a message need not repeat a whole file."""
    half = MOST_REPEATED // 2
    return text if len(text) <= MOST_REPEATED else f"{text[:half]}…{text[-half:]}"


def _mistake(path: Path, document: Any, model: type[BaseModel], error: Any) -> InputError:
    location: Location = error["loc"]
    key = ".".join(str(part) for part in location) or "document"
    where = f"{path}:{line_of(document, location)}"
    if error["type"] == "extra_forbidden":
        keys = _keys_at(model, location[:-1])
        key = shortened(key)
        near = nearest(str(location[-1])[:MOST_REPEATED], keys)
        fix = f"did you mean {near!r}?" if near else f"valid keys: {', '.join(keys)}"
        return InputError(f"unknown key {key!r}", where=where, fix=fix)
    if error["type"] == "missing":
        return InputError(f"{key!r} is missing", where=where, fix="add it")
    message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    given = (
        f" (given: {shortened(repr(error['input']))})"
        if not isinstance(error["input"], dict | list)
        else ""
    )
    return InputError(f"{key}: {message}{given}", where=where)


def _places(node: Any, odd: Callable[[Any], bool], at: Location = ()) -> Iterator[Location]:
    """Where a document holds a value that is odd."""
    if odd(node):
        yield at
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _places(value, odd, (*at, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _places(value, odd, (*at, index))


def _refuse(path: Path, document: Any, odd: Callable[[Any], bool], what: str, fix: str) -> None:
    mistakes = [
        InputError(
            f"{'.'.join(map(str, at))}: {what}", where=f"{path}:{line_of(document, at)}", fix=fix
        )
        for at in _places(document, odd)
    ]
    if mistakes:
        raise Problems(mistakes)


def _endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def load_document(path: Path, model: type[Model], *, fix: str | None = None) -> Model:
    """A YAML file as `model`.

    Raises:
        Problems: Every mistake in the file, each with line, key and the nearest valid key.
    """
    document = read_yaml(path, fix=fix)
    if not isinstance(document, dict):
        raise InputError("a mapping of keys was expected", where=f"{path}:1", fix=fix)
    _refuse(path, document, lambda value: isinstance(value, dt.date), "a date has to be in quotes",
            'write it as "2030-12-31": DVC cannot track it otherwise')  # fmt: skip
    try:
        made = model.model_validate(plain(document))
    except ValidationError as error:
        mistakes = [_mistake(path, document, model, e) for e in error.errors()]
        mistakes.sort(key=lambda m: int((m.where or ":0").rsplit(":", 1)[1]))
        raise Problems(mistakes) from None
    _refuse(path, document, _endless, "is no finite number", "write a number")  # deep in a schema
    if wrong := list(_taken_for_numbers(document, made.model_dump(by_alias=True))):
        raise Problems([
            InputError(f"{'.'.join(map(str, at))}: a number was expected, not true or false",
                       where=f"{path}:{line_of(document, at)}")
            for at in wrong
        ])  # fmt: skip
    return made


def _taken_for_numbers(given: Any, read: Any, at: Location = ()) -> Iterator[Location]:
    """Where a document says true or false and the model has 1 or 0 instead."""
    if isinstance(given, bool) and isinstance(read, int | float) and not isinstance(read, bool):
        yield at
    elif isinstance(given, dict) and isinstance(read, dict):
        for key in given.keys() & read.keys():
            yield from _taken_for_numbers(given[key], read[key], (*at, key))
    elif isinstance(given, list) and isinstance(read, list | tuple):
        for index, (one, other) in enumerate(zip(given, read, strict=False)):
            yield from _taken_for_numbers(one, other, (*at, index))
