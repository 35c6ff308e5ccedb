"""All suspect labels of some cases, in the order in which a person should look at them.

Takes a contract and its curated cases. Tied phrases come first, since an attack outranks a mistake;
values that are not in the input, labels that a model doubts and values of a rare shape take turns,
so that one notation that grounding does not know hides no wrong label. Called by
`dslm.curation.labels.review_list`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

import numpy as np

from dslm.contract.answers.grounding import ungrounded
from dslm.contract.cases.case_groups import group_of
from dslm.contract.model.contract_model import Contract
from dslm.curation.answer_fields import ABSENT, Part, finite_parts
from dslm.curation.labels.label_as_text import fits, label_text
from dslm.curation.labels.suspects.confident_learning import doubted
from dslm.curation.labels.suspects.odd_free_values import not_in_input_as_usual, of_rare_shape
from dslm.curation.labels.suspects.out_of_fold import features, folds, out_of_fold
from dslm.curation.labels.suspects.suspect import Kind, Suspect
from dslm.curation.labels.suspects.tied_phrases import TiedPhrase, tied_phrases
from dslm.curation.labels.suspects.word_ngrams import Numbers
from dslm.errors import EnvironmentFault
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


def _labelled(part: Part, cases: Sequence[Case]) -> tuple[Numbers, list[Any]]:
    """The places of the cases that have a part, and its label in each."""
    labels = [part.read(_target(case)) for case in cases]
    there = np.array([n for n, label in enumerate(labels) if label is not ABSENT], dtype=np.int64)
    return there, [labels[place] for place in there]


def _suspect(
    contract: Contract, case: Case, part: Part, label: Any, guess: Any, *, kind: Kind, score: float,
    why: str,
) -> Suspect:  # fmt: skip
    """A doubted part as its whole field, as `fix:` takes it; `guess` is `ABSENT` for none."""
    target = _target(case)
    suggested = None
    if guess is not ABSENT and fits(contract, part.field, better := part.put(target, guess)):
        suggested = label_text(contract, part.field, better)
    said = part.said(label)
    return Suspect(
        id=case.id, field=part.field, label=label_text(contract, part.field, target[part.field]),
        suggested=suggested,
        score=score, kind=kind, why=f"{said}: {why}" if said else why,
    )  # fmt: skip


def doubted_labels(contract: Contract, cases: Sequence[Case]) -> list[Suspect]:
    """The labels of finite parts that a model of other groups calls otherwise, over all parts."""
    parts = finite_parts(contract)
    if not parts or not cases:
        return []
    fold = folds([group_of(case, contract.data.group_by) for case in cases])
    texts = features([case.input for case in cases])
    found = []
    for part in parts:
        there, given = _labelled(part, cases)
        names, labels = _numbered(given)
        enough = np.flatnonzero(np.bincount(labels)[labels] >= FEWEST) if given else there
        names, labels = _numbered([names[labels[place]] for place in enough])
        if len(names) < 2:
            continue
        places = there[enough]
        if len(np.unique(fold[places])) < 2:
            continue
        chances = out_of_fold(texts[places], labels, fold[places])
        for place in doubted(chances, labels).tolist():
            guess, own = int(chances[place].argmax()), float(chances[place, labels[place]])
            why = f"a model of other groups gives it {own:.2f}, and the suggested one " \
                  f"{chances[place, guess]:.2f}"  # fmt: skip
            found.append(_suspect(
                contract, cases[places[place]], part, names[labels[place]], names[guess],
                kind="doubted_label", score=round(1 - own, 6), why=why,
            ))  # fmt: skip
    return sorted(found, key=lambda one: (-one.score, one.id, one.field))


def _of_phrase(
    contract: Contract, cases: Sequence[Case], part: Part, names: Sequence[Any], tied: TiedPhrase
) -> list[Suspect]:
    label = names[tied.label]
    spelled = label_text(contract, part.field, label) if part.whole else "so"
    why = (f"{' '.join(tied.words)!r} stands in {tied.held} cases, {len(tied.places)} of them "
           f"labelled {spelled} (elsewhere {tied.elsewhere:.1%}), and their other words speak for "
           "other labels")  # fmt: skip
    return [
        _suspect(contract, cases[place], part, label,
                 ABSENT if guess == tied.label else names[guess],
                 kind="tied_phrase", score=round(tied.against, 6), why=why)
        for place, guess in zip(tied.places.tolist(), tied.suggested.tolist(), strict=True)
    ]  # fmt: skip


def in_tied_phrases(contract: Contract, cases: Sequence[Case]) -> list[Suspect]:
    """The cases of every phrase that looks like a trigger, the heaviest phrase first."""
    found: list[tuple[float, list[Suspect]]] = []
    for part in finite_parts(contract):
        there, given = _labelled(part, cases)
        names, labels = _numbered(given)
        if len(names) > 1:
            held = [cases[place] for place in there]
            found += [(-tied.weight, _of_phrase(contract, held, part, names, tied))
                      for tied in tied_phrases([case.input for case in held], labels)]  # fmt: skip
    return list(chain(*(rows for _, rows in sorted(found, key=lambda one: one[0]))))


def _need_learner() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise EnvironmentFault("labels cannot be doubted: scikit-learn is not installed",
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
    turns = zip_longest(
        not_in_input(contract, ordered), doubted_labels(contract, ordered),
        not_in_input_as_usual(contract, ordered), of_rare_shape(contract, ordered),
    )  # fmt: skip
    rest = (one for turn in turns for one in turn if one is not None)
    ranked = chain(in_tied_phrases(contract, ordered), rest)
    first: dict[tuple[str, str], Suspect] = {}
    for one in ranked:
        first.setdefault((one.id, one.field), one)
    return list(first.values())
