"""Proves every reported number from per-case rows, offline, to the last digit.

Takes what stages recorded of a run, in the working tree or in a release; gives the differences
found, none if all is well. Called by `dslm verify` and by the gate. Trusts gold, contract and what
the models wrote with the log-probabilities of its tokens; derives all else again: object,
confidence, decision, outcome of every row, the certified threshold, and every aggregate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dslm.cases import read_labelled, read_record, read_records
from dslm.contract import Contract, load_contract
from dslm.errors import DslmError, InputError
from dslm.evidence import BaseThreshold, Model, load_calibration
from dslm.provenance import digest_file, digest_json, read_manifest
from dslm.records import Case, Row, Scorecard
from dslm.scoring.base_calibration import FIRST, calibrate_base, in_drawn_order, is_hopeless
from dslm.scoring.calibration import calibrate
from dslm.scoring.dvc_metrics_files import told_otherwise
from dslm.scoring.rows.row_differences import compare, derived_rows, differences, older, rows_differ
from dslm.scoring.rows.scored_rows import read_again
from dslm.scoring.scorecard import make_scorecard
from dslm.settings.workspace import Workspace, stage_command

MODELS: tuple[Model, ...] = ("base", "candidate", "champion", "anchor")
RELEASES: tuple[Model, ...] = ("champion", "anchor")  # there only once one serves
MOST_REPORTED = 20


@dataclass(frozen=True)
class Answered:
    """One model's answers: its rows, and the evidence that they name, as it was written.

    `digest` is of both.
    """

    rows: Sequence[Row]
    evidence: Mapping[str, str]
    digest: str


class Recorded(Protocol):
    """What stages recorded of one run, wherever it lies."""

    @property
    def calibration(self) -> Path:
        """The calibration.json."""

    @property
    def scorecard(self) -> Path:
        """The scorecard.json."""

    @property
    def calibration_cases(self) -> Path | None:
        """The calibration split; None where it is not at hand, as beside a release."""

    def models(self) -> list[Model]:
        """The models that have answered gold."""

    def answered(self, model: Model) -> Answered:
        """A model's answers, every byte compared with what their folder says of it."""


@dataclass(frozen=True)
class WorkingTree:
    """What the stages left in the working tree; each set of answers is read once."""

    ws: Workspace
    read: dict[Model, Answered] = field(default_factory=dict, compare=False, repr=False)

    @property
    def calibration(self) -> Path:
        """The calibration.json."""
        return self.ws.calibration

    @property
    def scorecard(self) -> Path:
        """The scorecard.json."""
        return self.ws.results / "scorecard.json"

    @property
    def calibration_cases(self) -> Path | None:
        """The calibration split."""
        return self.ws.curated / "calibration.jsonl"

    def models(self) -> list[Model]:
        """The models that have answered gold."""
        return models_scored(self.ws)

    def answered(self, model: Model) -> Answered:
        """A model's answers."""
        if model not in self.read:
            rows, inputs = read_rows(self.ws, model)
            digest = answers_digest(self.ws.scores(model) / ROWS, inputs)
            self.read[model] = Answered(rows, inputs, digest)
        return self.read[model]


ROWS = "rows.jsonl"


def answers_digest(rows: Path, evidence: Mapping[str, str]) -> str:
    """One digest of rows and the evidence that they name."""
    return digest_json({"rows": digest_file(rows), "evidence": dict(evidence)})


def read_rows(ws: Workspace, model: str) -> tuple[list[Row], dict[str, str]]:
    """A model's rows and the inputs its manifest names, after every byte was compared.

    Raises:
        InputError: No finished rows, or their bytes differ from the manifest.
    """
    folder = ws.scores(model)
    made_by = f"`dvc repro gate@{ws.workflow}`"
    inputs: dict[str, str] = read_manifest(folder, made_by=made_by)["inputs"]
    rows = read_records(folder / "rows.jsonl", Row)
    if not rows:
        raise InputError("no rows in this file", where=folder / "rows.jsonl", fix=f"run {made_by}")
    return rows, inputs


def models_scored(ws: Workspace) -> list[Model]:
    """The models that rows are there of; candidate and base always have to be."""
    return [m for m in MODELS if m not in RELEASES or (ws.scores(m) / ROWS).is_file()]


