"""Judges a pull request: the target's code, policy and settings; the pull request's data.

Takes both checkouts and what lets models answer again; gives a `Judgement`. First what judges is
compared, then evidence is fetched and `dvc status` asked, then the gate judges rows anew, then some
cases are answered again. Each step is a check of its own beside the gate's; one that fails refuses,
and what follows it would prove nothing. Called by `dslm gate pull-request`.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dslm
from dslm.errors import EXIT_OK, EXIT_REFUSED, DslmError, InputError, ReleaseRefused
from dslm.gating.evidence.evidence_loading import LatestRun
from dslm.gating.gate import (
    exit_code,
    gate_proposed,
    judge_run,
    read_documents,
    unlike,
    verdict_files,
)
from dslm.looks.look_ledger import ledger_of
from dslm.pull_request.changed_files import Change, changes
from dslm.pull_request.document_changes import document_notes
from dslm.pull_request.evidence_pull import pull_evidence
from dslm.pull_request.judged_tree import ProposedWorkspace, ask_by_target, lay_out
from dslm.records import Baseline, Check, Record, Verdict
from dslm.scoring.dvc_metrics_files import told_otherwise
from dslm.scoring.rows.answers_given_again import Repeated
from dslm.scoring.scorecard_verification import WorkingTree, read_scorecard
from dslm.settings.gate_policy import PULL_REQUEST_CHECKS
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

TREE = Path(".dslm") / "pull-request"
MOST_NAMED = 6
BEHIND = "if the branch is only behind the target, merge the target into it"
Repeat = Callable[[Workspace], Iterable[Repeated]]
SAME_JUDGE, SAME_CHAMPION, EVIDENCE, RECORDED, AGAIN = PULL_REQUEST_CHECKS


class Judgement(Record):
    """What is said of a pull request.

    Attributes:
        workflow: Of which.
        changed: Paths that a gate looks at and that differ, each with how.
        notes: What a reader has to know beside the checks.
        verdict: The gate's, the checks of the pull request before its own; None where the pull
            request changes nothing that the gate looks at.
        draw: The number that drew the cases which were answered again.
        answered_again: How the models' rows fared.
    """

    workflow: str
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
    draw: int | None = None
    answered_again: tuple[Repeated, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether it is refused, so that no number of it is believed."""
        own = {*PULL_REQUEST_CHECKS, "evidence"}
        checks = () if self.verdict is None else self.verdict.checks
        return any(check.id in own and check.status == "FAIL" for check in checks)

    @property
    def exit_code(self) -> int:
        """0 PASS or nothing to judge, 1 FAIL, 3 INCONCLUSIVE, 4 refused."""
        if self.verdict is None:
            return EXIT_OK
        return EXIT_REFUSED if self.refused else exit_code(self.verdict)


@dataclass(frozen=True)
class PullRequest:
    """Both sides.

    Attributes:
        target: The workflow in the checkout that judges.
        head: The pull request's files.
        today: Until when waivers have to hold.
    """

    target: Workspace
    head: Path
    today: dt.date

    @property
    def tree(self) -> Path:
        """Where data of the one is laid beside code of the other; stays until the next time."""
        return self.target.root / TREE / self.target.workflow

    @property
    def judged(self) -> Workspace:
        """The workflow in that tree, in the end asked by the target's policy."""
        return Workspace(self.tree, self.target.workflow)


def judge_pull_request(asked: PullRequest, repeat: Repeat) -> Judgement:
    """Judge it.

    Args:
        asked: Both sides.
        repeat: Lets the models of a workflow answer cases again.

    Raises:
        InputError: The code that runs is not the target's, or the target's documents are wrong.
        EnvironmentFault: The DVC remote does not answer.
    """
    _refuse_other_code(asked.target.root)
    found = [one for one in changes(asked.target.root, asked.head) if _is_of(asked, one)]
    start = Judgement(
        workflow=asked.target.workflow,
        changed=tuple(f"{one.path} ({one.how})" for one in found),
    )
    if not found:
        return start
    checks = [_same_judge(found, asked.target), _same_champion(found, asked)]
    if _failed(checks):
        return _refused(start, checks)
    checks.append(_evidence(asked))
    if _failed(checks):
        return _refused(start, checks)
    own = ask_by_target(asked.judged, asked.target)
    noted = start.model_copy(update={"notes": document_notes(asked.target, own)})
    return _judged(asked, own, noted, checks, repeat)


