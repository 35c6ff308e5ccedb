"""Which texts are nearly the same: MinHash signatures, candidate pairs, the true comparison.

In go texts, out come pairs or representatives. Called by the filters, the case table and the gate.
"""

from dslm.curation.near_duplicate_search.minhash_signatures import (
    Marks,
    Texts,
    as_signatures,
    require_daft,
    signature,
    spaced,
)
from dslm.curation.near_duplicate_search.near_pairs import Index
from dslm.curation.near_duplicate_search.prefix_suffix_keys import END_COLUMNS, prefix_suffix_keys
from dslm.curation.near_duplicate_search.representatives import repeats
from dslm.curation.near_duplicate_search.text_similarity import (
    HASHES,
    Letters,
    Measure,
    same_ends,
    same_grams,
)

__all__ = [
    "END_COLUMNS",
    "HASHES",
    "Index",
    "Letters",
    "Marks",
    "Measure",
    "Texts",
    "as_signatures",
    "prefix_suffix_keys",
    "repeats",
    "require_daft",
    "same_ends",
    "same_grams",
    "signature",
    "spaced",
]
