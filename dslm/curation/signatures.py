"""MinHash signatures of folded texts, and texts that carry them.

Signatures are Daft's: shingling and hashing both run in its Rust engine (105k texts of 118
characters a second with 64 hashes, against 44k for rensa, which needs its shingles cut in Python),
and the same expression runs on Ray. Used by `reading`, `columns` and `neighbours`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dslm.curation.similarity import HASHES, NGRAM
from dslm.errors import InputError

if TYPE_CHECKING:
    import daft

SEED = 1
MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, of high entropy: 2^64 over the golden ratio

Signatures = npt.NDArray[np.uint32]


def signature(text: daft.Expression) -> daft.Expression:
    """The MinHash signature of a column of folded texts, as a column."""
    # Daft cuts its n-grams from words: blanks between the characters make each a word
    spaced = text.regexp_replace("(?s)(.)", "${1} ")
    return spaced.minhash(
        num_hashes=HASHES, ngram_size=NGRAM, seed=SEED, hash_function="murmurhash3"
    )


def signatures(texts: Sequence[str]) -> Signatures:
    """MinHash signatures, one row a text, in the order of the texts.

    Raises:
        InputError: Daft is not installed: the check cannot run, so curation cannot.
    """
    try:
        import daft
    except ImportError:
        raise InputError(
            "near-duplicates cannot be looked for: daft is not installed",
            fix="pip install 'dslm[train]'",
        ) from None
    if not texts:
        return np.empty((0, HASHES), dtype=np.uint32)
    frame = daft.from_pydict({"place": list(range(len(texts))), "text": list(texts)})
    found = frame.select("place", signature(daft.col("text")).alias("hashes")).to_arrow()
    order = np.argsort(found["place"].to_numpy())
    return as_signatures(found["hashes"].combine_chunks())[order]


def as_signatures(column: Any) -> Signatures:
    """An Arrow column of signatures as a matrix."""
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat.reshape(len(column), HASHES), dtype=np.uint32)


@dataclass(frozen=True)
class Texts:
    """Folded texts, each got when it is asked for, and their signatures.

    Attributes:
        text: Gives the text at a place.
        hashes: Signatures; may be a file mapped into memory.
        rows: The row of `hashes` at each place.
    """

    text: Callable[[int], str]
    hashes: Signatures
    rows: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """Texts that are in memory."""
        return cls(texts.__getitem__, signatures(texts), np.arange(len(texts)))

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, start: int, end: int) -> Texts:
        """The texts at some places in a row; their places count from `start`."""
        return Texts(lambda place: self.text(start + place), self.hashes, self.rows[start:end])

    def bands(self, width: int) -> Iterator[npt.NDArray[np.uint64]]:
        """Of each band of `width` hashes one number a text."""
        for start in range(0, HASHES, width):
            mixed = np.zeros(len(self), dtype=np.uint64)
            for column in range(start, start + width):
                mixed = (mixed ^ self.hashes[self.rows, column]) * MIX
                mixed ^= mixed >> np.uint64(29)
            yield mixed
