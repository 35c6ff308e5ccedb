"""What every case is asked, and in which order: here, and nowhere else.

Takes cases as they were read; gives the drops, each with the first reason that was found. The
contract is read here: each filter is handed the few values that it needs. Called by `pipeline`;
`case_rows` runs the filters that look at one case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from dslm.contract.model.contract_model import Contract
from dslm.curation.answer_fields import free_fields
from dslm.curation.case_table import CaseTable
from dslm.curation.filters.duplicates.exact_duplicates import exact_duplicates
from dslm.curation.filters.duplicates.near_duplicates import near_duplicates
from dslm.curation.filters.duplicates.same_after_surrogates import alike_when_written
from dslm.curation.filters.hidden_text import hidden_text
from dslm.curation.filters.instructed_target import instructed_target
from dslm.curation.filters.leakage.group_across_splits import group_across_splits
from dslm.curation.filters.leakage.leaked_exact import leaked_exact
from dslm.curation.filters.leakage.leaked_group import leaked_group
from dslm.curation.filters.leakage.leaked_near import leaked_near
from dslm.curation.filters.leakage.leaked_quote import leaked_quote
from dslm.curation.filters.leakage.near_across_splits import parted_splits
from dslm.curation.filters.other_language import other_language
from dslm.curation.filters.outside_window import WindowPlan, outside_window
from dslm.curation.filters.over_label_cap import over_label_cap
from dslm.curation.filters.over_source_cap import over_source_cap
from dslm.curation.filters.reviewed import reviewed
from dslm.curation.filters.row_filters import Block, Comparison
from dslm.curation.filters.rule_breaks import rule_breaks
from dslm.curation.filters.thin_text import thin_text
from dslm.curation.filters.too_long import Limit, too_long
from dslm.curation.filters.ungrouped import ungrouped
from dslm.curation.labels import (
    Contradiction,
    ReviewDecisions,
    contradicted,
    described,
    near_disagreements,
    refused,
    same_target,
)
from dslm.curation.ledger import Drop
from dslm.records import Case


def filters_of(
    contract: Contract, gold: Sequence[Case], verdicts: ReviewDecisions
) -> tuple[Block, ...]:
    """What is asked of each case by itself; it is dropped by the first that says so."""
    data = contract.data
    return (
        partial(leaked_exact, gold=gold),
        partial(leaked_quote, gold=gold, share=data.near_duplicate),
        partial(leaked_group, gold=gold, group_by=data.group_by),
        partial(ungrouped, group_by=data.group_by),
        partial(thin_text, least=data.least_characters),
        partial(other_language, languages=tuple(data.languages)),
        partial(outside_window, plan=WindowPlan.of(data)),
        partial(reviewed, verdicts=verdicts),
        hidden_text,
        partial(instructed_target, fields=free_fields(contract)),
        partial(rule_breaks, contract=contract),
    )


def comparisons_of(
    contract: Contract, gold: Sequence[Case], limit: Limit | None
) -> tuple[Comparison, ...]:
    """What is asked of cases beside one another, in this order, once contradictions are out.

    Contradictions come before duplicates, which take the answers to agree. Length does too, so that
    no case goes for being near to one that is too long to stay.
    """
    data = contract.data
    may_cross = data.group_by is not None and data.split.calibration_from is not None
    same = partial(same_target, contract)
    return (
        partial(too_long, limit=limit),
        exact_duplicates,
        partial(alike_when_written, gold=gold),
        partial(near_duplicates, share=data.near_duplicate, same_target=same),
        partial(group_across_splits, may_cross=may_cross),
        partial(parted_splits, share=data.near_duplicate),
        partial(over_label_cap, caps=data.at_most_per),
        partial(over_source_cap, caps=[source.at_most for source in data.sources]),
    )


@dataclass(frozen=True)
class FilteredCases:
    """What came of asking.

    Attributes:
        drops: Every drop, by its place.
        contradictions: Inputs with several answers.
        likely: Those that are nearly one input with several answers; none is dropped for it.
    """

    drops: dict[int, Drop]
    contradictions: list[Contradiction]
    likely: list[Contradiction]


def filtered_cases(
    cases: CaseTable, contract: Contract, gold: Sequence[Case], limit: Limit | None
) -> FilteredCases:
    """Every drop, and every contradiction."""
    said = cases.drops_said()
    others = cases.all_but([p for p, drop in said.items() if drop.reason == "leak_exact"])
    leaked = leaked_near(cases.only(others), gold, contract.data.near_duplicate)
    drops = said | {others[place].item(): drop for place, drop in leaked.items()}
    left = cases.all_but(drops)
    rest = cases.only(left)
    found = contradicted(rest, contract)
    refusals = refused(rest, contract, found.certain)
    drops |= {left[place].item(): drop for place, drop in refusals.items()}
    certain = [described(rest, one, rest.written_target) for one in found.certain]
    likely = [described(rest, one, rest.written_target) for one in found.likely]
    agreed = rest.without(refusals)
    near = near_disagreements(agreed, contract)
    likely += [described(agreed, one, agreed.written_target) for one in near]
    for comparison in comparisons_of(contract, gold, limit):
        left = cases.all_but(drops)
        dropped = comparison(cases.only(left))
        drops |= {left[place].item(): drop for place, drop in dropped.items()}
    return FilteredCases(drops, certain, likely)
