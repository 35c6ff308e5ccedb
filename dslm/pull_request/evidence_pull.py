"""Fetches what the pull request's stages made, and asks DVC whether it belongs to data and code.

Takes the tree that is judged and the target's DVC settings; leaves the outputs in the tree and
gives what `dvc status` says. It is `dvc pull` and `dvc status` with each object looked at in
between: DVC takes a remote's word for what an object is. No stage command runs. Called by
`judge_pull_request`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dslm.errors import EnvironmentFault, InputError, ReleaseRefused
from dslm.provenance import write_atomic
from dslm.pull_request.dvc_files import FOLDER, Out, files_in, has_stages, read_lock
from dslm.settings.workspace import Workspace

PUSH = "run `dvc push` where it was made, with the target branch's remote"
MOST_NAMED = 5


def pull_evidence(ws: Workspace, target: Path) -> list[str]:
    """Fetch all outputs up to the gate, and compare them with data and code.

    Args:
        ws: The workflow in the tree that is judged.
        target: The checkout of the target branch, whose remote is asked.

    Returns:
        What `dvc status` says is not of one and the same run; empty where all is.

    Raises:
        ReleaseRefused: `dvc.lock` or an object is not what it has to be, or was not pushed.
        InputError: The target has no DVC remote.
        EnvironmentFault: The remote does not answer.
    """
    if found := sorted(str(p.relative_to(ws.root)) for p in _tracked_by_hand(ws)):
        what = "data that DVC tracks by a file of its own cannot be judged here"
        raise ReleaseRefused(what, where=found[0], fix="track it with git, or as a stage's output")
    if not has_stages(read_lock(ws.root / "dvc.lock"), ws.workflow):
        what = f"names no stage of {ws.workflow}"
        raise ReleaseRefused(what, where="dvc.lock", fix=f"run `dvc repro gate@{ws.workflow}`")
    from dvc.exceptions import DvcException

    try:
        return _pulled(_repository(ws.root, target), ws)
    except DvcException as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise EnvironmentFault(f"DVC says: {told[0]}", fix="check the remote, try again") from error


def _tracked_by_hand(ws: Workspace) -> Iterator[Path]:
    for part in (ws.data, ws.eval):
        yield from part.rglob("*.dvc")


def _repository(root: Path, target: Path) -> Any:
    """The tree as a repository of DVC's, with no settings but the target's and its machine's."""
    from dvc.config import Config
    from dvc.repo import Repo

    own, here = Config(str(target / ".dvc")), root / ".dvc"
    here.mkdir()
    settings = {
        "core": dict(own["core"]) | {"no_scm": True, "site_cache_dir": str(here / "site")},
        "remote": {name: dict(remote) for name, remote in own["remote"].items()},
        "cache": {"dir": str(here / "cache")},
    }
    return Repo(str(root), config=settings)


def _pulled(repository: Any, ws: Workspace) -> list[str]:
    from dvc.config import NoRemoteError

    gate = f"{ws.root / 'dvc.yaml'}:gate@{ws.workflow}"
    try:
        remote = repository.cloud.get_remote_odb()
    except NoRemoteError:
        fix = "`dvc remote add --default NAME URL` there, and commit .dvc/config"
        raise InputError("the target branch names no default DVC remote", fix=fix) from None
    cache = repository.cache.local
    stages = repository.stage.collect(gate, with_deps=True)
    kept = [out for stage in stages for out in stage.outs if out.use_cache]
    if unnamed := sorted(out.def_path for out in kept if not out.hash_info):
        what = f"names no object of {', '.join(unnamed[:MOST_NAMED])}"
        raise ReleaseRefused(what, where="dvc.lock", fix=f"run `dvc repro gate@{ws.workflow}`")
    outs = [Out(out.def_path, out.hash_info.value) for out in kept]
    files = [one for out in outs for one in _files(out, remote, cache)]
    repository.fetch([gate], with_deps=True)
    _refuse_lacking([one.path for one in files if not Path(cache.oid_to_path(one.md5)).is_file()])
    for one in files:
        _refuse_other_bytes(Path(cache.oid_to_path(one.md5)).read_bytes(), one)
    repository.checkout([gate], with_deps=True, force=True)
    return list(_differences(repository.status([gate], with_deps=True), ws))


def _files(out: Out, remote: Any, cache: Any) -> list[Out]:
    """The files of an output; of a folder, its list is fetched and looked at first."""
    if not FOLDER.match(out.md5):
        return [out]
    try:
        with remote.fs.open(remote.oid_to_path(out.md5), "rb") as stream:
            data = stream.read()
    except FileNotFoundError:
        _refuse_lacking([out.path])
        raise
    _refuse_other_bytes(data, out)
    found = list(files_in(out, data))
    write_atomic(Path(cache.oid_to_path(out.md5)), data)
    return found


def _refuse_lacking(paths: Sequence[str]) -> None:
    if paths:
        more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
        what = f"not in the DVC remote: {', '.join(paths[:MOST_NAMED])}{more}"
        raise ReleaseRefused(what, where="dvc.lock", fix=PUSH)


def _refuse_other_bytes(data: bytes, one: Out) -> None:
    """Refuse an object that is not what its name says."""
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if digest != one.md5.removesuffix(".dir"):
        what = "the DVC remote holds other bytes than dvc.lock names"
        raise ReleaseRefused(what, where=one.path, fix=PUSH)


def _differences(status: Mapping[str, Sequence[Any]], ws: Workspace) -> Iterator[str]:
    """What DVC says of each stage, but that the report is not there, which nobody keeps."""
    report = ws.report.relative_to(ws.root).as_posix()
    for stage, found in status.items():
        name = stage.rpartition(":")[2]
        for one in found:
            if not isinstance(one, Mapping):
                yield f"{name}: {one}"
                continue
            for kind, paths in one.items():
                for path, how in paths.items():
                    if not (path.endswith(report) and how == "deleted"):
                        yield f"{name}: {kind}: {_worded(path, how)}"


def _worded(path: str, how: Any) -> str:
    """A path and how it changed; of parameters, the keys."""
    if isinstance(how, Mapping):
        return f"{path} ({', '.join(sorted(map(str, how)))})"
    return f"{path} ({how})"
