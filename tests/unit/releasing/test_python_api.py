"""Three names for other programs: `dslm.open_release`, `.answer`, `.identity`."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest
from support.releases.tiny_release import answered_release_of, make_candidate, put_into_registry

import dslm
from dslm.cases import read_records
from dslm.errors import DslmError, InputError, ReleaseRefused
from dslm.records import Case, Row
from dslm.releasing.python_api import OpenRelease
from dslm.settings.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> tuple[Workspace, str]:
    there = tmp_path_factory.mktemp("served")
    ws = make_candidate(there / "repository")
    folder = answered_release_of(ws, there / "release")
    (ws.root / ".mlflow").mkdir()
    shutil.copyfile(migrated, ws.root / ".mlflow" / "mlflow.db")
    digest = put_into_registry(ws, folder)
    noted = {"version": 1, "digest": digest, "contract_version": 1}
    ws.champion.write_text(json.dumps(noted))
    return ws, digest


@pytest.fixture(scope="module")
def release(served: tuple[Workspace, str]) -> OpenRelease:
    return dslm.open_release("mini", "champion", root=served[0].root)


def test_the_champion_is_opened_verified_and_says_who_it_is(served, release) -> None:
    ws, digest = served
    one = release.identity
    assert (one.workflow, one.version, one.digest, one.threshold) == ("mini", 1, digest, 0.25)
    assert (one.told, one.bridged) == ((), None)
    assert one.made_from["gold"].startswith("sha256:")
    assert set(one.computes) == {"code", "device", "packages"}
    by_number = dslm.open_release("mini", 1, root=str(ws.root))
    assert by_number.identity == one


def test_it_answers_as_was_recorded_and_each_answer_names_the_release(served, release) -> None:
    ws, digest = served
    cases = read_records(ws.gold, Case)[:3]
    answers = release.answer([case.input for case in cases])
    store = ws.root.parent / "release" / "rows" / "candidate.jsonl"
    recorded = {row.id: row for row in read_records(store, Row)}
    for case, answer in zip(cases, answers, strict=True):
        row = recorded[case.id]
        assert (answer.object, answer.action) == (row.prediction.object, row.decision.action)
        assert (answer.confidence, answer.reasons) == (
            row.prediction.confidence, row.decision.reasons,
        )  # fmt: skip
    assert {answer.release for answer in answers} == {digest}
    assert release.answer([]) == []
    assert release.answer(case.input for case in cases) == answers  # read once


def test_threads_may_ask_at_the_same_time(served, release) -> None:
    texts = [case.input for case in read_records(served[0].gold, Case)[:4]]
    alone = [release.answer([text]) for text in texts]
    found: dict[int, object] = {}

    def ask(n: int) -> None:
        found[n] = release.answer([texts[n]])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(len(texts))] == alone


@pytest.mark.parametrize(
    "texts", ["one text", b"a", 3, None, [3], [None], [{"input": "a"}], {"a": "b"}, {"a"}]
)
def test_what_is_no_list_of_texts_is_told(release, texts) -> None:
    with pytest.raises(InputError, match="no list of texts"):
        release.answer(texts)


@pytest.mark.parametrize("named", ["newest", "", 0, -1, True, None, 1.0])
def test_what_names_no_release_is_told(served, named) -> None:
    with pytest.raises(InputError, match=r"names no release.*'champion', or a version's number"):
        dslm.open_release("mini", named, root=served[0].root)


def test_a_release_or_workflow_that_there_is_not_is_told(served) -> None:
    with pytest.raises(ReleaseRefused, match="no version 7"):
        dslm.open_release("mini", 7, root=served[0].root)
    with pytest.raises(DslmError, match=r"no workflow '\.\./mini'"):
        dslm.open_release("../mini", root=served[0].root)


def test_edited_bytes_are_never_loaded(served, tmp_path) -> None:
    shutil.copytree(served[0].root, tmp_path / "repository")
    root = tmp_path / "repository"
    (model,) = root.glob(".mlflow/artifacts/mini/*/artifacts/release/MLmodel")
    model.write_text(model.read_text().replace("dslm.releasing.pyfunc", "backdoor"))
    with pytest.raises(ReleaseRefused, match="MLmodel"):
        dslm.open_release("mini", root=root)
