"""What an adapter's `adapter_config.json` may say: an allow-list, so that it only describes a LoRA.

PEFT chooses the kind of adapter by a key of that file, imports a module that another key names,
takes texts as regular expressions and copies layers as often as a list says. Takes the file; gives
the settings of a `LoraConfig`. Called by `models.load_adapter`, before the weights are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.strict_json import strict_json

FILE = "adapter_config.json"
LARGEST = 4_000_000  # bytes; a model of a thousand layers names a hundred kilobytes of them
HIGHEST_RANK = 4096
ANOTHER = "dslm trains and loads LoRA alone: train again, or restore the adapter"

_NAME = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
# All but the text part, as `dslm.training.run.lora_adapter` writes it; no other expression is one
# of ours.
_NOT_TEXT = re.compile(r"\(\?![A-Za-z0-9_]+(?:\\\.[A-Za-z0-9_]+)*\\\.\)\.\*")
# Of the file itself, not of the adapter: they are not handed on.
_TOLD = frozenset({"auto_mapping", "base_model_name_or_path", "inference_mode", "init_lora_weights",
                   "peft_version", "revision"})  # fmt: skip


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# What may be set, each with what it may be.
_MAY_BE: Mapping[str, Callable[[Any], bool]] = {
    "peft_type": lambda v: v == "LORA",
    "task_type": lambda v: v in (None, "CAUSAL_LM"),
    "r": lambda v: isinstance(v, int) and _number(v) and 1 <= v <= HIGHEST_RANK,
    "lora_alpha": _number,
    "lora_dropout": lambda v: _number(v) and 0 <= v < 1,
    "target_modules": lambda v: isinstance(v, list) and all(map(_is_name, v)) and bool(v),
    "exclude_modules": lambda v: v is None or (isinstance(v, str) and bool(_NOT_TEXT.fullmatch(v))),
    "use_rslora": lambda v: isinstance(v, bool),
    "use_dora": lambda v: isinstance(v, bool),
}


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def lora_settings(folder: Path, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What an adapter's file sets of a LoRA.

    Args:
        folder: Holds `adapter_config.json`.
        defaults: Every key that PEFT knows of a LoRA, with what it is where nothing is set.

    Raises:
        InputError: It cannot be read, names another kind of adapter, or sets what no adapter of
            dslm has.
    """
    path = folder / FILE
    settings = _read(path)
    for key, value in settings.items():
        if key in _TOLD:
            continue
        allowed = _MAY_BE.get(key)
        usual = not value or value == defaults.get(key)
        if not (allowed(value) if allowed else usual):
            what = f"sets {key!r} to something that no adapter of dslm has ({_short(value)})"
            raise InputError(what, where=path, fix=ANOTHER)
    if lacking := [key for key in ("peft_type", "r", "target_modules") if key not in settings]:
        raise InputError(f"does not say {', '.join(lacking)}", where=path, fix=ANOTHER)
    return {key: settings[key] for key in _MAY_BE if key in settings}


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"is larger than {LARGEST:,} bytes", where=path, fix=ANOTHER)
        value = strict_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=path, fix="train again") from None
    if not isinstance(value, dict):
        raise InputError("cannot be read: not an object", where=path, fix="train again")
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
