"""A recipe with room for a sample's own rows and answers.

Takes the cases of a draft and the recipe that the repository would use; gives that recipe where it
has the room, its longer sister where there is one, else a small variant of either (`extends`), with
what was measured. Lengths are counted by the recipe's tokenizer, and estimated where it is not on
this machine. Called by `dslm.scaffolding.init_workflow`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.contract.answers.canonical_answer import canonical_text
from dslm.contract.model.contract_model import Contract
from dslm.inference.base_models.light_tokenizer import NotAtHand, tokenizer_at_hand
from dslm.inference.prompts.prompt import answer_lengths, row_lengths, tuned_prompt
from dslm.records import Case
from dslm.settings.files.document_loading import plain, read_yaml
from dslm.settings.recipe import Recipe, load_recipe
from dslm.settings.recipe_variants import yaml_text

LONGER = "-long"  # of the sister's name
FAR = 2  # times the recipe's rows: then the sister, whose batch and attention fit long rows
OUTLIER = 2  # times the 99th percentile: such rows are left to be dropped as too long
# What a tokenizer takes apart: words, digits, signs and line ends.
_PARTS = re.compile(r"[^\W\d_]+|\d|[^\w\s]|\n")
MADE_BY = "# Made by `dslm init`"


@dataclass(frozen=True)
class Lengths:
    """Tokens of each row and each right answer, sorted; `counted` by the recipe's tokenizer."""

    rows: tuple[int, ...]
    answers: tuple[int, ...]
    counted: bool


@dataclass(frozen=True)
class RecipeLengths:
    """The recipe to name in `params.yaml`, the text of a variant to write, and what to tell."""

    recipe: str
    text: str | None
    notes: tuple[str, ...]


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, rather too many.

    A word has one for every three letters, a digit and a sign one each, and a quarter more.
    """
    return round(1.25 * sum(-(-len(part) // 3) for part in _PARTS.findall(text)))


def lengths_of(root: Path, recipe: Recipe, contract: Contract, cases: Sequence[Case]) -> Lengths:
    """How long rows and answers are."""
    pairs = [(case.input, case.target or {}) for case in cases]
    try:
        tokenizer = tokenizer_at_hand(recipe.base, root)
    except NotAtHand:
        answers = [estimated_tokens(canonical_text(contract, target)) for _, target in pairs]
        asked = estimated_tokens(contract.task) + 20  # of the turns' marks
        rows = [asked + estimated_tokens(text) + answer
                for (text, _), answer in zip(pairs, answers, strict=True)]  # fmt: skip
        return Lengths(tuple(sorted(rows)), tuple(sorted(answers)), counted=False)
    rows = row_lengths(tokenizer, tuned_prompt(contract), pairs)
    answers = answer_lengths(tokenizer, contract, [target for _, target in pairs])
    return Lengths(tuple(sorted(rows)), tuple(sorted(answers)), counted=True)


def lengths_for(root: Path, name: str, recipe: str, lengths: Lengths) -> RecipeLengths:
    """The recipe that takes rows and answers of these lengths.

    Args:
        root: The repository.
        name: The workflow; a variant bears its name.
        recipe: What the repository would use.
        lengths: Of the sample.
    """
    rows, left = _covered(lengths.rows)
    parent = _parent(root, recipe, rows)
    had = load_recipe(root / "recipes" / f"{parent}.yaml")
    wanted: dict[str, int] = {}
    if rows > had.training.max_tokens:
        wanted["training.max_tokens"] = _tidy(rows * 1.1, 32)
    if lengths.answers[-1] > had.inference.max_answer_tokens:
        wanted["inference.max_answer_tokens"] = _tidy(lengths.answers[-1] * 1.25, 16)
    how = "" if lengths.counted else "about "
    measured = (f"the longest row has {how}{lengths.rows[-1]} tokens, the longest answer "
                f"{how}{lengths.answers[-1]}")  # fmt: skip
    notes = [] if lengths.counted else [
        "lengths are estimated, rather long, since the base's tokenizer is not on this machine: "
        "after `dslm base prepare` the same `dslm init` with `--again` counts them"
    ]  # fmt: skip
    if left:
        notes.append(f"{left} rows are far longer than the others (more than {rows} tokens): "
                     "training leaves them out, or raise training.max_tokens")  # fmt: skip
    if not wanted:
        if parent != recipe:
            usual = load_recipe(root / "recipes" / f"{recipe}.yaml").training.max_tokens
            notes.append(f"recipes/{recipe}.yaml takes rows of at most {usual} tokens, {measured}: "
                         f"trained with recipes/{parent}.yaml")  # fmt: skip
        return RecipeLengths(parent, None, tuple(notes))
    said = ", ".join(f"{key} {value}" for key, value in wanted.items())
    limits = had.training.max_tokens, had.inference.max_answer_tokens
    notes.append(f"recipes/{parent}.yaml takes rows of at most {limits[0]} tokens and answers of "
                 f"at most {limits[1]}, {measured}: recipes/{name}.yaml is the same with {said}",
                 )  # fmt: skip
    return RecipeLengths(name, _variant(root, name, parent, wanted, measured), tuple(notes))


def _covered(rows: Sequence[int]) -> tuple[int, int]:
    """The length to have room for, and how many rows are left beyond it."""
    usual = rows[max(0, -(-99 * len(rows) // 100) - 1)]
    if rows[-1] <= OUTLIER * usual:
        return rows[-1], 0
    return usual, sum(row > usual for row in rows)


def _parent(root: Path, recipe: str, rows: int) -> str:
    had = load_recipe(root / "recipes" / f"{recipe}.yaml")
    sister = root / "recipes" / f"{recipe}{LONGER}.yaml"
    if rows <= FAR * had.training.max_tokens or not sister.is_file():
        return recipe
    return sister.stem if load_recipe(sister).base == had.base else recipe


def _tidy(value: float, step: int) -> int:
    return -(-int(value) // step) * step


def _variant(root: Path, name: str, parent: str, wanted: dict[str, int], measured: str) -> str:
    """The parent's text with other values, and the claim that all else is the parent's."""
    document = read_yaml(root / "recipes" / f"{parent}.yaml", to_edit=True)
    document.pop("extends", None)
    for key, value in wanted.items():
        part, _, last = key.partition(".")
        document[part][last] = value
    document.insert(0, "extends", _on_one_line({"recipe": parent, "changes": list(wanted)}))
    body = re.sub(r"\A(?:[ \t]*(?:#[^\n]*)?\n)*", "", yaml_text(document))
    text = (
        "# yaml-language-server: $schema=../docs/schemas/recipe.schema.json\n"
        f"# {parent} with room for {name}: {measured}.\n"
        f"# Hardware, memory and time: as {parent}, more by the rows' lengths.\n"
        f"{MADE_BY}; `python -m dslm.settings.recipe_variants` carries changes of {parent} over.\n"
        f"# Command:  dvc repro gate@{name}\n\n"
        f"{body}"
    )
    Recipe.model_validate(plain(_parsed(text)))
    return text


def _on_one_line(claim: dict[str, Any]) -> Any:
    from ruamel.yaml.comments import CommentedMap

    made = CommentedMap(claim)
    made.fa.set_flow_style()
    return made


def _parsed(text: str) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(text)
