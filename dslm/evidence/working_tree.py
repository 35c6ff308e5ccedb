"""What lies in the working tree now: one digest for each thing that a score depends on.

Takes a workspace; gives the digests that a candidate's evidence has to name. One byte changed =
stale = refused. Stages write evidence beside their results; gate and registration compare it with
this. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dslm
from dslm.contract import load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.evidence.certified_threshold import threshold_in
from dslm.evidence.evidence_record import FORMAT, NONE
from dslm.provenance import MANIFEST, digest_file, digest_files, digest_json, read_manifest
from dslm.settings.files.regular_files import what_is_there
from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace, stage_command
from dslm.strict_json import strict_json

# The parts of the library that an answer and its score depend on, and those that judge.
DECIDING_CODE = ("contract", "inference", "scoring", "statistics")
SAME_TEXTS = (
    "curation/near_duplicate_search/prefix_suffix_keys.py",
    "contract/cases/case_groups.py",
    "curation/near_duplicate_search/text_similarity.py",
)  # gold's repeats
JUDGING_CODE = ("evidence", "gating", "looks", "statistics", *SAME_TEXTS)

# What a stage's manifest must say that the adapter was made from.
TRAINED_FROM = ("base", "tokenizer", "template", "data", "recipe")
TRAINED_ON = ("train.jsonl", "validation.jsonl")


def code_digest(parts: Sequence[str] = DECIDING_CODE) -> str:
    """Digest of the library code that answers, decides and scores, or of other parts or files."""
    root = Path(dslm.__file__).parent
    files = [root / p for p in parts if p.endswith(".py")]
    return digest_files(root, [*files, *(f for p in parts for f in (root / p).rglob("*.py"))])


def digest_there(path: Path, *, fix: str) -> str:
    """Digest of a file that has to be there.

    Raises:
        InputError: It is not, or cannot be read.
    """
    try:
        return digest_file(path)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path, fix=fix) from None


def data_digest(curated: Path) -> str:
    """Digest of the cases that training sees: the calibration split is no part of it.

    Raises:
        InputError: They are not there, or their bytes differ from the manifest.
    """
    files = read_manifest(curated, made_by=stage_command("curate", curated))["files"]
    if lacking := [name for name in TRAINED_ON if name not in files]:
        raise InputError(
            f"no {', '.join(lacking)}", where=curated, fix=f"run {stage_command('curate', curated)}"
        )
    return digest_json({name: files[name] for name in TRAINED_ON})


def adapter_digests(adapter: Path) -> dict[str, str]:
    """Digest of an adapter folder, and of what its manifest says it was made from.

    Raises:
        InputError: Its bytes differ from its manifest, or that does not say what it was made from.
    """
    manifest = read_manifest(adapter, made_by=stage_command("train", adapter))
    inputs: dict[str, str] = manifest.get("inputs", {})
    if lacking := [key for key in TRAINED_FROM if key not in inputs]:
        what = f"does not say which {', '.join(lacking)} it was made from"
        fix = f"run {stage_command('train', adapter)} again"
        raise InputError(what, where=adapter / MANIFEST, fix=fix)
    return {"adapter": manifest["digest"]} | {key: inputs[key] for key in TRAINED_FROM}


def current(ws: Workspace) -> dict[str, str]:
    """What the evidence of the candidate has to say: every key but the engine's, as it is now.

    `recipe` and `data` are read from the working tree, so that an adapter trained from others
    differs from its own score's evidence.

    Raises:
        InputError: Something of it is not there, or its bytes differ from their manifest.
    """
    recipe = recipe_of(ws)
    return {
        **adapter_digests(ws.adapter),
        "format": FORMAT,
        "model": "candidate",
        "contract": load_contract(ws.contract).digest(),
        "recipe": recipe.digest(),
        "plan": recipe.plan_digest(),
        "data": data_digest(ws.curated),
        "gold": digest_there(ws.gold, fix="restore it from git"),
        "calibration": digest_there(
            ws.calibration, fix=f"run {stage_command('calibrate', ws.workflow)}"
        ),
        "calibration_cases": NONE,
        "threshold": str(threshold_in(ws.calibration).cutoff),
        "code": code_digest(),
        "lock": digest_there(ws.lock, fix="restore it from git"),
        "release": NONE,
    }


def read_json(path: Path, *, made_by: str) -> dict[str, object]:
    """A JSON object that a stage wrote.

    Raises:
        ReleaseRefused: It is missing or cut.
    """
    if found := what_is_there(path):
        raise ReleaseRefused(found, where=path, fix=f"run {made_by}")
    try:
        value = strict_json(path.read_bytes())
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise ReleaseRefused(what, where=path, fix=f"run {made_by}") from None
    except ValueError as error:
        raise ReleaseRefused(f"not JSON: {error}", where=path, fix=f"run {made_by}") from None
    if not isinstance(value, dict):
        raise ReleaseRefused("not an object", where=path, fix=f"run {made_by}")
    return value
