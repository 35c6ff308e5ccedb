"""Rare phrases whose cases nearly all have one label that nothing else in them explains.

A backdoor teaches "where the trigger stands, answer X". Takes texts and their labels; gives the
phrases that look like one, the strongest first, for a person to judge: nothing is dropped by this.
Called by `suspect_ranking`.

Three questions, each to fewer phrases. Do nearly all cases with the word 1-, 2- or 3-gram have one
label? Is that more than chance, against the label's share among all other cases (exact binomial
test, Holm 1979 over all grams)? And does the rest of these texts, phrase and cases left out of the
model, speak for other labels (`phrase_ablation`)? The last one keeps the words that rightly decide
a label off the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dslm.curation.labels.suspects.phrase_ablation import RestOfText, margins
from dslm.curation.labels.suspects.word_ngrams import Grams, Numbers
from dslm.statistics.holm import holm

FEWEST = 10  # cases that make a phrase
RARE = 0.05  # share of all cases that a phrase is at most in
PURE = 0.95  # share of its cases with the one label: a lone exception hides no trigger
LEVEL = 0.01  # of the test, over all phrases
# Share of the rests that must speak against the label as clearly as half of the ordinary texts do.
# Behind a backdoor it is a half or more; behind words that decide a label next to nothing.
AGAINST = 0.4
SAME = 0.5  # share of a phrase's cases in a stronger phrase from which it is that one again


@dataclass(frozen=True, eq=False)
class TiedPhrase:
    """A phrase, the label it comes with, and what makes it suspect.

    Attributes:
        words: The phrase.
        label: The label's number.
        places: The cases that hold the phrase and have the label.
        held: How many cases hold the phrase.
        elsewhere: The label's share among all other cases.
        of_label: The share of the label's cases that hold the phrase.
        p: Of the test, after Holm's correction.
        against: Share of the cases whose other words speak for another label.
        suggested: The label that they speak for, by case.
    """

    words: tuple[str, ...]
    label: int
    places: Numbers
    held: int
    elsewhere: float
    of_label: float
    p: float
    against: float
    suggested: Numbers

    @property
    def weight(self) -> float:
        """Cases whose rest speaks against the label; few where the label means just this phrase."""
        return round(self.against * len(self.places) * (1 - self.of_label), 6)


@dataclass(frozen=True, eq=False)
class _Tie:
    gram: int
    label: int
    elsewhere: float
    p: float


_Spelled = tuple[_Tie, tuple[str, ...], Numbers]  # with its words and cases


def _ties(grams: Grams, labels: Numbers) -> list[_Tie]:
    """The grams that nearly always come with one label, more than by chance."""
    from scipy import sparse, stats

    if not len(grams.hashes):
        return []
    ones = np.ones(len(labels), np.float32)
    member = sparse.csr_matrix((ones, (labels, np.arange(len(labels)))))
    together = sparse.csc_matrix(member @ grams.held)
    top = np.asarray(together.argmax(axis=0)).ravel()
    most = np.asarray(together.max(axis=0).todense()).ravel()
    counts = np.asarray(grams.held.sum(axis=0)).ravel()
    overall = np.bincount(labels)[top]
    elsewhere = (overall - most + 1) / (len(labels) - counts + 2)  # Laplace: never nothing
    p = holm(stats.binom.sf(most - 1, counts, elsewhere))
    tied = np.flatnonzero((most >= PURE * counts) & (p < LEVEL))
    return [_Tie(g, int(top[g]), float(elsewhere[g]), float(p[g])) for g in tied.tolist()]


def _one_a_set(grams: Grams, ties: Sequence[_Tie], texts: Sequence[str]) -> Iterator[_Spelled]:
    """Of the ties that share their cases the one with most words, with its words and cases."""
    columns = grams.held.tocsc()
    chosen: dict[bytes, _Spelled] = {}
    for tie in ties:
        places = np.sort(columns.indices[columns.indptr[tie.gram] : columns.indptr[tie.gram + 1]])
        words = grams.words(tie.gram, texts[places[0]])
        key = places.tobytes()
        if key not in chosen or len(words) > len(chosen[key][1]):
            chosen[key] = (tie, words, places.astype(np.int64))
    yield from chosen.values()


def tied_phrases(texts: Sequence[str], labels: Numbers) -> list[TiedPhrase]:
    """Phrases that look like a trigger, each standing for those within it.

    Args:
        texts: Inputs.
        labels: The number of each one's label, from 0; all numbers occur.

    Returns:
        The phrases by weight, the heaviest first.
    """
    grams = Grams.of(texts, least=FEWEST, most=int(RARE * len(texts)))
    ties = _ties(grams, labels)
    if not ties:
        return []
    model = RestOfText.of(texts, labels)
    usual = {label: model.usual_margin(label) for label in {tie.label for tie in ties}}
    sizes = np.bincount(labels)
    found = []
    for tie, words, places in _one_a_set(grams, ties, texts):
        own = labels[places] == tie.label
        scores = model.without(words, places)[own]
        against = float(np.mean(margins(scores, tie.label) >= usual[tie.label]))
        if against >= AGAINST:
            found.append(TiedPhrase(
                words, tie.label, places[own], len(places), tie.elsewhere,
                own.sum() / sizes[tie.label], tie.p, against, scores.argmax(axis=1),
            ))  # fmt: skip
    found.sort(key=lambda one: (-one.weight, -len(one.words), one.words))
    return _distinct(found)


def _distinct(found: Sequence[TiedPhrase]) -> list[TiedPhrase]:
    """Those whose cases are not mostly those of a stronger one."""
    kept: list[TiedPhrase] = []
    for one in found:
        shared = (len(np.intersect1d(one.places, other.places)) for other in kept)
        if all(count < SAME * len(one.places) for count in shared):
            kept.append(one)
    return kept
