"""Proposes `meta.breaks` for cases whose right answer breaks other rules than they say.

Takes a workflow's sources and gold, the verdicts of its review file put in; gives proposals, and
writes them into files of JSON lines where somebody asks for it. Only the lines that are meant
change, each but for its `meta.breaks`. Called by `dslm breaks`.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.contract.model.contract_model import Columns, Contract, load_contract
from dslm.contract.rules.cel_rules import breaches
from dslm.curation.filters import rule_fault
from dslm.curation.labels import read_decisions
from dslm.curation.sources import (
    GZIPPED_JSON_LINES,
    JSON_LINES,
    Misfit,
    files_of,
    format_of,
    to_case,
)
from dslm.errors import InputError
from dslm.provenance import write_atomic
from dslm.records import Case, Record
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


class Proposal(Record):
    """A case whose `meta.breaks` should be another.

    Attributes:
        path: The file.
        line: Where the case stands in it.
        id: The case.
        declared: What its `meta.breaks` says.
        breaks: The rules that its right answer breaks, in the contract's order.
        not_writable: Why it cannot be written into the file; None where it can.
    """

    path: Path
    line: int
    id: str
    declared: tuple[str, ...]
    breaks: tuple[str, ...]
    not_writable: str | None = None


@dataclass(frozen=True)
class Written:
    """How many cases were written, and the proposals that were not."""

    cases: int
    left: tuple[Proposal, ...]


def proposals(ws: Workspace) -> list[Proposal]:
    """Every case of sources and gold whose declared breaches are not those of its right answer.

    Raises:
        Problems: The contract, the review file or a source cannot be read.
    """
    contract = load_contract(ws.contract)
    verdicts = read_decisions(ws.review, contract)
    found = []
    for path, line, case, why in _cases(ws, contract):
        mended = case if path == ws.gold else verdicts.applied(contract, case)
        if case.id in verdicts.drops or not rule_fault(contract, mended):
            continue
        broken = breaches(contract, mended.input, mended.target or {})
        said = case.meta.get("breaks", [])
        declared = said if isinstance(said, list) else [said]
        found.append(Proposal(path=path, line=line, id=case.id, declared=tuple(map(str, declared)),
                              breaks=tuple(r.id for r in broken), not_writable=why))  # fmt: skip
    return found


def _cases(ws: Workspace, contract: Contract) -> Iterator[tuple[Path, int, Case, str | None]]:
    """Path, line and case of each sound row, and why its file cannot be written into."""
    for file in files_of(contract.data.sources, ws.data):
        why = _why_not(file.kind in (JSON_LINES, GZIPPED_JSON_LINES), file.source.columns)
        for row in file.kind.rows(file.path, None, file.source.encoding):
            if row.value is None:
                continue
            columns, textual = file.source.columns, file.kind.textual
            try:
                case, _ = to_case(contract, row.value, columns, textual=textual)
            except Misfit:
                continue  # curation rejects the row, `dslm check` says why
            yield file.path, row.line, case, why
    if ws.gold.is_file():
        for row in format_of(ws.gold).rows(ws.gold, None, "utf-8"):
            try:
                case, _ = to_case(contract, row.value or {}, Columns(), textual=False)
            except Misfit:
                continue
            yield ws.gold, row.line, case, None


def _why_not(lines_of_json: bool, columns: Columns) -> str | None:
    if not lines_of_json:
        return "no file of JSON lines: add a column `breaks` by hand and name it in columns.meta"
    if not isinstance(columns.meta, str) and "breaks" not in columns.meta:
        return "columns.meta does not name `breaks`: add it there first"
    return None


def declare(ws: Workspace, proposed: Sequence[Proposal]) -> Written:
    """Write proposals into their files, each file whole or not at all.

    Raises:
        InputError: A line is not UTF-8 or no longer the one that was read.
    """
    contract = load_contract(ws.contract)
    metas = {file.path: file.source.columns.meta
             for file in files_of(contract.data.sources, ws.data)}  # fmt: skip
    by_file: defaultdict[Path, dict[int, Proposal]] = defaultdict(dict)
    for one in proposed:
        if one.not_writable is None:
            by_file[one.path][one.line] = one
    for path, lines in by_file.items():
        _rewrite(path, lines, metas.get(path, "meta"))
    left = tuple(one for one in proposed if one.not_writable is not None)
    return Written(len(proposed) - len(left), left)


def _rewrite(path: Path, wanted: Mapping[int, Proposal], meta: str | list[str]) -> None:
    zipped = path.suffix.lower() == ".gz"
    raw = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    lines = raw.split(b"\n")
    for number, proposal in wanted.items():
        where = f"{path}:{number}"
        try:
            text = lines[number - 1].decode("utf-8-sig" if number == 1 else "utf-8")
            row = strict_json(text)
        except (UnicodeDecodeError, ValueError, IndexError):
            raise InputError("is not UTF-8, or is not the line that was read", where=where,
                             fix="save the file as UTF-8 and try again") from None  # fmt: skip
        end = "\r" if text.endswith("\r") else ""
        _set(row, meta, list(proposal.breaks))
        lines[number - 1] = (json.dumps(row, ensure_ascii=False) + end).encode()
    made = b"\n".join(lines)
    write_atomic(path, gzip.compress(made, mtime=0) if zipped else made)


def _set(row: dict[str, Any], meta: str | list[str], breaks: list[str]) -> None:
    """Put `breaks` where the source keeps its meta; text that spells an object stays text."""
    if not isinstance(meta, str):
        row["breaks"] = breaks
        return
    held = row.get(meta)
    spelled = isinstance(held, str) and bool(held.strip())
    own = dict(strict_json(str(held)) if spelled else held or {})
    own.pop("breaks", None)
    if breaks:
        own["breaks"] = breaks
    row[meta] = json.dumps(own, ensure_ascii=False) if spelled else own
