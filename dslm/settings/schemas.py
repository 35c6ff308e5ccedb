"""JSON Schemas of the files people write, for editors: `docs/schemas/*.schema.json`.

Generated from the pydantic models, so they cannot drift; a test compares. Written by
`python -m dslm.settings.schemas`; each YAML names its schema in its first line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from dslm.provenance import write_atomic
from dslm.settings.policy import GatePolicy
from dslm.settings.recipe import Recipe
from dslm.settings.workspace import find_root

FOLDER = Path("docs") / "schemas"


def models() -> dict[str, type[BaseModel]]:
    """File name → the model it is made from."""
    from dslm.contract.model import Contract  # which itself reads settings

    return {
        "contract.schema.json": Contract,
        "recipe.schema.json": Recipe,
        "gate-policy.schema.json": GatePolicy,
    }


def schema_text(model: type[BaseModel]) -> str:
    """A model's JSON Schema as the file holds it."""
    schema = model.model_json_schema(by_alias=True)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(root: Path) -> list[Path]:
    """Write all schemas below a repository; gives their paths."""
    paths = []
    for name, model in models().items():
        write_atomic(root / FOLDER / name, schema_text(model))
        paths.append(root / FOLDER / name)
    return paths


if __name__ == "__main__":
    for path in write_schemas(find_root()):
        sys.stdout.write(f"{path}\n")
