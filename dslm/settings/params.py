"""`params.yaml`: which workflows this repository holds, and the recipe each is trained with."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dslm.errors import InputError
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.document_loading import load_document
from dslm.settings.recipe import Recipe, load_recipe
from dslm.settings.recipe_variants import require_as_claimed
from dslm.settings.workspace import Workspace


class WorkflowParams(BaseModel):
    """What the pipeline knows of one workflow beyond its contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="a file in recipes/")


class CurateParams(BaseModel):
    """Where curation runs; never what comes out of it, so no stage depends on this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["local", "ray"] = Field("local", description="this machine, or a Ray cluster")
    workers: int | None = Field(None, ge=1, description="parts read at once; null: one a core")
    address: str | None = Field(
        None, description="of the Ray cluster; null: that of RAY_ADDRESS, or a new one here"
    )


class Params(BaseModel):
    """The document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflows: dict[str, WorkflowParams]
    curate: CurateParams = CurateParams()


def load_params(root: Path) -> Params:
    """`params.yaml` of a repository."""
    return load_document(root / "params.yaml", Params)


def recipe_path(ws: Workspace) -> Path:
    """The recipe that `params.yaml` names for a workflow.

    Raises:
        InputError: The workflow is not listed, or there is no such recipe.
    """
    workflows = load_params(ws.root).workflows
    if ws.workflow not in workflows:
        raise InputError(
            f"workflow {ws.workflow!r} is not listed",
            where=ws.root / "params.yaml",
            fix=f"add `{ws.workflow}: {{recipe: …}}` under workflows",
        )
    name = workflows[ws.workflow].recipe
    path = ws.root / "recipes" / f"{name}.yaml"
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.yaml"))
        near = nearest(name, known)
        fix = f"did you mean {near!r}?" if near else f"known: {', '.join(known) or 'none'}"
        raise InputError(f"no recipe {name!r}", where=ws.root / "params.yaml", fix=fix)
    return path


def recipe_of(ws: Workspace) -> Recipe:
    """The recipe of a workflow, held to what it claims to extend."""
    path = recipe_path(ws)
    require_as_claimed(path)
    return load_recipe(path)
