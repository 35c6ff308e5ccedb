"""`dslm verify`: recomputes every reported number from the per-case rows, offline.

With `--answers`, some of the cases are answered again by the models that the rows name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say
from dslm.errors import EXIT_BAD_INPUT, EXIT_REFUSED, InputError

if TYPE_CHECKING:
    from dslm.cli.models.repeated_answers import Asked
    from dslm.scoring.rows.answers_given_again import Repeated
    from dslm.settings.workspace import Workspace

MODELS = ("candidate", "calibration", "base", "base_calibration", "champion", "anchor")
ASKED = MODELS[:4]  # the files of releases are in the registry, which is not everywhere
SHARE, CHANCE = 0.05, 0.95
MOST_SHOWN = 20


def verify(
    workflow: Workflow,
    answers: Annotated[
        bool, typer.Option("--answers", help="Let the models answer some cases again.")
    ] = False,
    model: Annotated[
        list[str] | None,
        typer.Option(help=f"Whose answers, several times; default: {', '.join(ASKED)}."),
    ] = None,
    cases: Annotated[
        int | None, typer.Option(min=1, help="How many; default: by --share and --chance.")
    ] = None,
    draw: Annotated[
        int | None, typer.Option(min=0, help="Number that draws them; default: a new one.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help=f"Of the rows, edited ones to find; default {SHARE}.")
    ] = None,
    chance: Annotated[
        float | None, typer.Option(help=f"With which they are found; default {CHANCE}.")
    ] = None,
    dossier: Annotated[
        Path | None, typer.Option(help="A release's dossier instead: all that it says.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute the scorecard from the rows, and with --answers the rows from the models.

    Exit code 2 where a number differs, 4 where a model does not answer as its rows say, or a
    dossier is not what follows from the release in the registry.
    """
    from dslm.scoring.scorecard_verification import verify as differences
    from dslm.settings.workspace import workspace

    given = {"--model": model, "--cases": cases, "--draw": draw, "--share": share,
             "--chance": chance}  # fmt: skip
    asked = _asked(answers, given)
    ws = workspace(workflow)
    if dossier is not None:
        _verify_dossier(ws, dossier, asked, as_json=as_json)
        return
    told: dict[str, Any] = {"workflow": workflow, "differences": differences(ws)}
    told["verified"] = not told["differences"]
    if not as_json:
        say(*(told["differences"] or [f"{workflow}: every number of the scorecard follows from "
                                      "its rows"]))  # fmt: skip
    refused = False
    if asked is not None and told["verified"]:
        refused = _answer_again(ws, asked, told, as_json=as_json)
    if as_json:
        emit(told)
    if not told["verified"]:
        raise typer.Exit(EXIT_BAD_INPUT)
    if refused:
        raise typer.Exit(EXIT_REFUSED)


def _verify_dossier(ws: Workspace, folder: Path, asked: Asked | None, *, as_json: bool) -> None:
    from dslm.cli.release.release_dossier import show_checked
    from dslm.releasing.dossier.against_registry import check_against_registry

    if asked is not None:
        raise _wrong("--answers is of the working tree, --dossier of a release", "leave one out")
    show_checked(folder, check_against_registry(ws, folder), as_json=as_json)


def _asked(answers: bool, given: Mapping[str, Any]) -> Asked | None:
    """What is to be answered again; nothing without `--answers`."""
    from dslm.cli.models.repeated_answers import Asked, new_draw

    if not answers:
        if idle := [name for name, value in given.items() if value is not None]:
            raise _wrong(f"{', '.join(idle)} without --answers", "add --answers")
        return None
    models = given["--model"] or list(ASKED)
    if unknown := [name for name in models if name not in MODELS]:
        raise _wrong(f"no model {unknown[0]!r}", f"known: {', '.join(MODELS)}")
    share = SHARE if given["--share"] is None else given["--share"]
    chance = CHANCE if given["--chance"] is None else given["--chance"]
    if not (0 < share <= 1 and 0 < chance < 1):
        raise _wrong(
            f"share {share}, chance {chance}", "a share is above 0 and at most 1, a chance below 1"
        )
    draw = new_draw() if given["--draw"] is None else given["--draw"]
    return Asked(tuple(dict.fromkeys(models)), given["--cases"], draw, share, chance)


def _wrong(what: str, fix: str) -> InputError:
    return InputError(what, where="dslm verify", fix=fix)


def _answer_again(ws: Workspace, asked: Asked, told: dict[str, Any], *, as_json: bool) -> bool:
    """Answer again and tell of it; gives whether a row is refused."""
    from dslm.cli.models.repeated_answers import repeat_rows

    told |= {"draw": asked.draw, "answered_again": []}
    if not as_json:
        say(f"draw {asked.draw}; the same cases again: --draw {asked.draw}")
    for one in repeat_rows(ws, asked):
        told["answered_again"].append(one.model_dump(mode="json"))
        if not as_json:
            say(*_lines(one))
    return any(one["unlike"] for one in told["answered_again"])


def _lines(one: Repeated) -> Iterator[str]:
    """How one model's rows fared, for people."""
    ties = f", {one.near_ties} otherwise where two tokens are as probable" * bool(one.near_ties)
    yield (
        f"{one.model}: {one.asked} of {one.rows} cases answered again, {one.same} the same{ties}, "
        f"{len(one.unlike)} not as in their rows; a token's logarithm of probability differs by "
        f"at most {one.largest:.6f} (may by {one.bound:g})"
    )
    yield from (f"  computed differently here: {line}" for line in one.told)
    yield from (f"  {one.model} rows: {line}" for line in one.unlike[:MOST_SHOWN])
    if len(one.unlike) > MOST_SHOWN:
        yield f"  … and {len(one.unlike) - MOST_SHOWN} more"
