"""When two texts are nearly the same, plainly.

What `curation.near_duplicate_search.text_similarity` does to many at once.
"""

from __future__ import annotations


def shingles(text: str) -> set[str]:
    """A text's character 3-grams; a shorter text is its own."""
    return {text[i : i + 3] for i in range(max(1, len(text) - 2))}


def jaccard(left: str, right: str) -> float:
    """Size of the intersection of both texts' 3-grams over that of the union."""
    one, other = shingles(left), shingles(right)
    return len(one & other) / len(one | other)


def _agreeing(left: str, right: str) -> int:
    pairs = zip(left, right, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))


def common_ends(left: str, right: str) -> float:
    """The share of the longer text that both begin and end with: 1 less the one stretch edited."""
    agreeing = _agreeing(left, right) + _agreeing(left[::-1], right[::-1])
    return min(agreeing, len(left), len(right)) / max(len(left), len(right))


def alike(left: str, right: str, threshold: float) -> bool:
    """Whether two texts are nearly equal, by either measure."""
    return common_ends(left, right) >= threshold or jaccard(left, right) >= threshold
