"""What `dslm init` proposes: split, fields, comparators, groundings, bound, slices.

Takes the sample's cases; gives a frozen draft that `dslm.scaffolding.init_workflow` writes out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dslm.checking.data.gold import SMALLEST_SLICE
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.cases.case_groups import group_of
from dslm.contract.cases.identifiers import NoName, identifier
from dslm.contract.model.contract_model import Contract, Split
from dslm.contract.schemas.canonical_values import canonical
from dslm.contract.text.folding import fold
from dslm.errors import DslmError, InputError, Problems
from dslm.gating.evidence.repeated_gold import repeats_in_gold
from dslm.records import Case
from dslm.scaffolding.proposed_comparators import comparator
from dslm.scaffolding.sample_reader import Numbered
from dslm.scaffolding.schema_inference import (
    GROUNDED_SHARE,
    MixedKinds,
    Schema,
    infer,
    infer_fields,
    kind_of,
    may_be_quoted,
)
from dslm.scaffolding.value_notes import rare_fields, value_notes
from dslm.statistics.power_and_sample_size import p_without_failure

CONFIDENCE = 0.9
RISKS = (0.02, 0.05, 0.1, 0.2)
SPLIT = Split(train=0.74, validation=0.06, calibration=0.2)
PROCEED = 0.4  # of the calibration answers, about so many are let through
MOST_SLICE_VALUES = 8
MOST_BEYOND = 1.5  # times the share that is asked for: a group beyond is left to the sources
NO_SLICES = ("split", "breaks")


@dataclass(frozen=True)
class Draft:
    """A proposal for a contract, and the cases that go with it."""

    properties: dict[str, Schema]
    compare: dict[str, str]
    grounded: tuple[str, ...]
    slices: tuple[str, ...]
    risk: float
    group_by: str | None
    sources: tuple[Case, ...]
    gold: tuple[Case, ...]
    dropped: int
    notes: tuple[str, ...] = ()

    @property
    def output(self) -> Schema:
        """The schema of the whole answer."""
        return {
            "type": "object", "additionalProperties": False,
            "required": list(self.properties), "properties": self.properties,
        }  # fmt: skip


def draft(
    path: Path, sample: Sequence[Numbered], group_by: str | None, share: float, seed: int = 0
) -> Draft:
    """The proposal made from a sample.

    Args:
        path: The sample, for messages.
        sample: Its cases.
        group_by: Meta or target field whose values never cross from sources into gold.
        share: Share of cases that becomes gold, in (0, 1).
        seed: Which groups those are: another number, another draw.

    Raises:
        Problems: Fields whose values are of several types, each with its lines.
    """
    properties = _properties(path, sample)
    output = {"properties": properties}
    cases = [
        Case(id=n.case.id, input=n.case.input, meta=n.case.meta,
             target=canonical(output, {f: (n.case.target or {}).get(f) for f in properties}))
        for n in sample
    ]  # fmt: skip
    cases = _with_group(path, cases, group_by)
    sources, gold, dropped = _split(path, cases, group_by, share, seed)
    values = {f: [c.target[f] for c in cases if c.target and c.target[f] is not None]
              for f in properties}  # fmt: skip
    compare = {f: how for f, s in properties.items() if (how := comparator(s, values[f]))}
    sizes = list(Counter(group_of(case, group_by) for case in sources).values())
    made = Draft(
        properties, compare, (), (), attainable_risk(sizes), group_by,
        tuple(sources), tuple(gold), dropped,
        (*rare_fields(values, len(cases)), *value_notes(compare, values)),
    )  # fmt: skip
    made = _without_repeats(made)
    return replace(made, grounded=_grounded(made, cases), slices=_slices(made.gold))


def _without_repeats(made: Draft) -> Draft:
    """Gold without cases that repeat one of another group: they would count as many draws."""
    found = repeats_in_gold(contract_of(made, "trial", ()), made.gold)
    repeats = {repeat for _, repeat in found}
    gold = tuple(case for case in made.gold if case.id not in repeats)
    return replace(made, gold=gold, dropped=made.dropped + len(repeats))


def _properties(path: Path, sample: Sequence[Numbered]) -> dict[str, Schema]:
    pairs = [(n.case.input, n.case.target or {}) for n in sample]
    try:
        return infer_fields(pairs)
    except MixedKinds:
        raise Problems(_mixed(path, sample)) from None


def _mixed(path: Path, sample: Sequence[Numbered]) -> list[DslmError]:
    """Each field whose values are of several types, with the lines of the rarer ones."""
    problems: list[DslmError] = []
    for field in dict.fromkeys(key for n in sample for key in (n.case.target or {})):
        having = [(n, (n.case.target or {}).get(field)) for n in sample]
        try:
            infer([(n.case.input, value) for n, value in having], field)
        except MixedKinds as error:
            kinds = Counter(kind_of(value) for _, value in having if value is not None)
            usual = kinds.most_common(1)[0][0]
            odd = [n.line for n, v in having if v is not None and kind_of(v) != usual]
            # a nested fault has no odd line of its own: its path says where to look
            where = f"{path}:{odd[0]}" if odd else path
            lines = f" (else {usual}: lines {', '.join(map(str, odd[:10]))})" if odd else ""
            what = f"{error.where}: {error.what}{lines}"
            fix = f"make them one type, or do without the field: --leave-out {field}"
            problems.append(InputError(what, where=where, fix=fix))
    return problems


def _with_group(path: Path, cases: list[Case], group_by: str | None) -> list[Case]:
    """The cases with their group in meta; one without a value is a group of its own."""
    if group_by is None:
        return cases
    if not any(group_by in c.meta or group_by in (c.target or {}) for c in cases):
        keys = sorted({k for c in cases for k in (*c.meta, *(c.target or {}))})
        fix = f"--group-by: there are {', '.join(keys)}"
        raise InputError(f"no case has a field {group_by!r}", where=path, fix=fix)
    return [c.model_copy(update={"meta": {**c.meta, group_by: _group(c, group_by)}}) for c in cases]


def _group(case: Case, group_by: str) -> str:
    """Its meta value; else its target's, folded, so that two spellings are one group."""
    own = case.meta.get(group_by)
    try:
        if named := identifier(own):
            return named
        value = identifier((case.target or {}).get(group_by)) if own is None else None
    except NoName as fault:
        raise InputError(f"{group_by!r} {fault}", where=f"case {case.id}",
                         fix="give another --group-by") from None  # fmt: skip
    return (fold(value) if value else "") or case.id


