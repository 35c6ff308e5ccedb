"""Proves every reported number from per-case rows, offline, to the last digit.

Takes a workspace; gives the differences found, none if all is well. Called by `dslm verify` and by
the gate. Trusts gold, contract and what the models wrote; derives all else again: object,
decision, outcome of every row, the certified threshold, and every aggregate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dslm.cases import read_labelled, read_record, read_records
from dslm.contract import Contract, load_contract
from dslm.errors import DslmError, InputError
from dslm.provenance import read_manifest
from dslm.records import Case, Row, Scorecard
from dslm.scoring.calibration import calibrate, load_calibration
from dslm.scoring.rows import recompute
from dslm.scoring.scorecard import make_scorecard
from dslm.settings.workspace import Workspace, stage_command

MODELS = ("base", "candidate", "champion")
MOST_REPORTED = 20


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


def models_scored(ws: Workspace) -> list[str]:
    """The models that rows are there of; candidate and base always have to be."""
    champion = (ws.scores("champion") / "rows.jsonl").is_file()
    return [m for m in MODELS if m != "champion" or champion]


def threshold_of(inputs: Mapping[str, str], where: Path) -> float:
    """The threshold that a score stage decided with, from its manifest.

    Raises:
        InputError: The manifest does not say, or says no number.
    """
    try:
        return float(inputs["threshold"])
    except (KeyError, ValueError):
        stage = "calibrate" if where.name == "calibration" else "score"
        raise InputError("its manifest names no threshold", where=where,
                         fix=f"run {stage_command(stage, where)}") from None  # fmt: skip


def read_scorecard(path: Path) -> Scorecard:
    """The scorecard that the score stage wrote.

    Raises:
        InputError: It is missing, cut, or not one.
    """
    fix = f"run {stage_command('score', path)}"
    return read_record(path, Scorecard, missing="not scored yet", fix=fix)


def differences(written: Any, derived: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ, each place with both values."""
    if isinstance(written, dict) and isinstance(derived, dict):
        for key in sorted(written.keys() | derived.keys()):
            place = f"{at}.{key}" if at else key
            if key not in written or key not in derived:
                yield f"{place}: {'not written' if key not in written else 'cannot be derived'}"
            else:
                yield from differences(written[key], derived[key], place)
    elif written != derived or type(written) is not type(derived):
        yield f"{at}: written {written!r}, derived {derived!r}"


def _compare(written: BaseModel, derived: BaseModel, what: str) -> list[str]:
    pair = written.model_dump(mode="json"), derived.model_dump(mode="json")
    return [f"{what}: {d}" for d in differences(*pair)]


def _derived(
    contract: Contract, cases: Sequence[Case], rows: Sequence[Row], threshold: float, what: str
) -> tuple[list[Row], list[str]]:
    """Rows made again, and where the written ones differ from them."""
    again = recompute(contract, cases, rows, threshold)
    pairs = zip(rows, again, strict=True)
    hides = contract.data.personal.hides
    return again, [
        _unquoted(d) if hides else d
        for old, new in pairs
        for d in _compare(old, new, f"{what}: case {old.id}")
    ]


def _unquoted(difference: str) -> str:
    """A difference without the values of an answer, which go into the verdict and so into git."""
    place, _, values = difference.partition(": written ")
    answered = any(f": {part}" in place for part in ("prediction.object", "slices", "group"))
    if not (values and answered):
        return difference
    return f"{place}: is not what is derived (personal, not quoted)"


def _calibration_differs(ws: Workspace, contract: Contract) -> list[str]:
    path = ws.curated / "calibration.jsonl"
    if not path.exists():
        fix = f"run {stage_command('curate', ws.workflow)}"
        raise InputError("nothing is curated yet", where=path, fix=fix)
    cases = read_labelled(path, contract)
    rows, inputs = read_rows(ws, "calibration")
    threshold = threshold_of(inputs, ws.scores("calibration"))
    again, found = _derived(contract, cases, rows, threshold, "calibration rows")
    written = load_calibration(ws.calibration)
    return found + _compare(written, calibrate(contract, again, written.evidence), "calibration")


def _scores_differ(ws: Workspace, contract: Contract) -> list[str]:
    gold = read_labelled(ws.gold, contract)
    calibration = load_calibration(ws.calibration)
    found: list[str] = []
    derived: dict[str, Sequence[Row]] = {}
    for model in models_scored(ws):
        rows, inputs = read_rows(ws, model)
        threshold = threshold_of(inputs, ws.scores(model))
        if model == "candidate" and threshold != calibration.cutoff:
            found.append(f"candidate rows: decided with {threshold}, not {calibration.cutoff}")
        derived[model], differ = _derived(contract, gold, rows, threshold, f"{model} rows")
        found += differ
    written = read_scorecard(ws.results / "scorecard.json")
    card = make_scorecard(
        contract,
        gold,
        threshold=calibration.threshold,
        rows_by_model=derived,
        evidence=written.evidence,
    )
    return found + _compare(written, card, "scorecard")


def verify(ws: Workspace) -> list[str]:
    """Every difference between what is reported and what follows from the rows.

    Raises:
        InputError: The contract cannot be read.
    """
    contract = load_contract(ws.contract)
    found: list[str] = []
    for check in (_calibration_differs, _scores_differ):
        try:
            found += check(ws, contract)
        except DslmError as error:
            found.append(error.message())
    if len(found) > MOST_REPORTED:
        more = len(found) - MOST_REPORTED
        return [*found[:MOST_REPORTED], f"… and {more} more differences"]
    return found
