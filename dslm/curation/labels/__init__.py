"""Labels that a person should see: suspects, contradictions, `review.csv` and what was decided.

In go curated cases and `review.csv`, out come suspects and decisions. Called by the pipeline and
`dslm review`.
"""

from dslm.curation.labels.contradictions import (
    Contradiction,
    contradicted,
    contradictions,
    described,
    refused,
    same_target,
)
from dslm.curation.labels.gold_review import apply, review_gold
from dslm.curation.labels.near_disagreements import near_disagreements
from dslm.curation.labels.review_csv import ReviewRow, read_review
from dslm.curation.labels.review_decisions import ReviewDecisions, parsed, read_decisions
from dslm.curation.labels.review_list import Reviewed, outdated, review

__all__ = [
    "Contradiction",
    "ReviewDecisions",
    "ReviewRow",
    "Reviewed",
    "apply",
    "contradicted",
    "contradictions",
    "described",
    "near_disagreements",
    "outdated",
    "parsed",
    "read_decisions",
    "read_review",
    "refused",
    "review",
    "review_gold",
    "same_target",
]
