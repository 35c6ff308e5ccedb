"""An MLflow server and a PostgreSQL server of the tests' own, each on a free port."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dslm.releasing.drill import scratch_server as ending

SECRET = "zqx-geheim"  # the password, to be looked for where it may not be


# Below what the system gives out by itself, begun elsewhere in each process and never used twice: a
# port that is free now would else be another test's by the time that a server has started, and a
# server that was stopped would seem to answer.
_ports = itertools.count(20_000 + os.getpid() * 37 % 12_000)


def free_port() -> int:
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always one more number")


@contextmanager
def mlflow_server(
    folder: Path, backend: str, workers: int = 1, *, admin: str | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """An MLflow server on a database; gives its process and port.

    Args:
        folder: For its files and its log.
        backend: The database's address.
        workers: Its processes.
        admin: The password of its administrator; with one it asks everybody for theirs.
    """
    port = free_port()
    more = ["--app-name", "basic-auth"] if admin else []
    own = _with_users(folder, admin) if admin else {}
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"} | own
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", ending.__name__,  # it ends with a test that is killed
             sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
             "--workers", str(workers), "--backend-store-uri", backend,
             "--artifacts-destination", str(folder / "files"), *more],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, cwd=folder,
            start_new_session=True, env=environment,
        )  # fmt: skip
    try:
        for _ in range(600):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            time.sleep(0.2)
        yield server, port
    finally:
        with server, suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def _with_users(folder: Path, admin: str) -> dict[str, str]:
    """What the server needs for MLflow's own users and permissions."""
    settings = folder / "auth.ini"
    settings.write_text(
        "[mlflow]\ndefault_permission = READ\nadmin_username = admin\n"
        f"admin_password = {admin}\ndatabase_uri = sqlite:///{folder}/users.db\n"
        "auth_cache_ttl_seconds = 600\n"  # else a slow hash for each of hundreds of requests
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    return {"MLFLOW_AUTH_CONFIG_PATH": str(settings), "MLFLOW_FLASK_SERVER_SECRET_KEY": "of a test"}


@contextmanager
def postgresql(folder: Path) -> Iterator[int]:
    """A PostgreSQL server of this test's own, with password; skips where there is none."""
    pytest.importorskip("psycopg", reason="needs psycopg[binary]")
    tools = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.environ["PATH"].split(":"))]
    bins = next((tool for tool in tools if (tool / "initdb").exists()), None)
    if bins is None:
        pytest.skip("needs PostgreSQL's initdb and pg_ctl")
    as_user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "nobody")
        for above in folder.parents:
            with suppress(OSError):
                above.chmod(above.stat().st_mode | 0o055)
    (folder / "word").write_text(SECRET)
    (folder / "word").chmod(0o644)
    port, data = free_port(), folder / "data"

    def tool(name: str, *arguments: str) -> None:
        subprocess.run([*as_user, str(bins / name), "-D", str(data), *arguments], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")  # fmt: skip

    tool("initdb", "-U", "ann", "-A", "scram-sha-256", "--pwfile", str(folder / "word"), "-N")
    listen = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -F"
    tool("pg_ctl", "start", "-w", "-o", listen, "-l", str(folder / "log"))
    try:
        yield port
    finally:
        with suppress(subprocess.CalledProcessError):
            tool("pg_ctl", "stop", "-m", "immediate")
