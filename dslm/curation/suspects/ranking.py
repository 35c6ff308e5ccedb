"""All suspect labels of some cases, in the order in which a person should look at them.

Takes a contract and its curated cases. Tied phrases come first, since an attack outranks a mistake;
values that are not in the input and labels that a model doubts take turns, so that one notation
that grounding does not know hides no wrong label. Called by `dslm.curation.review`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, zip_longest
from typing import Any

import numpy as np

from dslm.contract.grounding import ungrounded
from dslm.contract.model import Contract
from dslm.curation.finite_labels import finite_labels
from dslm.curation.grouping import group_of
from dslm.curation.label_text import label_text
from dslm.curation.suspects.doubted_labels import doubted
from dslm.curation.suspects.grams import Numbers
from dslm.curation.suspects.out_of_fold import features, folds, out_of_fold
from dslm.curation.suspects.suspect import Suspect
from dslm.curation.suspects.tied_phrases import TiedPhrase, tied_phrases
from dslm.errors import InputError
from dslm.provenance import canonical_json
from dslm.records import Case

FEWEST = 5  # cases of a label from which it can be learnt, and so doubted


def _numbered(values: Sequence[Any]) -> tuple[list[Any], Numbers]:
    """The distinct values in a fixed order, and the number of each one's."""
    keys = [canonical_json(value) for value in values]
    names = dict(zip(keys, values, strict=True))
    order = {key: number for number, key in enumerate(sorted(names))}
    return [names[key] for key in order], np.array([order[key] for key in keys], dtype=np.int64)


def _target(case: Case) -> dict[str, Any]:
    return case.target or {}


def not_in_input(contract: Contract, cases: Sequence[Case]) -> Iterator[Suspect]:
    """The `grounded` values that do not occur in their input."""
    for case in cases:
        for field in ungrounded(contract, case.input, _target(case)):
            yield Suspect(
                id=case.id, field=field, label=label_text(contract, field, _target(case)[field]),
                suggested=None, score=1.0, kind="not_in_input",
                why="the contract says it must occur in the input, and it does not",
            )  # fmt: skip


def doubted_labels(contract: Contract, cases: Sequence[Case]) -> list[Suspect]:
    """The labels of finite fields that a model of other groups calls otherwise, over all fields."""
    fields = finite_labels(contract)
    if not fields or not cases:
        return []
    fold = folds([group_of(case, contract.data.group_by) for case in cases])
    texts = features([case.input for case in cases])
    found = []
    for field in fields:
        names, labels = _numbered([_target(case)[field] for case in cases])
        enough = np.flatnonzero(np.bincount(labels)[labels] >= FEWEST)
        names, labels = _numbered([names[labels[place]] for place in enough])
        if len(names) < 2:
            continue
        chances = out_of_fold(texts[enough], labels, fold[enough])
        spelled = partial(label_text, contract, field)
        for place in doubted(chances, labels).tolist():
            guess, own = int(chances[place].argmax()), float(chances[place, labels[place]])
            why = f"a model of other groups gives it {own:.2f}, and the suggested one " \
                  f"{chances[place, guess]:.2f}"  # fmt: skip
            found.append(Suspect(
                id=cases[enough[place]].id, field=field, label=spelled(names[labels[place]]),
                suggested=spelled(names[guess]), score=round(1 - own, 6), kind="doubted_label",
                why=why,
            ))  # fmt: skip
    return sorted(found, key=lambda one: (-one.score, one.id, one.field))


def _of_phrase(
    contract: Contract, cases: Sequence[Case], field: str, names: Sequence[Any], tied: TiedPhrase
) -> list[Suspect]:
    spelled = partial(label_text, contract, field)
    label = spelled(names[tied.label])
    why = (f"{' '.join(tied.words)!r} stands in {tied.held} cases, {len(tied.places)} of them "
           f"labelled {label} (elsewhere {tied.elsewhere:.1%}), and their other words speak for "
           "other labels")  # fmt: skip
    return [
        Suspect(id=cases[place].id, field=field, label=label, score=round(tied.against, 6),
                suggested=None if guess == tied.label else spelled(names[guess]),
                kind="tied_phrase", why=why)
        for place, guess in zip(tied.places.tolist(), tied.suggested.tolist(), strict=True)
    ]  # fmt: skip


def in_tied_phrases(contract: Contract, cases: Sequence[Case]) -> list[Suspect]:
    """The cases of every phrase that looks like a trigger, the heaviest phrase first."""
    found: list[tuple[float, list[Suspect]]] = []
    texts = [case.input for case in cases]
    for field in finite_labels(contract):
        names, labels = _numbered([_target(case)[field] for case in cases])
        if len(names) > 1:
            found += [(-tied.weight, _of_phrase(contract, cases, field, names, tied))
                      for tied in tied_phrases(texts, labels)]  # fmt: skip
    return list(chain(*(rows for _, rows in sorted(found, key=lambda one: one[0]))))


def _need_learner() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise InputError("labels cannot be doubted: scikit-learn is not installed",
                         fix="pip install 'dslm[train]'") from None  # fmt: skip


def suspects_of(contract: Contract, cases: Sequence[Case]) -> list[Suspect]:
    """All suspects, one for each case and field, ranked.

    Args:
        contract: The workflow's contract.
        cases: Labelled cases, valid under it.

    Raises:
        InputError: All cases are of one group, or scikit-learn is not installed.
    """
    _need_learner()
    ordered = sorted(cases, key=lambda case: case.id)
    turns = zip_longest(not_in_input(contract, ordered), doubted_labels(contract, ordered))
    rest = (one for turn in turns for one in turn if one is not None)
    ranked = chain(in_tied_phrases(contract, ordered), rest)
    first: dict[tuple[str, str], Suspect] = {}
    for one in ranked:
        first.setdefault((one.id, one.field), one)
    return list(first.values())
