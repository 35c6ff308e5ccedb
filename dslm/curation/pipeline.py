"""Curation as a whole: sources in; train, validation and calibration out, with a ledger.

What every case is asked stands in `filter_order`, what is told of it in `ledger_entries`. Called by
`pipelines.curate`, which gives the contract, its folder, gold and a folder to write into.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from dslm.cases import write_records
from dslm.contract.answers.canonical_answer import refuse_undecodable
from dslm.contract.cases.case_groups import folded, group_of
from dslm.contract.model.contract_model import Contract
from dslm.curation.books import ledger_of, rejects_of, review_count
from dslm.curation.case_rows import CaseRows
from dslm.curation.case_table import CaseTable
from dslm.curation.filters import FilteredCases, Limit, filtered_cases, filters_of
from dslm.curation.labels import Contradiction, ReviewDecisions, read_decisions
from dslm.curation.ledger import Ledger, Reject
from dslm.curation.personal import KnownValues, Lines, PersonalPipeline, personal_pipeline, together
from dslm.curation.sources import Engine, Rows, read_sources, with_unique_ids
from dslm.curation.splits import SPLITS, refuse_empty_split
from dslm.errors import InputError
from dslm.provenance import digest_json, write_atomic
from dslm.records import Case, Record

WORK = "work"


class Curated(Record):
    """What curation made of the sources: the books, and what it looked at.

    `inputs` are digests for the output's manifest. They are no part of its files, so that a gold
    case that changes without touching the training data leaves the training data what it was.
    """

    ledger: Ledger
    inputs: dict[str, str]


def curate(
    contract: Contract, contract_dir: Path, gold: Sequence[Case], folder: Path,
    engine: Engine | None = None, review: Path | None = None, limit: Limit | None = None,
) -> Curated:  # fmt: skip
    """Curate a workflow's sources.

    Writes the splits, each sorted by id, `ledger.json`, `rejects.jsonl`, `contradictions.jsonl` and
    `near-disagreements.jsonl`.

    Args:
        contract: The workflow's contract.
        contract_dir: The folder it lies in; source paths are relative to it.
        gold: The frozen gold set.
        folder: Where to write; empty, and of no use where this raises.
        engine: What reads the sources; this machine unless told.
        review: The review file, whose verdicts are obeyed where it exists.
        limit: How long a row for training may be; None for any length.

    Raises:
        Problems: The schema holds what no decoding grammar can.
        InputError: A source or gold is missing or broken, too many rows are, a check cannot run,
            every row is too long, a split came out empty, a verdict of the review file is wrong,
            or personal data cannot be replaced or was left.
    """
    refuse_undecodable(contract)
    held = _held(gold)
    cleaning = personal_pipeline(contract, os.environ)
    verdicts = read_decisions(review, contract) if review else ReviewDecisions()
    work = folder / WORK
    work.mkdir(parents=True)
    engine = engine or Engine()
    if cleaning:
        cleaning = cleaning.with_shared_parts(contract_dir, engine)
    rows, known = _read(contract, contract_dir, held, engine, work, cleaning, verdicts)
    rejects = rejects_of(rows, contract, contract_dir)
    table, order = with_unique_ids(rows)
    cases = CaseTable(table, rows.marks, order)
    mended = cases.only(np.flatnonzero(cases.flags("fixed")))
    verdicts.refuse_misfits(contract, _cases(mended))
    found = filtered_cases(cases, contract, held, limit)
    kept = cases.without(found.drops)
    inputs = {
        "sources": _digest(cases),
        "review": verdicts.digest(),
        "gold_compared": _digest_of_gold(held, contract.data.group_by),
        **(cleaning.inputs if cleaning else {}),
        **(limit.inputs if limit else {}),
    }
    refuse_empty_split(kept.counts("split", SPLITS), kept.distinct("group_number"))
    book = cleaning.book(rows, known) if cleaning else None
    count = review_count(cases, len(mended), verdicts)
    ledger = ledger_of(rows, rejects, cases, found.drops, kept, count, book)
    parts = _write_parts(kept, folder)
    lists = _write_lists(rejects, found, folder)
    write_atomic(folder / "ledger.json", ledger.to_json())
    if cleaning:
        found_in = {name: part.held() for name, part in parts.items()}
        cleaning.prove(folder, found_in | _held_in_lists(lists, cases), known, work, engine)
    shutil.rmtree(work)
    return Curated(ledger=ledger, inputs=inputs)


def _held(gold: Sequence[Case]) -> tuple[Case, ...]:
    if not gold:
        raise InputError("no gold cases, so leakage cannot be checked", where="gold",
                         fix="add labelled gold cases")  # fmt: skip
    return tuple(sorted(gold, key=lambda case: case.id))


def _read(
    contract: Contract, folder: Path, gold: Sequence[Case], engine: Engine, work: Path,
    cleaning: PersonalPipeline | None, verdicts: ReviewDecisions,
) -> tuple[Rows, KnownValues]:  # fmt: skip
    """All rows, their personal data replaced, and the values that were."""
    replacer = cleaning.replacer if cleaning else None
    to_columns = CaseRows(contract, filters_of(contract, gold, verdicts), verdicts, replacer)
    rows = read_sources(contract, folder, to_columns, engine, work)
    if cleaning is None:
        return rows, KnownValues()
    return cleaning.everywhere(rows, work, engine)


def _cases(cases: CaseTable) -> Iterator[Case]:
    for line in cases.each("record"):
        yield Case.from_own_json(line or "")


def _write_parts(kept: CaseTable, folder: Path) -> dict[str, CaseTable]:
    """The splits by name, each in a file."""
    split = kept.among("split", SPLITS)
    parts = {n: kept.only(np.flatnonzero(split == number)) for number, n in enumerate(SPLITS)}
    for name, part in parts.items():
        _write_lines(folder / f"{name}.jsonl", part)
    return parts


def _write_lists(
    rejects: Sequence[Reject], found: FilteredCases, folder: Path
) -> dict[str, Sequence[Record]]:
    """Lists beside the splits by name, each in a file."""
    lists: dict[str, Sequence[Record]] = {
        "rejects": rejects,
        "contradictions": found.contradictions,
        "near-disagreements": found.likely,
    }
    for name, lines in lists.items():
        write_records(folder / f"{name}.jsonl", lines)
    return lists


def _held_in_lists(lists: Mapping[str, Sequence[Record]], cases: CaseTable) -> dict[str, Lines]:
    """By list, of each line, what the cases that it tells of held together; no line has a group."""
    told = {name: [_told_of(line) for line in lines] for name, lines in lists.items()}
    held = cases.held_by({id_ for lines in told.values() for ids in lines for id_ in ids})
    return {
        name: [(together(held[id_] for id_ in ids if id_ in held), None) for ids in lines]
        for name, lines in told.items()
    }


def _told_of(line: Record) -> tuple[str, ...]:
    return line.ids if isinstance(line, Contradiction) else ()


def _write_lines(path: Path, cases: CaseTable) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in cases.each("record"))


def _digest_of_gold(gold: Sequence[Case], group_by: str | None) -> str:
    return digest_json([[folded(case), group_of(case, group_by)] for case in gold])


def _digest(cases: CaseTable) -> str:
    """Digest of all cases, in the order of their ids."""
    made = hashlib.sha256()
    for line in cases.each("record"):
        made.update(f"{line}\n".encode())
    return "sha256:" + made.hexdigest()
