"""Warnings of labels that may be misread: look-alikes, and forms that mean several things.

Called by `dslm.checking.check_workflow` with a contract and the cases of gold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dslm.checking.finding import MOST_NAMED, Finding, named, warn
from dslm.contract.answers.field_equality import EXACT
from dslm.contract.answers.grounding import groundings
from dslm.contract.dates import date_readings
from dslm.contract.model.contract_model import Contract
from dslm.contract.numbers import doubtful_points, plain, readings_of
from dslm.contract.text.folding import fold
from dslm.contract.text.look_alikes import look_alikes
from dslm.records import Case
from dslm.settings.workspace import Workspace


def prove_labels(ws: Workspace, contract: Contract, gold: Sequence[Case]) -> Iterator[Finding]:
    """Warnings of a contract's enums and of gold's labels."""
    yield from _enums(ws, contract)
    yield from _look_alikes(ws, contract, gold)
    yield from _ambiguous(ws, contract, gold)
    yield from _doubtful(ws, contract, gold)
    yield from _ambiguously_grounded(ws, contract, gold)


def _enums(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    for path, values in _enums_in(contract.schema, ""):
        for group in look_alikes(value for value in values if isinstance(value, str)):
            yield warn(
                "labels", f"enum values {group}", where=f"{ws.contract}: output{path}",
                fix="merge them into one value, in the labels too, or make them clearly different",
            )  # fmt: skip


def _enums_in(schema: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("enum"), list):
            yield path, schema["enum"]
        for key, part in schema.items():
            if key not in ("enum", "const", "default", "examples"):
                yield from _enums_in(part, f"{path}.{key}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from _enums_in(part, f"{path}[{number}]")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _look_alikes(ws: Workspace, contract: Contract, gold: Sequence[Case]) -> Iterator[Finding]:
    """Gold's labels that are one to a reader and several to the field's comparator."""
    enums = {field for field in contract.fields if "enum" in contract.schema["properties"][field]}
    for field in contract.fields:
        if field in enums:
            continue
        folds = contract.compare.get(field, EXACT).how in ("text", "set", "list")
        labels = [text for case in gold for text in _texts((case.target or {}).get(field))]
        if folds:  # one of those that the comparator takes for the same
            labels = list({fold(label): label for label in reversed(labels)}.values())[::-1]
        for group in look_alikes(labels):
            first = _row_with(gold, field, group.labels[1])
            said = (
                f"(personal, not quoted) {group.unquoted}"
                if _hides(contract, field)
                else str(group)
            )
            yield warn(
                "labels", f"labels of {field} {said}", where=f"{ws.gold}: case {first}",
                fix="correct the labels, or compare the field `as: text`",
            )  # fmt: skip


def _row_with(gold: Sequence[Case], field: str, label: str) -> str:
    return next(case.id for case in gold if label in _texts((case.target or {}).get(field)))


def _hides(contract: Contract, field: str) -> bool:
    """Whether a field, or a part of it, holds personal data that is not kept in the open."""
    personal, place = contract.data.personal, f"target.{field}"
    return personal.hides and any(
        one == place or one.startswith(f"{place}.") for one in personal.places
    )


def _quoted(contract: Contract, field: str, labels: Sequence[str]) -> str:
    return "personal labels" if _hides(contract, field) else named(map(repr, labels))


def _readings(contract: Contract, field: str, value: Any) -> list[str]:
    how = contract.compare.get(field, EXACT).how
    if how == "decimal":
        return [plain(amount.value) for amount in readings_of(value, contract.locale)]
    if how == "date":
        return [str(day) for day in sorted(date_readings(value, contract.locale))]
    return []


def _ambiguous(ws: Workspace, contract: Contract, gold: Sequence[Case]) -> Iterator[Finding]:
    """Labels that the comparator cannot read for sure, so that it compares them exactly."""
    told = 0
    for case in gold:
        for field, value in (case.target or {}).items():
            readings = _readings(contract, field, value)
            if len(readings) > 1:
                told += 1
                said = f"{value!r} may be {' or '.join(readings)}"
                if _hides(contract, field):
                    said = "a personal label is ambiguous"
                if told <= MOST_NAMED:
                    yield warn(
                        "labels", f"{field}: {said}, so it is compared exactly",
                        where=f"{ws.gold}: case {case.id}",
                        fix="name the contract's `locale`, or write the label plainly "
                        "(1234.5, 2025-03-04)",
                    )  # fmt: skip
    if told > MOST_NAMED:
        yield warn("labels", f"{told - MOST_NAMED} more labels are ambiguous",
                   where=ws.gold, fix="name the contract's `locale`")  # fmt: skip


def _doubtful(ws: Workspace, contract: Contract, gold: Sequence[Case]) -> Iterator[Finding]:
    """Labels such as 1.234 in a field whose others write 12,50."""
    for field, compare in contract.compare.items():
        values = [case.target[field] for case in gold if case.target and field in case.target]
        labels = [value for value in values if isinstance(value, str)]
        if compare.how == "decimal" and (found := doubtful_points(labels, contract.locale)):
            yield warn(
                "labels", f"{field}: {_quoted(contract, field, found)}: three decimals, as JSON "
                "writes them, but other labels have a comma before theirs", where=ws.gold,
                fix="name the contract's `locale`, or write the labels plainly (1234.5)",
            )  # fmt: skip


def _ambiguously_grounded(
    ws: Workspace, contract: Contract, gold: Sequence[Case]
) -> Iterator[Finding]:
    """Values that the input states only in a form that may mean something else too."""
    found = [
        (
            f"{case.id}: {field}"
            if _hides(contract, field)
            else f"{case.id}: {field} ({' or '.join(ground.readings)})",
            ground.readings,
        )
        for case in gold
        for field, ground in groundings(contract, case.input, case.target or {}).items()
        if ground.ambiguous
    ]
    if found:
        by_locale = any(len({text.lstrip("-") for text in readings}) > 1 for _, readings in found)
        yield warn(
            "gold.readings", "the input is ambiguous: "
            f"{named(text for text, _ in found)}", where=ws.gold,
            fix="name the contract's `locale`" if by_locale and not contract.locale else None,
        )  # fmt: skip
