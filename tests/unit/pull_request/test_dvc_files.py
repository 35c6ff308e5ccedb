"""`dvc.lock` and lists of folders, before DVC makes paths of what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dslm.errors import ReleaseRefused
from dslm.pull_request.dvc_files import Out, files_in, has_stages, is_inside, read_lock

MD5 = "5dc03e6faf20782f9fec311d0acffc1f"
FOLDER = Out("artifacts/mini/adapter", f"{MD5}.dir")
OUT = {"path": "artifacts/mini/adapter", "hash": "md5", "md5": f"{MD5}.dir", "size": 6, "nfiles": 2}


def lock(path: Path, out: Any, *, schema: str = "2.0", key: str = "outs") -> Path:
    stage = {"cmd": "x", "deps": [], "outs": []} | {key: [out]}
    path.write_text(json.dumps({"schema": schema, "stages": {"train@mini": stage}}))
    return path


def test_a_lock_as_dvc_writes_it_is_read(tmp_path: Path) -> None:
    stages = read_lock(lock(tmp_path / "dvc.lock", OUT))
    assert has_stages(stages, "mini")
    assert not has_stages(stages, "ini")


@pytest.mark.parametrize("key", ["outs", "deps"])
@pytest.mark.parametrize(
    "change",
    [
        {"md5": "../../../../etc/passwd"}, {"md5": f"{MD5}/.."}, {"md5": f"{MD5}\n"}, {"md5": None},
        {"md5": "aa/home/runner/.bashrc"}, {"path": "../dslm/gating/gate.py"}, {"path": "/etc/x"},
        {"path": "a/../../b"}, {"path": "s3://bucket/x"}, {"path": ".dvc/config"}, {"path": "a\\b"},
        {"path": ".git/hooks/post-checkout"}, {"path": 1}, {"hash": "etag"}, {"remote": "evil"},
        {"repo": {"url": "ext::sh -c x"}}, {"cloud": {"evil": {"etag": 1}}}, {"files": []},
    ],
    ids=repr,
)  # fmt: skip
def test_one_that_would_lead_elsewhere_is_refused(
    tmp_path: Path, change: dict[str, Any], key: str
) -> None:
    with pytest.raises(ReleaseRefused, match="not as DVC writes it"):
        read_lock(lock(tmp_path / "dvc.lock", OUT | change, key=key))


@pytest.mark.parametrize("text", ["[]", "stages: {}", "schema: '1.0'\nstages: {}", "schema: '2.0'"])
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dvc.lock").write_text(text)
    with pytest.raises(ReleaseRefused):
        read_lock(tmp_path / "dvc.lock")


def test_a_folders_list_is_read() -> None:
    listed = json.dumps([{"md5": MD5, "relpath": "a/b.json"}]).encode()
    assert list(files_in(FOLDER, listed)) == [Out("artifacts/mini/adapter/a/b.json", MD5)]


@pytest.mark.parametrize(
    "listed",
    [
        [{"md5": MD5, "relpath": "../../../dslm/gating/gate.py"}],
        [{"md5": MD5, "relpath": "/etc/passwd"}], [{"md5": MD5, "relpath": ""}],
        [{"md5": f"{MD5}.dir", "relpath": "a"}], [{"md5": "../x", "relpath": "a"}],
        [{"md5": MD5, "relpath": "a"}, {"md5": MD5, "relpath": "a"}], [{"md5": MD5}], ["a"], {},
        [{"md5": MD5, "relpath": "a", "isexec": True}], [{"md5": MD5, "relpath": "a//b"}],
    ],
    ids=repr,
)  # fmt: skip
def test_a_list_that_would_be_written_elsewhere_is_refused(listed: Any) -> None:
    with pytest.raises(ReleaseRefused, match="its list in the DVC remote"):
        list(files_in(FOLDER, json.dumps(listed).encode()))


@pytest.mark.parametrize("path", ["a", "a/b", "a b/ü.json", "..a/b.."])
def test_a_path_that_stays_inside(path: str) -> None:
    assert is_inside(path)
