"""Word 1- to 3-grams of texts as a sparse matrix of hashes, and back to their words.

Takes texts; gives which of them holds which gram, without a vocabulary in memory. Signs count as
words, so that a trigger made of them is seen. Called by `tied_phrases` and `phrase_ablation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

WORD = r"\w+|[^\w\s]+"
LONGEST = 3  # words of a gram
BUCKETS = 2**30  # so many that two grams of a million share one by chance only

Numbers = npt.NDArray[np.int64]


def _vectorizer(longest: int) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        token_pattern=WORD, ngram_range=(1, longest), n_features=BUCKETS, binary=True, norm=None,
        alternate_sign=False, dtype=np.float32,
    )  # fmt: skip


def _hashes(grams: Sequence[str]) -> Numbers:
    """The hash of each gram, by itself."""
    from sklearn.feature_extraction import FeatureHasher

    hasher = FeatureHasher(BUCKETS, input_type="string", alternate_sign=False)
    return np.asarray(hasher.transform([[one] for one in grams]).indices, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Grams:
    """Which text holds which gram.

    Attributes:
        held: Sparse, shape (texts, grams), 1 where the text holds the gram.
        hashes: The hash of each gram, ascending.
    """

    held: sparse.csr_matrix
    hashes: Numbers

    @classmethod
    def of(cls, texts: Sequence[str], *, least: int, most: int, longest: int = LONGEST) -> Grams:
        """The grams that at least `least` and at most `most` of the texts hold."""
        from scipy import sparse

        hashed = _vectorizer(longest).transform(texts)
        hashes, place, counts = np.unique(hashed.indices, return_inverse=True, return_counts=True)
        fitting = (counts >= least) & (counts <= most)
        kept = fitting[place]
        ends = np.r_[0, np.cumsum(kept)][hashed.indptr]
        columns = (np.cumsum(fitting) - 1)[place[kept]]
        ones = np.ones(len(columns), np.float32)
        shape = (len(texts), int(fitting.sum()))
        held = sparse.csr_matrix((ones, columns, ends), shape)
        return cls(held, hashes[fitting].astype(np.int64))

    def words(self, gram: int, text: str) -> tuple[str, ...]:
        """The words of a gram, found in a text that holds it."""
        grams = sorted(set(_vectorizer(LONGEST).build_analyzer()(text)))
        found = np.flatnonzero(_hashes(grams) == self.hashes[gram])
        return tuple(grams[int(found[0])].split(" "))

    def columns(self, grams: Sequence[str]) -> Numbers:
        """The columns of some grams, those that no text holds left out."""
        return np.flatnonzero(np.isin(self.hashes, _hashes(grams)))
