"""One row of a source → one case, by the contract's columns and schema.

Takes a row's object as `formats` gives it; gives a `Case` whose target is valid, or a `Misfit` that
says why not. Called by `readers` and `file_import`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from dslm.contract.answers.canonical_answer import canonical_answer, schema_errors
from dslm.contract.cases.identifiers import NoName, identifier
from dslm.contract.model.contract_model import Columns, Contract
from dslm.curation.sources.mapping.chat_messages import without_chat
from dslm.curation.sources.mapping.dialogue_turns import rendered, turns_of
from dslm.curation.sources.mapping.nested_fields import flattened
from dslm.curation.sources.mapping.type_coercion import cast
from dslm.errors import InputError
from dslm.provenance import canonical_json
from dslm.records import Case
from dslm.settings.did_you_mean import nearest
from dslm.strict_json import strict_json

LONGEST_REASON = 240


class Misfit(InputError):
    """A row that is no case; becomes a counted reject."""


def _column(row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        near = nearest(name, [str(key) for key in row])
        raise Misfit(f"no {name!r}" + (f", but {near!r}" if near else ""))
    return row[name]


def _object(value: Any, name: str, *, textual: bool) -> dict[str, Any]:
    """An object, or the one that a text spells."""
    if isinstance(value, str) and (textual or value.lstrip().startswith("{")):
        try:
            value = strict_json(value)
        except ValueError as error:
            raise Misfit(f"{name!r} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Misfit(f"{name!r} is not an object")
    return value


def _plain(value: Any, name: str) -> Any:
    """The value, which JSON and UTF-8 can write."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError):
        raise Misfit(f"{name!r} holds what JSON has no form for") from None
    return value


def _input(row: Mapping[str, Any], name: str) -> str:
    """The text that is asked about; a talk's turns become one."""
    value = _plain(_column(row, name), name)
    if isinstance(value, list):
        try:
            value = rendered(turns_of(value))
        except ValueError as error:
            raise Misfit(f"{name!r}, {error}") from None
    if not isinstance(value, str) or not value.strip():
        raise Misfit(f"{name!r} is empty or no text")
    return value


def _target(
    contract: Contract, row: Mapping[str, Any], columns: Columns, *, textual: bool
) -> dict[str, Any]:
    properties = contract.decodable.schema["properties"]
    if isinstance(columns.target, str):
        nested = _object(_column(row, columns.target), columns.target, textual=textual)
        given = flattened(nested, contract.fields)
    else:
        cells = {field: _column(row, name) for field, name in columns.target.items()}
        given = {field: None if textual and v == "" else v for field, v in cells.items()}
    target = {f: _cast(contract, f, properties.get(f, {}), v) for f, v in given.items()}
    if errors := schema_errors(contract, _plain(target, "target")):
        raise Misfit("; ".join(f"target.{error}" for error in errors)[:LONGEST_REASON])
    return canonical_answer(contract, target)


def _cast(contract: Contract, field: str, schema: Mapping[str, Any], value: Any) -> Any:
    try:
        return cast(schema, value, contract.locale)
    except ValueError as error:
        raise Misfit(f"target.{field} is not JSON: {error}"[:LONGEST_REASON]) from None


def _meta(row: Mapping[str, Any], columns: Columns, *, textual: bool) -> dict[str, Any]:
    """What is known of the case; what is null or an empty cell is not known."""
    if isinstance(columns.meta, str):
        value = row.get(columns.meta)
        absent = value is None or value == ""
        meta = {} if absent else _object(value, columns.meta, textual=textual)
    else:
        meta = {name: _column(row, name) for name in columns.meta}
    return {k: v for k, v in meta.items() if v is not None and not (textual and v == "")}


def content_id(case: Mapping[str, Any], key: bytes | None = None) -> str:
    """An id for a case that has none: from its input first, so that equal inputs sort together.

    Args:
        case: Its input, target and meta.
        key: Without it nobody can try out what an input was; None where nothing is to be hidden.
    """
    made = hmac.new(key, digestmod="sha256") if key else hashlib.sha256()
    whole = made.copy()
    made.update(case["input"].encode())
    whole.update(canonical_json(case))
    return f"c-{made.hexdigest()[:12]}-{whole.hexdigest()[:8]}"


def to_case(
    contract: Contract, row: Mapping[str, Any], columns: Columns, *, textual: bool
) -> tuple[Case, bool]:
    """A row as a case.

    Args:
        contract: Whose schema the target must keep.
        row: The row's object.
        columns: Where the row keeps the parts of a case.
        textual: Whether the row comes from a format that only knows text.

    Returns:
        The case, and whether its id is the row's own rather than made from its content.

    Raises:
        Misfit: Input or target is missing or broken.
    """
    row = _without_chat(row, columns)
    text = _input(row, columns.input)
    try:
        parts = {
            "input": text,
            "target": _target(contract, row, columns, textual=textual),
            "meta": _plain(_meta(row, columns, textual=textual), "meta"),
        }
    except RecursionError:
        raise Misfit("nested too deeply") from None
    given = _named(row.get(columns.id), columns.id)
    if name := contract.data.group_by:
        _named(parts["meta"].get(name), f"meta.{name}")
    return Case(id=given or content_id(parts), **parts), given is not None


def labels_of(
    row: Mapping[str, Any], columns: Columns, fields: Collection[str], *, textual: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row's target and meta as it has them, unchecked: what `to_case` takes longest for.

    What is missing or cannot be read is empty: the row becomes a reject, and what it says of
    somebody is known all the same.

    Args:
        row: The row's object.
        columns: Where the row keeps the parts of a case.
        fields: Those of the contract.
        textual: Whether the row comes from a format that only knows text.
    """
    with suppress(Misfit):  # its target may stand beside the chat
        row = _without_chat(row, columns)
    return _labelled(row, columns, fields, textual), _noted(row, columns, textual)


def _labelled(
    row: Mapping[str, Any], columns: Columns, fields: Collection[str], textual: bool
) -> dict[str, Any]:
    if not isinstance(columns.target, str):
        return {field: row.get(name) for field, name in columns.target.items()}
    try:
        target = _object(row.get(columns.target), columns.target, textual=textual)
    except (Misfit, RecursionError):
        return {}
    nested = any(isinstance(value, Mapping) for value in target.values())
    return flattened(target, fields) if nested else target


def _noted(row: Mapping[str, Any], columns: Columns, textual: bool) -> dict[str, Any]:
    if not isinstance(columns.meta, str):
        return {name: row[name] for name in columns.meta if row.get(name) is not None}
    try:
        return _meta(row, columns, textual=textual)
    except (Misfit, RecursionError):
        return {}


def meta_of(row: Mapping[str, Any], columns: Columns, *, textual: bool) -> dict[str, Any]:
    """What a row says is known of its case, whether or not it is one.

    Raises:
        Misfit: That is missing or no object.
    """
    return _meta(_without_chat(row, columns), columns, textual=textual)


def _without_chat(row: Mapping[str, Any], columns: Columns) -> Mapping[str, Any]:
    """A row whose chat became an input and, where `target` names no columns, a target."""
    fields = not isinstance(columns.target, str)
    targets = () if isinstance(columns.target, dict) else (str(columns.target),)
    try:
        meta = columns.meta if isinstance(columns.meta, str) else None
        return without_chat(row, (columns.input,), () if fields else targets, meta)
    except ValueError as error:
        raise Misfit(f"chat: {error}") from None


def _named(value: Any, where: str) -> str | None:
    """The id or group that a value names."""
    try:
        return identifier(_plain(value, where))
    except NoName as fault:
        raise Misfit(f"{where!r} {fault}") from None
