"""Rows of an imported file → cases of a workflow, fitted to its contract.

`text` becomes `input`, the target gets exactly the contract's fields, the group goes into `meta`
under the contract's name for it. What had to be done is counted. Called by `file_import`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.contract.cases.identifiers import NoName, identifier
from dslm.contract.model.contract_model import Columns, Contract
from dslm.contract.text.folding import fold
from dslm.curation.imports.command_line_inputs import given_rows
from dslm.curation.imports.labelled_rows import INPUT_KEYS, TARGET_KEYS, Meta, meta_in, object_in
from dslm.curation.ledger import Reject
from dslm.curation.sources import Misfit, RowsFound, flattened, to_case, without_chat
from dslm.records import Case


@dataclass(frozen=True)
class Keys:
    """Where rows keep the input and what is right, if not under the usual keys.

    Several target keys are the fields of one target, as `dslm init --target` takes them.
    """

    input: str | None = None
    target: tuple[str, ...] = ()

    def renamed(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row with its input and target under the usual keys.

        Raises:
            Misfit: It has none of a key; names those it has.
        """
        wanted = (*self.target, *filter(None, [self.input]))
        if absent := [key for key in wanted if key not in row]:
            there = ", ".join(map(str, row))
            raise Misfit(f"no {', '.join(map(repr, absent))}; there are: {there}")
        renamed: dict[str, Any] = {k: v for k, v in row.items() if k not in wanted}
        if self.target:
            rest = {k: v for k, v in renamed.items() if k not in TARGET_KEYS}
            renamed = rest | {"target": self._target(row)}
        if self.input:
            rest = {k: v for k, v in renamed.items() if k not in INPUT_KEYS}
            renamed = rest | {"input": row[self.input]}
        return renamed

    def _target(self, row: Mapping[str, Any]) -> Any:
        if len(self.target) > 1:
            return {key: _object(row, key) for key in self.target}
        (key,) = self.target
        value = _object(row, key)
        return value if isinstance(value, dict) else {key: value}


USUAL_KEYS = Keys()


@dataclass(frozen=True)
class MappedRows:
    """The cases, the rows that do not fit, and how often a target lacked or exceeded a field.

    What exceeds it may be a list or an object beside the row's parts too.
    """

    found: list[RowsFound]
    rejects: list[Reject]
    extra: dict[str, int]
    missing: dict[str, int]


