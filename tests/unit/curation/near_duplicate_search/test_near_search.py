"""The search for nearly equal texts, beside the plain definitions."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.curation.plain_similarity import alike, common_ends, jaccard, shingles

from dslm.curation.near_duplicate_search.minhash_signatures import Texts
from dslm.curation.near_duplicate_search.near_pairs import Index, near_pairs
from dslm.curation.near_duplicate_search.representatives import repeats
from dslm.curation.near_duplicate_search.text_similarity import (
    Letters,
    same_ends,
    same_grams,
    true_similarity,
)

FEW = st.text(alphabet="abß日🙂", min_size=1, max_size=12)


def test_common_ends_is_one_less_the_edited_stretch():
    assert common_ends("abcdefghij", "abcdefghij") == 1.0
    assert common_ends("abcdefghij", "abcXefghij") == 0.9
    assert common_ends("abcdefgh", "abcdefghij") == 0.8
    assert common_ends("aaaa", "aaaaaaaa") == 0.5
    assert common_ends("abc", "xyz") == 0.0


def test_jaccard_is_intersection_over_union():
    assert shingles("abcd") == {"abc", "bcd"}
    assert shingles("ab") == {"ab"}
    assert jaccard("abcd", "bcde") == 1 / 3


@pytest.mark.slow
@given(st.lists(FEW, min_size=2, max_size=8), st.sampled_from([0.1, 0.3, 0.5, 0.8, 1.0]))
def test_all_at_once_says_what_one_pair_at_a_time_says(texts, threshold):
    left, right = np.triu_indices(len(texts), 1)
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    for measure, plain in ((same_grams, jaccard), (same_ends, common_ends)):
        found = true_similarity(texts, left, right, measure, threshold)
        assert found.tolist() == [plain(texts[i], texts[j]) >= threshold for i, j in pairs]


def written(rng, count):
    """Texts, many of which are near to others, in chains too."""
    texts = ["".join(rng.choices("abcdefghij", k=rng.randrange(30, 60))) for _ in range(40)]
    while len(texts) < count:
        text = rng.choice(texts)
        cut = rng.randrange(len(text))
        texts.append(text[:cut] + rng.choice(["", "x", "yz", "quite"]) + text[cut + 2 :])
    rng.shuffle(texts)
    return texts


def test_a_repeat_is_near_an_earlier_text_that_stays_and_no_other_text_is_dropped():
    rng = random.Random(7)
    texts = written(rng, 400)
    kinds = np.array([rng.randrange(2) for _ in texts])
    held = Texts.of(texts, 0.8)
    found = repeats(held, kinds, 0.8, lambda one, other: (one + other) % 5 > 0)
    near = {(i, j) for i, j in near_pairs(held, None, 0.8) if kinds[i] == kinds[j]}
    dropped = {}
    for later in range(len(texts)):
        stays = [i for i in range(later) if (i, later) in near and i not in dropped]
        if stays := [i for i in stays if (i + later) % 5]:
            dropped[later] = stays
    assert len(dropped) > 100
    assert found.keys() == dropped.keys()
    assert all(first in dropped[place] for place, first in found.items())


@pytest.mark.slow
def test_the_one_that_is_named_as_near_does_not_depend_on_how_texts_are_parted(monkeypatch):
    texts = written(random.Random(8), 300)
    index, others = Index(Texts.of(texts[:200], 0.8), 0.8), Texts.of(texts[200:], 0.8)
    found = index.one_near(others)
    assert found
    assert all(alike(texts[own], texts[200 + place], 0.8) for place, own in found.items())
    assert {place for place, _ in index.near(others)} == found.keys()
    monkeypatch.setattr("dslm.curation.near_duplicate_search.near_pairs.AT_ONCE", 7)
    monkeypatch.setattr("dslm.curation.near_duplicate_search.candidate_pairs.MOST_PAIRS", 3)
    assert index.one_near(others) == found


def test_many_letters_and_many_texts_do_not_make_one_3_gram_pass_for_another():
    alphabet = "".join(map(chr, [*range(32, 0xD800), *range(0xE000, 0xFFFF)]))
    texts = [alphabet, *(f"{alphabet[n]}bc{alphabet[n + 1]}" for n in range(40_000))]
    letters = Letters.of(texts)
    assert len(texts) * letters.kinds**3 > 1 << 63, "there is nothing to overflow"
    left = np.arange(1, 40_000)
    assert not same_grams(letters, left, left + 1, 0.5).any()
    assert same_grams(letters, left, left, 1.0).all()


@pytest.mark.slow
def test_one_template_on_both_sides_does_not_cost_its_square(monkeypatch):
    compared = []
    plain = Index.truly

    def counted(index, others, pairs, route):
        compared.append(len(pairs[0]))
        return plain(index, others, pairs, route)

    monkeypatch.setattr(Index, "truly", counted)
    rng = random.Random(9)
    line = "please send the parcel with number {} to our new house, it is paid for in full already"
    held = Texts.of([line.format(rng.randrange(10**6)) for _ in range(12_000)], 0.8)
    assert len(Index(held.part(0, 6000), 0.8).one_near(held.part(6000, 12_000))) == 6000
    assert sum(compared) < 6000 * 40
    compared.clear()
    found = repeats(held, np.zeros(12_000, np.int64), 0.8, lambda *_: True)
    assert set(found.values()) == {0}
    assert sum(compared) < 12_000 * 40
