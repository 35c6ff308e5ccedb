"""`dslm review`: suspect labels into a file that a person edits and curation obeys."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table
from dslm.errors import InputError

if TYPE_CHECKING:
    from dslm.curation.labels import Reviewed
    from dslm.settings.workspace import Workspace

SHOWN = 10  # rows on the screen; the file has them all


def review(
    workflow: Workflow,
    at_most: Annotated[
        int, typer.Option(min=1, help="Rows without a verdict that the file may have.")
    ] = 200,
    gold: Annotated[
        bool, typer.Option("--gold", help="Gold's labels, into eval/W/gold-review.csv.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="With --gold: write the verdicts into gold.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="With --gold: print personal values as they are.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List labels that may be wrong or planted in data/W/review.csv. Verdicts there are kept."""
    from dslm.curation.labels import review as look
    from dslm.curation.labels import review_gold
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    if apply:
        _apply(ws, gold=gold, as_json=as_json)
        return
    found = review_gold(ws, at_most) if gold else look(ws, at_most)
    told = ""
    if gold:
        found, told = _shown(ws, found, raw=raw)
    file = str((ws.gold_review if gold else ws.review).relative_to(ws.root))
    if as_json:
        emit({
            "workflow": workflow, "file": file, "open": len(found.open), "kinds": found.kinds,
            "decided": len(found.decided), "left_out": found.left_out,
            "rows": [row.model_dump(exclude={"input", "verdict", "line"}) for row in found.open],
            **({"shown_as": told} if told else {}),
        })  # fmt: skip
    else:
        _show(file, found, f"dslm review {workflow} --gold --apply" if gold
              else f"dvc repro gate@{workflow}", told)  # fmt: skip


def _shown(ws: Workspace, found: Reviewed, *, raw: bool) -> tuple[Reviewed, str]:
    """Rows on gold as they may be shown; the file, which is for mending gold, has it as it is."""
    from dslm.cases import read_labelled
    from dslm.contract import load_contract
    from dslm.curation.personal import gold_with_surrogates, in_words

    contract = load_contract(ws.contract)
    showing = gold_with_surrogates(contract, read_labelled(ws.gold, contract), os.environ, raw=raw)
    if not showing.hides:
        return found, ""
    changed = [
        row.model_copy(update={
            "label": showing.answer(row.id, {row.field: row.label})[row.field],
            "suggested": showing.answer(row.id, {row.field: row.suggested})[row.field],
            "reason": showing.quoting(row.id, row.reason),
        })
        for row in found.open
    ]  # fmt: skip
    raw_by = f"dslm review {ws.workflow} --gold --raw"
    return replace(found, open=tuple(changed)), in_words(showing, curated_with=None, raw_by=raw_by)


def _apply(ws: Workspace, *, gold: bool, as_json: bool) -> None:
    from dslm.curation.labels import apply

    if not gold:
        raise InputError("--apply is for gold; verdicts on sources are obeyed by curation",
                         where="dslm review", fix=f"dvc repro gate@{ws.workflow}")  # fmt: skip
    done = apply(ws)
    if as_json:
        emit(done.model_dump(mode="json") | {"workflow": ws.workflow})
        return
    say(f"{ws.gold.relative_to(ws.root)}: {len(done.fixed)} cases fixed, {len(done.dropped)} "
        f"dropped, {done.cases} left")  # fmt: skip
    if done.fixed or done.dropped:
        say("Gold has changed, so every score on it is outdated; commit it, and:",
            f"  dslm check {ws.workflow}", f"  dvc repro gate@{ws.workflow}")  # fmt: skip


def _show(file: str, found: Reviewed, then: str, told: str) -> None:
    kinds = ", ".join(f"{kind} {count}" for kind, count in found.kinds.items()) or "none"
    say(f"{file}: {len(found.open)} rows to look at ({kinds}), {len(found.decided)} decided")
    if found.left_out:
        say(f"{found.left_out} more suspects are left: decide these first, or raise --at-most")
    if found.open:
        columns = ["id", "field", "label", "suggested", "reason"]
        firsts = {(r.field, r.reason): r for r in reversed(found.open)}  # one of a phrase's cases
        first = [r for r in found.open if firsts[r.field, r.reason] is r][:SHOWN]
        rows = [[r.id, r.field, r.label, r.suggested, r.reason] for r in first]
        say(table("first of them, one of each phrase", columns, rows))
        if told:
            say(told)
        say(f"next: write keep, fix:<value> or drop into the last column of {file}, then")
        say(f"  {then}")
