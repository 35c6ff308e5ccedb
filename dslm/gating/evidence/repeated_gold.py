"""Gold cases that are one case under several ids and groups: they would count as many draws.

Takes contract and gold; gives pairs that have the same answer, texts that curation would call
equal or nearly equal, and different groups. Exact, not by hashes: two texts whose 3-grams are alike
share one of their rarest 3-grams (prefix filtering: Bayardo, Ma & Srikant 2007, WWW 16:131), and
the texts themselves decide. Called by the gate, `dslm check` and `dslm init`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dslm.contract.answers.field_equality import sameness, wrong_fields
from dslm.contract.cases.case_groups import chance_unit, folded, gold_groups
from dslm.contract.model.contract_model import Contract
from dslm.curation.near_duplicate_search import (
    Letters,
    Measure,
    prefix_suffix_keys,
    same_ends,
    same_grams,
)
from dslm.errors import InputError
from dslm.records import Case

Places = npt.NDArray[np.int64]
Pairs = tuple[Places, Places]
AT_ONCE = 200_000  # pairs compared together
MOST_COMPARED = 2_000  # pairs that are compared text by text
BYTES = 1 << 25  # of 3-grams compared together
ONES = np.array([number.bit_count() for number in range(256)], dtype=np.uint16)
LOW = (1 << 32) - 1
MOST_NAMED = 5
MOST_FOUND = 20  # then it is told that there are more


def repeats_in_gold(
    contract: Contract, gold: Sequence[Case], most: int | None = None
) -> list[tuple[str, str]]:
    """Ids of gold cases that repeat one of another group: the earlier one, and its repeat.

    Args:
        contract: Whose groups, comparators and `data.near_duplicate` decide.
        gold: The gold set.
        most: Pairs after which nothing more is looked for.
    """
    found: dict[str, str] = {}
    for earlier, later in _alike(contract, gold):
        if not wrong_fields(contract, later.target, earlier.target or {}):
            found.setdefault(later.id, earlier.id)
        if most is not None and len(found) >= most:
            break
    return [(one, other) for other, one in found.items()]


def refuse_repeated_gold(contract: Contract, gold: Sequence[Case], where: Path) -> None:
    """Refuse gold that holds one case several times, as if they were several.

    Without a group each would be a draw of its own, which is for curation to refuse too.

    Raises:
        InputError: It does; names the first.
        Problems: The contract names groups, and cases have none.
    """
    if contract.data.group_by is not None:
        gold_groups(list(gold), contract.data.group_by)
    found = repeats_in_gold(contract, gold, MOST_FOUND)
    if not found:
        return
    named = ", ".join(f"{other} repeats {one}" for one, other in found[:MOST_NAMED])
    count = f"at least {len(found)}" if len(found) >= MOST_FOUND else str(len(found))
    cases = "case repeats one" if count == "1" else "cases repeat one"
    what = f"{count} {cases} of another group, text and answer (nearly) the same: {named}"
    group = contract.data.group_by
    same = f"give both the same meta.{group}" if group else "name a data.group_by that both share"
    raise InputError(what, where=where, fix=f"keep one of each, or, where they are one, {same}")


def _alike(contract: Contract, gold: Sequence[Case]) -> Iterator[tuple[Case, Case]]:
    """Cases of one answer and different groups whose texts are (nearly) equal, the earlier first.

    Answers that the comparators may find equal share a kind; texts of two kinds are not compared.
    """
    key = contract.data.group_by
    groups = _numbered([chance_unit(key, case) for case in gold])
    kinds = [sameness(contract, case.target or {}) for case in gold]
    texts: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, (kind, case) in enumerate(zip(kinds, gold, strict=True)):
        texts[kind, folded(case)].append(place)
    for places in texts.values():
        for place in places[1:]:
            if groups[place] != groups[places[0]]:
                yield gold[places[0]], gold[place]
    several = Counter(kind for kind, _ in texts)
    some = {pair: places[0] for pair, places in texts.items() if several[pair[0]] > 1}
    firsts = np.array([*some.values()], dtype=np.int64)
    kind_numbers = _numbered([kind for kind, _ in some])
    near = _near([text for _, text in some], kind_numbers, groups[firsts],
                 contract.data.near_duplicate)  # fmt: skip
    for one, other in near:
        yield gold[firsts[one]], gold[firsts[other]]


def _numbered(names: Sequence[str]) -> Places:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _near(
    texts: Sequence[str], kinds: Places, groups: Places, threshold: float
) -> Iterator[tuple[int, int]]:
    """Pairs of texts of one kind and two groups that are nearly equal, the smaller place first."""
    if not texts:
        return
    letters = Letters.of(texts)
    ends = prefix_suffix_keys(texts, threshold)[:, 1:].ravel()
    owners = np.repeat(np.arange(len(texts)), len(ends) // len(texts))
    told = ends != 0
    routes: tuple[tuple[Places, Places, Measure], ...] = (
        (*_rarest(letters, kinds, threshold), same_grams),
        (ends[told].view(np.int64), owners[told], same_ends),
    )
    grams: _Grams | None = None
    for numbers, places, same in routes:
        for left, right in _meeting(numbers, places, kinds, groups):
            if same is same_grams and len(left) > MOST_COMPARED:
                grams = grams or _Grams(letters)
                near = grams.alike(left, right, threshold)
            else:
                near = np.concatenate([
                    np.zeros(0, dtype=bool),
                    *(same(letters, left[p], right[p], threshold)
                      for p in letters.parts(left, right)),
                ])  # fmt: skip
            yield from zip(left[near].tolist(), right[near].tolist(), strict=True)


def _rarest(letters: Letters, kinds: Places, threshold: float) -> tuple[Places, Places]:
    """So many of each text's rarest 3-grams that one so alike has one of them too, with places."""
    grams, counts, _ = letters.grams
    owners = np.repeat(np.arange(len(counts)), counts)
    rarity = _rarity(grams, kinds[owners])
    order = np.lexsort((rarity, owners))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    many = counts - np.ceil(threshold * counts - 1e-9).astype(np.int64) + 1
    kept = order[rank < np.repeat(many, counts)]
    return rarity[kept], owners[kept]


