"""The job that comments: puts the gate's comment on the pull request that it was made for.

Takes the folder that another job's artifacts were unpacked into, and from the environment the
commit that was judged and a token that may write comments. Believes nothing that is in an artifact
but its text: which pull request it is, GitHub says of the commit. One comment for each workflow,
written over in place. `python -m dslm.pull_request.post_comment FOLDER`, called by
`.github/workflows/gate-comment.yml`; needs nothing installed.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARTIFACT, FILE = "gate-comment-", "comment.md"
MARKER = re.compile(r"<!-- dslm gate (?P<workflow>[a-z][a-z0-9_]{0,62}) -->\Z")
JUDGED = re.compile(r"gate of (?P<commit>[0-9a-f]{40})\Z")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+\Z")
BOT = "github-actions[bot]"
# Characters that GitHub takes, in UTF-16, with room for the commit; bytes.
LONGEST, MOST_BYTES = 65_536, 4 * 65_536
ADDED = 80
PAGE, MOST_PAGES = 100, 20
MOST_ARTIFACTS = 20
SECONDS = 30

Ask = Callable[[str, str, Any], Any]


class NotCommented(Exception):
    """Why there is no comment; one sentence."""


@dataclass(frozen=True)
class Job:
    """What is commented on, and whom to ask.

    Attributes:
        repository: `owner/name`.
        commit: That was judged: the head of the pull request.
        branch: The target.
        ask: Method, path and body → what the API says.
    """

    repository: str
    commit: str
    branch: str
    ask: Ask


def read_comments(folder: Path) -> dict[str, str]:
    """Workflow → comment, of every artifact in a folder.

    Raises:
        NotCommented: One is no comment of the gate.
    """
    found = dict[str, str]()
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    if len(entries) > MOST_ARTIFACTS:
        raise NotCommented(f"{len(entries)} artifacts are too many")
    if [entry.name for entry in entries] == [FILE]:  # the only artifact that there was
        return dict([_comment_in(folder)])
    for entry in entries:
        if not stat.S_ISDIR(entry.lstat().st_mode) or not entry.name.startswith(ARTIFACT):
            raise NotCommented("something that is no artifact of the gate")
        workflow, text = _comment_in(entry)
        if f"{ARTIFACT}{workflow}" != entry.name:
            raise NotCommented("an artifact with the comment of another workflow")
        found[workflow] = text
    return found


def _comment_in(artifact: Path) -> tuple[str, str]:
    names = [one.name for one in artifact.iterdir()]
    path = artifact / FILE
    if names != [FILE] or not stat.S_ISREG(path.lstat().st_mode):
        raise NotCommented(f"an artifact that holds something else than one {FILE}")
    if path.lstat().st_size > MOST_BYTES:
        raise NotCommented(f"a {FILE} that is too large")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise NotCommented(f"a {FILE} that is not UTF-8") from None
    first = MARKER.match(text.partition("\n")[0])
    if first is None or len(text.encode("utf-16-le")) // 2 > LONGEST - ADDED:
        raise NotCommented(f"a {FILE} that is no comment of the gate")
    return first["workflow"], text


def put(job: Job, comments: Mapping[str, str]) -> list[str]:
    """Write each comment, over the last one where there is one; gives what was done.

    Raises:
        NotCommented: No open pull request has the commit as its head.
    """
    numbers = list(_pull_requests(job))
    if not numbers:
        raise NotCommented(f"no open pull request has {job.commit} as its head any more")
    done = []
    for number in numbers:
        held = {marker: comment for comment in _own_comments(job, number)
                if (marker := _marker(comment["body"]))}  # fmt: skip
        for workflow, judged in sorted(comments.items()):
            text = f"{judged}\n<sub>Judged: {job.commit}</sub>\n"
            old = held.get(workflow)
            if old is None:
                job.ask("POST", f"issues/{number}/comments", {"body": text})
            else:
                job.ask("PATCH", f"issues/comments/{int(old['id'])}", {"body": text})
            done.append(f"#{number}: {workflow} {'written' if old is None else 'written over'}")
    return done


def _marker(body: str) -> str | None:
    found = MARKER.match(body.partition("\n")[0].rstrip("\r"))
    return found and found["workflow"]


def _pull_requests(job: Job) -> Iterator[int]:
    """Open ones whose head is the commit; of forks too, whose commits the repository lacks."""
    for one in _pages(job, "pulls?state=open&sort=updated&direction=desc"):
        if one["head"]["sha"] == job.commit and one["base"]["ref"] == job.branch:
            yield int(one["number"])


def _own_comments(job: Job, number: int) -> Iterator[Any]:
    """Comments of this job: whoever writes one with its marker is not written over."""
    for one in _pages(job, f"issues/{number}/comments?sort=created"):
        if (one.get("user") or {}).get("login") == BOT:
            yield one


def _pages(job: Job, path: str) -> Iterator[Any]:
    for page in range(1, MOST_PAGES + 1):
        found = job.ask("GET", f"{path}&per_page={PAGE}&page={page}", None)
        yield from found
        if len(found) < PAGE:
            return


def _api(repository: str, token: str, address: str) -> Ask:
    """Asks GitHub's REST API about one repository."""

    def ask(method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            f"{address}/repos/{repository}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read())

    return ask


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Comment; gives the exit code: 0 done or overtaken by a newer commit, 4 refused, 5 again."""
    folder = Path(arguments[0])
    repository, judged = environment["GITHUB_REPOSITORY"], JUDGED.match(environment["JUDGED"])
    if judged is None or not REPOSITORY.match(repository):
        print("gate: no commit or no repository", file=sys.stderr)  # noqa: T201
        return 2
    address = environment.get("GITHUB_API_URL", "https://api.github.com")
    ask = _api(repository, environment["GITHUB_TOKEN"], address)
    job = Job(repository, judged["commit"], environment["TARGET_BRANCH"], ask)
    try:
        comments = read_comments(folder)
    except NotCommented as refused:
        print(f"gate: refused {refused}", file=sys.stderr)  # noqa: T201
        return 4
    try:
        print(*put(job, comments), sep="\n")  # noqa: T201
    except NotCommented as overtaken:
        print(f"gate: {overtaken}")  # noqa: T201
    except (urllib.error.URLError, TimeoutError) as error:
        print(f"gate: GitHub says: {error}", file=sys.stderr)  # noqa: T201
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
