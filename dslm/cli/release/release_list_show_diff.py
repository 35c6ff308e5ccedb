"""`dslm release list`, `show` and `diff`: what there is, one, two beside each other."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dslm.cli.release.release_history_lines import move_by, move_plain
from dslm.cli.shell import streams
from dslm.cli.shell.printing import AsJson, Workflow, emit, say, table
from dslm.errors.notices import one_line

if TYPE_CHECKING:
    from dslm.records import Metric, Release
    from dslm.releasing.package.release_differences import Differences, Told
    from dslm.releasing.package.release_summary import Listed
    from dslm.reporting.pull_request.answer_flips import Flip
    from dslm.settings.workspace import Workspace

MOST_FLIPS = 20
COLUMNS = ["workflow", "no.", "is", "verdict", "cost", "through", "age", "digest"]
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def register(app: typer.Typer) -> None:
    """Put the commands under `dslm release`."""
    app.command("list")(list_releases)
    app.command("show")(show_release)
    app.command("diff")(diff_releases)


def list_releases(
    workflow: Annotated[
        str | None, typer.Argument(help="A folder in data/; by default all of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the registered versions, newest first, and where registry and journal disagree."""
    from dslm.releasing.package.release_summary import listed
    from dslm.settings.workspace import stage_command

    found: list[Listed] = []
    plain = []
    for ws in _workspaces(workflow):
        here, faults = listed(ws.root, ws.workflow)
        streams.tell("".join(f"dslm: {one_line(fault)}\n" for fault in faults))
        found += here
        plain += [_plain(one) | {"faults": faults} for one in here]
    if as_json:
        emit(plain)
    elif not found:
        command = stage_command("register", workflow or "WORKFLOW")
        say(f"no version is registered yet; {command} registers the first one")
    else:
        rows = [_row(one) for one in found]
        names = {row[0] for row in rows}
        if len(names) > 1:
            say(table(None, COLUMNS, rows))
        else:  # without a column that says the same in each row
            say(table(names.pop(), COLUMNS[1:], [row[1:] for row in rows]))
        say("cost a case and straight-through rate on gold; `dslm release show` has more")


