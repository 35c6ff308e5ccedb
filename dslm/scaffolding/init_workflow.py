"""Scaffolds a workflow from a sample of the user's own data: `dslm init`.

Takes a repository and a labelled sample; gives contract, sources, gold, gate policy, champion file,
an entry in `params.yaml`, and a release policy where there is none. Everything is written and
proved beside, then renamed into place; what fails leaves nothing behind.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ruamel.yaml import YAML

from dslm.cases import read_labelled, write_records
from dslm.contract.cases.case_groups import group_of
from dslm.contract.model.contract_model import load_contract
from dslm.curation.sources import flattened, to_flatten
from dslm.errors import InputError
from dslm.provenance import write_atomic
from dslm.records import Baseline
from dslm.scaffolding.init_again import Replaced, changes, put_back, refuse_released, set_aside
from dslm.scaffolding.left_out_columns import refuse_unknown, without_fields
from dslm.scaffolding.personal_notes import looks_personal
from dslm.scaffolding.proposed_workflow import Draft, contract_of, draft
from dslm.scaffolding.recipe_lengths import MADE_BY, RecipeLengths, lengths_for, lengths_of
from dslm.scaffolding.release_policy_draft import write_release_policy
from dslm.scaffolding.sample_reader import Numbered, read_sample
from dslm.scaffolding.workflow_files import contract_text, policy_text, readme_text, task_of
from dslm.settings.files.document_loading import read_text, read_yaml
from dslm.settings.files.file_names import writable_name
from dslm.settings.gate_policy import load_policy
from dslm.settings.params import load_params
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import NAME, Workspace

NO_WAIVERS = """\
# Dated, signed exceptions to gate.yaml; docs/gates.md says how to write one. None at present.
waivers: []
"""
OTHER_NAME = "choose another name, or start over with `--again`"
LARGE_GROUP = 0.1  # of all cases: from here on the user is told
EMPTY_REVIEW = "id,field,label,suggested,score,reason,input,verdict\n"  # `dslm review` fills it


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    name: str
    sample: Path
    input: str | None = None
    target: tuple[str, ...] = ()
    group_by: str | None = None
    gold_share: float = 0.2
    nested: bool = False  # objects stay whole
    again: bool = False  # what is there is replaced
    leave_out: tuple[str, ...] = ()  # columns of the sample
    seed: int = 0  # which groups become gold


@dataclass(frozen=True)
class Scaffolded:
    """What was made, and what the user should look at; `personal`: what looks so in it."""

    workspace: Workspace
    recipe: str
    draft: Draft
    notes: tuple[str, ...]
    replaced: tuple[Replaced, ...] = ()
    kept_in: Path | None = None
    personal: tuple[str, ...] = ()


def scaffold(root: Path, request: Request) -> Scaffolded:
    """Make a workflow.

    Raises:
        InputError: The name is taken or is none, or the sample cannot be read.
        Problems: Every faulty line of the sample.
    """
    ws = Workspace(root, request.name)
    _refuse_taken(ws, again=request.again)
    if not 0 < request.gold_share < 1:
        raise InputError(f"--gold-share is {request.gold_share}, must lie between 0 and 1")
    usual = _recipe_for(root, but=ws.workflow)
    sample = read_sample(request.sample, request.input, request.target, request.leave_out)
    sample = without_fields(sample, request.leave_out)
    refuse_unknown(request.sample, sample, request.leave_out)
    apart = {} if request.nested else to_flatten([n.case.target or {} for n in sample])
    flat = _taken_apart(sample, apart)
    made = draft(request.sample, flat, request.group_by, request.gold_share, request.seed)
    room = _room(root, request.name, usual, made)
    staged = Workspace(root / ".dslm" / f"init-{request.name}.{os.getpid()}.partial", ws.workflow)
    try:
        _write(staged, made, request)
        _prove(staged)
        params = _params_with(root, ws.workflow, room.recipe)
        aside = _move(staged, ws, params, room, again=request.again)
    finally:
        shutil.rmtree(staged.root, ignore_errors=True)
    notes = (*_notes(made, apart), *_left_out(sample), *room.notes)
    told = changes(root, aside, _all_places(ws)) if aside else ()
    looks = looks_personal((*made.gold, *made.sources))
    return Scaffolded(ws, room.recipe, made, notes, told, aside, looks)


def _taken_apart(
    sample: Sequence[Numbered], apart: Mapping[str, Sequence[str]]
) -> tuple[Numbered, ...]:
    """The sample with nested objects as one field a part, where that is proposed."""
    if not apart:
        return tuple(sample)
    keys = dict.fromkeys(key for n in sample for key in (n.case.target or {}))
    fields = [field for key in keys for field in apart.get(key, (key,))]
    return tuple(
        replace(
            n, case=n.case.model_copy(update={"target": flattened(n.case.target or {}, fields)})
        )
        for n in sample
    )


def _room(root: Path, name: str, recipe: str, made: Draft) -> RecipeLengths:
    """The recipe with room for the sample's rows and answers."""
    cases = (*made.sources, *made.gold)
    trial = contract_of(made, name, ()).model_copy(update={"task": task_of(made)})
    known = load_recipe(root / "recipes" / f"{recipe}.yaml")
    return lengths_for(root, name, recipe, lengths_of(root, known, trial, cases))


