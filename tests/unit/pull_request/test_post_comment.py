"""The job that comments believes no artifact, and writes one comment a workflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dslm.pull_request.post_comment import BOT, LONGEST, Job, NotCommented, main, put, read_comments
from dslm.reporting.pull_request import marker

COMMIT, OTHER = "a" * 40, "b" * 40
TEXT = f"{marker('mini')}\n## ✅ mini: PASS\n"


def artifact(folder: Path, text: str | bytes = TEXT, name: str = "gate-comment-mini") -> Path:
    path = folder / name / "comment.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_the_gates_comment_is_read(tmp_path: Path) -> None:
    artifact(tmp_path)
    assert read_comments(tmp_path) == {"mini": TEXT}


def test_one_artifact_may_lie_in_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "comment.md").write_text(TEXT)
    assert read_comments(tmp_path) == {"mini": TEXT}


def test_a_run_that_left_nothing_has_no_comment(tmp_path: Path) -> None:
    assert read_comments(tmp_path / "nothing") == {}


def a_second_file(folder: Path) -> None:
    (artifact(folder).parent / "more.md").write_text("")


def a_link(folder: Path) -> None:
    path = artifact(folder)
    path.unlink()
    path.symlink_to("/etc/passwd")


def another_workflow(folder: Path) -> None:
    artifact(folder, name="gate-comment-other")


def too_many(folder: Path) -> None:
    for number in range(21):
        artifact(folder, name=f"gate-comment-a{number}")


@pytest.mark.parametrize(
    "lay",
    [
        a_second_file, a_link, another_workflow, too_many,
        lambda folder: artifact(folder, "no marker\n"),
        lambda folder: artifact(folder, f" {TEXT}"),
        lambda folder: artifact(folder, b"\xff" + TEXT.encode()),
        lambda folder: artifact(folder, TEXT + "x" * LONGEST),
        lambda folder: artifact(folder, TEXT + "🙂" * (LONGEST // 2)),
        lambda folder: artifact(folder, TEXT, name="evil"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(tmp_path: Path, lay: Callable[[Path], Any]) -> None:
    lay(tmp_path)
    with pytest.raises(NotCommented):
        read_comments(tmp_path)


class Hub:
    """What GitHub would say, and what it was asked to write."""

    def __init__(self, pulls: list[Any], comments: list[Any]):
        self.pulls, self.comments = pulls, comments
        self.written: list[tuple[str, str, str]] = []

    def __call__(self, method: str, path: str, body: Any) -> Any:
        if method == "GET":
            found = self.pulls if path.startswith("pulls?") else self.comments
            page = int(path.rpartition("=")[2])
            return found[100 * (page - 1) : 100 * page]
        self.written.append((method, path, body["body"]))
        return {}

    @property
    def job(self) -> Job:
        return Job("owner/name", COMMIT, "main", self)


def pull(number: int, commit: str = COMMIT, base: str = "main") -> dict[str, Any]:
    return {"number": number, "head": {"sha": commit}, "base": {"ref": base}}


def comment(number: int, login: str = BOT, body: str = TEXT) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


def test_the_pull_request_is_found_by_the_commit_on_any_page() -> None:
    hub = Hub([pull(n, OTHER) for n in range(150)] + [pull(7), pull(8, base="old")], [])
    assert put(hub.job, {"mini": TEXT}) == ["#7: mini written"]
    ((method, path, body),) = hub.written
    assert (method, path) == ("POST", "issues/7/comments")
    assert body.startswith(TEXT)
    assert COMMIT in body


def test_its_own_comment_is_written_over_and_nobody_elses() -> None:
    theirs = [comment(1, login="mallory"), comment(2, body="hello"), comment(3, body="")]
    hub = Hub([pull(7)], [*theirs, *(comment(n, body="more") for n in range(10, 120)), comment(9)])
    put(hub.job, {"mini": TEXT, "other": TEXT.replace("mini", "other")})
    assert [one[:2] for one in hub.written] == [
        ("PATCH", "issues/comments/9"), ("POST", "issues/7/comments"),
    ]  # fmt: skip


def test_a_commit_that_was_overtaken_is_not_commented_on() -> None:
    hub = Hub([pull(7, OTHER)], [])
    with pytest.raises(NotCommented, match="no open pull request"):
        put(hub.job, {"mini": TEXT})
    assert hub.written == []


def test_a_commit_that_is_none_is_not_asked_for(tmp_path: Path) -> None:
    named = {"GITHUB_REPOSITORY": "a/b", "JUDGED": "gate of main", "GITHUB_TOKEN": "x"}
    assert main([str(tmp_path)], named) == 2
