"""The tree that is judged: code and settings of the target branch, data of the pull request.

Takes both checkouts; writes into an empty folder what DVC and the gate look at there. Of the pull
request only regular files of one workflow are copied; links are refused, since one may lead out of
its folder. Called by `judge_pull_request`.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from dslm.contract import load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.evidence import release_digest
from dslm.records import Release
from dslm.settings.gate_policy import load_policy
from dslm.settings.params import load_params, recipe_of
from dslm.settings.waivers import load_waivers
from dslm.settings.workspace import Workspace, refuse_other_name

# Of the target: what stages depend on and the gate reads, none of it run from the copy.
OF_TARGET = ("dslm", "pipelines", "recipes/locks", "dvc.yaml", ".dvcignore", "requirements.lock")
PROPOSED = "proposed"  # where the pull request's policy and waivers are put aside
LARGEST = 2**30  # bytes of one file that git has


@dataclass(frozen=True)
class ProposedWorkspace(Workspace):
    """The workflow as the pull request asks for it: by its own policy, with its own waivers."""

    @property
    def policy(self) -> Path:
        """The pull request's gate policy."""
        return self.root / PROPOSED / super().policy.name

    @property
    def waivers(self) -> Path:
        """The pull request's waivers."""
        return self.root / PROPOSED / super().waivers.name


def ask_by_target(ws: Workspace, target: Workspace) -> ProposedWorkspace:
    """Put the target's policy and waivers in the place of the pull request's.

    Called when DVC was asked, whose lock names those that the verdict was reached by.

    Args:
        ws: The workflow in the tree, as the pull request has it.
        target: The workflow in the target branch.

    Returns:
        The workflow as the pull request asks for it.
    """
    proposed = ProposedWorkspace(ws.root, ws.workflow)
    proposed.policy.parent.mkdir()
    for now, own, targets in (
        (ws.policy, proposed.policy, target.policy),
        (ws.waivers, proposed.waivers, target.waivers),
    ):
        if now.is_file():
            now.rename(own)
        if targets.is_file():
            shutil.copyfile(targets, now)
    return proposed


def lay_out(target: Workspace, head: Path, into: Path) -> Workspace:
    """Write the tree; gives the workflow in it, as the pull request has it.

    Args:
        target: The workflow in the target branch.
        head: The pull request's files.
        into: An empty folder.

    Raises:
        ReleaseRefused: A file of the pull request is no regular file, or is not there.
        InputError: Its `params.yaml`, recipe, contract, policy or waivers cannot be read.
    """
    ws = Workspace(into, target.workflow)
    for name in OF_TARGET:
        _copy_own(target.root / name, into / name)
    _copy_own(target.registry, ws.registry)
    _take_receipt(ws, target, head)
    for part in (ws.data, ws.eval):
        _take(head, part.relative_to(into).as_posix(), into)
    for path in sorted((head / "recipes").glob("*.yaml")):
        _take(head, f"recipes/{path.name}", into)
    _take(head, "dvc.lock", into, needed=True)
    _take(head, "params.yaml", into, needed=True)
    _only_this_workflow(ws)
    _link_base(ws, target.root)
    # DVC reads these too, and bounds neither their size nor their depth
    refuse_other_name(ws, load_contract(ws.contract).name)
    load_policy(ws.policy)
    load_waivers(ws.waivers)
    return ws


def _take_receipt(ws: Workspace, target: Workspace, head: Path) -> None:
    """The pull request's own receipt of a registration: the ledger has to have the look it names.

    Raises:
        ReleaseRefused: It is gone, or is no receipt of this workflow's.
    """
    name = target.receipt.relative_to(target.root).as_posix()
    fix = "register again, or restore it from the target branch"
    ws.receipt.unlink(missing_ok=True)
    _take(head, name, ws.root)
    if not ws.receipt.is_file():
        if target.receipt.is_file():
            raise ReleaseRefused("the pull request takes it away", where=name, fix=fix)
        return
    try:
        found = Release.model_validate_json(ws.receipt.read_bytes())
    except ValidationError as error:
        what = f"is not a registration record ({error.errors()[0]['msg']})"
        raise ReleaseRefused(what, where=name, fix=fix) from None
    then = target.receipt.read_bytes() if target.receipt.is_file() else None
    digest = release_digest(ws.workflow, found.evidence)
    own = (found.workflow, found.digest) == (ws.workflow, digest) and found.look
    if ws.receipt.read_bytes() != then and not own:
        what = f"is not a registration record of {ws.workflow} that names its look at gold"
        raise ReleaseRefused(what, where=name, fix=fix)


def _copy_own(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    elif source.is_file():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)


def _take(head: Path, name: str, into: Path, *, needed: bool = False) -> None:
    """Copy a file, or all of a folder, of the pull request."""
    start = head
    for part in PurePosixPath(name).parts[:-1]:
        start = start / part
        if start.is_symlink():
            raise _no_regular(start, head)
    source = head / name
    if not source.exists() and not source.is_symlink():
        if needed:
            fix = "run `dvc repro`, `dvc push`, and commit dvc.lock and the results"
            raise ReleaseRefused(f"the pull request has no {name}", fix=fix)
        return
    for path in _regular(source, head):
        to = into / path.relative_to(head)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to, follow_symlinks=False)


def _regular(path: Path, head: Path) -> Iterator[Path]:
    mode = path.lstat().st_mode
    shown = os.fsencode(path.relative_to(head)).decode(errors="backslashreplace")
    if shown != str(path.relative_to(head)):
        raise ReleaseRefused("its name is no UTF-8", where=shown, fix="rename it")
    if stat.S_ISDIR(mode):
        for one in sorted(path.iterdir()):
            yield from _regular(one, head)
    elif not stat.S_ISREG(mode) or path.stat().st_size > LARGEST:
        raise _no_regular(path, head)
    else:
        yield path


def _no_regular(path: Path, head: Path) -> ReleaseRefused:
    what = "is no regular file of less than a gigabyte: links of a pull request are not followed"
    return ReleaseRefused(what, where=path.relative_to(head), fix="commit the file itself")


def _only_this_workflow(ws: Workspace) -> None:
    """`params.yaml` with this workflow alone: others' lines are theirs to judge."""
    workflows = load_params(ws.root).workflows
    if ws.workflow not in workflows:
        raise InputError(f"the pull request's params.yaml does not list {ws.workflow}",
                         fix=f"add `{ws.workflow}: {{recipe: …}}` under workflows")  # fmt: skip
    mine = {ws.workflow: {"recipe": workflows[ws.workflow].recipe}}
    (ws.root / "params.yaml").write_text(json.dumps({"workflows": mine}) + "\n", encoding="utf-8")


def _link_base(ws: Workspace, target: Path) -> None:
    """A base model in a folder of the repository is the target's; it is compared with its lock."""
    folder = recipe_of(ws).base.folder
    if folder is None or Path(folder).is_absolute() or ".." in Path(folder).parts:
        return
    if (target / folder).is_dir() and not (ws.root / folder).exists():
        (ws.root / folder).parent.mkdir(parents=True, exist_ok=True)
        (ws.root / folder).symlink_to((target / folder).resolve(), target_is_directory=True)
