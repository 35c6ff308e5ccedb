"""An MLflow server with users: what each role may do, and what else comes over HTTP."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from support.releases.killed_moves import stands
from support.releases.registry_servers import mlflow_server
from support.repositories.finished_run import Run, W, answers_well

from dslm.cli.shell.bug_report import report
from dslm.errors import EXIT_BAD_INPUT, ReleaseRefused
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.moves.recover import recover
from dslm.releasing.registry.mlflow_errors import AccessRefused
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.fetch_release import fetch_to

DOCS = Path(__file__).parents[4] / "docs" / "operations.md"
ADMIN, WORD = "geheim-verwaltung", "geheim/%2F:w@rt"  # passwords that have to be encoded somewhere
API = "/api/2.0/mlflow"
ROLES = ("tina", "paul", "ruth")  # trainer, promoter, reader


@pytest.fixture(autouse=True)
def _unplugged() -> None:
    """These reach a server on this machine."""


@pytest.fixture(scope="module")
def address(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose administrator has set up what the runbook says."""
    pytest.importorskip("flask_wtf", reason="needs Flask-WTF, for MLflow's users")
    folder = tmp_path_factory.mktemp("server")
    shutil.copyfile(migrated, folder / "mlflow.db")
    backend = f"sqlite:///{folder / 'mlflow.db'}"
    with mlflow_server(folder, backend, admin=ADMIN) as (_, port):
        at = f"http://127.0.0.1:{port}"
        with as_user(at, "admin", ADMIN):
            for name in ROLES:
                made = {"username": name, "password": WORD}
                assert requests.post(f"{at}{API}/users/create", json=made, timeout=30,
                                     auth=("admin", ADMIN)).ok  # fmt: skip
            (setup,) = re.findall(r"```python\n(from mlflow.*?)```", DOCS.read_text(), re.DOTALL)
            setup = setup.replace("invoice_intake", W).replace("http://mlflow.example:5000", at)
            subprocess.run([sys.executable, "-W", "ignore", "-c", setup], check=True, cwd=folder)
        yield at


@contextmanager
def as_user(address: str, name: str, word: str = WORD) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", address)
        patch.setenv("MLFLOW_TRACKING_USERNAME", name)
        patch.setenv("MLFLOW_TRACKING_PASSWORD", word)
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        yield


@pytest.fixture(scope="module")
def served(_finished: Run, address: str, copying: Any, tmp_path_factory: Any) -> Run:
    """The trainer registered two versions, the promoter promoted both."""
    run: Run = copying(_finished, tmp_path_factory.mktemp("served"))
    for weights in (b"weights one", b"weights two"):
        with as_user(address, "tina"):
            version = run.released(weights).version
        with as_user(address, "paul"):
            promote(run.ws, version, "better", "paul")
    return run


def refused(act: Callable[[], object], code: int = 403) -> None:
    with pytest.raises(AccessRefused, match=f"refuses access .HTTP {code}.") as caught:
        act()
    assert caught.value.exit_code == EXIT_BAD_INPUT
    assert "\n" not in caught.value.message()
    assert WORD not in caught.value.message()


def runs_there(run: Run) -> int:
    mlflow = ModelStore(run.ws.root, W).mlflow
    return len(mlflow.search_runs([mlflow.get_experiment_by_name(W).experiment_id]))


def test_each_role_can_do_its_part_and_no_more_and_leaves_nothing_half_done(
    served: Run, address: str, tmp_path: Path
) -> None:
    run = served
    with as_user(address, "ruth"):
        before, runs = run.state(), runs_there(run)
        assert [one.version for one in releases(run.ws)] == [2, 1]
        assert len(history(run.ws)) == 2
        assert fetch_to(run.ws, 1, tmp_path / "fetched") == 1
        refused(lambda: rollback(run.ws, "wrong totals", "ruth", answers_well))
    run.candidate(b"weights three")
    run.gate()
    for name in ("ruth", "paul"):
        with as_user(address, name):
            refused(run.register)
            assert (runs_there(run), run.state()) == (runs, before)
    with as_user(address, "tina"):
        assert run.register().version == 3
        refused(lambda: promote(run.ws, 3, "mine", "tina"))
        assert [alias for alias in run.state()[0].items() if alias[0] != "candidate"] == [
            alias for alias in before[0].items() if alias[0] != "candidate"
        ]
        assert run.state()[1:] == before[1:]
    with as_user(address, "paul"):
        assert promote(run.ws, 3, "better", "paul") is not None
        assert rollback(run.ws, "wrong totals", "paul", answers_well) is not None
        store = ModelStore(run.ws.root, W)
        for deletes in (
            lambda: store.mlflow.delete_model_version(W, "1"),
            lambda: store.mlflow.delete_registered_model(W),
            lambda: store.mlflow.delete_registered_model(f"{W}.journal"),
            lambda: store.mlflow.delete_run(str(store.version(1).run_id)),
            lambda: store.mlflow.delete_model_version_tag(f"{W}.journal", "1", "entry"),
        ):
            with pytest.raises(Exception, match="403"):
                deletes()
        assert stands(run) == {"alias": 2, "journal": 2, "champion.json": 2, "entries": 4,
                               "faults": []}  # fmt: skip
        assert rollback(run.ws, "further", "paul", answers_well, to=1) is not None
        assert stands(run)["faults"] == []
        assert recover(run.ws, "paul") == []
        assert promote(run.ws, 2, "it was right", "paul", again=True) is not None


