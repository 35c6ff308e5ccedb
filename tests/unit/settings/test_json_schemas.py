from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML
from support.repositories.small_repository import ROOT

from dslm.settings.json_schemas import FOLDER, models, outputs, schema_text, write_schemas

KIND_OF = {
    "data/*/workflow.yaml": "contract.schema.json",
    "recipes/*.yaml": "recipe.schema.json",
    "eval/*/gate.yaml": "gate-policy.schema.json",
    "registry/policy.yaml": "release-policy.schema.json",
}
FILES = [(path, schema) for glob, schema in KIND_OF.items() for path in sorted(ROOT.glob(glob))]


@pytest.mark.parametrize("name", sorted(models()))
def test_the_schemas_in_docs_are_current(name: str) -> None:
    there = (ROOT / FOLDER / name).read_text()
    assert there == schema_text(models()[name]), "run `python -m dslm.settings.json_schemas`"


def test_writing_the_schemas_writes_all_of_them(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path)
    assert [p.name for p in paths] == list(models())
    for path in paths:
        jsonschema_rs.meta.validate(json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("path", "schema"), FILES, ids=[str(p.relative_to(ROOT)) for p, _ in FILES]
)
def test_a_file_names_its_schema_and_is_valid_under_it(path: Path, schema: str) -> None:
    first = path.read_text().splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    named = (path.parent / first.removeprefix(prefix)).resolve()
    assert named == (ROOT / FOLDER / schema).resolve()
    assert named.is_file()
    document = json.loads(json.dumps(YAML(typ="safe").load(path), default=str))
    validator = jsonschema_rs.validator_for(json.loads(named.read_text()))
    assert [error.message for error in validator.iter_errors(document)] == []


def test_there_are_files_of_every_kind() -> None:
    assert {schema for _, schema in FILES} == set(models())


@pytest.mark.parametrize("name", sorted(outputs()))
def test_the_schemas_of_outputs_in_docs_are_current(name: str) -> None:
    there = (ROOT / FOLDER / name).read_text()
    assert there == schema_text(outputs()[name]), "run `python -m dslm.settings.json_schemas`"
    jsonschema_rs.meta.validate(json.loads(there))
