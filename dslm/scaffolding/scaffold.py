"""Scaffolds a workflow from a sample of the user's own data: `dslm init`.

Takes a repository and a labelled sample; gives contract, sources, gold, gate policy, champion file
and an entry in `params.yaml`. Everything is written and proved beside, then renamed into place;
what fails leaves nothing behind.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from dslm.cases import read_labelled, write_records
from dslm.contract.model import load_contract
from dslm.errors import InputError
from dslm.provenance import write_atomic
from dslm.records import Baseline
from dslm.scaffolding.draft import Draft, draft
from dslm.scaffolding.sample import read_sample
from dslm.scaffolding.texts import contract_text, policy_text, readme_text
from dslm.settings.file_names import writable_name
from dslm.settings.loading import read_text, read_yaml
from dslm.settings.params import load_params
from dslm.settings.policy import load_policy
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import NAME, Workspace

NO_WAIVERS = """\
# Dated, signed exceptions to gate.yaml; docs/gates.md says how to write one. None at present.
waivers: []
"""
EMPTY_REVIEW = "id,field,label,suggested,score,reason,input,verdict\n"  # `dslm review` fills it
# What a tokenizer takes apart: words, digits, signs and line ends.
_PARTS = re.compile(r"[^\W\d_]+|\d|[^\w\s]|\n")


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    name: str
    sample: Path
    input: str | None = None
    target: tuple[str, ...] = ()
    group_by: str | None = None
    gold_share: float = 0.2


@dataclass(frozen=True)
class Scaffolded:
    """What was made, and what the user should look at."""

    workspace: Workspace
    recipe: str
    draft: Draft
    notes: tuple[str, ...]


def scaffold(root: Path, request: Request) -> Scaffolded:
    """Make a workflow.

    Raises:
        InputError: The name is taken or is none, or the sample cannot be read.
        Problems: Every faulty line of the sample.
    """
    ws = Workspace(root, request.name)
    _refuse_taken(ws)
    if not 0 < request.gold_share < 1:
        raise InputError(f"--gold-share is {request.gold_share}, must lie between 0 and 1")
    recipe = _recipe_for(root)
    sample = read_sample(request.sample, request.input, request.target)
    made = draft(request.sample, sample, request.group_by, request.gold_share)
    staged = Workspace(root / ".dslm" / f"init-{request.name}.{os.getpid()}.partial", ws.workflow)
    try:
        _write(staged, made, request)
        _prove(staged)
        _move(staged, ws, _params_with(root, ws.workflow, recipe))
    finally:
        shutil.rmtree(staged.root, ignore_errors=True)
    return Scaffolded(ws, recipe, made, tuple(_notes(root, recipe, made)))


def _places(ws: Workspace) -> tuple[Path, ...]:
    return ws.data, ws.eval, ws.registry


def _refuse_taken(ws: Workspace) -> None:
    if not NAME.match(ws.workflow):
        fix = "small letters, digits and _, a letter first"
        raise InputError(f"{ws.workflow!r} is no name for a workflow", fix=fix)
    if ws.workflow in load_params(ws.root).workflows:
        raise InputError(f"{ws.workflow!r} is listed already", where=ws.root / "params.yaml",
                         fix="choose another name")  # fmt: skip
    for place in _places(ws):
        if place.exists():
            raise InputError("is there already", where=place, fix="choose another name")


def _recipe_for(root: Path) -> str:
    """The recipe that the first workflow uses, else the first one there is."""
    for params in load_params(root).workflows.values():
        return params.recipe
    for path in sorted((root / "recipes").glob("*.yaml")):
        return path.stem
    raise InputError("no recipe here", where=root / "recipes", fix="add one")


def _write(staged: Workspace, made: Draft, request: Request) -> None:
    name, sample = request.name, writable_name(request.sample.name)
    stem = sample.split(".")[0].replace("\\", "_")  # of a file that is ours
    write_records(staged.data / "sources" / f"{stem}.jsonl", made.sources)
    write_records(staged.gold, made.gold)
    write_atomic(staged.contract, contract_text(name, sample, made))
    write_atomic(staged.data / "README.md", readme_text(name, sample, made))
    write_atomic(staged.review, EMPTY_REVIEW)
    write_atomic(staged.policy, policy_text(name, made))
    write_atomic(staged.waivers, NO_WAIVERS)
    none_yet = json.dumps(Baseline().model_dump(mode="json"), indent=2) + "\n"
    write_atomic(staged.champion, none_yet)


def _prove(staged: Workspace) -> None:
    """What was written is read back, every case under the schema that was guessed from it."""
    contract = load_contract(staged.contract)
    load_policy(staged.policy)
    for path in (staged.gold, *(staged.data / "sources").iterdir()):
        read_labelled(path, contract)


def _params_with(root: Path, name: str, recipe: str) -> str:
    """`params.yaml` with one more workflow, comments and layout kept."""
    path = root / "params.yaml"
    document = read_yaml(path, to_edit=True)
    document["workflows"][name] = {"recipe": recipe}
    lines = read_text(path).splitlines()
    writer = YAML(typ="rt")
    writer.width = max((len(line) for line in lines), default=80) + 80  # never fold a line
    out = io.StringIO()
    writer.dump(document, out)
    return out.getvalue()


def _move(staged: Workspace, ws: Workspace, params: str) -> None:
    """Rename all folders into place, params last; undo what was moved when one fails."""
    moved: list[Path] = []
    try:
        for source, place in zip(_places(staged), _places(ws), strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            source.rename(place)
            moved.append(place)
        write_atomic(ws.root / "params.yaml", params)
    except BaseException:
        for place in moved:
            shutil.rmtree(place)
        raise


def _tokens(text: str) -> int:
    """About how many tokens a text has, rather too many; only used for advice.

    A word has one for every three letters, a digit and a sign one each, and a quarter more.
    """
    return round(1.25 * sum(-(-len(part) // 3) for part in _PARTS.findall(text)))


def _notes(root: Path, recipe: str, made: Draft) -> list[str]:
    """Advice on what is likely to get in the way of the first run."""
    training = load_recipe(root / "recipes" / f"{recipe}.yaml").training
    cases = (*made.sources, *made.gold)
    longest = max(_tokens(c.input + json.dumps(c.target, ensure_ascii=False)) for c in cases)
    notes = list(made.notes)
    if longest > training.max_tokens:
        notes.append(
            f"recipes/{recipe}.yaml takes rows of at most {training.max_tokens} tokens, your "
            f"longest has about {longest}: copy the recipe, raise "
            "training.max_tokens and name the copy in params.yaml"
        )
    whole = [field for field, schema in made.properties.items() if "properties" in schema]
    if whole:
        notes.append(
            f"{', '.join(whole)}: a nested object is right or wrong as a whole; make its parts "
            "fields of their own where they matter apart"
        )
    if made.group_by is None:
        notes.append(
            "no --group-by: if cases of one customer or template resemble each other, gold "
            "flatters the model"
        )
    return notes
