"""`dslm release approve` and `approvals`: people's signatures that a promotion is to be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table

if TYPE_CHECKING:
    from dslm.releasing.approvals.required_approvals import RequiredApprovals
    from dslm.settings.release_policy import Approvable
    from dslm.settings.workspace import Workspace

Version = Annotated[int, typer.Option(min=1, help="Which version.")]


def approve(
    workflow: Workflow,
    version: Version,
    reason: Annotated[
        str, typer.Option("--reason", help="The reason; signed, and kept in the journal.")
    ],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="promotion, loosening, waiver or policy_change; several: once each. By "
            "default all that is asked and that you may."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Approve a version's promotion with your key. Exit code 4 if it could not be promoted anyway.

    Your key is the one that `dslm release keygen` made; registry/policy.yaml says whose it is.
    """
    from dslm.releasing.approvals.give_approval import approve as approve_version
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    given = approve_version(ws, version, reason, _kinds(kind or []))
    status = _status(ws, version, given.asked)
    if as_json:
        emit({"by": given.who, "approved": given.anew, "before": given.before,
              "passed_over": given.passed_over} | status)  # fmt: skip
        return
    for rule in given.asked.rules:
        if rule.kind in (*given.anew, *given.before):
            again = "has already approved" if rule.kind in given.before else "approved"
            say(f"{given.who} {again}: {rule.kind} of {workflow} version {version}")
            say(*(f"    {line}" for line in rule.told))
    say(*(f"not approved by {given.who}: {line}" for line in given.passed_over))
    _say_missing(status)


def approvals(workflow: Workflow, version: Version, as_json: AsJson = False) -> None:
    """Show what a version's promotion has to be approved for, who did, and what is missing."""
    from dslm.releasing.approvals.give_approval import asked_for
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    asked = asked_for(ws, version)
    status = _promoted(ws, version) if asked is None else _status(ws, version, asked)
    if as_json:
        emit(status)
    else:
        _say_status(status)


def _kinds(given: list[str]) -> list[Approvable]:
    from dslm.errors import InputError
    from dslm.settings.did_you_mean import nearest
    from dslm.settings.release_policy import APPROVABLE

    for one in given:
        if one not in APPROVABLE:
            near = nearest(one, [*APPROVABLE])
            fix = f"did you mean {near!r}?" if near else f"one of {', '.join(APPROVABLE)}"
            raise InputError(f"{one!r} is not something to approve", where="--kind", fix=fix)
    return [one for one in APPROVABLE if one in given]


def _status(ws: Workspace, version: int, asked: RequiredApprovals) -> dict[str, Any]:
    """What is asked of a version that does not serve, and what there is of it."""
    from dslm.releasing.approvals.counted_approvals import missing

    rules = []
    for rule in asked.rules:
        found = asked.heard(rule)
        other = [one for one in asked.kept if one.kind == rule.kind and one.approved is None]
        rules.append({
            "kind": rule.kind, "count": rule.asks.count, "role": rule.asks.role,
            "not_the_trainer": rule.asks.not_the_trainer, "about": list(rule.told),
            "approved": [{"by": one.who, "reason": one.approved.reason, "at": one.approved.at}
                         for one in found if not one.fault],
            "not_counted": [{"by": one.who, "why": one.fault} for one in found if one.fault]
            + [{"by": one.who or "nobody known", "why": one.fault} for one in other],
            "missing": missing(rule, found, asked.release_key),
        })  # fmt: skip
    return {
        "workflow": ws.workflow, "version": version, "champion": False,
        "policy": asked.under.digest, "asked": rules, "refused": list(asked.refused),
        "enough": not asked.refused and not asked.missing(),
    }  # fmt: skip


def _promoted(ws: Workspace, version: int) -> dict[str, Any]:
    """Who approved the promotion of the version that serves."""
    from dslm.releasing.moves.promote_and_rollback import signed_history

    entry, by = signed_history(ws)[-1]
    approved = [{"kind": one.kind, "by": who, "reason": one.reason, "at": one.at}
                for one, who in by.approved_by]  # fmt: skip
    return {"workflow": ws.workflow, "version": version, "champion": True, "journal": entry.seq,
            "policy": entry.policy_digest, "approved": approved}  # fmt: skip


def _say_status(status: dict[str, Any]) -> None:
    name = f"{status['workflow']} version {status['version']}"
    if status["champion"]:
        rows = [[one["kind"], one["by"], one["at"][:16].replace("T", " "), one["reason"]]
                for one in status["approved"]]  # fmt: skip
        say(f"{name} serves, journal {status['journal']}: approved by "
            f"{len({one['by'] for one in status['approved']})} people")  # fmt: skip
        if rows:
            say(table(None, ["what", "who", "at (UTC)", "why"], rows))
        return
    rows = []
    for rule in status["asked"]:
        asks = f"{rule['count']} of {rule['role']}"
        rows += [[rule["kind"], asks, one["by"], one["reason"]] for one in rule["approved"]]
        rows += [[rule["kind"], asks, one["by"], f"does not count: {one['why']}"]
                 for one in rule["not_counted"]]  # fmt: skip
    if rows:
        say(table(name, ["what", "required", "who", "why"], rows))
    for rule in status["asked"]:
        if rule["about"]:
            say(f"{rule['kind']}:", *(f"    {line}" for line in rule["about"]))
    _say_missing(status)


def _say_missing(status: dict[str, Any]) -> None:
    name = f"{status['workflow']} version {status['version']}"
    say(*(f"refused, and no approval can allow it: {line}" for line in status["refused"]))
    say(*(f"missing: {rule['missing']}" for rule in status["asked"] if rule["missing"]))
    if status["enough"]:
        asked = "all required approvals are there" if status["asked"] else "no approval is required"
        say(f"{name}: {asked}; `dslm release promote {status['workflow']} --version "
            f"{status['version']} --reason …`")  # fmt: skip
