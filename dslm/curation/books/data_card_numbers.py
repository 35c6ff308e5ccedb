"""The data card: what curation wrote, read once from end to end and counted.

Takes a contract, the curated folder, gold, digests and the gate's `Reach`; gives a `DataCard`. The
split files are streamed, so a million cases need no more memory than their counts. Called by
`pipelines.curate` when the folder is sealed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dslm.contract.cases.case_groups import group_of
from dslm.contract.model.contract_model import Contract
from dslm.curation.answer_fields import CardField
from dslm.curation.books.part_statistics import (
    PartCounts,
    binned,
    counted,
    distinct,
    edges_of,
    spelled,
    spread_of,
)
from dslm.curation.labels import Contradiction
from dslm.curation.sources import files_of
from dslm.curation.splits import SPLITS
from dslm.data_card import (
    DataCard,
    Disagreement,
    Disagreements,
    Filling,
    Leakage,
    ListField,
    ListFilling,
    OpenField,
    Part,
    Reach,
    Said,
    SourceFile,
    Tallied,
    Tally,
)
from dslm.records import Case
from dslm.strict_json import strict_json

MOST_VALUES = 50  # listed of a label or slice; the rarer ones are counted together
MOST_SHOWN = 50  # contradictions
MOST_IDS = 10  # of one contradiction, and as many of its values of one field


def make_data_card(
    contract: Contract, contract_dir: Path, curated: Path, gold: Sequence[Case],
    digests: Mapping[str, str], reach: Reach,
) -> DataCard:  # fmt: skip
    """The card of a curated folder.

    Args:
        contract: The contract that it was curated by.
        contract_dir: The folder it lies in.
        curated: What `curate` wrote.
        gold: The gold set.
        digests: Of what the card is about.
        reach: What the gold set can show.
    """
    parts = {name: counted(contract, _cases(curated / f"{name}.jsonl")) for name in SPLITS}
    parts["gold"] = counted(contract, gold)
    lengths: Counter[int] = sum((part.lengths for part in parts.values()), Counter())
    edges = edges_of(lengths)
    book = strict_json((curated / "ledger.json").read_bytes())
    groups = book["groups"] | {"gold": len({group_of(c, contract.data.group_by) for c in gold})}
    return DataCard(
        workflow=contract.name,
        summary=contract.summary,
        contract_version=contract.version,
        digests=dict(sorted(digests.items())),
        read=book["read"],
        rejected=book["rejected"],
        dropped=book["dropped"],
        files=_files(contract, contract_dir, book["sources"]),
        parts={name: _part(part, groups[name], edges) for name, part in parts.items()},
        edges=edges,
        labels=tuple(_label(parts, field) for field in parts["gold"].of("label")),
        open_fields=tuple(_open_field(parts, field) for field in parts["gold"].of("open")),
        lists=tuple(_list(parts, field) for field in parts["gold"].of("list")),
        slices=tuple(_slice(parts, name) for name in contract.slices),
        leakage=Leakage.model_validate(book["leakage"]),
        contradictions=_disagreements(curated / "contradictions.jsonl"),
        personal=book.get("personal"),
        reach=reach,
    )


def _cases(path: Path) -> Iterator[Case]:
    """Cases of a file that curation wrote, one at a time."""
    with path.open("rb") as lines:
        for line in lines:
            yield Case.from_own_json(line)


def _files(
    contract: Contract, folder: Path, counts: Mapping[str, Mapping[str, int]]
) -> tuple[SourceFile, ...]:
    sources = {file.name: file.source for file in files_of(contract.data.sources, folder)}
    return tuple(
        SourceFile(file=name, licence=sources[name].licence, origin=sources[name].origin, **count)
        for name, count in sorted(counts.items())
    )


def _part(part: PartCounts, groups: int, edges: tuple[int, ...]) -> Part:
    return Part(
        cases=part.cases,
        groups=groups,
        length=spread_of(part.lengths),
        bins=binned(part.lengths, edges),
        first=part.first or None,
        last=part.last or None,
        untimed=part.untimed,
    )


def _tallied(
    name: str, counts: Mapping[str, Counter[str]], order: Sequence[str], values: Mapping[str, Any]
) -> Tallied:
    """Values in an order, the first of them listed."""
    shown, rest = order[:MOST_VALUES], order[MOST_VALUES:]
    return Tallied(
        name=name,
        values=tuple(
            Tally(value=values[key], cases={part: count[key] for part, count in counts.items()})
            for key in shown
        ),
        unlisted_values=len(rest),
        unlisted={part: sum(count[key] for key in rest) for part, count in counts.items()},
    )


def _by_size(counts: Mapping[str, Counter[str]]) -> list[str]:
    """All values, the most frequent of all parts first."""
    total: Counter[str] = sum(counts.values(), Counter())
    return sorted(total, key=lambda key: (-total[key], key))


def _label(parts: Mapping[str, PartCounts], field: CardField) -> Tallied:
    return _named(field, {name: part.labels[field.path] for name, part in parts.items()})


def _named(field: CardField, counts: Mapping[str, Counter[str]]) -> Tallied:
    """Values that the schema names, those that nobody has last."""
    known = [spelled(value) for value in field.named or ()]
    seen = _by_size(counts)
    order = seen + [key for key in known if key not in set(seen)]
    return _tallied(field.name, counts, order, {key: json.loads(key) for key in order})


def _list(parts: Mapping[str, PartCounts], field: CardField) -> ListField:
    found = {name: part.lists[field.path] for name, part in parts.items()}
    named = {name: one.values for name, one in found.items() if one.values is not None}
    return ListField(
        name=field.name,
        values=_named(field, named) if named else None,
        parts={
            name: ListFilling(
                null=one.null,
                empty=one.empty,
                per_case=spread_of(one.sizes),
                items=sum(size * cases for size, cases in one.sizes.items()),
                distinct=distinct(one.items.numbers),
                length=spread_of(one.items.lengths),
            )
            for name, one in found.items()
        },
    )


def _slice(parts: Mapping[str, PartCounts], name: str) -> Tallied:
    counts = {part: count.slices[name] for part, count in parts.items()}
    order = _by_size(counts)
    return _tallied(name, counts, order, {key: key for key in order})


def _open_field(parts: Mapping[str, PartCounts], field: CardField) -> OpenField:
    found = {name: part.open[field.path] for name, part in parts.items()}
    return OpenField(
        name=field.name,
        parts={
            name: Filling(
                null=one.null, distinct=distinct(one.numbers), length=spread_of(one.lengths)
            )
            for name, one in found.items()
        },
    )


def _disagreements(path: Path) -> Disagreements:
    found = 0
    shown: list[Disagreement] = []
    with path.open("rb") as lines:
        for line in lines:
            found += 1
            if len(shown) < MOST_SHOWN:
                shown.append(_disagreement(Contradiction.from_own_json(line)))
    return Disagreements(found=found, shown=tuple(shown))


def _disagreement(one: Contradiction) -> Disagreement:
    fields = {
        field: tuple(
            Said(value=json.loads(value), cases=len(ids))
            for value, ids in list(said.items())[:MOST_IDS]
        )
        for field, said in one.fields.items()
    }
    return Disagreement(
        ids=one.ids[:MOST_IDS], cases=len(one.ids), fields=fields, settled=bool(one.majority)
    )
