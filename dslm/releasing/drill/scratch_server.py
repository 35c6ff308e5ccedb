"""An MLflow server that a drill may kill, on a free port of this machine, with files of its own.

Takes a folder; gives a `ScratchServer`. Needs MLflow itself, which the extra `train` brings: the
light core has its client alone. What the shell says of another server does not count: its database
would be written to. `python -m` of this module runs a command, and ends it with whoever began it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dslm.errors import EXIT_OK, EnvironmentFault
from dslm.releasing.opening import registry_at

START_SECONDS = 120.0
HOST = "127.0.0.1"
OF_ANOTHER = ("MLFLOW_", "_MLFLOW_", "GUNICORN_", "UVICORN_", "PROMETHEUS_")  # variables of servers
OWN = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
LOOKS_EVERY = 0.5  # seconds


def there_is_a_server() -> bool:
    """Whether MLflow's server is installed."""
    return all(importlib.util.find_spec(name) for name in ("flask", "mlflow.server"))


def own_environment(shell: Mapping[str, str]) -> dict[str, str]:
    """A shell's variables, but for those that would give the server another one's places."""
    kept = {name: value for name, value in shell.items()
            if not name.upper().startswith(OF_ANOTHER)}  # fmt: skip
    return kept | OWN


class ScratchServer:
    """A server that can be started, killed and started again on the same port and database."""

    def __init__(self, folder: Path):
        """Keep database and files in a folder."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """For `MLFLOW_TRACKING_URI`."""
        return f"http://{HOST}:{self._port}"

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """All that is opened meanwhile is at this server, and no proxy stands before it."""
        before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
        os.environ.update(dict.fromkeys(before, HOST))
        try:
            with registry_at(self.address):
                yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value

    def start(self) -> None:
        """Start it, and wait until it answers. It ends with this process, however that ends.

        Raises:
            EnvironmentFault: It does not.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__,
             sys.executable, "-m", "mlflow", "server", "--host", HOST,
             "--port", str(self._port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{self._folder / 'server.db'}",
             "--artifacts-destination", str(self._folder / "files")],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env=own_environment(os.environ),
        )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError):
                straight.open(f"{self.address}/health", timeout=5).close()
                return
            time.sleep(0.1)
        self.kill()
        raise EnvironmentFault("the drill's own MLflow server does not start", where=self.address)

    def kill(self) -> None:
        """End it at once, as a machine that fails does."""
        process, self._process = self._process, None
        if process is not None:
            with process, suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def ending_with_input(command: Sequence[str]) -> int:
    """Run a command until standard input ends, which whoever began this holds open.

    Then this process and all of its group are ended, as `kill -9` ends them.
    """
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while running.poll() is None:
        if select.select([sys.stdin], [], [], LOOKS_EVERY)[0] and not os.read(0, 1):
            os.killpg(0, signal.SIGKILL)
    return EXIT_OK


if __name__ == "__main__":
    raise SystemExit(ending_with_input(sys.argv[1:]))
