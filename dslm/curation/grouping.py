"""Which group a case belongs to, and which text it is.

A group (supplier, customer, thread) never crosses splits nor stands in both training and gold.
Called by the blocks, `splitting` and `importing`.
"""

from __future__ import annotations

from functools import lru_cache

from dslm.contract.folding import composed, fold
from dslm.errors import InputError, Problems
from dslm.records import Case


@lru_cache(maxsize=1 << 16)  # every block asks for it
def _folded(text: str) -> str:
    return fold(text) or text


def folded(case: Case) -> str:
    """A case's input folded; as it is where nothing is left of it."""
    return _folded(case.input)


def group_key(value: object) -> str:
    """A group's name, case, composition and blanks folded; empty for none."""
    name = "" if value is None else str(value)
    return " ".join(composed(name).split())


def group_of(case: Case, group_by: str | None) -> str:
    """A case's group; without `group_by` its folded input, so that equal texts stay together."""
    if group_by is None:
        return folded(case)
    return group_key(case.meta[group_by]) if group_by in case.meta else ""


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
