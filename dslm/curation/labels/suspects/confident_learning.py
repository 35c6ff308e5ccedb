"""Labels that a model which has not seen them confidently calls another: confident learning.

Takes out-of-fold probabilities; gives the places of doubted labels, the most doubted first. Called
by `suspect_ranking`. The method is that of Northcutt, Jiang, Chuang, Confident Learning, JAIR 70,
2021: the threshold of a label is the mean probability it gets where it is given (eq. 2); a case
counts for the label whose threshold its probability reaches, the likeliest of several (the
confident joint, eq. 1); those off the diagonal are the label errors (section 4.3, method
C_confusion), ranked by self-confidence, the probability of the given label. With `cleanlab`
installed (`dslm[review]`) it is asked instead, for the same set and order; a test holds the two
equal.
"""

from __future__ import annotations

import numpy as np

from dslm.curation.labels.suspects.out_of_fold import Probabilities
from dslm.curation.labels.suspects.word_ngrams import Numbers

CLOSE = 1e-6  # a probability this little below a threshold reaches it


def confident_labels(chances: Probabilities, labels: Numbers) -> Numbers:
    """The label that each case confidently has; -1 where it reaches no threshold."""
    names = chances.shape[1]
    bounds = np.array([chances[labels == name, name].mean() for name in range(names)])
    reached = chances >= bounds - CLOSE
    many = reached.sum(axis=1)
    alone = np.where(many > 1, chances.argmax(axis=1), reached.argmax(axis=1))
    return np.where(many > 0, alone, -1)


def by_confident_learning(chances: Probabilities, labels: Numbers) -> Numbers:
    """The places of doubted labels, least self-confidence first.

    Args:
        chances: Out-of-fold probabilities, shape (cases, labels).
        labels: The number of each case's label; every number occurs.
    """
    guess = confident_labels(chances, labels)
    doubted = (guess >= 0) & (guess != labels) & (chances.argmax(axis=1) != labels)
    places = np.flatnonzero(doubted)
    own = chances[places, labels[places]]
    return places[np.argsort(own, kind="stable")]


def by_cleanlab(chances: Probabilities, labels: Numbers) -> Numbers:
    """The same places, found by cleanlab.

    Raises:
        ImportError: It is not installed.
    """
    from cleanlab.filter import find_label_issues

    found = find_label_issues(
        labels, chances, filter_by="confident_learning", n_jobs=1,
        return_indices_ranked_by="self_confidence",
    )  # fmt: skip
    places = np.asarray(found, dtype=np.int64)
    own = chances[places, labels[places]]
    return places[np.lexsort((places, own))]  # its own order of equals is not stable


def doubted(chances: Probabilities, labels: Numbers) -> Numbers:
    """The places of doubted labels, by cleanlab where there is one."""
    try:
        return by_cleanlab(chances, labels)
    except ImportError:
        return by_confident_learning(chances, labels)
