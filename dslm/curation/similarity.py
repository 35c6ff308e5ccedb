"""Which texts are nearly the same: MinHash signatures, LSH candidates, then a true comparison.

Takes folded texts, gives index pairs that are alike: by the Jaccard similarity of their character
3-grams, or because only one stretch differs. Called by the near-duplicate blocks.

Characters rather than words: one edited field in a text of 20 words leaves 0.7 of its word 3-grams
but 0.9 of its character 3-grams, and OCR noise breaks words, so words miss what must be found.
Still, 3-grams count an edit twice in a short text (a closing line added to 90 characters gives
0.79), hence the second measure. Below some ten characters an edit leaves too few 3-grams for a pair
to become a candidate: such texts are compared reliably only when equal. Signatures are Daft's: shingling and hashing both run in its Rust
engine (105k texts of 118 characters a second with 64 hashes, against 44k for rensa, which needs its
shingles cut in Python), and the same expression runs on Ray.
LSH: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, ch. 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from dslm.errors import InputError

NGRAM = 3
HASHES = 128
SEED = 1
# Of the pairs that are only just alike, at most this share is missed. They are those that one
# stretch makes differ: such a pair's Jaccard similarity is the lowest, and far below the threshold.
MISSED = 0.02

Signature = tuple[int, ...]


def shingles(text: str) -> frozenset[str]:
    """A text's character 3-grams; a shorter text is its own."""
    return frozenset(text[i : i + NGRAM] for i in range(max(1, len(text) - NGRAM + 1)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Size of the intersection over that of the union."""
    return len(left & right) / len(left | right)


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


def rows_per_band(threshold: float) -> int:
    """The most hashes a band may have so that pairs at the threshold are still found.

    A pair of similarity s shares a band of r hashes with probability s^r, and one of the b bands
    with 1 - (1 - s^r)^b. Texts that share t of their length have s of about t / (2 - t), less the
    3-grams across the cuts.
    """
    lowest = 0.9 * threshold / (2 - threshold)
    fitting = [r for r in (16, 8, 4, 2) if (1 - lowest**r) ** (HASHES // r) <= MISSED]
    return fitting[0] if fitting else 1


def signatures(texts: Sequence[str]) -> list[Signature]:
    """MinHash signatures, in the order of the texts.

    Raises:
        InputError: Daft is not installed: the check cannot run, so curation cannot.
    """
    try:
        import daft
    except ImportError:
        raise InputError("near-duplicates cannot be looked for: daft is not installed",
                         fix="pip install 'dslm[train]'") from None  # fmt: skip
    # Daft cuts its n-grams from words: blanks between the characters make each a word
    spaced = [" ".join(text) for text in texts]
    frame = daft.from_pydict({"place": list(range(len(texts))), "text": spaced})
    hashed = daft.col("text").minhash(
        num_hashes=HASHES, ngram_size=NGRAM, seed=SEED, hash_function="murmurhash3"
    )
    found = frame.select(daft.col("place"), hashed.alias("hashes")).to_pydict()
    placed = sorted(zip(found["place"], found["hashes"], strict=True), key=lambda pair: pair[0])
    return [tuple(hashes) for _, hashes in placed]


def _bands(signature: Signature, rows: int) -> Iterator[tuple[int, Signature]]:
    for start in range(0, HASHES, rows):
        yield start, signature[start : start + rows]


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
    if not left or (right is not None and not right):
        return []
    within = right is None
    others = left if right is None else right
    signed = signatures([*left] if within else [*left, *others])
    rows = rows_per_band(threshold)
    buckets: defaultdict[tuple[int, Signature], list[int]] = defaultdict(list)
    for place, signature in enumerate(signed[len(signed) - len(others) :]):
        for band in _bands(signature, rows):
            buckets[band].append(place)
    left_sets = [shingles(text) for text in left]
    right_sets = left_sets if within else [shingles(text) for text in others]
    pairs: list[tuple[int, int]] = []
    for place, signature in enumerate(signed[: len(left)]):
        candidates: set[int] = set()
        for band in _bands(signature, rows):
            candidates.update(buckets.get(band, ()))
        pairs += [
            (place, other)
            for other in sorted(candidates)
            if (not within or place < other)
            and (
                jaccard(left_sets[place], right_sets[other]) >= threshold
                or common_ends(left[place], others[other]) >= threshold
            )
        ]
    return pairs
