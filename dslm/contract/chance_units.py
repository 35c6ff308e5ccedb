"""The unit of chance that a case belongs to: its group as curation knows it, else itself.

Takes `data.group_by` and a case; gives the name by which rows, terms and sample sizes count groups.
"S1" and " s1" are one supplier in curation, so they are one draw here too: else whoever spells a
group in several ways has as many draws.
"""

from __future__ import annotations

from dslm.contract.identifiers import NoName, group_key
from dslm.errors import InputError
from dslm.records import Case


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
