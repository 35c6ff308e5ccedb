"""Cases and rows as JSON lines: strict readers that name the line, writers that keep the order.

Called wherever a JSONL of ours is read: gold, curated splits, rows, predictions.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from dslm.contract.answers.canonical_answer import canonical_answer, schema_errors
from dslm.contract.model.contract_model import Contract
from dslm.errors import DslmError, InputError, Problems
from dslm.provenance import write_atomic
from dslm.records import Case
from dslm.settings.files.regular_files import refuse_no_file, what_is_there
from dslm.strict_json import strict_json

Record = TypeVar("Record", bound=BaseModel)
MOST_REPORTED = 20
LONGEST_LINE = 64 * 2**20  # bytes


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Each non-empty line of a JSONL(.gz) file with its number, from 1.

    Raises:
        InputError: Missing file, bytes that are not UTF-8, or a line that is not JSON.
    """
    refuse_no_file(path)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with cast("IO[bytes]", opener(path, "rb")) as stream:
            yield from json_lines_in(stream, str(path))
    except PermissionError:
        raise InputError("may not be read", where=path, fix="correct its permissions") from None
    except gzip.BadGzipFile:
        raise InputError("is named .gz but is not gzip", where=path) from None
    except (EOFError, zlib.error) as error:
        raise InputError(f"broken gzip ({error})", where=path, fix="fetch it again") from None


def json_lines_in(stream: IO[bytes], name: str) -> Iterator[tuple[int, Any]]:
    """As `json_lines`, of a stream that is open already; `name` is for messages."""
    for number, raw in enumerate(_lines(stream, name), start=1):
        where = f"{name}:{number}"
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            bad = f"not UTF-8 (byte {error.object[error.start]:#04x})"
            raise InputError(bad, where=where, fix="save the file as UTF-8") from None
        if line:
            try:
                yield number, strict_json(line)
            except ValueError as error:
                raise InputError(f"not JSON: {error}", where=where) from None


def _lines(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """The lines of a file; of a device, one line may be all there is, without end."""
    for number, raw in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), start=1):
        if len(raw) > LONGEST_LINE:
            what = f"a line of more than {LONGEST_LINE >> 20} MiB"
            raise InputError(what, where=f"{name}:{number}")
        yield raw


def read_records(path: Path, kind: type[Record]) -> list[Record]:
    """All lines of a file as records of one kind.

    Raises:
        Problems: The first twenty lines that do not fit, each with its fault.
    """
    return [record for _, record in numbered_records(path, kind)]


def numbered_records(path: Path, kind: type[Record]) -> list[tuple[int, Record]]:
    """As `read_records`, each record with the number of its line."""
    return records_in(json_lines(path), str(path), kind)


def records_in(
    lines: Iterable[tuple[int, Any]], name: str, kind: type[Record]
) -> list[tuple[int, Record]]:
    """As `numbered_records`, of numbered lines of JSON; `name` is for messages."""
    records: list[tuple[int, Record]] = []
    faults: list[DslmError] = []
    more = 0
    for number, value in lines:
        try:
            records.append((number, kind.model_validate(value)))
        except ValidationError as error:
            more += len(faults) == MOST_REPORTED
            if len(faults) < MOST_REPORTED:
                faults.append(_misfit(error, value, kind, f"{name}:{number}"))
    if faults:
        rest = [InputError(f"{more} more lines do not fit", where=name)] if more else []
        raise Problems([*faults, *rest])
    return records


def _misfit(error: ValidationError, value: Any, kind: type[BaseModel], where: str) -> InputError:
    """What keeps a value from being a record; of one that lacks keys, which it has instead."""
    found = error.errors()
    lacking = [
        str(one["loc"][0]) for one in found if one["type"] == "missing" and len(one["loc"]) == 1
    ]
    if lacking and isinstance(value, dict):
        others = [str(key) for key in value if key not in kind.model_fields]
        fix = f"its other keys are {', '.join(others)}: rename what is meant" if others else (
            f"its keys are {', '.join(value)}")  # fmt: skip
        return InputError(f"has no {' and no '.join(lacking)}", where=where, fix=fix)
    key = ".".join(str(part) for part in found[0]["loc"]) or "line"
    return InputError(f"{key}: {found[0]['msg']}", where=where)


def read_record(path: Path, kind: type[Record], *, missing: str, fix: str) -> Record:
    """A whole JSON file as one record that a stage wrote.

    Raises:
        InputError: It is missing (says `missing`), cut, or not one.
    """
    if found := what_is_there(path):
        raise InputError(f"{missing}: {found}", where=path, fix=fix)
    try:
        return kind.model_validate(strict_json(path.read_bytes()))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "document"
        raise InputError(f"{key}: {first['msg']}", where=path, fix=fix) from None
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=path, fix=fix) from None


def as_line(record: BaseModel) -> str:
    """A record as one line of JSON, without the line's end."""
    return json.dumps(record.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))


def write_records(path: Path, records: Iterable[BaseModel]) -> None:
    """Records as JSON lines, in the order given, the file whole or not there."""
    write_atomic(path, "".join(as_line(record) + "\n" for record in records))


def read_labelled(
    path: Path, contract: Contract, shaped: Callable[[dict[str, Any]], dict[str, Any]] = dict
) -> list[Case]:
    """A file of labelled cases, proved against the contract's schema.

    Args:
        path: JSON lines.
        contract: Whose schema the targets keep.
        shaped: Gives a target the contract's fields, where it may come in another shape.

    Raises:
        InputError: The file is empty.
        Problems: A case without target, with an invalid one, or whose id was there before.
    """
    cases = numbered_records(path, Case)
    if not cases:
        raise InputError("no cases in this file", where=path, fix="add labelled cases")
    faults: list[DslmError] = []
    seen: dict[str, int] = {}
    read: list[Case] = []
    for number, case in cases:
        where = f"{path}:{number}: case {case.id}"
        if case.id in seen:
            used = f"id is used twice, first on line {seen[case.id]}"
            faults.append(InputError(used, where=where, fix="ids must be unique"))
        seen.setdefault(case.id, number)
        target = None if case.target is None else shaped(case.target)
        errors = ["no target"] if target is None else schema_errors(contract, target)
        faults += [InputError(f"target.{error}", where=where) for error in errors]
        read.append(case.model_copy(update={"target": target}))
    if faults:
        raise Problems(faults[:MOST_REPORTED])
    return [as_written(contract, case) for case in read]


def as_written(contract: Contract, case: Case) -> Case:
    """A case with its target as a model must write it: 3.0 as 3, keys in the schema's order."""
    return case.model_copy(update={"target": canonical_answer(contract, case.target or {})})
