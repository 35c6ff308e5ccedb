"""The ledger of looks: who has seen which gold set, and what alpha that leaves.

In: evidence of a candidate's answers, and the gold cases. Out: a `Look`, with the number and the
share of alpha that it has for ever. `ledger` reads and writes `eval/W/looks/`, `spending` divides
alpha. Called by the score and gate stages, by the gate, and by registration and promotion.
"""

from dslm.looks.ledger import (
    Ledger,
    candidate_digest,
    ledger_of,
    look_digest,
    named_in,
    refuse_gaps,
)  # fmt: skip
from dslm.looks.spending import next_share

__all__ = [
    "Ledger",
    "candidate_digest",
    "ledger_of",
    "look_digest",
    "named_in",
    "next_share",
    "refuse_gaps",
]
