"""The order of tests, less searching for garbage, and no signing key of whoever runs them.

Modules and test cases live to the end, and hardly anything that tests leave is garbage in cycles:
the search for it was a tenth of what tests took, a quarter of a small training.
"""

import gc
import os
import tempfile

import pytest

for name in ("DSLM_SIGNING_KEY", "DSLM_TRUST_ROOT"):
    os.environ.pop(name, None)
os.environ["XDG_CONFIG_HOME"] = f"{tempfile.gettempdir()}/no-settings-of-dslm"


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
