"""Faults of a real MLflow server, of a real database server and of what only looks like one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.releases.registry_servers import SECRET, free_port, mlflow_server, postgresql
from support.repositories.finished_run import Run, W

from dslm.errors import EXIT_BAD_INPUT, EXIT_REFUSED, DslmError, EnvironmentFault, InputError
from dslm.releasing.moves.promote_and_rollback import promote, releases
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version


@pytest.fixture(autouse=True)
def _unplugged() -> None:
    """These tests reach servers on this machine."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")


def address(port: int) -> str:
    return f"http://ann:{SECRET}@127.0.0.1:{port}"


def use(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)


def faulty(run: Run) -> DslmError:
    """What promoting says; the list says the same."""
    with pytest.raises(DslmError) as caught:
        promote(run.ws, 1, "try", "me")
    with pytest.raises(DslmError) as listed:
        releases(run.ws)
    assert listed.value.message() == caught.value.message()
    assert SECRET not in caught.value.message()
    return caught.value


@contextmanager
def answering(status: int | None, text: Callable[[str], object] = lambda _: None) -> Iterator[int]:
    """A server that answers everything with a status, or never; by path with an object as JSON."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if status is None:
                done.wait(20)
                return
            said = text(self.path)
            body = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        done.set()
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_a_release_on_a_server_leaves_its_password_nowhere_and_a_killed_server_is_exit_code_5(
    run, migrated, tmp_path_factory, monkeypatch, capfd
) -> None:
    folder = tmp_path_factory.mktemp("server")
    shutil.copyfile(migrated, folder / "mlflow.db")
    with mlflow_server(folder, f"sqlite:///{folder / 'mlflow.db'}") as (server, port):
        use(monkeypatch, address(port))
        assert run.register().version == 1
        assert promote(run.ws, 1, "first", "ann") is not None
        assert ModelStore(run.ws.root, W).aliases() == {"candidate": 1, "champion": 1}
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        told = faulty(run)
    assert isinstance(told, EnvironmentFault)
    assert "does not answer" in told.message()
    written = [path for root in (run.ws.root, folder) for path in root.rglob("*") if path.is_file()]
    assert any(path.name == "mlflow.db" for path in written)
    assert any(path.name == "card.md" for path in written)
    assert [path for path in written if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.slow
def test_a_port_that_nobody_listens_on_is_exit_code_5(run, monkeypatch) -> None:
    use(monkeypatch, address(free_port()))
    told = faulty(run)
    assert isinstance(told, EnvironmentFault)
    assert "does not answer" in told.message()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code"), [(500, 5), (502, 5), (503, 5), (429, 5), (401, 2), (403, 2), (404, 2)]
)
def test_what_a_server_answers_decides_whose_fault_it_is(run, monkeypatch, status, code) -> None:
    with answering(status) as port:
        use(monkeypatch, address(port))
        assert faulty(run).exit_code == code


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["../../stolen", "/tmp/stolen", "%2e%2e/%2e%2e/stolen", "a/../../../x"]
)
def test_a_server_whose_list_of_files_leads_elsewhere_has_nothing_written_there(
    run, monkeypatch, tmp_path_factory, name: str
) -> None:
    def hostile(path: str) -> object:
        if "/runs/get" in path:
            uri = f"mlflow-artifacts://127.0.0.1:{port}/1/r/artifacts"
            return {"run": {"info": {"run_id": "r", "artifact_uri": uri}, "data": {}}}
        files = [{"path": name, "is_dir": False, "file_size": 1}, {"path": "b", "is_dir": False}]
        return {"files": files} if "path=" in path else {"any": "bytes"}

    outside = tmp_path_factory.mktemp("outside")
    into = outside / "a" / "into"
    into.mkdir(parents=True)
    version = Version(1, {}, (), "", "r")
    with answering(200, hostile) as port:
        use(monkeypatch, f"http://127.0.0.1:{port}")
        with pytest.raises(DslmError) as caught:
            ModelStore(run.ws.root, W).fetch(version, into)
    assert caught.value.exit_code in {EXIT_BAD_INPUT, EXIT_REFUSED}
    assert [
        path for path in outside.rglob("*") if path.is_file() and into not in path.parents
    ] == []
    assert not Path("/tmp/stolen").exists()


@pytest.mark.slow
def test_a_server_that_never_answers_is_exit_code_5(run, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with answering(None) as port:
        use(monkeypatch, address(port))
        assert faulty(run).exit_code == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    "uri",
    [f"foo://ann:{SECRET}@host", f"127.0.0.1:{SECRET}@5000", "localhost:5000",
     f"postgresql://ann:{SECRET}@x/y@host/db", f"http://ann:{SECRET}"],
)  # fmt: skip
def test_an_address_that_is_mistyped_is_exit_code_2(run, monkeypatch, uri) -> None:
    use(monkeypatch, uri)
    assert isinstance(faulty(run), InputError)


@pytest.mark.slow
def test_a_database_driver_that_is_missing_is_exit_code_5_and_named(run, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    use(monkeypatch, f"mysql+mysqldb://ann:{SECRET}@127.0.0.1:{free_port()}/db")
    told = faulty(run)
    assert isinstance(told, EnvironmentFault)
    assert "package MySQLdb is not installed" in told.message()


@pytest.mark.slow
def test_faults_of_a_postgresql_server(run, tmp_path_factory, monkeypatch) -> None:
    folder = tmp_path_factory.mktemp("pg")
    with postgresql(folder) as port:
        use(monkeypatch, f"postgresql+psycopg://ann:{SECRET}@127.0.0.1:{port}/postgres")
        assert releases(run.ws) == []
        use(monkeypatch, f"postgresql+psycopg://ann:{SECRET}x@127.0.0.1:{port}/postgres")
        assert isinstance(faulty(run), InputError)
    use(monkeypatch, f"postgresql+psycopg://ann:{SECRET}@127.0.0.1:{port}/postgres")
    began = time.monotonic()
    told = faulty(run)
    assert isinstance(told, EnvironmentFault)
    assert "does not answer" in told.message()
    assert time.monotonic() - began < 20  # MLflow by itself tries for minutes
