"""`dslm release`: promote, roll back, recover, and the history of who did what and why.

What only reads stands in `release_list_show_diff`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dslm.cli.release import release_backup, release_drill, release_fetch, release_list_show_diff
from dslm.cli.release.release_history_lines import move_by, move_plain
from dslm.cli.shell.actor import actor_or_login
from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table

if TYPE_CHECKING:
    from dslm.records import JournalEntry
    from dslm.settings.workspace import Workspace

app = typer.Typer(
    help="Versions of a workflow's model: list, promote, roll back, sign, approve, back up."
)
release_list_show_diff.register(app)
app.command("fetch")(release_fetch.fetch_release)
app.command("backup")(release_backup.backup)
app.command("restore")(release_backup.restore)
app.command("drill")(release_drill.drill)

Reason = Annotated[str, typer.Option("--reason", help="The reason; kept in the journal.")]
Actor = Annotated[
    str | None,
    typer.Option("--actor", envvar="DSLM_ACTOR", help="Who does it; by default your login name."),
]
Expected = Annotated[
    int | None,
    typer.Option(min=0, help="Refuse unless this version is the champion now; 0 = none."),
]


@app.command("promote")
def promote_release(
    workflow: Workflow,
    reason: Reason,
    version: Annotated[
        int | None, typer.Option(min=1, help="By default the version with the alias `candidate`.")
    ] = None,
    actor: Actor = None,
    expected: Expected = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also a version that was rolled back from.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a version the champion. Exit code 4 without PASS evidence for exactly that version."""
    from dslm.releasing.moves.promote_and_rollback import promote
    from dslm.releasing.pyfunc import answer
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    entry = promote(
        ws, version, reason, actor_or_login(actor), expected, again=again, answer=answer
    )
    if as_json:
        emit({"changed": entry is not None, "entry": _plain(entry), "champion": _champion(ws)})
    elif entry is None:
        say(f"{workflow}: version {_champion(ws)['version']} is the champion already")
    else:
        say(_told(workflow, entry))


@app.command("rollback")
def rollback_release(
    workflow: Workflow,
    reason: Reason,
    to: Annotated[
        int | None, typer.Option(min=1, help="By default the champion before this one.")
    ] = None,
    actor: Actor = None,
    expected: Expected = None,
    as_json: AsJson = False,
) -> None:
    """Go back to an earlier champion, once its files are proved and it gave its answers again.

    The same command again finishes a rollback that was cut short, and goes back no further.
    """
    from dslm.releasing.moves.promote_and_rollback import rollback
    from dslm.releasing.pyfunc import AnswersAgain
    from dslm.settings.workspace import workspace

    ws, began = workspace(workflow), time.monotonic()
    answers = AnswersAgain()
    entry = rollback(ws, reason, actor_or_login(actor), answers, to, expected)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        emit({"changed": entry is not None, "entry": _plain(entry), "champion": _champion(ws),
              "seconds": seconds, "answered_again": answers.given})  # fmt: skip
    elif entry is None:
        now = _champion(ws)["version"]
        say(f"{workflow}: rolled back to version {now} already; further back: --to N")
    else:
        gave = answers.given and f"repeated its {answers.given} recorded answers exactly"
        say(f"{_told(workflow, entry)}, in {seconds} s", f"it {gave or 'answered one case'}")


@app.command("recover")
def recover_releases(
    workflow: Workflow,
    actor: Actor = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help="If journal entries are lost for good, continue from the last known champion.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Finish an interrupted move, and repair journal, aliases and champion.json.

    Exit code 4 where something is lost that only a backup or --accept-loss can settle.
    """
    from dslm.releasing.moves.recover import recover
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    done = recover(ws, actor_or_login(actor), accept_loss=accept_loss)
    if as_json:
        emit({"changed": bool(done), "done": done, "champion": _champion(ws)})
    else:
        say(
            *(
                f"{workflow}: {line}"
                for line in done or ["registry, journal and champion.json agree; nothing to repair"]
            )
        )


@app.command("history")
def show_history(workflow: Workflow, as_json: AsJson = False) -> None:
    """Show every move of the champion, oldest first, after the chain was proved."""
    from dslm.releasing.moves.promote_and_rollback import signed_history
    from dslm.releasing.moves.release_identity import short
    from dslm.settings.workspace import workspace

    entries = signed_history(workspace(workflow))
    if as_json:
        emit([move_plain(*move) for move in entries])
    elif not entries:
        say(f"{workflow}: nothing has been promoted yet")
    else:
        rows = [
            [
                str(e.seq),
                e.at[:16].replace("T", " "),
                move_by(e, by),
                e.action,
                f"{e.from_version} → {e.to_version}",
                short(e.to_digest),
                e.reason,
            ]
            for e, by in entries
        ]
        say(table(None, ["no.", "at (UTC)", "who", "did", "versions", "digest", "why"], rows))


def _champion(ws: Workspace) -> dict[str, Any]:
    from dslm.releasing.moves.baseline import read_champion

    return read_champion(ws.champion).model_dump(mode="json")


def _plain(entry: JournalEntry | None) -> dict[str, Any] | None:
    return None if entry is None else entry.model_dump(mode="json")


def _told(workflow: str, entry: JournalEntry) -> str:
    from dslm.releasing.moves.release_identity import named

    before = named(entry.from_version, entry.from_digest) if entry.from_version else "no champion"
    done = "rolled back to" if entry.action == "rollback" else "promoted"
    now = named(entry.to_version, entry.to_digest)
    return f"{workflow}: {done} {now}, before: {before}, journal {entry.seq}"
