"""What the rest of a text says of its label once a phrase is taken away.

A phrase that always comes with one label is mostly the reason for the label ("credit score"), and
then the rest of its texts fits the label too, or says little. Behind a backdoor the rest is an
ordinary text of *another* label, and says so as clearly as such texts do. Naive Bayes over words
tells the two apart: leaving texts out is a subtraction of counts, so thousands of phrases can be
asked about. Called by `tied_phrases`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from dslm.curation.labels.suspects.word_ngrams import Grams, Numbers

SMOOTHING = 0.1
Reals = npt.NDArray[np.float64]


def _by_label(held: Any, labels: Numbers, names: int) -> Reals:
    """How many texts of each label hold each word, shape (labels, words)."""
    from scipy import sparse

    ones = np.ones(len(labels), np.float32)
    member = sparse.csr_matrix((ones, (labels, np.arange(len(labels)))), (names, len(labels)))
    return np.asarray((member @ held).todense(), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class RestOfText:
    """Naive Bayes over the words of all texts, from which some can be left out.

    Priors are left out: that a label is frequent does not speak against another one here.

    Attributes:
        words: Which text holds which word.
        labels: The number of each text's label.
        counts: How many texts of a label hold a word, shape (labels, words).
    """

    words: Grams
    labels: Numbers
    counts: Reals

    @classmethod
    def of(cls, texts: Sequence[str], labels: Numbers) -> RestOfText:
        """The model of some texts and their labels, numbered from 0."""
        words = Grams.of(texts, least=2, most=len(texts), longest=1)
        return cls(words, labels, _by_label(words.held, labels, int(labels.max()) + 1))

    @cached_property
    def _alone(self) -> Reals:
        """Log-likelihood of every label for every text, the text itself left out of its own."""
        held, smooth = self.words.held, SMOOTHING * self.counts.shape[1]
        totals = self.counts.sum(axis=1)
        logs = np.log(self.counts + SMOOTHING) - np.log(totals + smooth)[:, None]
        scores = np.asarray(held @ logs.T)
        sizes = np.diff(held.indptr)
        text = np.repeat(np.arange(len(sizes)), sizes)
        others = self.counts[self.labels[text], held.indices] - 1
        own = np.bincount(text, np.log(others + SMOOTHING), minlength=len(sizes))
        own -= sizes * np.log(totals[self.labels] - sizes + smooth)
        scores[np.arange(len(sizes)), self.labels] = own
        return scores

    def usual_margin(self, label: int) -> float:
        """By how much texts of other labels speak for another label than this one: the median."""
        return float(np.median(margins(self._alone[self.labels != label], label)))

    def without(self, phrase: Sequence[str], places: Numbers) -> Reals:
        """Log-likelihoods of labels for texts whose phrase is cut, shape (texts, labels).

        Args:
            phrase: Its words.
            places: The texts that hold it; none of them is learnt from.
        """
        rows = self.words.held[places]
        used = np.setdiff1d(np.unique(rows.indices), self.words.columns(phrase))
        part = rows[:, used]
        names, words = self.counts.shape
        left = self.counts[:, used] - _by_label(part, self.labels[places], names)
        sizes = np.diff(rows.indptr).astype(np.float64)
        totals = self.counts.sum(axis=1) - np.bincount(self.labels[places], sizes, minlength=names)
        logs = np.log(left + SMOOTHING) - np.log(totals + SMOOTHING * words)[:, None]
        return np.asarray(part @ logs.T)


def margins(scores: Reals, label: int) -> Reals:
    """By how much the best other label beats a label in each row of scores."""
    best = np.delete(scores, label, axis=1).max(axis=1)
    return np.asarray(best - scores[:, label])
