"""Curation as a whole: sources in; train, validation and calibration out, with a ledger.

The order of blocks and comparisons is `blocks_of` and `comparisons_of`, and nowhere else. Called by
`pipelines.curate`, which gives the contract, its folder, gold and a folder to write into.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dslm.cases import write_records
from dslm.contract.model import Contract
from dslm.curation.blocks import Block, Comparison
from dslm.curation.blocks.contradictions import contradictions, listed
from dslm.curation.blocks.exact_duplicates import exact_duplicates
from dslm.curation.blocks.group_across_splits import group_across_splits
from dslm.curation.blocks.leaked_exact import leaked_exact
from dslm.curation.blocks.leaked_group import leaked_group
from dslm.curation.blocks.leaked_near import leaked_near
from dslm.curation.blocks.leaked_quote import leaked_quote
from dslm.curation.blocks.near_duplicates import near_duplicates
from dslm.curation.blocks.other_language import other_language
from dslm.curation.blocks.outside_window import outside_window
from dslm.curation.blocks.over_label_cap import over_label_cap
from dslm.curation.blocks.parted_splits import parted_splits
from dslm.curation.blocks.rule_breaks import rule_breaks
from dslm.curation.blocks.thin_text import thin_text
from dslm.curation.blocks.ungrouped import ungrouped
from dslm.curation.case_table import CaseTable, Places
from dslm.curation.engine import Engine
from dslm.curation.grouping import folded, group_of
from dslm.curation.identity import with_unique_ids
from dslm.curation.ledger import Drop, LeakageCheck, Ledger, Reject, SourceCount
from dslm.curation.reading import Rows, read_sources
from dslm.curation.refusing import refuse_many_rejects
from dslm.curation.splitting import SPLITS, refuse_empty_split
from dslm.errors import InputError
from dslm.provenance import digest_json, write_atomic
from dslm.records import Case, Record

if TYPE_CHECKING:
    import pyarrow as pa

LEAKS = ("leak_exact", "leak_near", "leak_quoted", "leak_group")
WORK = "work"
AT_ONCE = 10_000  # lines written together


class Curated(Record):
    """What curation made of the sources: the books, and what it looked at.

    `inputs` are digests for the output's manifest. They are no part of its files, so that a gold
    case that changes without touching the training data leaves the training data what it was.
    """

    ledger: Ledger
    inputs: dict[str, str]


def blocks_of(contract: Contract, gold: Sequence[Case]) -> tuple[Block, ...]:
    """What is asked of each case by itself; it is dropped by the first that says so."""
    data = contract.data
    return (
        partial(leaked_exact, gold=gold),
        partial(leaked_quote, gold=gold, share=data.near_duplicate),
        partial(leaked_group, gold=gold, group_by=data.group_by),
        partial(ungrouped, group_by=data.group_by),
        partial(thin_text, least=data.least_characters),
        partial(other_language, languages=tuple(data.languages)),
        partial(outside_window, contract=contract),
        partial(rule_breaks, contract=contract),
    )


def comparisons_of(contract: Contract) -> tuple[Comparison, ...]:
    """What is asked of cases beside one another, in this order.

    Contradictions come before duplicates, which take the answers to agree.
    """
    return (
        partial(contradictions, contract=contract),
        exact_duplicates,
        partial(near_duplicates, contract=contract),
        partial(group_across_splits, contract=contract),
        partial(parted_splits, contract=contract),
        partial(over_label_cap, contract=contract),
    )


def curate(
    contract: Contract, contract_dir: Path, gold: Sequence[Case], folder: Path,
    engine: Engine | None = None,
) -> Curated:  # fmt: skip
    """Curate a workflow's sources.

    Writes the splits, each sorted by id, `ledger.json`, `rejects.jsonl` and `contradictions.jsonl`.

    Args:
        contract: The workflow's contract.
        contract_dir: The folder it lies in; source paths are relative to it.
        gold: The frozen gold set.
        folder: Where to write; empty, and of no use where this raises.
        engine: What reads the sources; this machine unless told.

    Raises:
        InputError: A source or gold is missing or broken, too many rows are, a check cannot run,
            or a split came out empty.
    """
    if not gold:
        raise InputError("no gold cases, so leakage cannot be checked", where="gold",
                         fix="add labelled gold cases")  # fmt: skip
    held = tuple(sorted(gold, key=lambda case: case.id))
    work = folder / WORK
    work.mkdir(parents=True)
    rows = read_sources(contract, contract_dir, blocks_of(contract, held), engine or Engine(), work)
    rejects = rejects_of(rows, contract, contract_dir)
    table, order = with_unique_ids(rows)
    cases = CaseTable(table, rows.marks, order)
    drops = _sifted(cases, contract, held)
    kept = cases.without(drops)
    group_by = contract.data.group_by
    inputs = {
        "sources": _digest(cases),
        "gold_compared": digest_json([[folded(c), group_of(c, group_by)] for c in held]),
    }
    refuse_empty_split(kept.counts("split", SPLITS), kept.distinct("group_number"))
    ledger = _ledger(rows, rejects, cases, drops, kept)
    for number, name in enumerate(SPLITS):
        part = kept.only(np.flatnonzero(kept.among("split", SPLITS) == number))
        _write_lines(folder / f"{name}.jsonl", part)
    write_records(folder / "rejects.jsonl", rejects)
    write_records(folder / "contradictions.jsonl", listed(cases, contract))
    write_atomic(folder / "ledger.json", ledger.to_json())
    shutil.rmtree(work)
    return Curated(ledger=ledger, inputs=inputs)


def rejects_of(rows: Rows, contract: Contract, folder: Path) -> list[Reject]:
    """The rows that are no cases, in the order of their places."""
    import pyarrow.compute as pc

    broken = rows.table.filter(pc.is_valid(rows.table.column("fault")))
    found = broken.select(["piece", "line", "fault"]).to_pylist()
    rejects = [
        Reject(source=rows.sources[row["piece"]], line=row["line"], reason=row["fault"])
        for row in sorted(found, key=lambda row: (row["piece"], row["line"]))
    ]
    refuse_many_rejects(rejects, len(rows.table), most=contract.data.max_rejects, folder=folder,
                        setting="data.max_rejects")  # fmt: skip
    return rejects


def _sifted(cases: CaseTable, contract: Contract, gold: Sequence[Case]) -> dict[int, Drop]:
    """Every drop, by its place."""
    said = cases.drops_said()
    others = cases.all_but([p for p, drop in said.items() if drop.reason == "leak_exact"])
    near = leaked_near(cases.only(others), gold, contract.data.near_duplicate)
    drops = said | {others[place].item(): drop for place, drop in near.items()}
    for comparison in comparisons_of(contract):
        left = cases.all_but(drops)
        found = comparison(cases.only(left))
        drops |= {left[place].item(): drop for place, drop in found.items()}
    return drops


def _ledger(
    rows: Rows, rejects: Sequence[Reject], cases: CaseTable, drops: dict[int, Drop], kept: CaseTable
) -> Ledger:
    reasons = Counter(drop.reason for drop in drops.values())
    read = _by_source(rows, np.arange(len(rows.table)))
    rejected = Counter(reject.source for reject in rejects)
    left = _by_source(rows, kept.order)
    groups = kept.numbers("group_number")
    split = kept.among("split", SPLITS)
    return Ledger(
        read=len(rows.table),
        rejected=len(rejects),
        dropped=dict(sorted(reasons.items())),
        kept=kept.counts("split", SPLITS),
        groups={name: len(np.unique(groups[split == n])) for n, name in enumerate(SPLITS)},
        sources={
            name: SourceCount(read=count, rejected=rejected[name], kept=left[name],
                              dropped=count - rejected[name] - left[name])
            for name, count in sorted(read.items())
        },
        leakage=LeakageCheck(
            compared=len(cases), found={reason: reasons[reason] for reason in LEAKS}
        ),
        drops=tuple(drop for _, drop in sorted(drops.items())),
    )  # fmt: skip


def _by_source(rows: Rows, places: Places) -> Counter[str]:
    pieces = rows.table.column("piece").to_numpy()[places]
    counted: Counter[str] = Counter()
    for piece, count in enumerate(np.bincount(pieces, minlength=len(rows.sources)).tolist()):
        counted[rows.sources[piece]] += count
    return counted


def _records(cases: CaseTable) -> Iterator[pa.ChunkedArray]:
    """The lines of cases, some at a time."""
    import pyarrow as pa

    column = cases.table.column("record")
    for start in range(0, len(cases), AT_ONCE):
        yield column.take(pa.array(cases.order[start : start + AT_ONCE]))


def _write_lines(path: Path, cases: CaseTable) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for lines in _records(cases):
            stream.write("".join(f"{line}\n" for line in lines.to_pylist()))


def _digest(cases: CaseTable) -> str:
    """Digest of all cases, in the order of their ids."""
    made = hashlib.sha256()
    for lines in _records(cases):
        for line in lines.to_pylist():
            made.update(line.encode() + b"\n")
    return "sha256:" + made.hexdigest()
