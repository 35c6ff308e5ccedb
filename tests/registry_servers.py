"""An MLflow server and a PostgreSQL server of the tests' own, each on a free port."""

from __future__ import annotations

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

SECRET = "zqx-geheim"  # the password, to be looked for where it may not be


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mlflow_server(
    folder: Path, backend: str, workers: int = 1
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """An MLflow server on a database; gives its process and port."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
         "--workers", str(workers), "--backend-store-uri", backend,
         "--artifacts-destination", str(folder / "files")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
    )  # fmt: skip
    try:
        for _ in range(600):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            time.sleep(0.2)
        yield server, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


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