def _judged(
    asked: PullRequest,
    own: ProposedWorkspace,
    start: Judgement,
    checks: list[Check],
    repeat: Repeat,
) -> Judgement:
    """The gate's verdict, whether it was recorded so, and whether models answer as rows say."""
    verdict, ignored = gate_proposed(asked.judged, asked.today)
    checks.append(_recorded(asked, own, verdict))
    again = tuple[Repeated, ...]()
    if verdict.evidence and not _failed(checks):
        check, again = _answered_again(asked.judged, repeat)
        checks.append(check)
    whole = verdict.model_copy(update={"checks": (*checks, *verdict.checks)})
    if _failed(checks):
        whole = whole.model_copy(update={"status": "FAIL"})
    found = {"verdict": whole, "answered_again": again, "notes": (*start.notes, *ignored)}
    return start.model_copy(update=found)


def _refuse_other_code(root: Path) -> None:
    """The code that runs has to be the target's own: it is what the evidence is compared with."""
    runs = Path(dslm.__file__).resolve().parent
    if runs != (root / "dslm").resolve():
        what = f"this runs the code in {runs}, not that of the target branch"
        fix = "install the checkout of the target branch (`make setup` there) and use its `dslm`"
        raise InputError(what, where=root, fix=fix)


def _is_of(asked: PullRequest, one: Change) -> bool:
    """Whether a change concerns this workflow: all that judges does, another's data does not."""
    if one.kind != "judged":
        return one.kind == "judges"
    parts = Path(one.path).parts
    return parts[0] not in {"data", "eval", "registry"} or parts[1] == asked.target.workflow


def _failed(checks: Sequence[Check]) -> bool:
    return any(check.status == "FAIL" for check in checks)


def _refused(start: Judgement, checks: Sequence[Check]) -> Judgement:
    """Refused before the gate was asked."""
    verdict = Verdict(workflow=start.workflow, status="FAIL", checks=tuple(checks),
                      baseline=Baseline(), evidence={})  # fmt: skip
    return start.model_copy(update={"verdict": verdict})


def _check(name: str, asked: str, seen: str, way: str, *, fails: bool) -> Check:
    return Check(id=name, metric="evidence", status="FAIL" if fails else "PASS", asked=asked,
                 seen=seen, why=way)  # fmt: skip


def _named(lines: Sequence[str]) -> str:
    more = f"; and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else ""
    return "; ".join(lines[:MOST_NAMED]) + more


def _same_judge(found: Sequence[Change], target: Workspace) -> Check:
    champion = target.champion.relative_to(target.root).as_posix()
    kept = f"{target.eval.relative_to(target.root).as_posix()}/looks/"
    other = [
        f"{one.path} ({one.how})"
        for one in found
        if (one.kind == "judges" and one.path != champion)
        or (one.path.startswith(kept) and one.how != "added")
    ]
    asked = "code, workflow files, locks and looks at gold as the target branch has them"
    if not other:
        return _check(SAME_JUDGE, asked, "no such file differs", "", fails=False)
    way = ("code and settings that judge cannot judge themselves: merge them in a pull request of "
           f"their own, reviewed as code, then make the evidence again; {BEHIND}")  # fmt: skip
    return _check(SAME_JUDGE, asked, _named(other), way, fails=True)


def _same_champion(found: Sequence[Change], asked: PullRequest) -> Check:
    path = asked.target.champion.relative_to(asked.target.root).as_posix()
    change = next((one for one in found if one.path == path), None)
    wanted = f"the target branch's {path}"
    if change is None:
        return _check(SAME_CHAMPION, wanted, "it is", "", fails=False)
    way = (f"a candidate is compared with what serves: `dslm release promote` and `rollback` write "
           f"that file, which lands by itself; {BEHIND}")  # fmt: skip
    return _check(SAME_CHAMPION, wanted, f"another one ({change.how})", way, fails=True)