def _from_columns(contract: Contract, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table as one of an input, a target and meta."""
    parts = {key: row[key] for key in ("id", *INPUT_KEYS) if key in row}
    rest = {key: value for key, value in row.items() if key not in parts}
    key = next((key for key in TARGET_KEYS if isinstance(_object(row, key), dict)), None)
    if key is None and rest.get("target") is not None:
        raise Misfit("'target' is not an object")
    target = {key: rest.pop(key)} if key else {}
    target = target or {field: rest.pop(field) for field in contract.fields if field in rest}
    if not target:
        fields = ", ".join(contract.fields)
        raise Misfit(f"no column 'target', and none of the contract's fields ({fields})")
    rest.pop("target", None)
    meta = _meta(rest, ())
    nested = {name: rest[name] for name in meta.left_out}  # a column of lists is a column
    return parts | (target if key else {"target": target}) | {"meta": nested | meta.known}


def _meta(row: Mapping[str, Any], used: Collection[str]) -> Meta:
    try:
        return meta_in(row, used)
    except ValueError as error:
        raise Misfit(str(error)) from None


def _object(row: Mapping[str, Any], key: str) -> Any:
    try:
        return object_in(row, key)
    except ValueError as error:
        raise Misfit(str(error)) from None


def _target_key(row: Mapping[str, Any]) -> str:
    return next((key for key in TARGET_KEYS if row.get(key) is not None), "target")


def _target(contract: Contract, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is right; a label that is no object is the value of a field of its key's name."""
    key = _target_key(row)
    value = _object(row, key)
    if key in contract.fields and not isinstance(value, dict):
        return {key: value}
    if value is None:
        raise Misfit(f"none of {', '.join(TARGET_KEYS)}: `--target` names the key of what is right")
    if not isinstance(value, dict):
        raise Misfit(f"{key!r} is not an object")
    return value


def _as_labelled(
    contract: Contract, row: Mapping[str, Any], keys: Keys, *, table: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A row of an input, a target and meta, the target as it was given; and what was left out."""
    row = keys.renamed(row)
    try:
        row = without_chat(row, INPUT_KEYS, TARGET_KEYS)
    except ValueError as error:
        raise Misfit(f"chat: {error}") from None
    if table:
        row = _from_columns(contract, row)
    if "text" in row and "input" in row:
        raise Misfit("has both 'text' and 'input'")
    if not any(key in row for key in INPUT_KEYS):
        raise Misfit(f"none of {', '.join(INPUT_KEYS)}: `--input` names the key of the text")
    target = flattened(_target(contract, row), contract.fields)
    meta = _meta(row, ("id", *INPUT_KEYS, _target_key(row)))
    parts = {("input" if key == "text" else key): row[key]
             for key in ("id", *INPUT_KEYS) if key in row}  # fmt: skip
    return parts | {"target": target, "meta": meta.known}, meta.left_out


def _group(row: Mapping[str, Any], group_by: str, own: str) -> str:
    """The value that `meta.x`, `target.x` or a plain key of meta names.

    Where that is the contract's own group it stays as it is, as it does in curation. Folded
    elsewhere: a name that is read off a document comes in many spellings.
    """
    part, dot, name = group_by.partition(".")
    if not dot or part not in ("meta", "target"):
        part, name = "meta", group_by
    holder = row.get(part)
    value = holder.get(name) if isinstance(holder, dict) else None
    try:
        named = identifier(value)
    except NoName as fault:
        raise Misfit(f"no group: {part}.{name} {fault}") from None
    key = fold(named) if named else ""
    if named and (part, name) == ("meta", own):
        key = named
    if not key:
        raise Misfit(f"no group: {part}.{name} is empty or missing")
    return key


def _fit(contract: Contract, row: Mapping[str, Any], group_by: str | None) -> tuple[Case, bool]:
    exact = {name: row["target"].get(name) for name in contract.fields}
    case, own = to_case(contract, {**row, "target": exact}, Columns(), textual=False)
    name = contract.data.group_by
    if name is None or group_by is None:
        return case, own
    return case.model_copy(update={"meta": case.meta | {name: _group(row, group_by, name)}}), own


def map_rows(
    path: Path, contract: Contract, group_by: str | None, keys: Keys = USUAL_KEYS
) -> MappedRows:
    """All rows of a file as cases of a workflow.

    Args:
        path: What `given_rows` reads: of `{id?, text|input, target, meta}`, or of a table whose
            columns bear the names of the contract's fields; what else there is goes into meta.
        contract: The workflow's contract.
        group_by: `meta.x`, `target.x`, or a key of meta; None for no groups.
        keys: Of input and target, where they are not the usual ones.
    """
    found: list[RowsFound] = []
    rejects: list[Reject] = []
    extra: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for row in given_rows(path):
        try:
            if row.value is None:
                raise Misfit(row.fault or "no row")
            value, left_out = _as_labelled(contract, row.value, keys, table=row.table)
            case, own = _fit(contract, value, group_by)
        except Misfit as misfit:
            rejects.append(Reject(source=row.source, line=row.line, reason=misfit.what))
        else:
            found.append(RowsFound(case, row.source, row.line, own))
            extra.update({*value["target"]} - {*contract.fields} | {*left_out})
            missing.update(set(contract.fields) - set(value["target"]))
    return MappedRows(found, rejects, dict(sorted(extra.items())), dict(sorted(missing.items())))
