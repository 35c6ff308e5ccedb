"""JSON Schemas of files that people write and programs read: `docs/schemas/*.schema.json`.

Generated from the pydantic models, so they cannot drift; a test compares. Written by
`python -m dslm.settings.json_schemas`; each YAML names its schema in its first line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from dslm.provenance import write_atomic
from dslm.settings.gate_policy import GatePolicy
from dslm.settings.recipe import Recipe
from dslm.settings.release_policy import ReleasePolicy
from dslm.settings.workspace import find_root

FOLDER = Path("docs") / "schemas"


def models() -> dict[str, type[BaseModel]]:
    """File name → the model it is made from, of documents that people write."""
    from dslm.contract.model.contract_model import Contract  # which itself reads settings

    return {
        "contract.schema.json": Contract,
        "recipe.schema.json": Recipe,
        "gate-policy.schema.json": GatePolicy,
        "release-policy.schema.json": ReleasePolicy,
    }


def outputs() -> dict[str, type[BaseModel]]:
    """The same of what commands write for other programs to read."""
    from dslm.records import Answer  # whose package reads settings too

    return {"answer.schema.json": Answer}


def schema_text(model: type[BaseModel]) -> str:
    """A model's JSON Schema as the file holds it."""
    schema = model.model_json_schema(by_alias=True)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(root: Path) -> list[Path]:
    """Write the schemas of documents below a repository; gives their paths."""
    return _written(root, models())


def write_output_schemas(root: Path) -> list[Path]:
    """Write those of the outputs; gives their paths."""
    return _written(root, outputs())


def _written(root: Path, kinds: dict[str, type[BaseModel]]) -> list[Path]:
    paths = []
    for name, model in kinds.items():
        write_atomic(root / FOLDER / name, schema_text(model))
        paths.append(root / FOLDER / name)
    return paths


if __name__ == "__main__":
    root = find_root()
    for path in (*write_schemas(root), *write_output_schemas(root)):
        sys.stdout.write(f"{path}\n")
