"""`dslm init`: a workflow from a sample of the user's own data."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, InputKey, TargetKeys, emit, say

if TYPE_CHECKING:
    from dslm.scaffolding.init_workflow import Scaffolded


def init(
    name: Annotated[str, typer.Argument(help="Name of the new workflow.")],
    sample: Annotated[
        Path,
        typer.Option(
            "--from",
            help="Labelled cases: any kind of file that a source may be, or a folder of texts.",
        ),
    ],
    input_key: InputKey = None,
    target: TargetKeys = None,
    group_by: Annotated[
        str | None, typer.Option(help="Field whose values are never in training and gold at once.")
    ] = None,
    gold_share: Annotated[float, typer.Option(help="Share of the cases that becomes gold.")] = 0.2,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="Column of the sample, or several, that becomes no part of a case."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Which cases become gold: another, another draw.")] = 0,
    nested: Annotated[
        bool, typer.Option("--nested", help="Keep nested objects whole, not one field a part.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Start over: replace what is there, and list what was replaced."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a workflow: contract, sources, gold set and gate policy, guessed from a sample."""
    from dslm.scaffolding.init_workflow import Request, scaffold
    from dslm.settings.workspace import find_root

    keys = input_key, tuple(target or ()), group_by, gold_share
    left_out = tuple(leave_out or ())
    request = Request(
        name, sample, *keys, nested=nested, again=again, leave_out=left_out, seed=seed
    )
    made = scaffold(find_root(), request)
    if as_json:
        emit(_summary(made))
    else:
        say(*_lines(made))


def _summary(made: Scaffolded) -> dict[str, object]:
    return {
        "workflow": made.workspace.workflow, "contract": str(made.workspace.contract),
        "recipe": made.recipe, "sources": len(made.draft.sources), "gold": len(made.draft.gold),
        "duplicates_left_out": made.draft.dropped, "fields": list(made.draft.properties),
        "grounded": list(made.draft.grounded), "notes": list(made.notes),
        "replaced": [asdict(one) for one in made.replaced],
        "looks_personal": list(made.personal),
        "kept_in": None if made.kept_in is None else str(made.kept_in),
    }  # fmt: skip


def _lines(made: Scaffolded) -> list[str]:
    from dslm.scaffolding.personal_notes import personal_warning

    name, draft = made.workspace.workflow, made.draft
    own = f" recipes/{name}.yaml" if made.recipe == name else ""
    dropped = f", repeats of gold left out: {draft.dropped}" if draft.dropped else ""
    return [
        f"{name}: {len(draft.sources)} cases to train and calibrate on, {len(draft.gold)} gold"
        f"{dropped}",
        f"  data/{name}/workflow.yaml     the contract; see its TODO lines: rules and costs first",
        f"  data/{name}/README.md         the data statement; fill in its TODOs",
        f"  eval/{name}/gold.jsonl        review it: an error here makes every measurement wrong",
        f"  eval/{name}/gate.yaml         what a release must show",
        f"  params.yaml                   trains it with recipes/{made.recipe}.yaml",
        *(f"  note: {note}" for note in made.notes),
        *_replaced_lines(made),
        "next:",
        f"  dslm check {name}",
        f"  dvc repro curate@{name}, then dslm doctor {name}: how much there is to train",
        f"  dvc repro gate@{name}",
        f"  dslm report {name}",
        *personal_warning(made.personal, name),
        f"  git add params.yaml data/{name} eval/{name} registry/{name}{own}",
    ]


def _replaced_lines(made: Scaffolded) -> list[str]:
    if made.kept_in is None:
        return []
    kept = made.kept_in.relative_to(made.workspace.root)
    lines = [
        f"  {one.change:<9} {one.path} ({one.lines_before} → {one.lines_after} lines)"
        for one in made.replaced
    ]
    return ["started over:", *lines, f"  the former files are kept in {kept}"]
