"""`dslm forget`: every copy of a person's cases, listed or erased."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table
from dslm.errors import InputError

if TYPE_CHECKING:
    from dslm.erasure import Listing


REPORTS_NO_VALUES = True  # asked by `bug_report`: an id is among the arguments


def forget(
    workflow: Workflow,
    group: Annotated[
        str,
        typer.Option(
            "--group",
            help="The id that data.group_by has in the person's cases, in any spelling; - reads "
            "it from standard input, so that no shell keeps it.",
        ),
    ],
    apply: Annotated[
        bool, typer.Option("--apply", help="Erase; without it everything is only listed.")
    ] = False,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", help="The reason; it is kept, so name no person in it. Needed with --apply."
        ),
    ] = "",
    actor: Annotated[
        str | None,
        typer.Option(
            "--actor", envvar="DSLM_ACTOR", help="Who does it; by default your login name."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: do not ask.")] = False,
    leave_others: Annotated[
        bool,
        typer.Option(
            "--leave-others",
            help="With --apply: continue although some copies must be removed by hand.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List every copy of a person's cases, and erase what is within reach with --apply.

    The same command again finishes one that was cut short.
    """
    from dslm.cli.shell.actor import actor_or_login
    from dslm.erasure import forget as erase
    from dslm.erasure import listing
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    name = sys.stdin.readline().strip() if group == "-" else group
    if not apply:
        _show(listing(ws, name), as_json=as_json)
        return
    if not yes:
        _ask(listing(ws, name), as_json=as_json)
    done = erase(ws, name, actor_or_login(actor), reason, leave_others=leave_others)
    _show(done, as_json=as_json)


def _ask(found: Listing, *, as_json: bool) -> None:
    """Show what would be erased and ask.

    Raises:
        InputError: Nobody can be asked, or the answer is no.
    """
    if as_json or not sys.stdin.isatty():
        raise InputError("nobody can be asked here", where="--apply", fix="look without --apply, "
                         "then say --yes")  # fmt: skip
    _show(found, as_json=False)
    if not typer.confirm("Erase all that is listed? It cannot be undone."):
        raise InputError("nothing was erased", where="--apply")


def _show(found: Listing, *, as_json: bool) -> None:
    if as_json:
        emit(_plain(found))
        return
    if found.before is not None and not (found.copies or found.releases):
        done = "erased" if found.before.done else "begun to be erased, and nothing is left of it"
        say(f"{found.workflow}: the cases of this group were {done}: {found.before.at[:10]}, "
            f"{found.before.actor}: {found.before.reason}")  # fmt: skip
        return
    rows = [[one.kind, one.place, str(one.found), one.action] for one in found.copies]
    rows += [["release", f"{one.named}: {name}", str(count), "erased, sealed again"]
             for one in found.releases for name, count in one.files.items()]  # fmt: skip
    rows += [["release", f"{one.named}: {name}", "", "by hand"]
             for one in found.releases for name in one.others]  # fmt: skip
    say(table(None, ["kind", "where", "found", "erased" if found.applied else "would be"], rows))
    say(*(f"{one.named}: {lost}" for one in found.releases for lost in one.lost))
    say(*(f"note: {one}" for one in found.notes))
    say("beyond reach:", *(f"  {one}" for one in found.beyond))
    if found.applied:
        left = f"to be removed by hand: {', '.join(found.by_hand)}" if found.by_hand else (
            "nothing of it is left in this repository, its cache or its registry")  # fmt: skip
        say(f"{found.workflow}: erased; {left}", "next:", *(f"  {one}" for one in found.to_do))
    else:
        say("nothing was changed; `--apply --reason …` erases it")


def _plain(found: Listing) -> dict[str, Any]:
    copies = [
        {"kind": one.kind, "place": one.place, "found": one.found, "action": one.action}
        for one in found.copies
    ]
    before = None if found.before is None else found.before.model_dump(mode="json")
    return {
        "workflow": found.workflow, "applied": found.applied, "copies": copies,
        "releases": [asdict(one) for one in found.releases], "by_hand": found.by_hand,
        "beyond": list(found.beyond), "to_do": list(found.to_do), "notes": list(found.notes),
        "erased_before": before,
    }  # fmt: skip
