"""What messages say of stages: the command that runs one, never its name alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.documents.code_reader import ROOT, Module, modules

from dslm.settings.workspace import stage_command

STAGES = {
    stage
    for file in ("dvc.yaml", "registry/dvc.yaml")
    for stage in YAML(typ="safe").load((ROOT / file).read_text())["stages"]
}
NAMED = re.compile(rf"\b({'|'.join(sorted(STAGES))})( |-)stage\b")
WITHOUT_ITS_WORKFLOW = re.compile(r"make release(?! W=)")


def _messages(module: Module) -> Iterator[tuple[int, str]]:
    """Every text of a module but its docstrings, an f-string's fixed parts together."""
    places = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    own = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, places) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            yield node.lineno, "…".join(str(part.value) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in own:
            yield node.lineno, node.value


def test_no_message_names_a_stage_without_its_command() -> None:
    assert {"curate", "train", "register"} <= STAGES
    found = [
        f"{module.name}:{line}: {text}"
        for module in modules("dslm", "pipelines")
        for line, text in _messages(module)
        if NAMED.search(text) or WITHOUT_ITS_WORKFLOW.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("stage", "of", "command"),
    [
        ("train", "mine", "`dvc repro train@mine`"),
        ("train", Path("/r/artifacts/mine/adapter"), "`dvc repro train@mine`"),
        ("score", Path("/r/data/x/eval/mine/results/scorecard.json"), "`dvc repro score@mine`"),
        ("calibrate", Path("/tmp/release/calibration.json"), "`dvc repro calibrate@WORKFLOW`"),
        ("register", "mine", "`make release W=mine`"),
    ],
)
def test_the_command_of_a_stage_names_the_workflow_of_a_file(
    stage: str, of: str | Path, command: str
) -> None:
    assert stage in STAGES
    assert stage_command(stage, of) == command
