"""`dslm base`: base models on this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, emit, say
from dslm.errors import InputError

if TYPE_CHECKING:
    from dslm.settings.recipe import BaseModelSource

COMMIT = re.compile("[0-9a-f]{40}")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")

app = typer.Typer(help="Base models on this machine.", no_args_is_help=True)


@app.command("prepare")
def prepare(
    name: Annotated[str, typer.Argument(help="An embedded model.")] = "smollm2-135m-instruct",
    hub: Annotated[
        str | None,
        typer.Option(help="Fetch this hub model instead; no other command goes online."),
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="The hub model's commit, 40 hex digits.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write an embedded base model as safetensors, once, and check its digest."""
    from dslm.inference.base_models.base_files import fetch
    from dslm.inference.base_models.base_files import prepare as prepare_base

    if hub is None and revision is None:
        shown, folder = name, prepare_base(name)
    else:
        shown, commit = _pinned(hub, revision)
        folder = fetch(shown, commit)
    if as_json:
        emit({"base": shown, "folder": str(folder)})
    else:
        say(f"{shown}: {folder}")


@app.command("lock")
def lock(
    target: Annotated[str, typer.Argument(help="A recipe, a hub id, or a model folder.")],
    revision: Annotated[
        str | None, typer.Option(help="The hub model's commit, 40 hex digits.")
    ] = None,
    online: Annotated[bool, typer.Option("--online", help="Fetch a hub model first.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Replace an older lock.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write down a base's commit and the digest of every file; training accepts nothing else."""
    from dslm.inference.base_models.base_locks import lock_base
    from dslm.settings.workspace import find_root

    root = find_root()
    source = _source(target, revision, root, again=again)
    if source.embedded:
        found: dict[str, object] = {"base": source.name, "lock": None, "recipes": []}
        lines = [f"{source.name}: pinned in dslm itself, it needs no lock"]
    else:
        path, made, recipes = lock_base(source, root, online=online, again=again)
        shown = [str(p.relative_to(root)) for p in recipes]
        found = {"base": made.base, "commit": made.commit, "licence": made.licence,
                 "lock": str(path.relative_to(root)), "recipes": shown}  # fmt: skip
        lines = [
            f"{made.base}: {len(made.files)} files → {path.relative_to(root)}",
            f"licence: {made.licence or 'not said: read the model card'}",
            f"pinned in: {', '.join(shown) or 'no recipe that was not already'}",
        ]
    if as_json:
        emit(found)
    else:
        say(*lines)


def _source(target: str, revision: str | None, root: Path, *, again: bool) -> BaseModelSource:
    """The base that a recipe's name, a folder or a hub id stands for."""
    from dslm.settings.recipe import BaseModelSource, load_recipe

    if revision is not None and not COMMIT.fullmatch(revision):
        raise InputError("a commit has 40 hex digits", where="dslm base lock --revision")
    recipe = root / "recipes" / f"{target}.yaml"
    if recipe.is_file():
        source = load_recipe(recipe).base
    elif (root / target).is_dir():
        source = BaseModelSource(folder=target)
    elif HUB_ID.fullmatch(target):
        source = BaseModelSource(hub=target)
    else:
        raise InputError(f"{target!r} is no recipe, no folder and no hub id",
                         where="dslm base lock", fix="a hub id is OWNER/NAME")  # fmt: skip
    if source.hub and (revision or again):  # again: the newest, not the one the recipe has
        source = source.model_copy(update={"revision": revision})
    return source


def _pinned(hub: str | None, revision: str | None) -> tuple[str, str]:
    """A hub id and a commit; a branch or a tag can move under an adapter."""
    if hub is None or revision is None or not COMMIT.fullmatch(revision):
        raise InputError("a hub model is named by its id and the commit of its revision",
                         where="dslm base prepare",
                         fix="--hub OWNER/NAME --revision (40 hex digits)")  # fmt: skip
    return hub, revision
