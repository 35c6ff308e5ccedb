"""What a curation says of itself: entries of the ledger and the numbers of the data card.

In goes what was curated, out come ledger and data card. Called by the pipeline and the curate
stage.
"""

from dslm.curation.books.data_card_numbers import make_data_card
from dslm.curation.books.ledger_entries import ledger_of, rejects_of, review_count

__all__ = [
    "ledger_of",
    "make_data_card",
    "rejects_of",
    "review_count",
]
