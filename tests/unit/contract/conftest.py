from __future__ import annotations

import pytest
from support.repositories.small_repository import make_repository

from dslm.contract import Contract, load_contract


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return load_contract(make_repository(tmp_path_factory.mktemp("mini")).contract)
