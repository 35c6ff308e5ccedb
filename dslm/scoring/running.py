"""Lets a model answer a labelled set and seals the rows. Called by calibrate and score stages.

Knows a model only by what it needs of it: predictions and an identity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from dslm.cases import write_records
from dslm.contract import Contract
from dslm.progress import Progress
from dslm.provenance import digest_file
from dslm.records import Case, Prediction, Row
from dslm.scoring.rows import make_rows
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
        """Digests of all that an answer depends on."""

    def predict(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """One prediction an input, in order."""


def answer_cases(
    ws: Workspace,
    name: str,
    decider: Answering,
    cases: Sequence[Case],
    evidence: Mapping[str, str],
) -> tuple[list[Row], dict[str, str]]:
    """Answer labelled cases and write `scores/<name>/rows.jsonl`, sealed.

    Args:
        ws: The workflow.
        name: Of the rows: candidate, base, champion or calibration.
        decider: The model.
        cases: What it is asked, with the right answers.
        evidence: Digests beyond the model's identity: of the cases, for one.

    Returns:
        The rows, in the order of the cases, and all evidence that their manifest names.
    """
    with Progress(f"answer {name}", len(cases), "cases") as bar:
        predictions = decider.predict([case.input for case in cases], bar.advance)
    rows = make_rows(decider.contract, cases, predictions, decider.threshold)
    named = {
        **decider.identity,
        **evidence,
        "lock": digest_file(ws.lock),
        "threshold": str(decider.threshold),
    }
    with whole_folder(ws.scores(name), named) as folder:
        write_records(folder / "rows.jsonl", rows)
    return rows, named
