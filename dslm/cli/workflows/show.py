"""`dslm show`: a contract, its data or its newest run, for people who read no YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table
from dslm.errors import InputError
from dslm.strict_json import strict_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dslm.contract.model.contract_model import Contract
    from dslm.settings.workspace import Workspace

app = typer.Typer(help="Show a contract, its data or its newest run.", no_args_is_help=True)


@app.command("contract")
def contract(workflow: Workflow, as_json: AsJson = False) -> None:
    """What comes in, what must come out, what is right, and what it is worth."""
    from dslm.contract import load_contract
    from dslm.settings.workspace import workspace

    found = load_contract(workspace(workflow).contract)
    if as_json:
        emit(found.model_dump(mode="json", by_alias=True))
        return
    policy, costs = found.decision, found.costs
    say(
        f"{found.name}, version {found.version}: {found.summary}",
        table("fields", ["field", "form", "compared", "must be in the input"], _fields(found)),
        table("rules", ["rule", "a breach means", "then"],
              [[r.id, r.means, r.breach] for r in found.rules]),
        f"proceeds while at most {policy.max_selective_risk:.3g} of the answers that proceed are "
        f"wrong, held with {policy.confidence:.3g} confidence",
        f"costs per case in {costs.currency}: wrong answer {costs.wrong_proceed:g}, review "
        f"{costs.review:g}, escalation {costs.escalation:g}",
        *(f"  wrong {field}: {cost:g}" for field, cost in costs.by_field.items()),
        *(f"traffic by {name}: " + ", ".join(f"{v} {n:g}" for v, n in shares.items())
          for name, shares in found.traffic.items()),
    )  # fmt: skip


def _fields(found: Contract) -> list[list[str]]:
    rows = []
    for field in found.fields:
        schema = found.schema["properties"][field]
        how = found.compare[field].how if field in found.compare else "exact"
        rows.append([field, _form(schema), how, "yes" if field in found.grounded else ""])
    return rows


def _form(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(map(_form, options)))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return "one of " + ", ".join("nothing" if v is None else str(v) for v in values)
    kinds = schema.get("type", "any")
    words = [kinds] if isinstance(kinds, str) else kinds
    told = ("pattern", "format", "maxLength", "minimum", "maximum")
    detail = next((f" ({k} {schema[k]})" for k in told if k in schema), "")
    if "properties" in schema:
        detail = f" of {', '.join(schema['properties'])}"
    elif isinstance(schema.get("items"), dict):
        detail = f" of {_form(schema['items'])}"
    return " or ".join("nothing" if word == "null" else word for word in words) + detail


@app.command("data")
def data(workflow: Workflow, as_json: AsJson = False) -> None:
    """How many cases there are where, what curation dropped, and what gold can show."""
    from dslm.contract import load_contract
    from dslm.data_card import read_data_card
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    load_contract(ws.contract)
    card = read_data_card(ws.data_card, workflow) if ws.data_card.is_file() else None
    if as_json:
        shown = None if card is None else card.model_dump(mode="json")
        emit({"workflow": workflow, "cases": _cases_by_file(ws), "card": shown})
    elif card is None:
        rows = [[name, str(n)] for name, n in _cases_by_file(ws).items()]
        say(table(workflow, ["file", "cases"], rows),
            f"no data card yet: run `dvc repro curate@{workflow}`")  # fmt: skip
    else:
        from dslm.reporting.data_card.data_card_terminal import data_summary

        places = {"Page": ws.data_page, "Card": ws.data_card, "Drops": ws.curated / "ledger.json"}
        where = {name: path.relative_to(ws.root).as_posix() for name, path in places.items()}
        say(data_summary(card, where))


def _cases_by_file(ws: Workspace) -> dict[str, int]:
    files = [*sorted((ws.data / "sources").glob("*.jsonl*")), ws.gold]
    files += [ws.curated / f"{split}.jsonl" for split in ("train", "validation", "calibration")]
    return {str(p.relative_to(ws.root)): _count(p) for p in files if p.is_file()}


def _count(path: Path) -> int:
    from dslm.cases import json_lines

    return sum(1 for _ in json_lines(path))


def _object(path: Path) -> dict[str, Any]:
    try:
        value = strict_json(path.read_bytes())
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=path, fix="run `dvc repro` again") from None
    if not isinstance(value, dict):
        raise InputError("not an object", where=path, fix="run `dvc repro` again")
    return value


def _training(told: dict[str, Any]) -> str:
    """A run in a line: how much it learnt from, and what that did; --json has the rest."""
    losses = [loss for _, loss in told.get("validation_losses", [])]
    rows = told.get("batch_size", 1) * told.get("accumulation", 1)
    parts = [
        f"{told['steps']:,} updates of {rows} rows" if "steps" in told else "",
        f"{told['rows']:,} cases" if "rows" in told else "",
        f"validation loss {losses[0]:.3f}, now {losses[-1]:.3f}" if losses else "",
    ]
    return ", ".join(filter(None, parts))


def _told(workflow: str, found: dict[str, dict[str, Any] | None]) -> dict[str, str]:
    """What a person wants to know of the stages' results, label by label."""
    training, calibration, champion = map(found.get, ("training", "calibration", "champion"))
    version = champion and champion.get("version")
    return {
        "Training": _training(training) if training else "not yet",
        "Calibration": str(calibration.get("why", "")) if calibration else "not yet",
        "Champion": f"version {version}" if version else "none",
        "Registry": f"dslm release list {workflow}",
    }


@app.command("run")
def run(workflow: Workflow, as_json: AsJson = False) -> None:
    """What the gate said of the newest run, what it scored and how it was trained."""
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    parts = {
        "training": ws.adapter / "training.json", "calibration": ws.calibration,
        "scorecard": ws.results / "scorecard.json", "verdict": ws.results / "gate.json",
        "champion": ws.champion,
    }  # fmt: skip
    found = {name: _object(path) if path.is_file() else None for name, path in parts.items()}
    if as_json:
        emit({"workflow": workflow, **found})
        return
    say(_summary(ws, _told(workflow, found), scored=found["scorecard"] is not None))


def _summary(ws: Workspace, told: dict[str, str], *, scored: bool) -> RenderableType:
    from dslm.reporting.run_terminal import labelled, run_summary

    if not scored:
        return labelled({"Gate": "not yet", **told, "Next": f"dvc repro gate@{ws.workflow}"})
    from dslm.reporting.run_report.report_data import read_results, with_person

    return run_summary(with_person(ws, read_results(ws)), told)
