"""The order of tests, less searching for garbage, no waiting for disks, and no key of the caller's.

Modules and test cases live to the end, and hardly anything that tests leave is garbage in cycles:
the search for it was a tenth of what tests took, a quarter of a small training.

What a test writes need not outlive a loss of power, only the end of its processes: a commit of
sqlite that waits for the disk takes 15 ms, a registration has some thirty.
"""

import contextlib
import gc
import os
import sqlite3
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

for name in ("DSLM_SIGNING_KEY", "DSLM_TRUST_ROOT"):
    os.environ.pop(name, None)
os.environ["XDG_CONFIG_HOME"] = f"{tempfile.gettempdir()}/no-settings-of-dslm"


def _unsynced(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """Connections that leave it to the system when a file reaches the disk."""

    def made(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
        connection.execute("PRAGMA busy_timeout=0")
        with contextlib.suppress(sqlite3.Error):  # it is busy, or no database: whoever asks is told
            connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"PRAGMA busy_timeout={patience}")
        return connection

    return made


os.fsync = os.fstat  # type: ignore[assignment]  # of what is no open file it is an error too
sqlite3.connect = sqlite3.dbapi2.connect = _unsynced(sqlite3.connect)  # type: ignore[attr-defined]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their length: an archive holds the clock, so each worker would name another."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) and len(val) > 9 else None


@pytest.hookimpl(trylast=True)  # after the order was shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests from end to end first: begun last, the longest would leave one process to wait."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


def pytest_collection_finish() -> None:
    """Take what the collection left out of every later search, and search less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
