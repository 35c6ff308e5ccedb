"""`docs/failures.md` names only tests that exist."""

from __future__ import annotations

import ast
import re

import pytest
from support.documents.code_reader import ROOT

TEXT = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ")][2:]
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", TEXT)


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_failure_names_the_tests_that_plant_it() -> None:
    assert len(ROWS) == 10
    for row in ROWS:
        failure, stopped_by, planted = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert failure
        assert stopped_by
        assert re.fullmatch(r"`[\w/]+\.py::test_\w+`(, `[\w/]+\.py::test_\w+`)*", planted)
