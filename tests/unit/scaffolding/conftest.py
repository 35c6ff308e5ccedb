from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories.small_repository import make_repository

from dslm.settings.workspace import Workspace


@pytest.fixture
def repository(tmp_path: Path) -> Workspace:
    return make_repository(tmp_path)
