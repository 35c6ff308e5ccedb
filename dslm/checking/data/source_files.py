"""Proof of the contract's sources: each file is there and its rows can be read, as curation does.

Gives findings and, in the end, how many rows there are. Called by
`dslm.checking.sources_and_params`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from dslm.checking.data.source_cases import SourceCases
from dslm.checking.finding import Finding, fail, failures, ok, warn
from dslm.contract.answers.canonical_answer import undecodable
from dslm.contract.model.contract_model import Contract, Source
from dslm.curation.personal import Replacer, refuse_missing
from dslm.curation.sources import Misfit, Row, SourceFile, files_matching, files_of, to_case
from dslm.errors import DslmError, InputError
from dslm.settings.workspace import Workspace


@dataclass
class Count:
    """How many rows some files have, how many are none, and where and why the first of those."""

    rows: int = 0
    broken: int = 0
    first: tuple[str, str] | None = None

    def add(self, file: SourceFile, seen: SourceCases | None, contract: Contract) -> None:
        """Count a file, every row of it parsed and, under a contract, made a case.

        Args:
            file: The file.
            seen: Takes the cases; None where decoding cannot be held to the contract's schema.
            contract: Says what of a row that is no case may be told.
        """
        for row in file.kind.rows(file.path, None, file.source.encoding):
            self.rows += 1
            fault = _fault(file, row, seen)
            if fault is not None:
                self.broken += 1
                place = f"{file.path}:{row.line}"
                self.first = self.first or (place, _quoted(contract, fault, row.value))


def _fault(file: SourceFile, row: Row, seen: SourceCases | None) -> str | None:
    """Why a row is no case, as curation would say; a case is kept in mind."""
    if row.value is None:
        return row.fault or "no row"
    if seen is None:
        return None
    columns, textual = file.source.columns, file.kind.textual
    try:
        case, own = to_case(seen.contract, row.value, columns, textual=textual)
    except Misfit as misfit:
        return misfit.what
    named = case if own or seen.replacer is None else seen.replacer.named(case)
    seen.add(named, f"{file.path}:{row.line}")
    return None


def _quoted(contract: Contract, fault: str, row: Any) -> str:
    """A fault as curation lists it: without what the row holds, where the contract hides that."""
    personal = contract.data.personal
    if not personal.hides:
        return fault
    try:
        refuse_missing(personal)
    except DslmError as missing:
        return f"a row that is not a case; the reason is not quoted, since {missing.what}"
    return Replacer(contract, None).fault(fault, row)


def prove_sources(
    ws: Workspace, contract: Contract, seen: SourceCases
) -> Generator[Finding, None, int]:
    """What is found of each source; their cases go into `seen`. Returns how many rows they have."""
    rows = 0
    sound = None if undecodable(contract) else seen
    for source in contract.data.sources:
        where = f"{ws.contract}: data.sources"
        try:
            there = any(path.is_file() for path in files_matching(source.path, ws.data))
        except InputError as error:
            yield from failures("sources", error)
            continue
        if not there:
            yield fail("sources", f"no file matches {source.path!r}", where=where,
                       fix="add the file, or correct `path`")  # fmt: skip
            continue
        for found in _counted(ws, source, sound, contract):
            if isinstance(found, Finding):
                yield found
                continue
            name, count = found
            rows += count.rows - count.broken
            yield from _said(name, count, source, contract.data.max_rejects)
        if source.licence.strip().upper() in {"", "TODO"}:
            yield warn("sources", f"{source.path}: no licence is given", where=where,
                       fix="name the licence under which the data may be used")  # fmt: skip
    return rows


def _counted(
    ws: Workspace, source: Source, seen: SourceCases | None, contract: Contract
) -> Iterator[Finding | tuple[str, Count]]:
    """The rows of each file; those of files with one text each together."""
    counts: dict[str, Count] = {}
    try:
        files = files_of([source], ws.data)
    except DslmError as error:
        yield from failures("sources", error)
        return
    for file in files:
        name = source.path if file.kind.single else file.name
        count = counts.get(name, Count())
        try:
            count.add(file, seen, contract)
        except DslmError as error:
            yield from failures("sources", error)
            continue
        if count.rows or not file.kind.labels:
            counts[name] = count
    yield from counts.items()


def _said(name: str, count: Count, source: Source, most: float) -> Iterator[Finding]:
    if count.first is None:
        yield ok("sources", f"{name}: {count.rows} rows, {source.licence}")
        return
    where, fault = count.first
    too_many = count.broken > most * count.rows
    yield (fail if too_many else warn)(
        "sources", fault, where=where,
        fix=f"correct it: {count.broken} of {count.rows} rows of {name} are unusable, "
            f"data.max_rejects allows {most:.1%}",
    )  # fmt: skip
