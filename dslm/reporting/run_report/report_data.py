"""Everything a report is made from, read once and proved to belong together.

Takes a workspace; gives frozen `ReportData`, with rows for `report.write_report`, without for
`dslm show run`. The scorecard and the candidate's rows must be there; what a later or a shorter
run may lack (verdict, base rows, ledger, training summary) is None and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dslm.cases import read_labelled, read_records
from dslm.contract import Contract, load_contract
from dslm.errors import DslmError, InputError
from dslm.gating.changes.earlier_policies import loosened_since
from dslm.gating.gate_explanation import Explained, explained
from dslm.provenance import digest_file, read_manifest
from dslm.records import Baseline, Case, Champion, Metric, Release, Row, Scorecard, Verdict
from dslm.scoring.all_to_a_person import person_metrics
from dslm.settings.gate_policy import load_policy
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

Model = TypeVar("Model", bound=BaseModel)
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class ReportData:
    """One run of one workflow: what was measured, what was decided, and what it came from.

    `rows` holds the rows of each model whose rows are there, the candidate's always; `gold` the
    labelled cases in the order of the gold set. Of results alone both are empty. `shown_as` says
    what stands for personal values in them, `raw` that somebody asked for them as they are, `found`
    how each case's answer was found in the input as it was; None where the cases are as they were.
    `asked` is what the gate asks and what gold can tell; None where the policy cannot be read.
    `person` has the metrics of giving every case to a person; none of results alone. `loosened`:
    that a stricter policy held the same look at gold up.
    """

    contract: Contract
    scorecard: Scorecard
    verdict: Verdict | None
    rows: Mapping[str, tuple[Row, ...]]
    gold: tuple[Case, ...]
    calibration: Facts | None = None
    ledger: Facts | None = None
    training: Facts | None = None
    registered: Release | None = None
    champion: Baseline = field(default_factory=Baseline)
    where: Mapping[str, str] = field(default_factory=dict)
    shown_as: str = ""
    raw: bool = False
    found: Mapping[str, Mapping[str, str]] | None = None
    asked: Explained | None = None
    person: Mapping[str, Metric] = field(default_factory=dict)
    loosened: tuple[str, ...] = ()


def _fix(ws: Workspace) -> str:
    return f"run `dvc repro gate@{ws.workflow}`"


def _json(path: Path, fix: str) -> Any:
    """A JSON file's value, None where there is no file."""
    try:
        return strict_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=path, fix=fix) from None


def _record(path: Path, kind: type[Model], fix: str) -> Model | None:
    value = _json(path, fix)
    if value is None:
        return None
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "document"
        raise InputError(f"{key}: {first['msg']}", where=path, fix=fix) from None


def _facts(path: Path, fix: str) -> Facts | None:
    value = _json(path, fix)
    if value is not None and not isinstance(value, dict):
        raise InputError("an object was expected", where=path, fix=fix)
    return value


def _rows(ws: Workspace, model: str) -> tuple[Row, ...]:
    folder = ws.scores(model)
    read_manifest(folder, made_by=f"`dvc repro score@{ws.workflow}`")
    return tuple(read_records(folder / "rows.jsonl", Row))


def _all_rows(ws: Workspace, gold: tuple[Case, ...]) -> dict[str, tuple[Row, ...]]:
    """Rows by model, each with exactly one row a gold case."""
    found = {"candidate": _rows(ws, "candidate")}
    for model in ("base", "champion"):
        if (ws.scores(model) / "rows.jsonl").is_file():
            found[model] = _rows(ws, model)
    ids = sorted(case.id for case in gold)
    for model, rows in found.items():
        if sorted(row.id for row in rows) != ids:
            raise InputError(
                f"{len(rows)} rows are not those of the {len(ids)} gold cases",
                where=ws.scores(model) / "rows.jsonl",
                fix=_fix(ws),
            )
    return found


def read_results(ws: Workspace) -> ReportData:
    """The newest run's scorecard and verdict: git keeps them, so a fresh clone has them.

    Raises:
        InputError: No scorecard yet.
    """
    fix = _fix(ws)
    card = ws.results / "scorecard.json"
    scorecard = _record(card, Scorecard, fix)
    if scorecard is None:
        raise InputError("not scored yet: no such file", where=card, fix=fix)
    if "candidate" not in scorecard.models:
        raise InputError("no candidate in this scorecard", where=card, fix=fix)
    return ReportData(
        contract=load_contract(ws.contract),
        scorecard=scorecard,
        verdict=_record(ws.results / "gate.json", Verdict, fix),
        rows={},
        gold=(),
        calibration=_facts(ws.calibration, fix),
        registered=(registered := _record(ws.receipt, Release, "restore it from git")),
        champion=_record(ws.champion, Champion, "restore it from git") or Baseline(),
        where=_where(ws, registered),
    )


def with_person(ws: Workspace, results: ReportData) -> ReportData:
    """The results with what giving every case to a person would cost, for `dslm show run`.

    Without it where gold is not there, or is not what the scorecard was made from.
    """
    if not ws.gold.is_file() or digest_file(ws.gold) != results.scorecard.evidence.get("gold"):
        return results
    gold = read_labelled(ws.gold, results.contract)
    return replace(results, person=person_metrics(results.contract, gold))


def read_report_data(ws: Workspace) -> ReportData:
    """What lies in the working tree of a workflow's newest run.

    Raises:
        InputError: No scorecard or no rows yet, or rows of other cases than gold holds now.
    """
    fix = _fix(ws)
    results = read_results(ws)
    gold = tuple(read_labelled(ws.gold, results.contract))
    return replace(
        results,
        rows=_all_rows(ws, gold),
        gold=gold,
        asked=_asked(ws, results.contract, gold),
        loosened=loosened_before(ws, results.verdict),
        person=person_metrics(results.contract, gold),
        ledger=_facts(ws.curated / "ledger.json", fix),
        training=_facts(ws.adapter / "training.json", fix),
    )


def _asked(ws: Workspace, contract: Contract, gold: tuple[Case, ...]) -> Explained | None:
    """What the gate asks: the policy's owner is told by the gate where it is wrong."""
    try:
        policy = load_policy(ws.policy)
    except DslmError:
        return None
    return explained(contract, list(gold), policy)


def loosened_before(ws: Workspace, verdict: Verdict | None) -> tuple[str, ...]:
    """That a stricter policy held the same look up; nothing of a policy that cannot be read."""
    try:
        policy = load_policy(ws.policy)
    except DslmError:
        return ()
    return tuple(loosened_since(ws.looks, verdict, policy)) if verdict else ()


def _where(ws: Workspace, registered: Release | None) -> dict[str, str]:
    """Where a run's results lie, relative to the repository: no report names a machine's paths."""
    places = {
        "Report": ws.report,
        "Data card": ws.data_page,
        "Scorecard": ws.results / "scorecard.json",
        "Verdict": ws.results / "gate.md",
        "Rows": ws.scores("candidate") / "rows.jsonl",
        "Contract": ws.contract,
        "Gold set": ws.gold,
        "Gate policy": ws.policy,
        "Adapter": ws.adapter,
    }
    if registered:
        places["Receipt"] = ws.receipt
        if registered.run_id and ws.card(registered.run_id).is_file():
            places["Model card"] = ws.card(registered.run_id)
    return {name: path.relative_to(ws.root).as_posix() for name, path in places.items()}
