from __future__ import annotations

from pathlib import Path

import pytest
from small_repository import make_repository

from dslm.contract import Contract, load_contract
from dslm.settings.workspace import Workspace


@pytest.fixture
def repository(tmp_path: Path) -> Workspace:
    return make_repository(tmp_path)


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return load_contract(make_repository(tmp_path_factory.mktemp("mini")).contract)