def threshold_of(inputs: Mapping[str, str], where: Path) -> float:
    """The threshold that a score stage decided with, from its manifest.

    Raises:
        InputError: The manifest does not say, or says no number.
    """
    try:
        found = float(inputs["threshold"])
    except (KeyError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        stage = "calibrate" if where.name == "calibration" else "score"
        fix = f"run {stage_command(stage, where)}"
        raise InputError("its manifest names no threshold", where=where, fix=fix)
    return found


def read_scorecard(path: Path) -> Scorecard:
    """The scorecard that the score stage wrote.

    Raises:
        InputError: It is missing, cut, or not one.
    """
    fix = f"run {stage_command('score', path)}"
    return read_record(path, Scorecard, missing="not scored yet", fix=fix)


def _calibration_rows(
    run: Recorded, contract: Contract, model: Model
) -> tuple[Sequence[Row], list[str]]:
    """A model's answers to the calibration split, made again, and where they differ."""
    path, said, what = run.calibration_cases, run.answered(model), f"{model} rows"
    if path is not None:
        if not path.exists():
            fix = f"run {stage_command('curate', path)}"
            raise InputError("nothing is curated yet", where=path, fix=fix)
        cases = read_labelled(path, contract)
        asked = cases if model == "calibration" else in_drawn_order(cases)[: len(said.rows)]
        threshold = threshold_of(said.evidence, run.calibration)
        return derived_rows(contract, asked, said.rows, threshold, what)
    # without its inputs nothing is decided anew, but what was answered is read anew
    again = [
        row.model_copy(update={"prediction": read_again(contract, row.prediction)})
        for row in said.rows
    ]
    return said.rows, older(said.rows, what) or rows_differ(contract, said.rows, again, what)


def _calibration_differs(run: Recorded, contract: Contract, _: Sequence[Case]) -> list[str]:
    said = run.answered("calibration")
    rows, found = _calibration_rows(run, contract, "calibration")
    written = load_calibration(run.calibration)
    if written.evidence != dict(said.evidence):
        pair = written.evidence, dict(said.evidence)
        found += [f"calibration: evidence.{d}" for d in differences(*pair)]
    made = calibrate(contract, rows, written.evidence, written.number)
    return found + compare(written, made, "calibration")


def base_threshold(run: Recorded, contract: Contract) -> BaseThreshold:
    """What the base decides by, as its answers to the calibration split certify it."""
    said = run.answered("base_calibration")
    made = calibrate_base(contract, said.rows, _split_size(run), said.evidence)
    return BaseThreshold(made.cutoff, said.digest)


def _split_size(run: Recorded) -> int:
    """Cases of the calibration split: the candidate has answered all of them."""
    return len(run.answered("calibration").rows)


def _base_calibration_differs(run: Recorded, contract: Contract, _: Sequence[Case]) -> list[str]:
    said, cases = run.answered("base_calibration"), _split_size(run)
    rows, found = _calibration_rows(run, contract, "base_calibration")
    stops = cases > FIRST and is_hopeless(contract, rows[:FIRST])
    asked = FIRST if stops else cases
    if len(rows) != asked:
        why = "no reason to leave out the others"
        if len(rows) > asked:
            why = f"no hope after the first {FIRST}: it is given up then"
        found.append(f"base_calibration rows: {len(said.rows)} of {cases} cases, and {why}")
    return found


def _scores_differ(run: Recorded, contract: Contract, gold: Sequence[Case]) -> list[str]:
    calibration = load_calibration(run.calibration)
    certified = {"candidate": calibration.cutoff, "base": base_threshold(run, contract).cutoff}
    found: list[str] = []
    derived: dict[str, Sequence[Row]] = {}
    for model in run.models():
        said = run.answered(model)
        threshold = threshold_of(said.evidence, run.scorecard)
        if threshold != certified.get(model, threshold):
            found.append(f"{model} rows: decided with {threshold}, not {certified[model]}")
        derived[model], differ = derived_rows(contract, gold, said.rows, threshold, f"{model} rows")
        found += differ
    written = read_scorecard(run.scorecard)
    card = make_scorecard(
        contract,
        gold,
        threshold=calibration.threshold,
        rows_by_model=derived,
        evidence=written.evidence,
    )
    return found + compare(written, card, "scorecard")


def run_differences(run: Recorded, contract: Contract, gold: Sequence[Case]) -> list[str]:
    """Every difference between what a run reports and what follows from its rows.

    Args:
        run: What stages recorded.
        contract: What the answers were judged by.
        gold: The cases asked.
    """
    found: list[str] = []
    for check in (_calibration_differs, _base_calibration_differs, _scores_differ):
        try:
            found += check(run, contract, gold)
        except DslmError as error:
            found.append(error.message())
    found = list(dict.fromkeys(found))
    if len(found) > MOST_REPORTED:
        more = len(found) - MOST_REPORTED
        return [*found[:MOST_REPORTED], f"… and {more} more differences"]
    return found


def verify(ws: Workspace) -> list[str]:
    """The same of the working tree, with the numbers that `dvc metrics` and `dvc plots` show.

    Raises:
        InputError: The contract or the gold set cannot be read.
    """
    contract, tree = load_contract(ws.contract), WorkingTree(ws)
    if found := run_differences(tree, contract, read_labelled(ws.gold, contract)):
        return found
    rows = tree.answered("candidate").rows
    return list(told_otherwise(ws.results, read_scorecard(tree.scorecard), rows))
