"""Curation as a whole: sources in; train, validation and calibration out, with a ledger.

The order of the blocks is `blocks_of`, and nowhere else. Called by `pipelines.curate`, which gives
the contract, its folder and gold, and writes what comes back into the stage's output folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from dslm.cases import write_records
from dslm.contract.model import Contract
from dslm.curation.blocks.contradictions import contradictions
from dslm.curation.blocks.exact_duplicates import exact_duplicates
from dslm.curation.blocks.leaked_exact import leaked_exact
from dslm.curation.blocks.leaked_group import leaked_group
from dslm.curation.blocks.leaked_near import leaked_near
from dslm.curation.blocks.leaked_quote import leaked_quote
from dslm.curation.blocks.near_duplicates import near_duplicates
from dslm.curation.blocks.parted_splits import parted_splits
from dslm.curation.blocks.rule_breaks import rule_breaks
from dslm.curation.blocks.ungrouped import ungrouped
from dslm.curation.grouping import folded, group_of
from dslm.curation.ledger import Block, Drop, LeakageCheck, Ledger, Reject, SourceCount
from dslm.curation.readers import Reading, read_sources
from dslm.curation.splitting import SPLITS, partition
from dslm.errors import InputError
from dslm.provenance import digest_json, write_atomic
from dslm.records import Case, Record

LEAKS = ("leak_exact", "leak_near", "leak_quoted", "leak_group")


class Curated(Record):
    """What curation made: the splits, each sorted by id, the books, and what it looked at.

    `inputs` are digests for the output's manifest. They are no part of its files, so that a gold
    case that changes without touching the training data leaves the training data what it was.
    """

    train: tuple[Case, ...]
    validation: tuple[Case, ...]
    calibration: tuple[Case, ...]
    ledger: Ledger
    rejects: tuple[Reject, ...]
    inputs: dict[str, str]


def blocks_of(contract: Contract, gold: Sequence[Case]) -> tuple[Block, ...]:
    """The blocks, in the order they run; a case is dropped by the first that says so.

    Leakage comes first: every case is compared with gold. Contradictions come before duplicates,
    which take the answers to agree.
    """
    data = contract.data
    return (
        partial(leaked_exact, gold=gold),
        partial(leaked_near, gold=gold, threshold=data.near_duplicate),
        partial(leaked_quote, gold=gold, share=data.near_duplicate),
        partial(leaked_group, gold=gold, group_by=data.group_by),
        partial(ungrouped, group_by=data.group_by),
        partial(rule_breaks, contract=contract),
        partial(contradictions, contract=contract),
        exact_duplicates,
        partial(near_duplicates, contract=contract),
        partial(parted_splits, contract=contract),
    )


def sift(cases: Sequence[Case], blocks: Sequence[Block]) -> tuple[tuple[Case, ...], list[Drop]]:
    """Run blocks over cases.

    Args:
        cases: Sorted by id.
        blocks: In their order.

    Returns:
        The cases that no block drops, and every drop in the order of the blocks.
    """
    kept, dropped = tuple(cases), []
    for block in blocks:
        drops = block(kept)
        out = {drop.id for drop in drops}
        kept = tuple(case for case in kept if case.id not in out)
        dropped += drops
    return kept, dropped


def _ledger(
    reading: Reading, drops: Sequence[Drop], parts: Mapping[str, tuple[Case, ...]],
    group_by: str | None,
) -> Ledger:  # fmt: skip
    reasons = Counter(drop.reason for drop in drops)
    rejected = Counter(reject.source for reject in reading.rejects)
    dropped = Counter(reading.source_of[drop.id] for drop in drops)
    kept = Counter(reading.source_of[case.id] for part in parts.values() for case in part)
    return Ledger(
        read=sum(reading.read.values()),
        rejected=len(reading.rejects),
        dropped=dict(sorted(reasons.items())),
        kept={name: len(parts[name]) for name in SPLITS},
        groups={name: len({group_of(c, group_by) for c in parts[name]}) for name in SPLITS},
        sources={
            name: SourceCount(
                read=count, rejected=rejected[name], dropped=dropped[name], kept=kept[name]
            )
            for name, count in sorted(reading.read.items())
        },
        leakage=LeakageCheck(
            compared=len(reading.cases),
            found={reason: reasons[reason] for reason in LEAKS},
        ),
        drops=tuple(sorted(drops, key=lambda drop: drop.id)),
    )


def curate(contract: Contract, contract_dir: Path, gold: Sequence[Case]) -> Curated:
    """Curate a workflow's sources.

    Args:
        contract: The workflow's contract.
        contract_dir: The folder it lies in; source paths are relative to it.
        gold: The frozen gold set.

    Raises:
        InputError: A source or gold is missing or broken, too many rows are, a check cannot run,
            or a split came out empty. Nothing is written here.
    """
    if not gold:
        raise InputError("no gold cases, so leakage cannot be checked", where="gold",
                         fix="add labelled gold cases")  # fmt: skip
    held = tuple(sorted(gold, key=lambda case: case.id))
    reading = read_sources(contract, contract_dir)
    kept, drops = sift(reading.cases, blocks_of(contract, held))
    parts = partition(contract, kept)
    group_by = contract.data.group_by
    return Curated(
        train=parts["train"],
        validation=parts["validation"],
        calibration=parts["calibration"],
        ledger=_ledger(reading, drops, parts, group_by),
        rejects=tuple(sorted(reading.rejects, key=lambda r: (r.source, r.line))),
        inputs={
            "sources": digest_json([case.model_dump(mode="json") for case in reading.cases]),
            "gold_compared": digest_json([[folded(c), group_of(c, group_by)] for c in held]),
        },
    )


def write_curated(curated: Curated, folder: Path) -> None:
    """Write the splits, `ledger.json` and `rejects.jsonl` into a folder."""
    for name in SPLITS:
        write_records(folder / f"{name}.jsonl", getattr(curated, name))
    write_records(folder / "rejects.jsonl", curated.rejects)
    write_atomic(folder / "ledger.json", curated.ledger.to_json())
