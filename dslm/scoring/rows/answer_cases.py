"""Lets a model answer a labelled set and seals the rows. Called by calibrate and score stages.

Knows a model only by what it needs of it: predictions and an identity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dslm.cases import write_records
from dslm.contract import Contract
from dslm.evidence import Evidence, Model, digest_there
from dslm.progress_line import Progress
from dslm.provenance import write_atomic
from dslm.records import Case, Prediction, Row
from dslm.scoring.rows.scored_rows import make_rows
from dslm.settings.workspace import Workspace
from dslm.stage import whole_folder


class Answering(Protocol):
    """What answers: `dslm.inference.decider.Decider`."""

    @property
    def contract(self) -> Contract:
        """What its answers are judged by."""

    @property
    def threshold(self) -> float:
        """Confidence from which an answer may proceed."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What an answer depends on, as evidence names it."""

    def predict(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """One prediction an input, in order."""


@dataclass(frozen=True)
class Enough:
    """After how many cases to ask whether their rows are enough, and what says so."""

    first: int
    said: Callable[[Sequence[Row]], bool]


def _answered(decider: Answering, cases: Sequence[Case], bar: Progress) -> list[Row]:
    predictions = decider.predict([case.input for case in cases], bar.advance)
    return make_rows(decider.contract, cases, predictions, decider.threshold)


def answer_cases(
    ws: Workspace,
    name: Model,
    decider: Answering,
    cases: Sequence[Case],
    asked: Mapping[str, str],
    beside: Mapping[str, str] | None = None,
    enough: Enough | None = None,
) -> tuple[list[Row], dict[str, str]]:
    """Answer labelled cases and write `scores/<name>/rows.jsonl`, sealed.

    Args:
        ws: The workflow.
        name: Whose rows, and to which cases: of gold, or of the calibration split.
        decider: The model.
        cases: What it is asked, with the right answers.
        asked: Digests beyond the model's identity: of the cases, for one.
        beside: Texts of other files to keep beside the rows, by name.
        enough: Whether the rows of the first cases are all that is wanted.

    Returns:
        The rows, in the order of the cases, and the evidence that their manifest names.
    """
    lock = digest_there(ws.lock, fix="restore it from git")
    threshold = {"lock": lock, "threshold": str(decider.threshold)}
    named = Evidence.of(name, decider.identity, asked, threshold).named()
    with Progress(f"answer {name}", len(cases), "cases") as bar:
        rows = _answered(decider, cases[: enough.first if enough else None], bar)
        if enough and len(rows) < len(cases) and not enough.said(rows):
            rows += _answered(decider, cases[enough.first :], bar)
    with whole_folder(ws.scores(name), named) as folder:
        write_records(folder / "rows.jsonl", rows)
        for file, text in (beside or {}).items():
            write_atomic(folder / file, text)
    return rows, named
