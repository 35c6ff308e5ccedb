"""Each answer of the registry that a reading command asks for: lost, no answer, or damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.json_format import ParseError
from mlflow.exceptions import MlflowException
from support.repositories.finished_run import Run, W, answers_well

from dslm.errors import EXIT_BAD_INPUT, EXIT_ENVIRONMENT, EXIT_OK, EXIT_REFUSED, DslmError
from dslm.releasing.moves.champion_agreement import disagreements
from dslm.releasing.moves.promote_and_rollback import history, releases, rollback
from dslm.releasing.package.release_differences import differences, told
from dslm.releasing.package.release_summary import listed
from dslm.releasing.registry import mlflow_connection
from dslm.releasing.verification.fetch_release import fetch_to
from dslm.releasing.verification.signature_verification import verify_version

Act = Callable[[Run, Path], object]
COMMANDS: dict[str, Act] = {
    "list": lambda run, _: (releases(run.ws), disagreements(run.ws)),
    "show": lambda run, _: told(run.ws, None),
    "history": lambda run, _: history(run.ws),
    "diff": lambda run, _: differences(run.ws, 1, 2),
    "fetch": lambda run, into: fetch_to(run.ws, None, into / "fetched"),
    "verify": lambda run, _: verify_version(run.ws, 2),
    "rollback": lambda run, _: rollback(run.ws, "try", "ann", answers_well, to=3),
}
AGAIN = "the token of a page that follows itself"
READS = ("get_", "search_", "download_")
LOST: dict[str, Callable[[], Exception]] = {
    "connection": lambda: ConnectionResetError("reset by peer"),
    "no JSON": lambda: ParseError("Failed to parse"),
    "a page": lambda: MlflowException("the response body was not in a valid JSON format"),
}


class Reading:
    """A client of MLflow whose n-th reading call fails, or each answer of which is damaged."""

    def __init__(self, client: Any, at: int, fault: Callable[[], Exception] | None = None,
                 damage: Callable[[str, Any], Any] = lambda _, answer: answer):  # fmt: skip
        self.client, self.left, self.fault, self.damage = client, at, fault, damage

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if not name.startswith(READS):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if options.get("page_token") == AGAIN:
                options.pop("page_token")
            if self.left == 0 and self.fault:
                raise self.fault()
            return self.damage(name, found(*arguments, **options))

        return call


@pytest.fixture
def reads(unmoved: Run) -> Iterator[Callable[..., Reading]]:
    """Lets all that is opened from now on read so."""
    opened = mlflow_connection._connect(mlflow_connection.tracking_uri(unmoved.ws.root))
    with pytest.MonkeyPatch.context() as patch:

        def use(*arguments: Any, **options: Any) -> Reading:
            made = Reading(opened, *arguments, **options)
            patch.setattr(mlflow_connection, "_connect", lambda _: made)
            return made

        yield use


def ended(command: str, run: Run, into: Path) -> tuple[int, str]:
    """The exit code of a command, and what it said; it leaves no half of a file."""
    try:
        COMMANDS[command](run, into)
    except DslmError as error:
        assert not list(into.iterdir())
        return error.exit_code, error.message()
    return 0, ""


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_read_that_is_lost_is_exit_code_5_wherever_it_is(
    unmoved: Run, reads, tmp_path: Path, command: str, how: str
) -> None:
    lost = 0
    for number in range(1, 40):
        reading = reads(number, LOST[how])
        code, said = ended(command, unmoved, tmp_path)
        if reading.left > 0:
            break  # all reads are walked through
        assert code == EXIT_ENVIRONMENT, (number, said)
        lost += 1
    assert 2 <= lost < 39


def tags(change: Callable[[str, str], str | None]) -> Callable[[str, Any], Any]:
    """Every tag of every version otherwise; None is a tag that is gone."""

    def damage(name: str, answer: Any) -> Any:
        if name == "search_model_versions":
            for version in answer:
                new = {key: change(key, value) for key, value in version.tags.items()}
                version._tags = {key: value for key, value in new.items() if value is not None}
        return answer

    return damage


def of(read: str, change: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, answer: change(answer) if name == read else answer


def with_file(change: Callable[[Path], object], pattern: str) -> Callable[[str, Any], Any]:
    def damage(answer: str) -> str:
        found = Path(answer)
        for path in found.rglob(pattern) if found.is_dir() else []:
            if path.is_file():
                change(path)
        return answer

    return of("download_artifacts", damage)


def flip(path: Path) -> None:
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(text)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def model(**changes: Any) -> Callable[[Any], Any]:
    return lambda found: SimpleNamespace(**{"aliases": found.aliases, "tags": found.tags} | changes)


def run_at(uri: Any) -> Callable[[Any], Any]:
    return lambda found: SimpleNamespace(
        info=SimpleNamespace(artifact_uri=uri, run_id=found.info.run_id), data=found.data
    )


def renumbered(number: Any) -> Callable[[Any], Any]:
    def change(page: Any) -> Any:
        for version in page:
            version._version = number
        return page

    return change


def first_only(page: Any) -> Any:
    del page[1:]
    return page


def endless(page: Any) -> Any:
    page.token = AGAIN
    return page


DAMAGES: dict[str, Callable[[str, Any], Any]] = {
    "tags cut": tags(lambda _, value: value[:-1]),
    "tags gone": tags(lambda *_: None),
    "tags of other text": tags(lambda *_: "\x00ä\ud800{"),
    "tags of a list": tags(lambda *_: "[[[[1]]]]"),
    "tags of deep text": tags(lambda *_: "[" * 5000),
    "digests exchanged": tags(lambda k, v: "sha256:" + "0" * 64 if k == "digest" else v),
    "aliases elsewhere": of("get_registered_model", model(aliases={"champion": "99"})),
    "aliases of words": of("get_registered_model", model(aliases={"champion": "x"})),
    "aliases none": of("get_registered_model", model(aliases=None)),
    "tags none": of("search_model_versions", lambda page: [setattr(v, "_tags", None) for v in page]
                    and page),
    "numbers of words": of("search_model_versions", renumbered("one")),
    "numbers negative": of("search_model_versions", renumbered("-1")),
    "numbers alike": of("search_model_versions", renumbered("2")),
    "one version alone": of("search_model_versions", first_only),
    "pages without end": of("search_model_versions", endless),
    "no page": of("search_model_versions", lambda _: None),
    "place none": of("get_run", run_at(None)),
    "place elsewhere": of("get_run", run_at("file:///etc")),
    "place of nothing": of("get_run", run_at("")),
    "place of no address": of("get_run", run_at("file://[/x")),
    "bytes flipped": with_file(flip, "*"),
    "bytes cut": with_file(cut, "*"),
    "verdict flipped": with_file(flip, "gate.json"),
    "rows cut": with_file(cut, "*.jsonl"),
    "files gone": with_file(Path.unlink, "*.json"),
    "files empty": with_file(lambda path: path.write_bytes(b""), "*"),
    "no folder": of("download_artifacts", lambda _: "/nowhere/at/all"),
    "no path": of("download_artifacts", lambda _: None),
}  # fmt: skip


# of which nothing can be read or believed
UNREADABLE = {"tags gone", "tags none", "numbers of words", "pages without end", "no page"}


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("command", ["list", "history", "fetch", "rollback"])
def test_an_answer_that_is_damaged_is_exit_code_4_or_5_or_does_not_matter(
    unmoved: Run, reads, tmp_path: Path, command: str, how: str
) -> None:
    reads(0, damage=DAMAGES[how])
    code, said = ended(command, unmoved, tmp_path)
    assert code in {EXIT_OK, EXIT_REFUSED, EXIT_ENVIRONMENT}, said
    if how in UNREADABLE and command != "list":
        assert code in {EXIT_REFUSED, EXIT_ENVIRONMENT}


def test_a_database_whose_bytes_or_values_are_damaged_is_told_and_lists_nothing_wrong(
    two: Run,
) -> None:
    path = two.ws.root / ".mlflow" / "mlflow.db"
    whole = path.read_bytes()
    right = [one.release.digest for one in listed(two.ws.root, W)[0]]
    for said in (
        "UPDATE model_versions SET version = 'one' WHERE version = 1",
        "UPDATE model_versions SET creation_time = 'never'",
        "UPDATE registered_model_aliases SET version = 'x'",
        "DROP TABLE model_version_tags",
    ):
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(said)
        with pytest.raises(DslmError) as caught:
            listed(two.ws.root, W)
        assert caught.value.exit_code in {EXIT_BAD_INPUT, EXIT_ENVIRONMENT}
        path.write_bytes(whole)
    for size in (0, 100, 4096, len(whole) // 2, len(whole) - 100):
        path.write_bytes(whole[:size])
        try:
            found = [one.release.digest for one in listed(two.ws.root, W)[0]]
        except DslmError as error:
            found = []
            assert "mlflow" in error.message()  # noqa: PT017  either is right
        assert found in ([], right)
    path.write_bytes(whole)
    assert [one.release.digest for one in listed(two.ws.root, W)[0]] == right
