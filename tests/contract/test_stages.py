"""Stages, dvc.yaml, params, recipes and workflows hang together."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.documents.code_reader import ROOT, modules

from dslm.contract import load_contract
from dslm.records import Baseline
from dslm.settings.gate_policy import load_policy
from dslm.settings.params import load_params, recipe_path
from dslm.settings.recipe import load_recipe
from dslm.settings.waivers import load_waivers
from dslm.settings.workspace import Workspace

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
HOW_MANY_RECIPES = 35
WORKFLOWS = sorted(load_params(ROOT).workflows)
# Their cases may not be in this repository, and a stage without its sources fails: whoever has
# brought them in lists the workflow in params.yaml.
BRING_YOUR_OWN_DATA = {"receipts"}
# Registration has a file of its own, so that `dvc repro` does not register.
PIPELINES = ("dvc.yaml", "registry/dvc.yaml")
# Modules that serve several stages of dvc.yaml: score_base and score_champion are `score`.
MODULE = re.compile(r"-m pipelines\.(\w+)")


@cache
def declared() -> dict[str, dict[str, Any]]:
    """Each stage as the pipeline files have it."""
    documents = [YAML(typ="safe").load(ROOT / name) for name in PIPELINES]
    return {name: stage for document in documents for name, stage in document["stages"].items()}


def stages() -> dict[str, dict[str, Any]]:
    """Each stage, foreach opened."""
    return {name: stage.get("do", stage) for name, stage in declared().items()}


def commands(stage: dict[str, Any]) -> list[str]:
    """The command lines of a stage."""
    return [stage["cmd"]] if isinstance(stage["cmd"], str) else list(stage["cmd"])


def test_every_stage_calls_a_module_that_exists() -> None:
    called = {m for stage in stages().values() for c in commands(stage) for m in MODULE.findall(c)}
    there = {p.stem for p in (ROOT / "pipelines").glob("*.py") if not p.stem.startswith("_")}
    assert called == there


def test_every_stage_runs_for_every_workflow() -> None:
    for name, stage in declared().items():
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


def test_what_only_tells_of_the_data_is_read_by_no_stage_and_so_trains_nothing() -> None:
    told = {f"artifacts/${{key}}/data-card.{kind}" for kind in ("json", "html")}
    assert told <= set(outs())
    for name, stage in stages().items():
        assert not [dep for dep in stage.get("deps", []) if "data-card" in dep], name


def test_curation_runs_again_for_what_makes_a_row_long_and_for_nothing_else_of_a_recipe() -> None:
    curate = stages()["curate"]
    named = {name: keys for one in curate["params"] for name, keys in one.items()}
    assert named["recipes/${item.recipe}.yaml"] == ["base", "training.max_tokens"]
    assert "task" in named["data/${key}/workflow.yaml"]


def test_what_the_curate_stage_calls_of_other_activities_is_what_it_depends_on() -> None:
    deps = stages()["curate"]["deps"]
    (stage,) = (m for m in modules("pipelines") if m.path.stem == "curate")
    called = {one.name for one in stage.imports() if one.name.split(".")[1:2] != ["cli"]}
    activities = {"curation", "inference", "gating", "reporting", "training", "scoring"}
    for name in sorted(called):
        parts = name.split(".")
        if parts[0] == "dslm" and len(parts) > 2 and parts[1] in activities:
            wanted = {
                "/".join(parts[:n]) + end for n in range(2, len(parts)) for end in ("", ".py")
            }
            assert wanted & set(deps), name


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
    header = [line for line in path.read_text().splitlines()[1:12] if line.startswith("#")]
    text = " ".join(header)
    assert "Hardware:" in text
    assert "Command:" in text


@pytest.mark.parametrize("workflow", sorted({*WORKFLOWS, *BRING_YOUR_OWN_DATA}))
def test_a_workflow_is_whole_but_for_cases_that_are_brought_in(workflow: str) -> None:
    ws = Workspace(ROOT, workflow)
    assert load_contract(ws.contract).name == workflow
    load_policy(ws.policy)
    load_waivers(ws.waivers)
    assert ws.waivers.is_file()  # a parameter of the gate's stage
    Baseline.model_validate(json.loads(ws.champion.read_bytes()))
    assert (ws.data / "README.md").is_file()
    if workflow in WORKFLOWS:
        assert ws.gold.is_file()
        assert recipe_path(ws).is_file()


def test_every_workflow_folder_is_listed_once_its_cases_are_there() -> None:
    folders = {p.parent.name for p in ROOT.glob("data/*/workflow.yaml")}
    assert folders - BRING_YOUR_OWN_DATA <= set(WORKFLOWS) <= folders


@pytest.mark.parametrize("workflow", sorted(BRING_YOUR_OWN_DATA))
def test_cases_that_are_brought_in_stay_out_of_git_and_the_readme_says_how(workflow: str) -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {f"/data/{workflow}/sources/", f"/eval/{workflow}/gold.jsonl"} <= set(ignored)
    said = (ROOT / "data" / workflow / "README.md").read_text()
    assert f"dslm import {workflow} " in said
    recipe = re.search(rf"# {workflow}:\n +#   recipe: (\S+)", (ROOT / "params.yaml").read_text())
    if workflow not in WORKFLOWS:
        assert recipe
        assert recipe[1] in {path.stem for path in RECIPES}


def test_commands_in_recipes_are_stages() -> None:
    for path in RECIPES:
        for module in MODULE.findall(path.read_text()):
            assert (ROOT / "pipelines" / f"{module}.py").is_file(), path.name


def test_no_command_of_a_stage_needs_a_shell() -> None:
    for name, stage in stages().items():
        for command in commands(stage):
            assert shlex.split(command), name
            assert not set(command.replace("${key}", "")) & set("|&;<>$`"), name
