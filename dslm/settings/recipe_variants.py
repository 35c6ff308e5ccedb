"""Variants of recipes: `extends: {recipe: other, changes: [training.batch_size, …]}`.

A variant's file still holds every value: a reader sees them all, DVC tracks them, and a release
carries the file alone. `extends` is a claim about it, and this module holds it to the claim: but
for the keys in `changes`, every value is the parent's. So a changed parent stops its variants until
`python -m dslm.settings.recipe_variants` has carried the change into their files, where DVC sees it
and reruns what depends on it. Called wherever the recipe of a workflow is loaded.
"""

from __future__ import annotations

import io
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dslm.errors import InputError, Problems
from dslm.provenance import write_atomic
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.document_loading import line_of, plain, read_yaml
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import find_root

CARRY = "`python -m dslm.settings.recipe_variants`"
Values = dict[tuple[str, ...], Any]


def parents(path: Path) -> list[Path]:
    """The recipes that one extends: its parent, the parent's parent, and so on.

    Raises:
        InputError: A parent that is not there, or a circle; where it is named, file and line.
    """
    chain = [path]
    while (named := load_recipe(chain[-1]).extends) is not None:
        where = f"{chain[-1]}:{line_of(read_yaml(chain[-1]), ('extends', 'recipe'))}"
        parent = path.parent / f"{named.recipe}.yaml"
        if parent in chain:
            circle = " → ".join(p.stem for p in [*chain[chain.index(parent) :], parent])
            raise InputError(f"recipes extend each other: {circle}", where=where,
                             fix="let one of them stand alone")  # fmt: skip
        if not parent.is_file():
            near = nearest(named.recipe, sorted(p.stem for p in path.parent.glob("*.yaml")))
            fix = f"did you mean {near!r}?" if near else "name a file in recipes/"
            raise InputError(f"extends an unknown recipe {named.recipe!r}", where=where, fix=fix)
        chain.append(parent)
    return chain[1:]


def require_as_claimed(path: Path) -> None:
    """Hold a recipe, and those it extends, to what their `extends` claim.

    Raises:
        Problems: Every value that is neither the parent's nor listed in `changes`, and every
            listed key that does not exist, with file, line and key.
    """
    chain = [path, *parents(path)]
    pairs = itertools.pairwise(chain)
    wrong = [mistake for child, parent in pairs for mistake in _mistakes(child, parent)]
    if wrong:
        raise Problems(wrong)


def _mistakes(child: Path, parent: Path) -> Iterator[InputError]:
    document = read_yaml(child)
    own, given = _values(document), _values(read_yaml(parent))
    changes = _changes(document)
    for index, key in enumerate(changes):
        if not any(at[: len(key)] == key for at in own | given):
            where = f"{child}:{line_of(document, ('extends', 'changes', index))}"
            fix = "name keys of the recipe, such as training.batch_size"
            yield InputError(f"there is no key {'.'.join(key)!r}", where=where, fix=fix)
    for at in sorted(own.keys() | given.keys()):
        if own.get(at, ...) == given.get(at, ...) or _is_own(at, changes):
            continue
        said = f"is {own[at]!r}" if at in own else "is missing"
        there = f"says {given[at]!r}" if at in given else "has no such key"
        yield InputError(
            f"{'.'.join(at)} {said}, {parent.stem} {there}",
            where=f"{child}:{line_of(document, at)}",
            fix=f"add it to extends.changes, or run {CARRY}",
        )


def _changes(document: Any) -> list[tuple[str, ...]]:
    return [tuple(str(key).split(".")) for key in document["extends"]["changes"]]


def _is_own(at: tuple[str, ...], changes: list[tuple[str, ...]]) -> bool:
    return any(at[: len(key)] == key for key in changes)


def _values(document: Any) -> Values:
    """Every value of a recipe by its key; `extends` is none."""

    def inner(node: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        if isinstance(node, dict):
            for key, value in node.items():
                yield from inner(value, (*at, str(key)))
        else:
            yield at, plain(node)

    return {at: value for at, value in inner(document, ()) if at[0] != "extends"}


def carry_over(path: Path) -> bool:
    """Write the parent's values into a variant, those of its own left; comments stay.

    Returns:
        Whether the file changed.
    """
    above = parents(path)
    if not above:
        return False
    document, given = read_yaml(path, to_edit=True), _values(read_yaml(above[0]))
    changes, own = _changes(document), _values(document)
    for at in (own.keys() | given.keys()) - {at for at in own if own[at] == given.get(at, ...)}:
        if _is_own(at, changes):
            continue
        node = document
        for part in at[:-1]:
            node = node.setdefault(part, {})
        if at in given:
            node[at[-1]] = given[at]
        else:
            del node[at[-1]]
    text = yaml_text(document)
    changed = text != path.read_text(encoding="utf-8") and own != _values(document)
    if changed:
        write_atomic(path, text)
    return changed


def yaml_text(document: Any) -> str:
    """A recipe that `read_yaml` read, as text, comments and layout kept."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.width = 100
    yaml.representer.add_representer(type(None), _null)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def carry_over_all(root: Path) -> list[Path]:
    """Bring every variant in recipes/ up to its parent, parents first; gives those that changed."""
    recipes = sorted((root / "recipes").glob("*.yaml"), key=lambda p: (len(parents(p)), p))
    return [path for path in recipes if carry_over(path)]


if __name__ == "__main__":
    for changed in carry_over_all(find_root()):
        sys.stdout.write(f"{changed}\n")