def _evidence(asked: PullRequest) -> Check:
    """Lay the tree out, fetch what stages made, and ask DVC whether all belongs together."""
    wanted = "`dvc status` says that dvc.lock, data, code and outputs belong together"
    way = "run `dvc repro` and `dvc push` on the branch, commit dvc.lock and the results"
    shutil.rmtree(asked.tree, ignore_errors=True)
    asked.tree.mkdir(parents=True)
    try:
        ws = lay_out(asked.target, asked.head, asked.tree)
        found = pull_evidence(ws, asked.target.root)
    except (ReleaseRefused, InputError) as error:
        return _check(EVIDENCE, wanted, error.message(), way, fails=True)
    if found:
        return _check(EVIDENCE, wanted, _named(found), f"{way}; {BEHIND}", fails=True)
    return _check(EVIDENCE, wanted, "it does", "", fails=False)


def _recorded(asked: PullRequest, ws: ProposedWorkspace, verdict: Verdict) -> Check:
    """Whether the verdict that was committed is the one that rows give, by its own policy."""
    wanted = "the committed verdict is the one that the rows give again"
    way = f"run `dvc repro gate@{ws.workflow}`, commit what it writes"
    path = ws.results / "gate.json"
    try:
        recorded = Verdict.model_validate(strict_json(path.read_bytes()))
        documents = read_documents(ws, asked.today)
        again = verdict if _asks_the_same(asked, ws) else judge_run(LatestRun(ws), documents)
    except (OSError, ValueError, DslmError) as error:
        said = error.message() if isinstance(error, DslmError) else str(error).splitlines()[0]
        return _check(RECORDED, wanted, f"gate.json: {said}", way, fails=True)
    told = verdict_files(recorded, documents.policy, ws.looks)
    if found := unlike(recorded, again, documents) or list(_told_otherwise(ws, recorded, told)):
        return _check(RECORDED, wanted, _named(found), way, fails=True)
    return _check(RECORDED, wanted, f"it is: {recorded.status}", "", fails=False)


def _told_otherwise(ws: Workspace, recorded: Verdict, said: Mapping[str, str]) -> Iterator[str]:
    """Files beside the verdict that say something else than it and the rows; people read them.

    A look that is not committed would be nobody's: the next candidate would have its number again.
    """
    if recorded.look is not None and not ledger_of(ws).holds(recorded.look):
        yield "its look at gold is not in the ledger: commit the folder `looks` with the results"
    for name in sorted(said.keys() - {"gate.json"}):  # it was read, and compared key by key
        path = ws.results / name
        if not (path.is_file() and path.read_bytes() == said[name].encode()):
            yield f"{name}: is not what the verdict says"
    if recorded.evidence:
        tree = WorkingTree(ws)
        card, rows = read_scorecard(tree.scorecard), tree.answered("candidate").rows
        yield from told_otherwise(ws.results, card, rows)


def _asks_the_same(asked: PullRequest, ws: ProposedWorkspace) -> bool:
    pairs = ((asked.target.policy, ws.policy), (asked.target.waivers, ws.waivers))
    return all(
        one.is_file() == other.is_file()
        and (not one.is_file() or one.read_bytes() == other.read_bytes())
        for one, other in pairs
    )


def _answered_again(ws: Workspace, repeat: Repeat) -> tuple[Check, tuple[Repeated, ...]]:
    """Let the models answer the cases that were drawn; none that cannot is passed over."""
    wanted = "cases that were drawn after the commit are answered again as their rows say"
    way = "score again with `dvc repro`; rows are what a model answered, and nothing else"
    try:
        found = tuple(repeat(ws))
    except DslmError as error:
        how = (f"if this runner is too small, have one with a label of its own run the gate: "
               f"docs/pull-requests.md; else {way}")  # fmt: skip
        return _check(AGAIN, wanted, error.message(), how, fails=True), ()
    other = [f"{one.model}: {line}" for one in found for line in one.unlike]
    asked = "; ".join(f"{one.model}: {one.asked} of {one.rows}" for one in found)
    if other or not found:
        return _check(AGAIN, wanted, _named(other) or "none was", way, fails=True), found
    return _check(AGAIN, wanted, f"all were ({asked})", "", fails=False), found
