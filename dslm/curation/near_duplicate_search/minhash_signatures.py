"""MinHash signatures of folded texts, and texts with all that they find each other by.

Signatures are Daft's: shingling and hashing both run in its Rust engine (105k texts of 118
characters a second with 64 hashes, against 44k for rensa, which needs its shingles cut in Python),
and the same expression runs on Ray. Used by `source_table`, `columns` and `near_pairs`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dslm.curation.near_duplicate_search.prefix_suffix_keys import Numbers, prefix_suffix_keys
from dslm.curation.near_duplicate_search.text_similarity import HASHES, NGRAM
from dslm.errors import EnvironmentFault

if TYPE_CHECKING:
    import daft

SEED = 1
MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, of high entropy: 2^64 over the golden ratio

PAIRS_AT_ONCE = 100_000  # of signatures compared together: bounds memory

Places = npt.NDArray[np.int64]
Signatures = npt.NDArray[np.uint32]
Shares = npt.NDArray[np.float64]


def spaced(text: str) -> str:
    """A folded text as `signature` takes it.

    Daft cuts its n-grams from words: blanks between the characters make each a word. Python puts
    them in ten times faster than a regular expression of Daft's.
    """
    return " ".join(text)


def signature(text: daft.Expression) -> daft.Expression:
    """The MinHash signature of a column of spaced texts, as a column."""
    return text.minhash(num_hashes=HASHES, ngram_size=NGRAM, seed=SEED, hash_function="murmurhash3")


def require_daft() -> Any:
    """The module `daft`.

    Raises:
        EnvironmentFault: It is not installed: the check cannot run, so curation cannot.
    """
    try:
        import daft
    except ImportError:
        raise EnvironmentFault(
            "near-duplicates cannot be looked for: daft is not installed",
            fix="pip install 'dslm[train]'",
        ) from None
    # It tells its own dashboard of the command line, and warns where that is not UTF-8.
    logging.getLogger("daft.runners.native_runner").setLevel(logging.ERROR)
    return daft


def signatures(texts: Sequence[str]) -> Signatures:
    """MinHash signatures, one row a text, in the order of the texts.

    Raises:
        EnvironmentFault: Daft is not installed.
    """
    daft = require_daft()
    if not texts:
        return np.empty((0, HASHES), dtype=np.uint32)
    frame = daft.from_pydict({"place": list(range(len(texts))), "text": [*map(spaced, texts)]})
    found = frame.select("place", signature(daft.col("text")).alias("hashes")).to_arrow()
    order = np.argsort(found["place"].to_numpy())
    return as_signatures(found["hashes"].combine_chunks())[order]


def as_signatures(column: Any) -> Signatures:
    """An Arrow column of signatures as a matrix."""
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat.reshape(len(column), HASHES), dtype=np.uint32)


@dataclass(frozen=True)
class Marks:
    """By what similar texts find each other; both may be files mapped into memory.

    Attributes:
        hashes: MinHash signatures, shape (rows, hashes).
        ends: `end_keys` of each text, shape (rows, keys).
    """

    hashes: Signatures
    ends: Numbers

    @classmethod
    def of(cls, texts: Sequence[str], threshold: float) -> Marks:
        """Those of texts that are in memory."""
        return cls(signatures(texts), prefix_suffix_keys(texts, threshold))


@dataclass(frozen=True)
class Texts:
    """Folded texts, each got when it is asked for.

    Attributes:
        text: Gives the text at a place.
        marks: Marks of all rows.
        rows: The row of the marks at each place.
    """

    text: Callable[[int], str]
    marks: Marks
    rows: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str], threshold: float) -> Texts:
        """Texts that are in memory."""
        return cls(texts.__getitem__, Marks.of(texts, threshold), np.arange(len(texts)))

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, start: int, end: int) -> Texts:
        """The texts at some places in a row; their places count from `start`."""
        return Texts(lambda place: self.text(start + place), self.marks, self.rows[start:end])

    def agreement(self, places: Places, others: Texts, met: Places) -> Shares:
        """Share of hashes that texts have in common with others, pair by pair."""
        shares = np.empty(len(places))
        for start in range(0, len(places), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            own = self.marks.hashes[self.rows[places[part]]]
            shares[part] = (own == others.marks.hashes[others.rows[met[part]]]).mean(axis=1)
        return shares

    def bands(self, width: int) -> Iterator[Numbers]:
        """One number of each band of `width` hashes, shape (texts, 1)."""
        for start in range(0, HASHES - width + 1, width):
            mixed = np.full(len(self), start + 1, dtype=np.uint64)
            for column in range(start, start + width):
                mixed = (mixed ^ self.marks.hashes[self.rows, column]) * MIX
                mixed ^= mixed >> np.uint64(29)
            yield (mixed | np.uint64(1))[:, None]

    def ends(self) -> Numbers:
        """The numbers of the ends, shape (texts, numbers); 0 is none."""
        return self.marks.ends[self.rows, 1:]

    def sizes(self) -> npt.NDArray[np.float64]:
        """The size of each text in bytes."""
        return np.asarray(self.marks.ends[self.rows, 0], dtype=np.float64)
