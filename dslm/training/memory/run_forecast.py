"""What a run would take, told before there is one: memory of this machine, updates, tokens, time.

Takes a recipe and its rows; gives numbers and a sentence. Called by `dslm doctor`, which
loads no torch; the machine that trains may be another, so nothing is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dslm.errors import DslmError, InputError
from dslm.settings.recipe import Recipe
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json
from dslm.training.encoded_rows import Encoded
from dslm.training.memory.memory_budget import memory_budget_without_torch
from dslm.training.memory.micro_batching import MicroBatcher
from dslm.training.memory.model_shapes import shapes_of
from dslm.training.run.flops import flops_per_token


def work(recipe: Recipe, rows: Sequence[Encoded]) -> dict[str, Any]:
    """How much a run on one device is: its time is the tokens over the machine's tokens a second.

    Args:
        recipe: How.
        rows: To train on, validation rows not among them.

    Returns:
        `updates` and `tokens`, the latter by the mean row, and both as `text`.
    """
    plan = recipe.training
    together = plan.batch_size * plan.accumulation
    updates = math.ceil(plan.epochs * math.ceil(len(rows) / together))
    updates = min(updates, plan.max_steps) if plan.max_steps else updates
    mean = sum(len(row.input_ids) for row in rows) / len(rows) if rows else 0.0
    tokens = round(updates * together * mean)
    text = f"{updates:,} updates of {together} rows, {tokens:,} tokens in all"
    return {"updates": updates, "tokens": tokens, "text": text}


def duration(
    ws: Workspace, recipe: Recipe, folder: Path, rows: Sequence[Encoded], tokens: int
) -> dict[str, Any]:
    """How long a run would take, by the pace of the last one in this checkout.

    The last run's operations a second, over all of it, validation and checkpoints included; its
    base, recipe and rows may have been others. Another device or a busier one takes another time,
    so the device is named.

    Args:
        ws: The workflow's paths; runs of other workflows count too.
        recipe: How.
        folder: Of the base model.
        rows: To train on.
        tokens: Of all updates, from `work`.

    Returns:
        `minutes` (None where no run was made here, or shapes are not known), and `text`.
    """
    unknown = {"minutes": None, "text": "not known before a first run: training tells what is left "
               "from its second update on"}  # fmt: skip
    base = shapes_of(recipe.base, folder)
    runs = [run for path in _newest_first(ws) if (run := _pace(path))]
    if base is None or not rows or not runs:
        return unknown
    flops_per_second, on = runs[0]
    minutes = flops_per_token(base, recipe, rows) * tokens / flops_per_second / 60
    told = f"{minutes:.0f} minutes" if minutes >= 2 else f"{minutes * 60:.0f} seconds"
    text = f"about {told} at the pace of the last run here, on {on}"
    return {"minutes": round(minutes, 1), "text": text}


def _newest_first(ws: Workspace) -> list[Path]:
    found = [
        path for path in ws.artifacts.parent.glob(f"*/{ws.training_run.name}") if path.is_file()
    ]
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _pace(path: Path) -> tuple[float, str] | None:
    """Operations a second of a run, and on what; None where its file does not say."""
    try:
        run = strict_json(path.read_bytes())
        pace = float(run["flops_per_token"]) * float(run["tokens_per_second"])
        return (pace, str(run["device_name"])) if 0 < pace < math.inf else None
    except (OSError, ValueError, KeyError, TypeError, DslmError):
        return None


def forecast(recipe: Recipe, folder: Path, rows: Sequence[Encoded]) -> dict[str, Any]:
    """The prediction for a run on this machine.

    Args:
        recipe: How.
        folder: Of the base model.
        rows: To train on.

    Returns:
        `predicted_gb` of a run of the recipe as it is written, as training tells it (None where the
        base's shapes are not known), `room_gb` and what it is of, the rows at once and
        micro-batches that training would begin with (None where nothing fits), and all of it as
        `text`.
    """
    there, on_gpu = memory_budget_without_torch()
    fitter = MicroBatcher(recipe, shapes_of(recipe.base, folder), rows, there, on_gpu, quiet=True)
    whole = fitter.takes(fitter.as_written())
    found: dict[str, Any] = {
        "predicted_gb": None if whole is None else round(whole / 1e9, 2),
        "room_gb": round(there.bytes / 1e9, 2), "room": there.of,
        "batch_size": None, "accumulation": None,
    }  # fmt: skip
    written = recipe.training.batch_size
    if whole is None:
        return found | {"text": "not predicted: the base's shapes are not known"}
    text = f"{found['predicted_gb']} GB predicted for {written} rows at once; {found['room_gb']} GB"
    try:
        rows_at_once, times = fitter.predicted().split
    except InputError as error:
        return found | {"text": f"{text}, {there.of}: would be refused — {error.fix}"}
    if rows_at_once < written:
        text = f"{text}, {there.of}: would be cut to {rows_at_once} rows at once × {times}"
    else:
        text = f"{text}, {there.of}"
    return found | {"batch_size": rows_at_once, "accumulation": times, "text": text}