def _meeting(numbers: Places, places: Places, kinds: Places, groups: Places) -> Iterator[Pairs]:
    """Pairs of places of one kind and two groups that share a number, each pair once.

    Where that would be more than all pairs of a kind, it is all of them.

    Args:
        numbers: What places meet by.
        places: Whose number it is.
        kinds: Of each place.
        groups: Of each place.
    """
    if not len(numbers):  # texts too short to have ends
        return
    order = np.lexsort((places, numbers, kinds[places]))
    numbers, places = numbers[order], places[order]
    of_kind = kinds[places]
    new = (numbers[1:] != numbers[:-1]) | (of_kind[1:] != of_kind[:-1])
    ends = np.append(np.flatnonzero(new) + 1, len(numbers))
    begins = np.append(0, ends[:-1])
    meetings = (ends - begins) * (ends - begins - 1) // 2
    sizes = np.bincount(kinds)
    crowded = np.bincount(of_kind[begins], meetings, len(sizes)) > sizes * (sizes - 1) // 2
    for kind in np.flatnonzero(crowded).tolist():
        yield from _all_pairs(np.flatnonzero(kinds == kind), groups)
    runs = (meetings > 0) & ~crowded[of_kind[begins]]
    found: list[Places] = [np.zeros(0, dtype=np.int64)]
    for start, end in zip(begins[runs].tolist(), ends[runs].tolist(), strict=True):
        found += [left << 32 | right for left, right in _all_pairs(places[start:end], groups)]
    pairs = np.unique(np.concatenate(found))
    for at in range(0, len(pairs), AT_ONCE):
        yield pairs[at : at + AT_ONCE] >> 32, pairs[at : at + AT_ONCE] & LOW


def _all_pairs(places: Places, groups: Places) -> Iterator[Pairs]:
    """All pairs of some places that are of two groups, the smaller first."""
    rows = max(1, AT_ONCE // len(places))
    for at in range(0, len(places) - 1, rows):
        one, other = np.triu_indices(min(rows, len(places) - at), 1, len(places) - at)
        left, right = places[at + one], places[at + other]
        some = groups[left] != groups[right]
        yield left[some], right[some]


def _ones(some: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """How many bits are set in each byte."""
    count = getattr(np, "bitwise_count", ONES.__getitem__)  # NumPy 1 has none
    return np.asarray(count(some))


class _Grams:
    """Which 3-grams each text has, a bit each, so that many pairs are compared at once."""

    def __init__(self, letters: Letters):
        grams, self.sizes, _ = letters.grams
        owners = np.repeat(np.arange(len(self.sizes)), self.sizes)
        _, number, often = np.unique(grams, return_inverse=True, return_counts=True)
        shared = often > 1  # those of one text alone are common to no pair
        places = np.cumsum(shared) - 1
        some = shared[number]
        self.bits = np.zeros((len(self.sizes), int(shared.sum()) // 8 + 1), dtype=np.uint8)
        place = places[number[some]]
        np.bitwise_or.at(self.bits, (owners[some], place >> 3), (1 << (place & 7)).astype(np.uint8))

    def alike(self, left: Places, right: Places, threshold: float) -> npt.NDArray[np.bool_]:
        """For each pair whether the Jaccard similarity is enough, as `same_grams` has it."""
        rows = max(1, BYTES // self.bits.shape[1])
        parts = [slice(at, at + rows) for at in range(0, len(left), rows)]
        common = (self.bits[left[part]] & self.bits[right[part]] for part in parts)
        both = np.concatenate([_ones(bits).sum(axis=1, dtype=np.int64) for bits in common])
        return np.asarray(both / (self.sizes[left] + self.sizes[right] - both) >= threshold)


def _rarity(grams: Places, kinds: Places) -> Places:
    """A number for each 3-gram of a kind, smaller for those that fewer of its texts have."""
    order = np.lexsort((grams, kinds))
    grams, kinds = grams[order], kinds[order]
    new = np.append(True, (grams[1:] != grams[:-1]) | (kinds[1:] != kinds[:-1]))
    numbers = np.cumsum(new) - 1
    often = np.bincount(numbers)
    ranks = np.empty(len(often), dtype=np.int64)
    ranks[np.argsort(often, kind="stable")] = np.arange(len(often))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = ranks[numbers]
    return found
