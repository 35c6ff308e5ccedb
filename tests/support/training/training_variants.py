"""One training run on random weights: ours with one switch turned, TRL's script, Unsloth's script.

Takes a folder that `random_base.write_shapes` made and what is asked of the run; gives numbers.
Called in a process of its own by `tests/bench/train_gpu.py` and `tests/gpu/first_look.py`. Rows are
the same for all; tokens are those of rows, padding not counted, of updates after the first.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from dslm.inference.base_models.base_files import BaseFiles, locate_tokenizer
from dslm.settings.recipe import BaseModelSource
from dslm.training.run import training_run
from support.models import random_base
from support.repositories.scored_rows import MINI
from support.training import peer_trainers
from support.training.asked_run import Asked, card_memory, lengths, recipe_for, rows_of

QLORA = {"method": "qlora"}
# What our run is changed by; everything else is as `ours`.
OURS: dict[str, dict[str, Any]] = {
    "ours": {},
    "ours, qlora": QLORA,
    "ours, padded": {"padded": True, "attention": "sdpa"},
    "ours, gradient checkpointing": {"gradient_checkpointing": True},
    "ours, the other loss": {"other_loss": True},
    "ours, attention eager": {"attention": "eager"},
    "ours, FlashAttention 2": {"attention": "flash_attention_2"},
    "ours, Liger's layers": {"liger": True},
    "ours, paged optimizer": {"optimizer": "paged_adamw_8bit"},
    "ours, qlora, one row": QLORA | {"batch_size": 1, "optimizer": "paged_adamw_8bit",
                                     "gradient_checkpointing": True},
}  # fmt: skip
OTHERS = ("trl", "trl, qlora", "unsloth", "unsloth, qlora")
NEEDS = {  # packages beyond those that every run takes, and whether a GPU is needed
    "ours, FlashAttention 2": ("flash_attn", True),
    "ours, Liger's layers": ("liger_kernel", True),
    "ours, paged optimizer": ("bitsandbytes", True),
    "ours, qlora": ("bitsandbytes", False),
    "ours, qlora, one row": ("bitsandbytes", False),
    "trl, qlora": ("bitsandbytes", False),
    "unsloth": ("unsloth", True),
    "unsloth, qlora": ("unsloth", True),
}


def _turn(changes: dict[str, Any]) -> None:
    """Switches that are no setting of a recipe; this process makes one run only."""
    if changes.get("padded"):  # on a GPU `sdpa` alone does it
        training_run.collator = lambda *_, **__: None
    if changes.get("other_loss"):
        plain = training_run.trainer_class
        training_run.trainer_class = lambda recipe, *, on_gpu: plain(recipe, on_gpu=not on_gpu)
    if changes.get("liger"):
        settings = training_run._settings

        def with_liger(*given: Any, **more: Any) -> Any:
            made = settings(*given, **more)
            made.use_liger_kernel = True
            return made

        training_run._settings = with_liger


def ours(folder: Path, asked: Asked, changes: dict[str, Any]) -> dict[str, Any]:
    """Our run, with one switch turned: doctor, probe and all."""
    _turn(changes)
    found = locate_tokenizer(BaseModelSource(folder=str(folder)), folder)
    files = BaseFiles(folder, found.tokenizer, found.template, "random", {})
    recipe, made = recipe_for(folder, asked, changes), rows_of(asked)
    with tempfile.TemporaryDirectory() as out, random_base.weights_from_nowhere() as built:
        summary, measured = training_run.train(MINI, recipe, files, made[4:], made[:4], Path(out))
    kinds = {"peak_source": measured.peak_source, "attention": recipe.training.attention}
    return measured.metrics() | kinds | card_memory() | {
        "tokens_per_second": measured.update_tokens_per_second,
        "seconds_to_build": round(built.seconds, 2),
        "losses": [loss for _, loss in summary.losses],
        "tokens_a_row": round(sum(lengths(made[4:])) / len(made[4:]), 1),
        "longest_row": max(lengths(made)),
    }  # fmt: skip


def one(variant: str, folder: Path, asked: Asked) -> dict[str, Any]:
    """One variant in this process."""
    if variant in OURS:
        return ours(folder, asked, OURS[variant])
    script = peer_trainers.trl if variant.startswith("trl") else peer_trainers.unsloth
    return script(folder, asked, four_bit="qlora" in variant)
