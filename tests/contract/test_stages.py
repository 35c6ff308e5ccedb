"""Stages, dvc.yaml, params, recipes and workflows hang together."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
from reading_code import ROOT
from ruamel.yaml import YAML

from dslm.contract import load_contract
from dslm.records import Baseline
from dslm.settings.params import load_params, recipe_path
from dslm.settings.policy import load_policy
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
HOW_MANY_RECIPES = 1
WORKFLOWS = sorted(load_params(ROOT).workflows)
# Modules that serve several stages of dvc.yaml: score_base and score_champion are `score`.
MODULE = re.compile(r"-m pipelines\.(\w+)")


def stages() -> dict[str, dict[str, Any]]:
    """Each stage of dvc.yaml, foreach opened."""
    document = YAML(typ="safe").load(ROOT / "dvc.yaml")
    return {name: stage.get("do", stage) for name, stage in document["stages"].items()}


def commands(stage: dict[str, Any]) -> list[str]:
    """The command lines of a stage."""
    return [stage["cmd"]] if isinstance(stage["cmd"], str) else list(stage["cmd"])


def test_every_stage_calls_a_module_that_exists() -> None:
    called = {m for stage in stages().values() for c in commands(stage) for m in MODULE.findall(c)}
    there = {p.stem for p in (ROOT / "pipelines").glob("*.py") if not p.stem.startswith("_")}
    assert called == there


def test_every_stage_runs_for_every_workflow() -> None:
    document = YAML(typ="safe").load(ROOT / "dvc.yaml")
    for name, stage in document["stages"].items():
        assert stage.get("foreach") == "${workflows}", name
        for command in commands(stage["do"]):
            assert "--workflow ${key}" in command, name


def test_what_a_stage_needs_is_made_by_a_stage_or_in_the_repository() -> None:
    made = {re.sub(r"\$\{key\}", w, out) for w in WORKFLOWS for out in outs()}
    for name, stage in stages().items():
        for dep in stage.get("deps", []):
            for workflow in WORKFLOWS:
                path = dep.replace("${key}", workflow)
                inside = any(path == out or path.startswith(f"{out}/") for out in made)
                assert inside or (ROOT / path).exists(), f"{name} needs {path}"


def outs() -> list[str]:
    """Everything that stages write."""
    found = []
    for stage in stages().values():
        for kind in ("outs", "metrics", "plots"):
            for out in stage.get(kind, []):
                found.append(out if isinstance(out, str) else next(iter(out)))
    return found


def test_a_stage_module_is_short_and_takes_a_workflow() -> None:
    for path in (ROOT / "pipelines").glob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= 100, path.name
        if not path.stem.startswith("_"):
            assert "workflow" in text, path.name


def test_there_are_as_many_recipes_as_we_know_of() -> None:
    assert len(RECIPES) == HOW_MANY_RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_a_recipe_loads_and_opens_with_what_it_is_for(path: Any) -> None:
    load_recipe(path)
    header = [line for line in path.read_text().splitlines()[1:8] if line.startswith("#")]
    text = " ".join(header)
    assert "Hardware:" in text
    assert "Command:" in text


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_is_whole(workflow: str) -> None:
    ws = Workspace(ROOT, workflow)
    assert load_contract(ws.contract).name == workflow
    assert ws.gold.is_file()
    load_policy(ws.policy)
    assert recipe_path(ws).is_file()
    Baseline.model_validate(json.loads(ws.champion.read_bytes()))
    assert (ws.data / "README.md").is_file()


def test_every_workflow_folder_is_listed() -> None:
    assert sorted(p.parent.name for p in ROOT.glob("data/*/workflow.yaml")) == WORKFLOWS


def test_commands_in_recipes_are_stages() -> None:
    for path in RECIPES:
        for module in MODULE.findall(path.read_text()):
            assert (ROOT / "pipelines" / f"{module}.py").is_file(), path.name


def test_no_command_of_a_stage_needs_a_shell() -> None:
    for name, stage in stages().items():
        for command in commands(stage):
            assert shlex.split(command), name
            assert not set(command.replace("${key}", "")) & set("|&;<>$`"), name