def _places(ws: Workspace) -> tuple[Path, ...]:
    return ws.data, ws.eval, ws.registry


def _all_places(ws: Workspace) -> tuple[Path, ...]:
    """What `--again` replaces: the folders, and the recipe that an earlier `init` made."""
    return (*_places(ws), _own_recipe(ws))


def _own_recipe(ws: Workspace) -> Path:
    return ws.root / "recipes" / f"{ws.workflow}.yaml"


def _refuse_taken(ws: Workspace, *, again: bool) -> None:
    if not NAME.match(ws.workflow):
        fix = "small letters, digits and _, a letter first"
        raise InputError(f"{ws.workflow!r} is no name for a workflow", fix=fix)
    recipe = _own_recipe(ws)
    if recipe.exists() and not (again and MADE_BY in read_text(recipe)):
        raise InputError("is there already", where=recipe, fix=OTHER_NAME)
    if again:
        refuse_released(ws)
        return
    if ws.workflow in load_params(ws.root).workflows:
        raise InputError(f"{ws.workflow!r} is listed already", where=ws.root / "params.yaml",
                         fix=OTHER_NAME)  # fmt: skip
    for place in _places(ws):
        if place.exists():
            raise InputError("is there already", where=place, fix=OTHER_NAME)


def _recipe_for(root: Path, *, but: str) -> str:
    """The recipe that the first other workflow uses, else the first one there is."""
    for name, params in load_params(root).workflows.items():
        if name != but:
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
    asked = {"seed": request.seed, "leave_out": request.leave_out}
    write_atomic(staged.data / "README.md", readme_text(name, sample, made, asked))
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


def _move(
    staged: Workspace, ws: Workspace, params: str, room: RecipeLengths, *, again: bool
) -> Path | None:
    """Rename all folders into place, params last; undo what was moved when one fails.

    Returns:
        Where lies what was replaced; None where nothing was.
    """
    there = [place for place in _all_places(ws) if place.exists()]
    aside = set_aside(ws.root, ws.workflow, there) if again and there else None
    moved: list[Path] = []
    try:
        for source, place in zip(_places(staged), _places(ws), strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            source.rename(place)
            moved.append(place)
        if room.text is not None:
            write_atomic(_own_recipe(ws), room.text)
        write_atomic(ws.root / "params.yaml", params)
    except BaseException:
        for place in moved:
            shutil.rmtree(place)
        if room.text is not None:
            _own_recipe(ws).unlink(missing_ok=True)
        if aside:
            put_back(ws.root, aside, there)
        raise
    write_release_policy(ws.root)
    return aside


def _notes(made: Draft, apart: Mapping[str, Sequence[str]]) -> list[str]:
    """Advice on what is likely to get in the way of the first run."""
    notes = [
        f"{key}: an object, taken apart into {', '.join(parts)}, so that each part is judged by "
        "itself; rows are read nested or flat (`--nested` keeps the object, right or wrong as a "
        "whole)"
        for key, parts in apart.items()
    ]
    notes += made.notes
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
    elif _groups_nothing(made):
        notes.append(
            f"{made.group_by}: every case has one of its own, so it is no group: nothing is kept "
            "apart by it, as without --group-by"
        )
    elif (largest := _largest_group(made)) > LARGE_GROUP:
        notes.append(
            f"{made.group_by}: one group has {largest:.0%} of all cases; it is on one side as a "
            "whole and counts as one draw: one customer, or cases without a value of their own?"
        )
    return notes


def _largest_group(made: Draft) -> float:
    """The largest group's share of all cases."""
    cases = (*made.sources, *made.gold)
    return max(Counter(group_of(case, made.group_by) for case in cases).values()) / len(cases)


def _left_out(sample: Sequence[Numbered]) -> Iterator[str]:
    """What stands beside input and answer and is no value of `meta`."""
    for key, rows in Counter(key for n in sample for key in n.left_out).items():
        what = f"a list, an object or bytes in {rows} rows, left out"
        yield f"{key}: {what}; `meta` of a row keeps a list or an object"


def _groups_nothing(made: Draft) -> bool:
    values = [case.meta.get(made.group_by or "") for case in (*made.sources, *made.gold)]
    return made.dropped == 0 and len(set(map(str, values))) == len(values)