def test_without_the_right_password_all_is_one_line_and_the_password_is_nowhere(
    served: Run, address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = served
    with as_user(address, "paul", WORD + "x"):
        for act in (
            lambda: releases(run.ws), lambda: history(run.ws), run.register,
            lambda: promote(run.ws, 1, "mine", "paul"), lambda: recover(run.ws, "paul"),
            lambda: fetch_to(run.ws, 1, tmp_path / "fetched"),
        ):  # fmt: skip
            refused(act, 401)
        assert not (tmp_path / "fetched").exists()
    with as_user(address, "paul"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("DSLM_ROOT", str(run.ws.root))
        sent = requests.Request("GET", address, auth=("paul", WORD)).prepare().headers
        bug = report(RuntimeError(f"sent {dict(sent)} for paul with {WORD!r} and {WORD}"))
        told = Path(str(bug.where)).read_text() + bug.message()
    for secret in (WORD, sent["Authorization"].split()[1], repr(WORD)[1:-1]):
        assert secret not in told
    assert "RuntimeError" in told
    written = [path for path in run.ws.root.rglob("*") if path.is_file()]
    assert [path for path in written if WORD.encode() in path.read_bytes()] == []
    assert WORD not in "".join(capfd.readouterr())


def test_a_tag_or_alias_that_was_edited_over_http_is_seen(served: Run, address: str) -> None:
    run = served
    with as_user(address, "tina"):
        store = ModelStore(run.ws.root, W)
        champion = store.aliases()["champion"]
        other = 3 - champion
        store.point("champion", other)
    with as_user(address, "paul"):
        (fault,) = stands(run)["faults"]
        assert f"the champion alias names version {other}, the journal says {champion}" in fault
        assert recover(run.ws, "paul") == [f"alias champion: named {other}, names {champion}"]
    with as_user(address, "tina"):
        store = ModelStore(run.ws.root, W)
        before = store.version(1).tags
        for key in ("digest", "manifest", "evidence", "verdict", "terms", "summary", "status"):
            store.tag(1, key, "sha256:" + "0" * 64 if key in {"digest", "manifest"} else "{}")
            with pytest.raises(ReleaseRefused):
                rollback(run.ws, "try", "paul", answers_well, to=1)
            store.tag(1, key, before[key])
    with as_user(address, "paul"):
        pages = ModelStore(run.ws.root, f"{W}.journal")
        kept = pages.version(1).tags
        for key, value in (("entry", kept["entry"].replace("better", "worse")),
                           ("digest", "sha256:" + "0" * 64), ("counts", "no")):  # fmt: skip
            pages.tag(1, key, value)
            with pytest.raises(ReleaseRefused, match="journal"):
                history(run.ws)
            pages.tag(1, key, kept.get(key, ""))
        assert stands(run)["faults"] == []


def test_no_other_site_posts_for_whoever_is_logged_in_and_no_path_leads_out(
    served: Run, address: str
) -> None:
    who, alias = ("paul", WORD), f"{address}{API}/registered-models/alias"
    body = json.dumps({"name": W, "alias": "champion", "version": "1"})
    foreign = {"Origin": "http://elsewhere.example", "Content-Type": "application/json"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for headers in (
        foreign, foreign | form, form, {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Host": "elsewhere.example", "Content-Type": "application/json"},
    ):  # fmt: skip
        answer = requests.post(alias, data=body, headers=headers, auth=who, timeout=30)
        assert answer.status_code in {400, 403}, headers
    files = "/api/2.0/mlflow-artifacts/artifacts"
    for path in (
        "../../../x",
        "%2e%2e/%2e%2e/x",
        "1/%2e%2e%2f%2e%2e%2fx",
        "1/..%5c..%5cx",
        "%2fetc/x",
    ):
        for verb in ("PUT", "GET", "DELETE"):
            asked = requests.Request(verb, address, data=b"x", auth=who).prepare()
            asked.url = f"{address}{files}/{path}"
            with requests.Session() as session:
                assert session.send(asked, timeout=30).status_code in {400, 403, 404}, path
    with as_user(address, "paul"):
        assert stands(served)["faults"] == []
