"""What a score, a verdict and a release are evidence of: one digest for each thing that made them.

`current` tells what lies in the working tree now; stages write it beside their results; gate,
register and promote compare. One byte changed = stale = refused. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dslm
from dslm.contract import load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import MANIFEST, digest_file, digest_files, digest_json, read_manifest
from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace, stage_command
from dslm.strict_json import strict_json

# The parts of the library that an answer and its score depend on.
DECIDING_CODE = ("contract", "inference", "scoring")

# What a stage's manifest must say that the adapter was made from.
TRAINED_FROM = ("base", "tokenizer", "template", "data", "recipe")


def code_digest() -> str:
    """Digest of the library code that answers, decides and scores."""
    root = Path(dslm.__file__).parent
    return digest_files(root, [f for p in DECIDING_CODE for f in (root / p).rglob("*.py")])


def data_digest(curated: Path) -> str:
    """Digest of the cases that training sees: the calibration split is no part of it."""
    files = read_manifest(curated, made_by=stage_command("curate", curated))["files"]
    return digest_json({name: files[name] for name in ("train.jsonl", "validation.jsonl")})


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
    """Digests of everything that a score of the candidate depends on, as it is now.

    Keys: contract, gold, code, lock, recipe, plan, data, adapter, base, tokenizer, template,
    calibration. `recipe` and `data` are read from the working tree, so that an adapter trained
    from others differs from its own score's evidence.

    Raises:
        InputError: Something of it is not there, or its bytes differ from its manifest.
    """
    found = adapter_digests(ws.adapter)
    found["contract"] = load_contract(ws.contract).digest()
    recipe = recipe_of(ws)
    found["recipe"], found["plan"] = recipe.digest(), recipe.plan_digest()
    found["data"] = data_digest(ws.curated)
    found["gold"] = digest_file(ws.gold)
    found["calibration"] = digest_file(ws.calibration)
    found["code"] = code_digest()
    found["lock"] = digest_file(ws.lock)
    return found


def refuse_differences(recorded: Mapping[str, str], now: Mapping[str, str], *, what: str) -> None:
    """Compare evidence with what is there.

    Args:
        recorded: Digests that some result names.
        now: Digests of what is there; only these keys are compared.
        what: Whose evidence it is, for the message.

    Raises:
        ReleaseRefused: A digest is missing or differs; names each.
    """
    stale = sorted(key for key, digest in now.items() if recorded.get(key) != digest)
    if stale:
        raise ReleaseRefused(
            f"{what} is evidence of something else: {', '.join(stale)} changed since",
            fix="run `dvc repro` and look at the new verdict",
        )


def read_json(path: Path, *, made_by: str) -> dict[str, object]:
    """A JSON object that a stage wrote.

    Raises:
        ReleaseRefused: It is missing or cut.
    """
    try:
        value = strict_json(path.read_bytes())
    except FileNotFoundError:
        raise ReleaseRefused("no such file", where=path, fix=f"run {made_by}") from None
    except ValueError as error:
        raise ReleaseRefused(f"not JSON: {error}", where=path, fix=f"run {made_by}") from None
    if not isinstance(value, dict):
        raise ReleaseRefused("not an object", where=path, fix=f"run {made_by}")
    return value
