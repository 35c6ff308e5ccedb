"""An MLflow server that a drill may kill, on a free port of this machine, with files of its own.

Takes a folder; gives a `ScratchServer`. Needs MLflow itself, which the extra `train` brings: the
light core has its client alone.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from dslm.errors import EnvironmentFault

START_SECONDS = 120.0


def there_is_a_server() -> bool:
    """Whether MLflow's server is installed."""
    return all(importlib.util.find_spec(name) for name in ("flask", "mlflow.server"))


class ScratchServer:
    """A server that can be started, killed and started again on the same port and database."""

    def __init__(self, folder: Path):
        """Keep database and files in a folder."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """For `MLFLOW_TRACKING_URI`."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            EnvironmentFault: It does not.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1",
             "--port", str(self._port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{self._folder / 'server.db'}",
             "--artifacts-destination", str(self._folder / "files")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError):
                urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
                return
            time.sleep(0.1)
        self.kill()
        raise EnvironmentFault("the drill's own MLflow server does not start", where=self.address)

    def kill(self) -> None:
        """End it at once, as a machine that fails does."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
