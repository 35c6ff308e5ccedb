"""`dslm doctor`: what training would refuse before step 1, told without loading a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from dslm.cli.shell.finding_lines import finding_lines
from dslm.cli.shell.printing import AsJson, Workflow, emit, say
from dslm.errors import EXIT_BAD_INPUT, InputError

if TYPE_CHECKING:
    from dslm.settings.workspace import Workspace
    from dslm.training.doctor.doctor_checks import Diagnosis


def doctor(workflow: Workflow, as_json: AsJson = False) -> None:
    """Check tokenizer, chat template and rows before training. Exit code 2 when a check fails."""
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    found, memory, amount = _diagnosis(ws)
    if as_json:
        emit({"workflow": workflow, "checks": [f.model_dump() for f in found.findings],
              "preview": found.preview, "tokenizer": found.tokenizer, "template": found.template,
              "fingerprint": found.fingerprint, "memory": memory, "work": amount})  # fmt: skip
    else:
        say(*finding_lines(workflow, found.findings, ws.root, "checks"))
        say(f"  memory: {memory['text']}", f"  work: {amount['text']}")
        say(f"  time: {amount['time']['text']}")
        say(f"  case {found.preview['case']} is asked", *_indented(found.preview["prompt"]))
        say("  and trained to answer", *_indented(found.preview["learnt"]))
    if found.failing:
        raise typer.Exit(EXIT_BAD_INPUT)


def _diagnosis(ws: Workspace) -> tuple[Diagnosis, dict[str, Any], dict[str, Any]]:
    """The checks on rows to train and validate on; the memory and the work of training."""
    from dslm.cases import read_labelled
    from dslm.contract import load_contract
    from dslm.inference.base_models.base_files import load_tokenizer, locate_tokenizer
    from dslm.inference.prompts.prompt import tuned_prompt
    from dslm.settings.params import recipe_of
    from dslm.training.doctor.checked_workflow import subject
    from dslm.training.doctor.doctor_checks import diagnose
    from dslm.training.memory.run_forecast import duration, forecast, work

    contract, recipe = load_contract(ws.contract), recipe_of(ws)
    if not (ws.curated / "train.jsonl").is_file():
        raise InputError("no curated cases yet", where=ws.curated / "train.jsonl",
                         fix=f"run `dvc repro curate@{ws.workflow}`")  # fmt: skip
    trained = read_labelled(ws.curated / "train.jsonl", contract)
    cases = [*trained, *read_labelled(ws.curated / "validation.jsonl", contract)]
    files = locate_tokenizer(recipe.base, ws.root)
    limits = recipe.training.max_tokens, recipe.inference.max_answer_tokens
    asked = (ws.curated / "calibration.jsonl", ws.gold)  # answered, never trained on
    others = [c for path in asked if path.is_file() for c in read_labelled(path, contract)]
    seen = subject(load_tokenizer(files), files, tuned_prompt(contract), cases, *limits, others)
    rows = seen.rows[: len(trained)]
    amount = work(recipe, rows)
    amount["time"] = duration(ws, recipe, files.folder, rows, amount["tokens"])
    return diagnose(seen), forecast(recipe, files.folder, seen.rows), amount


def _indented(text: str) -> list[str]:
    return [f"    | {line}" for line in text.split("\n")]
