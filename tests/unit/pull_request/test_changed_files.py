"""What a pull request changes, and what of it judges."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dslm.errors import InputError
from dslm.pull_request.changed_files import Change, changes, kind_of


@pytest.mark.parametrize(
    "path",
    [
        "dslm/gating/gate.py", "pipelines/gate.py", "dvc.yaml", "registry/dvc.yaml", ".dvc/config",
        ".dvc/plots/x.json", ".dvcignore", ".github/workflows/gate.yml", ".github/x", ".ci/run",
        ".gitlab-ci.yml", ".gitlab/gate.gitlab-ci.yml", "requirements.lock", "pyproject.toml",
        "Makefile", "recipes/locks/a.json", "registry/mini/champion.json", "registry/policy.yaml",
        "eval/metrics/f1/f1.py", "sitecustomize.py", "torch.py", "torch/__init__.py", "numpy.so",
        "data/mini/x.py", "data/mini/dvc.yaml", "eval/mini/.gitattributes", ".gitattributes",
        "docs/.gitattributes", ".gitmodules", "dslm/__pycache__/a.cpython-311.pyc", "data/mini.pth",
        "data/mini/sources/.hg/a.jsonl", "eval/mini/.dvc/config", "data/mini/__pycache__/a.jsonl",
        "something/nobody/knows", "README", "eval/mini", "tests/.lfsconfig", "data/m/hook.sh",
    ],
)  # fmt: skip
def test_what_is_not_known_to_be_data_judges(path: str) -> None:
    assert kind_of(path) == "judges"


@pytest.mark.parametrize(
    "path",
    [
        "data/mini/workflow.yaml", "data/mini/sources/a/b.jsonl", "eval/mini/gold.jsonl",
        "eval/mini/gate.yaml", "eval/mini/results/gate.json", "eval/mini/looks/a.json",
        "recipes/tiny.yaml", "recipes/accelerate/ddp.yaml", "params.yaml", "dvc.lock",
        "registry/mini/release.json",
    ],
)  # fmt: skip
def test_content_of_workflows_is_judged(path: str) -> None:
    assert kind_of(path) == "judged"


@pytest.mark.parametrize("path", ["README.md", "docs/a/b.md", "tests/unit/test_x.py", "LICENSE"])
def test_text_and_tests_are_beside_the_point(path: str) -> None:
    assert kind_of(path) == "beside"


def test_every_file_that_differs_is_found_and_no_link_is_followed(tmp_path: Path) -> None:
    target, head = tmp_path / "target", tmp_path / "head"
    for root in (target, head):
        (root / "dslm").mkdir(parents=True)
        for name in ("dslm/same.py", "dslm/other.py", "dslm/gone.py", "dslm/link.py"):
            (root / name).write_text("1\n")
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    subprocess.run(["git", "-C", str(target), "add", "--all"], check=True)
    (target / ".venv").mkdir()
    (target / ".venv" / "untracked.py").write_text("")
    (head / ".git").mkdir()
    (head / ".git" / "config").write_text("[core]\n    fsmonitor = touch /tmp/ran\n")
    (head / "dslm" / "other.py").write_text("2\n")
    (head / "dslm" / "gone.py").unlink()
    (head / "dslm" / "link.py").unlink()
    (head / "dslm" / "link.py").symlink_to(target / "dslm" / "link.py")
    (head / "dslm" / "deep").symlink_to("/etc", target_is_directory=True)
    assert changes(target, head) == [
        Change("dslm/deep", "added", "judges"),
        Change("dslm/gone.py", "removed", "judges"),
        Change("dslm/link.py", "changed", "judges"),
        Change("dslm/other.py", "changed", "judges"),
    ]


def test_a_name_that_is_no_utf_8_can_be_written_down(tmp_path: Path) -> None:
    target, head = tmp_path / "target", tmp_path / "head"
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    head.mkdir()
    (head / os.fsdecode(b"\xff.py")).write_text("")
    (found,) = changes(target, head)
    assert found == Change(r"\xff.py", "added", "judges")
    assert found.path.encode()


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        changes(tmp_path, tmp_path / "nothing")