def _split(
    path: Path, cases: list[Case], group_by: str | None, share: float, seed: int
) -> tuple[list[Case], list[Case], int]:
    """Sources and gold by whole groups, in the order of a hash: no clock, no random state."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        key = group_of(case, group_by)
        groups.setdefault(key, []).append(case)
    if len(groups) < 2:
        kind = f"one {group_by}" if group_by else "one input"
        raise InputError(f"all cases are of {kind}: gold could not be kept apart", where=path,
                         fix="give more cases, or another --group-by")  # fmt: skip
    salt = f"{seed}:" if seed else ""
    order = sorted(groups, key=lambda key: hashlib.sha256(f"{salt}{key}".encode()).hexdigest())
    chosen = _drawn([(key, len(groups[key])) for key in order], share * len(cases))
    gold_ids = {case.id for key in chosen for case in groups[key]}
    gold: dict[str, Case] = {}
    for case in cases:
        if case.id in gold_ids:
            gold.setdefault(case.input, case)
    return (
        [case for case in cases if case.id not in gold_ids],
        list(gold.values()),
        len(gold_ids) - len(gold),
    )


def _drawn(sizes: Sequence[tuple[str, int]], wanted: float) -> set[str]:
    """The groups that become gold: the first that fit, none that is far more than is wanted.

    Args:
        sizes: Each group and its cases, in the order of the draw.
        wanted: Cases.
    """
    chosen: set[str] = set()
    taken = 0
    for key, size in sizes[:-1]:
        if taken >= wanted:
            break
        if taken + size <= MOST_BEYOND * wanted:
            chosen.add(key)
            taken += size
    return chosen or {min(sizes, key=lambda one: one[1])[0]}


def attainable_risk(sizes: Sequence[int]) -> float:
    """The strictest bound that leaves calibration room for some wrong and some held answers.

    By the certificate's own p-value: two in five of the calibration split's groups have to do.

    Args:
        sizes: Cases of each group of the sources, of which calibration gets its share.
    """
    share = SPLIT.calibration * PROCEED  # of groups like these; the p-value is a product over them

    def certifies(risk: float) -> bool:
        return bool(p_without_failure(sizes, risk) ** share <= 1 - CONFIDENCE)

    return next((risk for risk in RISKS if certifies(risk)), RISKS[-1])


def _slices(gold: Sequence[Case]) -> tuple[str, ...]:
    """Meta fields with few values, each often enough in gold to be reported apart."""
    found = []
    for key in dict.fromkeys(k for case in gold for k in case.meta):
        values = [case.meta.get(key) for case in gold]
        counts = Counter(v for v in values if isinstance(v, str | int | bool))
        few = 2 <= len(counts) <= MOST_SLICE_VALUES and sum(counts.values()) == len(gold)
        if few and min(counts.values()) >= SMALLEST_SLICE and key not in NO_SLICES:
            found.append(key)
    return tuple(found)


def _grounded(made: Draft, cases: Sequence[Case]) -> tuple[str, ...]:
    """Fields whose values occur in the input of nearly every case."""
    fields = [f for f, schema in made.properties.items() if may_be_quoted(schema)]
    trial = contract_of(made, "trial", fields)
    total: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for case in cases:
        target: dict[str, Any] = case.target or {}
        total.update(f for f in fields if target[f] is not None)
        missing.update(ungrounded(trial, case.input, target))
    return tuple(f for f in fields if total[f] and missing[f] <= (1 - GROUNDED_SHARE) * total[f])


def contract_of(made: Draft, name: str, grounded: Sequence[str]) -> Contract:
    """A draft as a contract, for code that needs one; what is written comes from a template."""
    return Contract.model_validate({
        "name": name, "version": 1, "summary": name, "task": name, "output": made.output,
        "compare": {field: {"as": how} for field, how in made.compare.items()},
        "grounded": list(grounded), "data": {"group_by": made.group_by, "sources": [
            {"path": "sources/*.jsonl", "licence": "unknown", "origin": "sample"}]},
        "decision": {"max_selective_risk": made.risk, "confidence": CONFIDENCE},
        "costs": {"currency": "EUR", "wrong_proceed": 1, "review": 1, "escalation": 1},
        "slo": {"p95_ms": 1, "p99_ms": 1},
    })  # fmt: skip
