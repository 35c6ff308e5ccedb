from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories.small_repository import make_repository, texts_apart_from_gold

from dslm.settings.workspace import Workspace


@pytest.fixture
def repository(tmp_path: Path) -> Workspace:
    return texts_apart_from_gold(make_repository(tmp_path))