def show_release(
    workflow: Workflow,
    version: Annotated[int | None, typer.Option(min=1, help="By default the champion.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one version from its own files, every byte compared: verdict, scores, moves, digests."""
    from dslm.releasing.package.release_differences import told
    from dslm.settings.workspace import workspace

    found = told(workspace(workflow), version)
    if as_json:
        emit(_told(found))
    else:
        _say_release(found)


def diff_releases(
    workflow: Workflow,
    before: Annotated[int, typer.Option("--from", min=1, help="The version to compare with.")],
    after: Annotated[int, typer.Option("--to", min=1, help="The version that is compared.")],
    as_json: AsJson = False,
) -> None:
    """Compare two versions: data, recipe, contract, policy, scores, and cases that changed."""
    from dslm.releasing.package.release_differences import differences
    from dslm.reporting.pull_request.answer_flips import flips
    from dslm.settings.workspace import workspace

    found = differences(workspace(workflow), before, after)
    turned = flips(found.rows[1], found.rows[0]) if found.same_gold else []
    if as_json:
        emit(_differences(found, turned))
    else:
        _say_differences(found, turned)


def _workspaces(workflow: str | None) -> list[Workspace]:
    from dslm.settings.workspace import Workspace, find_root, workspace

    if workflow is not None:
        return [workspace(workflow)]
    root = find_root()
    names = sorted(path.parent.name for path in root.glob("data/*/workflow.yaml"))
    return [Workspace(root, name) for name in names]


def _plain(one: Listed) -> dict[str, Any]:
    summary = None if one.summary is None else one.summary.model_dump(mode="json")
    told = {"age": round(one.age), "summary": summary, "approved_by": list(one.approved_by)}
    return one.release.model_dump(mode="json") | told


def _row(one: Listed) -> list[str]:
    from dslm.releasing.moves.release_identity import short
    from dslm.reporting.formatting import money, rate

    release, summary = one.release, one.summary
    numbers = ["unknown"] * 3
    if summary is not None:
        cost, through = summary.cost, summary.straight_through
        numbers = [
            summary.verdict,
            money(cost.value if cost else None, summary.currency),
            rate(through.value if through else None),
        ]
    return [
        release.workflow,
        str(release.version),
        "\n".join([_state(release), *(f"approved by {who}" for who in one.approved_by)]),
        *numbers,
        _age(one.age),
        short(release.digest),
    ]


def _state(release: Release) -> str:
    """Its aliases; its status too, where it has none or that is no longer a candidate's."""
    told = [] if release.aliases and release.status == "candidate" else [release.status]
    return "\n".join([*release.aliases, *told])


def _age(seconds: float) -> str:
    """How long ago, in the largest unit that fits; a clock behind the registry's is just now."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "just now"


def _told(found: Told) -> dict[str, Any]:
    return {
        "release": found.release.model_dump(mode="json"),
        "verdict": found.verdict.model_dump(mode="json"),
        "scorecard": found.scorecard.model_dump(mode="json"),
        "moves": [move_plain(*move) for move in zip(found.moves, found.signed, strict=True)],
    }


def _say_release(found: Told) -> None:
    release, card = found.release, found.scorecard
    named = _state(release).replace("\n", ", ")
    say(
        f"{release.workflow} version {release.version} ({named}), registered "
        f"{release.created[:16].replace('T', ' ')} UTC, contract {release.contract_version}",
        f"{found.verdict.status} on {card.gold_cases} gold cases; threshold "
        f"{'none' if card.threshold is None else card.threshold}",
    )
    checks = [[one.id, one.status, one.asked, one.seen] for one in found.verdict.checks]
    say(table("Checks", ["check", "status", "required", "measured"], checks))
    names = [name for name in ("candidate", "base", "champion", "anchor") if name in card.models]
    metrics = sorted({key for name in names for key in card.models[name].metrics})
    scores = [
        [_label(key), *(_value(key, card.models[n].metrics.get(key), card.currency) for n in names)]
        for key in metrics
    ]
    say(table("Scores, with 95 % intervals", ["metric", *names], scores))
    moves = [[str(e.seq), e.at[:16].replace("T", " "), move_by(e, by), e.action, e.reason]
             for e, by in zip(found.moves, found.signed, strict=True)]  # fmt: skip
    if moves:
        say(table("Made champion", ["no.", "at (UTC)", "who", "did", "why"], moves))
    digests = [["release", release.digest], *map(list, sorted(release.evidence.items()))]
    say(table("Made from", ["what", "digest or name"], digests))


def _differences(found: Differences, turned: list[Flip]) -> dict[str, Any]:
    return {
        "from": found.before.release.model_dump(mode="json"),
        "to": found.after.release.model_dump(mode="json"),
        "changes": found.changes.model_dump(mode="json"),
        "recipe": {key: {"from": was, "to": now} for key, (was, now) in found.recipe.items()},
        "threshold": {"from": found.threshold[0], "to": found.threshold[1]},
        "scores": {
            key: {"from": was and was.model_dump(), "to": now and now.model_dump()}
            for key, (was, now) in found.scores.items()
        },
        "same_gold": found.same_gold,
        "flips": [asdict(flip) for flip in turned],
    }


def _say_differences(found: Differences, turned: list[Flip]) -> None:
    left, right = found.before.release, found.after.release
    say(f"{right.workflow}: version {left.version} → {right.version}")
    changes = [
        [change.part, change.key, change.was, change.now, "yes" if change.loosens else ""]
        for change in found.changes.found
    ]
    if found.changes.unknown:
        say(f"what was required of both cannot be compared: {found.changes.unknown}")
    elif not changes:
        say("gold, policy, contract, data, code and base are the same")
    else:
        say(table("Changed", ["part", "what", "was", "is", "loosens"], changes))
    recipe = [[key, str(was), str(now)] for key, (was, now) in found.recipe.items()]
    if recipe:
        say(table("Recipe", ["key", "was", "is"], recipe))
    currency = found.after.scorecard.currency
    scores = [[_label(key), _value(key, was, currency), _value(key, now, currency)]
              for key, (was, now) in found.scores.items()]  # fmt: skip
    scores.append(["Threshold", *(str(one) if one is not None else "none"
                                  for one in found.threshold)])  # fmt: skip
    columns = ["metric", f"version {left.version}", f"version {right.version}"]
    say(table("Scores, with 95 % intervals", columns, scores))
    _say_flips(turned, same_gold=found.same_gold)


def _say_flips(turned: list[Flip], *, same_gold: bool) -> None:
    if not same_gold:
        say("the two have answered different gold sets, so no case can be compared")
        return
    worse = sum(flip.kind == "wrong" for flip in turned)
    say(
        f"of the same gold cases {worse} became wrong in at least one field, "
        f"{len(turned) - worse} right"
    )
    rows = [
        [flip.id, ", ".join(flip.newly_wrong), ", ".join(flip.newly_right),
         "yes" if flip.proceeds else ""]
        for flip in turned[:MOST_FLIPS]
    ]  # fmt: skip
    if rows:
        say(table(None, ["case", "newly wrong", "newly right", "goes through"], rows))
    if len(turned) > MOST_FLIPS:
        say(f"and {len(turned) - MOST_FLIPS} more; --json has all")


def _label(key: str) -> str:
    from dslm.reporting.display_names import METRICS

    return METRICS[key].label if key in METRICS else key


def _value(key: str, metric: Metric | None, currency: str) -> str:
    """A metric with its interval, in its unit."""
    from dslm.reporting.display_names import METRICS
    from dslm.reporting.formatting import money, number, rate

    if metric is None:
        return "not measured"
    unit = METRICS[key].unit if key in METRICS else "number"

    def written(value: float | None) -> str:
        if unit == "money":
            return money(value, currency)
        return rate(value) if unit == "rate" else number(value)

    return f"{written(metric.value)} ({written(metric.low)} to {written(metric.high)})"
