"""The blocks of curation: each looks for one fault and says which cases to drop, and why.

Two kinds: a block looks at each case by itself, and runs where the case is read; a comparison looks
at cases beside one another, by their columns. `dslm.curation.pipeline` puts them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dslm.curation.ledger import Drop
from dslm.records import Case

if TYPE_CHECKING:
    from dslm.curation.case_table import CaseTable

# Neither ever changes a case.
Block = Callable[[Sequence[Case]], list[Drop]]
Comparison = Callable[["CaseTable"], dict[int, Drop]]  # by the place of the dropped case


def apply_filters(
    cases: Sequence[Case], blocks: Sequence[Block]
) -> tuple[tuple[Case, ...], list[Drop]]:
    """Run blocks over cases; a case is dropped by the first that says so.

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
