"""Which group a case belongs to, which text it is, and so which unit of chance.

A group (supplier, customer, thread) never crosses splits nor stands in both training and gold.
Called by curation, scoring and gating.
"""

from __future__ import annotations

from functools import lru_cache

from dslm.contract.cases.identifiers import NoName, group_key
from dslm.contract.text.folding import fold
from dslm.errors import InputError, Problems
from dslm.records import Case


@lru_cache(maxsize=1 << 16)  # every block asks for it
def folded_text(text: str) -> str:
    """An input folded; as it is where nothing is left of it."""
    return fold(text) or text


def folded(case: Case) -> str:
    """A case's input folded; as it is where nothing is left of it."""
    return folded_text(case.input)


def group_of(case: Case, group_by: str | None) -> str:
    """A case's group; without `group_by` its folded input, so that equal texts stay together.

    Raises:
        InputError: What should name it is neither text nor a whole number.
    """
    if group_by is None:
        return folded(case)
    try:
        return group_key(case.meta.get(group_by))
    except NoName as fault:
        raise InputError(f"meta.{group_by} {fault}", where=f"case {case.id}",
                         fix="name its group by one text") from None  # fmt: skip


def gold_groups(gold: list[Case], group_by: str) -> set[str]:
    """All groups of gold.

    Raises:
        Problems: Gold cases without one: whether training leaks into them could not be told.
    """
    bare = [case for case in gold if not group_of(case, group_by)]
    if bare:
        raise Problems([
            InputError(f"no meta.{group_by}", where=f"gold case {case.id}",
                       fix="name its group, or leakage cannot be checked")
            for case in bare[:20]
        ])  # fmt: skip
    return {group_of(case, group_by) for case in gold}


def chance_unit(group_by: str | None, case: Case) -> str:
    """A case's group, or its id where it has none.

    Raises:
        InputError: What should name the group is neither text nor a whole number.
    """
    if group_by is None:
        return case.id
    try:
        return group_key(case.meta.get(group_by)) or case.id
    except NoName as fault:
        raise InputError(f"meta.{group_by} {fault}", where=f"case {case.id}",
                         fix="name its group by one text") from None  # fmt: skip
