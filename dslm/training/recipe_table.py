"""The table of recipes in `docs/recipes.md`: base, tier, licence, method, memory, batch.

Takes the files of recipes/; writes the lines between two marks of the document. Run as
`python -m dslm.training.recipe_table`; a test compares.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from dslm.errors import InputError
from dslm.provenance import write_atomic
from dslm.settings.bases import TIERS, facts_of
from dslm.settings.recipe import Recipe, load_recipe
from dslm.settings.workspace import find_root
from dslm.training.memory.memory_forecast import of_a_run, on_cpu, predict

DOCUMENT = Path("docs") / "recipes.md"
BEGIN, END = "<!-- recipes: begin -->\n", "<!-- recipes: end -->"
COLUMNS = ("recipe", "base", "tier", "licence", "method", "for", "predicted memory", "batch")


def hardware(name: str) -> str:
    """What a recipe is made for, as its name ends: `-cpu…` or `-gpu` with the size in GB."""
    found = re.search(r"-gpu(\d+)$", name)
    if found:
        return f"GPU of {found[1]} GB"
    return "CPU" if re.search(r"-cpu(-|$)", name) else "any"


def method(recipe: Recipe) -> str:
    """LoRA or QLoRA, and which kind of it."""
    kinds = [
        name for name, on in (("DoRA", recipe.lora.dora), ("rsLoRA", recipe.lora.rslora)) if on
    ]
    shown = {"lora": f"LoRA {recipe.training.dtype}", "qlora": "QLoRA NF4"}[recipe.method]
    return ", ".join([f"{shown}, r {recipe.lora.r}", *kinds])


def _row(path: Path) -> tuple[tuple[int, float, str], list[str]]:
    recipe = load_recipe(path)
    base = facts_of(recipe.base)
    if base is None:
        raise InputError(f"the base {recipe.base.name} is not in dslm/settings/bases.yaml",
                         where=path, fix="add its shapes there")  # fmt: skip
    plan = recipe.training
    cells = [
        f"`{path.stem}`",
        base.hub.split("/")[1],
        base.tier,
        base.licence,
        method(recipe),
        hardware(path.stem),
        f"{of_a_run(predict(recipe, base).total, on_gpu=not on_cpu(recipe)) / 1e9:.1f} GB",
        f"{plan.batch_size} × {plan.accumulation}",
    ]
    return (TIERS.index(base.tier), base.parameters, path.stem), cells


def table(root: Path) -> str:
    """All recipes of a repository as Markdown, small bases first."""
    rows = [cells for _, cells in sorted(_row(p) for p in (root / "recipes").glob("*.yaml"))]
    lines = [list(COLUMNS), ["---"] * len(COLUMNS), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def with_table(text: str, root: Path) -> str:
    """A document with the table as it is now between its marks."""
    head, begun, rest = text.partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not (begun and ended):
        raise InputError("has no marks for the table", where=root / DOCUMENT,
                         fix=f"add {BEGIN.strip()} and {END}")  # fmt: skip
    return head + BEGIN + table(root) + END + tail


def write(root: Path) -> Path:
    """Bring the document up to date; gives its path."""
    path = root / DOCUMENT
    write_atomic(path, with_table(path.read_text(encoding="utf-8"), root))
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{write(find_root())}\n")
