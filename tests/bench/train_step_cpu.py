"""Tokens a second of one training step on CPU, each switch alone, beside TRL's defaults.

    python tests/bench/train_step_cpu.py [--out docs/measurements/train_step_cpu.json]

One run, one machine, same rows: 2 rows of 144 tokens of which 56 carry loss, LoRA r 16 on all
linear layers of the embedded base. All variants are loaded, and take a step each in turns, so that
a slow minute of the machine is one of all. The best of ten counts. Ratios are what to compare.
The last variants are other recipes: how many updates they make in the same time.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dslm  # noqa: F401  sets the environment before torch is imported
from dslm.inference.base_models.base_files import BaseFiles, locate
from dslm.inference.decoding.grouped_attention import register
from dslm.settings.recipe import BaseModelSource
from dslm.training.encoded_rows import IGNORED
from dslm.training.run.answer_loss import adapted_layers, answer_loss, mixed_precision

TOKENS, ANSWER, ROUNDS = 144, 56, 10
PEER = "TRL defaults (sdpa, its loss, products with the adapter in float32)"
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]


@dataclass(frozen=True)
class Variant:
    """One way to take the step."""

    name: str
    attention: str = "grouped"
    dtype: str = "bfloat16"
    adapter: str = "float32"
    mixed: bool = True
    trl_loss: bool = False
    rows: int = 2
    rank: int = 16
    targets: str | list[str] = "all-linear"


VARIANTS = (
    Variant("ours"),
    Variant("ours, products with the adapter in float32", mixed=False),
    Variant("ours, adapter bfloat16", adapter="bfloat16", mixed=False),
    Variant("ours, attention eager", attention="eager"),
    Variant("ours, attention sdpa", attention="sdpa"),
    Variant("ours, weights float32", dtype="float32", mixed=False),
    Variant("ours, loss of TRL", trl_loss=True),
    Variant(PEER, "sdpa", mixed=False, trl_loss=True),
    Variant("ours, rank 8", rank=8),
    Variant("ours, rank 32", rank=32),
    Variant("ours, attention's layers only", targets=ATTENTION),
    Variant("ours, 1 row", rows=1),
    Variant("ours, 4 rows", rows=4),
)  # fmt: skip


def stepping(variant: Variant, files: BaseFiles) -> Callable[[], float]:
    """What takes one step of a variant and gives its tokens a second."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM
    from trl.trainer.utils import add_fused_lm_head

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(
        files.folder, dtype=getattr(torch, variant.dtype), attn_implementation=variant.attention
    )
    lora = LoraConfig(
        r=variant.rank,
        lora_alpha=2 * variant.rank,
        target_modules=variant.targets,
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, lora, autocast_adapter_dtype=variant.adapter == "float32")
    if variant.trl_loss:
        add_fused_lm_head(model.get_base_model(), outputs=("log_probs", "entropy", "is_top1"))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, fused=True)  # as the trainer's
    ids = torch.randint(0, 49_000, (variant.rows, TOKENS))
    labels = ids.clone()
    labels[:, :-ANSWER] = IGNORED
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    layers = adapted_layers(model)

    def step() -> float:
        started = time.perf_counter()
        with mixed_precision(layers) if variant.mixed else nullcontext():
            loss = _trl_loss(model, batch) if variant.trl_loss else answer_loss(model, batch, None)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return variant.rows * TOKENS / (time.perf_counter() - started)

    return step


def _trl_loss(model: Any, batch: dict[str, Any]) -> Any:
    return model(**batch, fused_lm_head=True).loss


def main() -> None:
    """Measure all variants and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    import torch

    register()
    torch.set_num_threads(2)
    files = locate(BaseModelSource(embedded="smollm2-135m-instruct"), Path.cwd())
    steps = {variant.name: stepping(variant, files) for variant in VARIANTS}
    rounds = [{name: step() for name, step in steps.items()} for _ in range(ROUNDS)]
    speeds = {name: round(max(seen[name] for seen in rounds), 1) for name in steps}
    peer = speeds[PEER]
    result = {
        "tokens_a_row": TOKENS,
        "machine": f"{platform.machine()}, 2 threads, torch {torch.__version__}",
        "tokens_per_second": speeds,
        "ratio_to_trl_defaults": {name: round(s / peer, 2) for name, s in speeds.items()},
    }
    text = json.dumps(result, indent=2)
    print(text)
    if out:
        out.write_text(text + "\n")


if __name__ == "__main__":
    main()
