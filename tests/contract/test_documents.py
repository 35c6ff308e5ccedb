"""What the documents show is what there is: picture, examples, keys, checks and metrics."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML
from support.documents.code_reader import ROOT

from dslm.contract.model.contract_model import Contract, load_contract
from dslm.scoring.metrics import METRICS
from dslm.settings.gate_policy import AnyCheck, WaiverRules, load_policy
from dslm.settings.recipe import load_recipe
from dslm.settings.waivers import Waiver, load_waivers

Edges = set[tuple[str, str]]
CHECKS = typing.get_args(typing.get_args(AnyCheck)[0])


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text_of(name))


def stages() -> dict[str, tuple[list[str], list[str]]]:
    """Each stage's deps and outs."""
    found = {}
    for path in ("dvc.yaml", "registry/dvc.yaml"):
        document = YAML(typ="safe").load(ROOT / path)
        for name, entry in document["stages"].items():
            stage = entry["do"]
            outs = [o for kind in ("outs", "metrics", "plots") for o in stage.get(kind, [])]
            places = [o if isinstance(o, str) else next(iter(o)) for o in outs]
            found[name] = (stage.get("deps", []), places)
    return found


def pipeline() -> Edges:
    """Which stage reads what which stage writes."""
    found = stages()
    return {
        (maker, reader)
        for reader, (deps, _) in found.items()
        for maker, (_, outs) in found.items()
        if any(dep == out or dep.startswith(f"{out}/") for dep in deps for out in outs)
    }


def reached(edges: Edges) -> Edges:
    """Everything that runs before something else, however far."""
    pairs = set(edges)
    while True:
        more = {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs
        if not more:
            return pairs
        pairs |= more


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md"])
def test_the_picture_is_the_pipeline_of_dvc_yaml(name: str) -> None:
    (picture,) = blocks(name, "mermaid")
    drawn = set(re.findall(r"(?m)^\s*(\w+) --> (\w+)$", picture))
    assert reached(drawn) == reached(pipeline())


def test_every_stage_has_its_row() -> None:
    rows = re.findall(r"(?m)^\| (\w+) \|", text_of("docs/architecture.md"))
    assert set(rows) - {"stage"} == set(stages())


def test_the_contract_in_the_readme_is_one(tmp_path: Path) -> None:
    (example,) = blocks("README.md", "yaml")
    assert len(example.splitlines()) <= 25
    path = tmp_path / "workflow.yaml"
    path.write_text(example, encoding="utf-8")
    load_contract(path)


def test_the_recipe_for_a_gpu_loads(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(blocks("docs/gpu.md", "yaml")[0], encoding="utf-8")
    assert load_recipe(path).base.hub == "OWNER/NAME"


def test_the_waiver_shown_is_one(tmp_path: Path) -> None:
    example, rules = blocks("docs/gates.md", "yaml")
    path = tmp_path / "waivers.yaml"
    path.write_text(example.replace("sha256:…", "sha256:" + "0" * 64), encoding="utf-8")
    assert len(load_waivers(path)) == 1
    path.write_text(rules + "checks: [{id: a, kind: zero_tolerance, metric: truncation_rate}]\n")
    assert load_policy(path).waivers == WaiverRules()


def keys_of(model: type[BaseModel]) -> set[str]:
    """Every key that a model takes, at any depth."""
    found = set()
    for name, info in model.model_fields.items():
        found.add(info.alias or name)
        for inner in inner_models(info.annotation):
            found |= keys_of(inner)
    return found


def inner_models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for a in typing.get_args(annotation) for m in inner_models(a)]


def named(name: str) -> set[str]:
    """Every word of code in a document, outside and inside of blocks."""
    code = re.findall(r"(?s)```.*?```|`[^`\n]+`", text_of(name))
    return set(re.findall(r"\w+", " ".join(code)))


def test_every_key_of_a_contract_is_explained() -> None:
    assert keys_of(Contract) - named("docs/contract.md") == set()


def test_every_check_metric_and_key_of_a_policy_is_explained() -> None:
    kinds = {typing.get_args(c.model_fields["kind"].annotation)[0] for c in CHECKS}
    keys = set().union(*(keys_of(c) for c in CHECKS), keys_of(Waiver))
    assert (kinds | keys | set(METRICS)) - named("docs/gates.md") == set()


def test_the_table_of_changes_names_25_changes_and_only_files_that_exist() -> None:
    _, table = text_of("docs/architecture.md").split("| I want to change … | open |\n")
    rows = [line.split("|")[1:3] for line in table.splitlines()[1:] if line.startswith("| ")]
    files = [cell.strip().strip("`") for _, cell in rows]
    assert len(rows) == len({change for change, _ in rows}) == 25
    assert [name for name in files if not (ROOT / name).is_file()] == []
