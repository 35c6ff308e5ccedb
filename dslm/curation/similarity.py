"""Which texts are nearly the same: MinHash signatures, LSH candidates, then a true comparison.

Takes folded texts, gives index pairs that are alike: by the Jaccard similarity of their character
3-grams, or because only one stretch differs. Called by the near-duplicate blocks.

Characters rather than words: one edited field in a text of 20 words leaves 0.7 of its word 3-grams
but 0.9 of its character 3-grams, and OCR noise breaks words, so words miss what must be found.
Still, 3-grams count an edit twice in a short text (a closing line added to 90 characters gives
0.79), hence the second measure. Below some ten characters an edit leaves too few 3-grams for a pair
to become a candidate: such texts are compared reliably only when equal.

Signatures are Daft's: shingling and hashing both run in its Rust engine (105k texts of 118
characters a second with 64 hashes, against 44k for rensa, which needs its shingles cut in Python),
and the same expression runs on Ray. LSH: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets,
chapter 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from dslm.errors import InputError

NGRAM = 3
HASHES = 128
SEED = 1
# Of the pairs that are only just alike, at most this share is missed. They are those that one
# stretch makes differ: such a pair's Jaccard similarity is the lowest, and far below the threshold.
MISSED = 0.02
# A share of equal hashes this far below the least similarity is more than three standard errors
# off (0.04 with 128 hashes); short texts, whose similarity falls lower still, keep their chance.
SURELY_LESS = 0.75

Signatures = npt.NDArray[np.uint32]


@lru_cache(maxsize=1 << 14)
def shingles(text: str) -> frozenset[str]:
    """A text's character 3-grams; a shorter text is its own."""
    return frozenset(text[i : i + NGRAM] for i in range(max(1, len(text) - NGRAM + 1)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Size of the intersection over that of the union."""
    both = len(left & right)
    return both / (len(left) + len(right) - both)


def _agreeing(left: Iterable[str], right: Iterable[str]) -> int:
    """How many characters from the start are the same."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    )


def common_ends(left: str, right: str) -> float:
    """The share of the longer text that both begin and end with: 1 less the one stretch edited."""
    shorter, longer = sorted((len(left), len(right)))
    start = _agreeing(left, right)
    end = _agreeing(reversed(left), reversed(right))
    return min(start + end, shorter) / longer


def alike(left: str, right: str, threshold: float) -> bool:
    """Whether two texts are nearly equal, by either measure."""
    shorter, longer = sorted((len(left), len(right)))
    if shorter >= threshold * longer and common_ends(left, right) >= threshold:
        return True
    return jaccard(shingles(left), shingles(right)) >= threshold


def least_jaccard(threshold: float) -> float:
    """How low the Jaccard similarity of alike texts may be.

    Texts that share t of their length have t / (2 - t), less the 3-grams across the cuts.
    """
    return 0.9 * threshold / (2 - threshold)


def rows_per_band(similarity: float) -> int:
    """The most hashes a band may have so that pairs of a Jaccard similarity are still found.

    A pair of similarity s shares a band of r hashes with probability s^r, and one of the b bands
    with 1 - (1 - s^r)^b.
    """
    fitting = [r for r in (16, 8, 4, 2) if (1 - similarity**r) ** (HASHES // r) <= MISSED]
    return fitting[0] if fitting else 1


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
    # Daft cuts its n-grams from words: blanks between the characters make each a word
    spaced = [" ".join(text) for text in texts]
    frame = daft.from_pydict({"place": list(range(len(texts))), "text": spaced})
    hashed = daft.col("text").minhash(
        num_hashes=HASHES, ngram_size=NGRAM, seed=SEED, hash_function="murmurhash3"
    )
    found = frame.select(daft.col("place"), hashed.alias("hashes")).to_arrow()
    order = np.argsort(found["place"].to_numpy())
    flat = found["hashes"].combine_chunks().flatten().to_numpy().astype(np.uint32)
    return np.asarray(flat.reshape(len(texts), HASHES)[order], dtype=np.uint32)


def _bands(signed: Signatures, rows: int) -> list[list[bytes]]:
    """The key of each text's part of each band."""
    parts = (signed[:, start : start + rows] for start in range(0, HASHES, rows))
    return [np.ascontiguousarray(part).view(f"V{4 * rows}").ravel().tolist() for part in parts]


def _candidates(left: Signatures, right: Signatures, least: float) -> Iterator[tuple[int, int]]:
    """Pairs that share a band, and whose share of equal hashes is not far below `least`."""
    rows = rows_per_band(least)
    buckets: list[defaultdict[bytes, list[int]]] = []
    for keys in _bands(right, rows):
        bucket: defaultdict[bytes, list[int]] = defaultdict(list)
        for place, key in enumerate(keys):
            bucket[key].append(place)
        buckets.append(bucket)
    enough = SURELY_LESS * least
    for place, keys_of_text in enumerate(zip(*_bands(left, rows), strict=True)):
        met: set[int] = set()
        for bucket, key in zip(buckets, keys_of_text, strict=True):
            met.update(bucket.get(key, ()))
        others = np.array(sorted(met), dtype=np.int64)
        estimates = (right[others] == left[place]).mean(axis=1)
        for other in others[estimates >= enough].tolist():
            yield place, other


def near_pairs(
    left: Sequence[str], right: Sequence[str] | None, threshold: float
) -> list[tuple[int, int]]:
    """All pairs of nearly equal texts, sorted.

    Args:
        left: Folded texts.
        right: Folded texts to compare them with; None for the pairs within `left`, each once with
            the smaller place first.
        threshold: From which Jaccard similarity of 3-grams, or share of common beginning and end,
            texts are nearly equal.
    """
    others = left if right is None else right
    if not left or not others:
        return []
    signed = signatures([*left] if right is None else [*left, *others])
    left_signed, right_signed = signed[: len(left)], signed[len(signed) - len(others) :]
    return [
        (one, other)
        for one, other in _candidates(left_signed, right_signed, least_jaccard(threshold))
        if (right is not None or one < other) and alike(left[one], others[other], threshold)
    ]
