"""`dslm compare`: what answers to labelled cases are worth, beside what the model promised."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from dslm.cli.models.predict import refuse_both
from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table

if TYPE_CHECKING:
    from dslm.contract import Contract
    from dslm.records import Metric, Scorecard
    from dslm.scoring.promised_and_observed import Compared
    from dslm.settings.workspace import Workspace

# The contract that was answered, the scorecard that promises, and which that is.
Promised: TypeAlias = "tuple[Contract, Scorecard | None, str | None]"
NAMES = {
    "case_exact_match": "exact match",
    "straight_through_rate": "straight through",
    "selective_risk": "selective risk",
}


def compare(
    workflow: Workflow,
    out: Annotated[Path, typer.Argument(help="What `dslm predict` wrote.")],
    labels: Annotated[
        Path, typer.Argument(help="JSONL of the same cases: id, input, target, nested or flat.")
    ],
    release: Annotated[
        int | None,
        typer.Option(min=1, help="The version that answered; by default the champion."),
    ] = None,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="The trained adapter answered: its scorecard.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hold answers to labels: exact match, straight through and risk beside the promised ones."""
    from dslm.curation.sources import flattened
    from dslm.scoring.promised_and_observed import compare_answers
    from dslm.settings.workspace import workspace

    refuse_both(candidate, release)
    ws = workspace(workflow)
    with tempfile.TemporaryDirectory(prefix="dslm-") as into:
        contract, promised, source = (
            _candidate(ws) if candidate else _released(ws, release, Path(into))
        )
    found, cases = compare_answers(
        contract, out, labels, promised, lambda given: flattened(given, contract.fields)
    )
    seen = _seen_before(ws, [case.input for case in cases])
    if as_json:
        emit(found.model_dump(mode="json") | {"workflow": workflow, "promised_by": source,
                                              "seen_before": seen})  # fmt: skip
    else:
        _show(workflow, found, source, seen)


def _released(ws: Workspace, release: int | None, into: Path) -> Promised:
    """Of a registered version, the champion where none is named."""
    from dslm.contract import load_contract
    from dslm.releasing.verification.fetch_release import fetch_asked
    from dslm.scoring.scorecard_verification import read_scorecard

    release, folder = fetch_asked(ws, release, into)
    card = read_scorecard(folder / "scorecard.json")
    return load_contract(folder / "workflow.yaml"), card, f"release {release}"


def _candidate(ws: Workspace) -> Promised:
    """Of the working tree, whose scorecard may not be there yet."""
    from dslm.contract import load_contract
    from dslm.scoring.scorecard_verification import read_scorecard

    contract, path = load_contract(ws.contract), ws.results / "scorecard.json"
    if not path.is_file():
        return contract, None, None
    return contract, read_scorecard(path), str(path.relative_to(ws.root))


def _seen_before(ws: Workspace, inputs: list[str]) -> dict[str, int]:
    """How many of the inputs are among the cases here, which a model trained here has met.

    Their labels are of the contract that is here, not of the release's, so they are not proved.
    """
    from dslm.cases import read_records
    from dslm.records import Case

    files = {name: ws.curated / f"{name}.jsonl" for name in ("train", "validation", "calibration")}
    files["gold"] = ws.gold
    there = {name: path for name, path in files.items() if path.is_file()}
    met = {name: {case.input for case in read_records(path, Case)} for name, path in there.items()}
    counts = {name: sum(text in known for text in inputs) for name, known in met.items()}
    return {name: count for name, count in counts.items() if count}


def _worded(metric: Metric | None) -> str:
    if metric is None or metric.value is None:
        return "nothing"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.1%} of {metric.n}"
    return f"{metric.value:.1%} [{metric.low:.1%}, {metric.high:.1%}] of {metric.n}"


def _show(workflow: str, found: Compared, source: str | None, seen: dict[str, int]) -> None:
    rows = []
    for one in found.promises:
        bounds = "" if one.low is None else f" ({one.low:+.1%} to {one.high:+.1%})"
        rows.append([NAMES[one.metric], _worded(one.promised), _worded(one.found),
                     one.kept + bounds])  # fmt: skip
    title = f"{workflow}: {found.cases} cases with answer and label, 95 % intervals"
    say(table(title, ["", "promised", "found here", "found minus promised"], rows))
    if source is not None:
        say(f"Promised by {source}.")
    say(f"The contract allows a selective risk of {found.threshold_risk:.1%} "
        "(decision.max_selective_risk).")  # fmt: skip
    if source is None:
        say("No scorecard yet, so nothing was promised: `dvc repro gate@" + workflow + "`.")
    if found.unlabelled or found.unanswered:
        say(f"Left out: {found.unlabelled} answers without a label, {found.unanswered} labels "
            "without an answer.")  # fmt: skip
    if seen:
        listed = ", ".join(f"{count} in {name}" for name, count in seen.items())
        say(f"Not independent: of these inputs the model has met {listed}. Take cases that were "
            "kept aside.")  # fmt: skip
