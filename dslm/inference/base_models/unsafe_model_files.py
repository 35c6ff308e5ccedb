"""Refuses a model folder that could run code or be another model than the recipe says.

Pickles, Python, configs that name code, that pack the weights their own way, or add an adapter.

Takes a folder, looks at every file in it before anything is loaded. `trust_remote_code=False` alone
is no boundary (CVE-2026-4372, CVE-2026-5241). Called by `base.locate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.provenance import files_of
from dslm.strict_json import strict_json

# Keys by which a config can name code to run.
UNSAFE_KEYS = (
    "auto_map", "custom_generate", "custom_pipelines", "trust_remote_code",
    "_attn_implementation_internal", "_experts_implementation_internal", "transformers_weights",
)  # fmt: skip
# Keys by which it can say how its weights are packed: transformers then asks neither the recipe's
# method nor us, and a QLoRA run trains on another base than it records.
OWN_PACKING = ("quantization_config", "compression_config")
# What transformers loads onto a base without being asked to, by its name.
ADAPTER = "adapter_config.json"
# Files that run code when they are loaded, or are code.
UNSAFE_FILES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".py", ".pyc", ".so")
INDEX = "model.safetensors.index.json"


def refuse_unsafe(folder: Path) -> None:
    """Look through a model folder, without loading any of it.

    Raises:
        InputError: A file that can run code, a config that names code, packs weights its own way
            or cannot be read, an adapter, or weights that are not there; names the file.
    """
    for path in files_of(folder):
        if path.suffix.lower() in UNSAFE_FILES:
            fix = "delete it; dslm reads safetensors only and never runs code of a model"
            raise InputError("can run code when it is loaded", where=path, fix=fix)
        if path == folder / ADAPTER:
            fix = "name the base itself, without an adapter: the recipe trains one"
            raise InputError("would be loaded onto the base unasked", where=path, fix=fix)
        if path.name.endswith("config.json"):
            _refuse_keys(path)
    if not list(folder.glob("*.safetensors")):
        raise InputError("no safetensors here", where=folder, fix="convert the weights")
    _require_shards(folder)


def _refuse_keys(path: Path) -> None:
    for key in _keys(_json(path)):
        if key in UNSAFE_KEYS:
            fix = "remove the key; dslm never runs code of a model"
            raise InputError(f"names code to run ({key!r})", where=path, fix=fix)
        if key in OWN_PACKING:
            fix = "name the base with its plain weights; `method: qlora` packs them"
            raise InputError(f"packs its weights in a way of its own ({key!r})", where=path,
                             fix=fix)  # fmt: skip


def _require_shards(folder: Path) -> None:
    if not (folder / INDEX).is_file():
        return
    shards = _json(folder / INDEX).get("weight_map", {}).values()
    for name in sorted(set(map(str, shards))):
        if Path(name).name != name:
            raise InputError(f"names a file elsewhere ({name})", where=folder / INDEX)
        if not (folder / name).is_file():
            raise InputError("no such file", where=folder / name, fix="the download is not whole")


def _json(path: Path) -> dict[str, Any]:
    try:
        value = strict_json(path.read_bytes(), infinite=True)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=path, fix="fetch the model again") from None
    if not isinstance(value, dict):
        raise InputError("not an object", where=path, fix="fetch the model again")
    return value


def _keys(value: Any) -> Iterator[str]:
    """Every key of a JSON value, at any depth, however it is escaped in the file."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
