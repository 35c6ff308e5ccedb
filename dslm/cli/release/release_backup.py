"""`dslm release backup` and `restore`: a registry kept elsewhere, and made again from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say

Actor = Annotated[
    str | None,
    typer.Option("--actor", envvar="DSLM_ACTOR", help="Who does it; by default your login name."),
]


def backup(
    workflow: Workflow,
    to: Annotated[Path, typer.Option("--to", help="A folder that is not there yet.")],
    without: Annotated[
        list[int] | None,
        typer.Option("--without", min=1, help="A version that is damaged; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy all that the journal can return to into a folder, every byte compared. Exit code 4 else.

    Champion, previous, anchor release, every other champion, the candidate and the journal.
    """
    from dslm.provenance import MANIFEST, digest_file
    from dslm.releasing.backup.write_backup import back_up
    from dslm.settings.workspace import workspace

    record = back_up(workspace(workflow), to, without=without or ())
    digest = digest_file(to / MANIFEST)
    if as_json:
        emit(record.model_dump(mode="json") | {"folder": str(to), "digest": digest})
        return
    kept = [one.number for one in record.versions]
    say(f"{to}: {workflow}, {_numbers(kept)} and the journal; digest {digest}")
    for numbers, why in (
        (record.not_kept, "never the champion, not in it"),
        (record.gone, "former champions that the registry holds no more"),
        (record.left_out, "left out as you said; nothing can return to them from this backup"),
    ):
        if numbers:
            say(f"{_numbers(numbers)}: {why}")


def restore(
    workflow: Workflow,
    backup_folder: Annotated[
        Path | None, typer.Option("--from", help="What `dslm release backup` wrote.")
    ] = None,
    artifacts: Annotated[
        Path | None,
        typer.Option(help="Where MLflow kept files, such as .mlflow/artifacts: what is not in the "
                     "backup is taken from there, by the journal that git has."),
    ] = None,
    actor: Actor = None,
    accept_loss: Annotated[
        bool,
        typer.Option("--accept-loss", help="Where the champion is lost, go on from the one "
                     "before that is there."),
    ] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make the registry again, numbers and digests as they were. Exit code 4: nothing was written.

    The same command again goes on where one was cut short. A registry that knows more stays as it
    is.
    """
    from dslm.cli.shell.actor import actor_or_login
    from dslm.releasing.backup.restore_registry import restore as restored
    from dslm.settings.workspace import workspace

    ws, who = workspace(workflow), actor_or_login(actor)
    found = restored(ws, backup_folder, artifacts, who, accept_loss=accept_loss)
    if as_json:
        emit(asdict(found))
        return
    say(f"{workflow}: {_numbers(found.versions)} and {found.moves} moves are in the registry; "
        f"version {found.champion or 'none'} is the champion")  # fmt: skip
    if found.lost:
        say(f"{_numbers(found.lost)}: in the journal, and lost")
    say(*(f"{workflow}: {line}" for line in found.done))


def _numbers(numbers: list[int] | tuple[int, ...]) -> str:
    if not numbers:
        return "no version"
    return f"version{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"
