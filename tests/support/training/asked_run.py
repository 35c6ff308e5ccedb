"""What a measured training run is asked for: rows of known lengths, the recipe, the machine's kind.

Takes sizes; gives cases and a recipe that our run and its peers (`training_variants`,
`peer_trainers`) share. Rows are the same for all who ask the same.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.inference.prompts.prompt import tuned_prompt
from dslm.records import Case
from dslm.settings.recipe import Recipe
from dslm.training.encoded_rows import encode
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

WORDS = ("day", "order", "Please", "nice", "Thanks", "send")


@dataclass(frozen=True)
class Asked:
    """What a run is asked for.

    Attributes:
        tokens: Of a prompt, half to one and a half times so many, or exactly (`alike`) a whole row.
        batch: Rows at once.
        steps: Updates.
        rows: There are to train on.
        alike: Whether rows are as long as each other.
    """

    tokens: int = 512
    batch: int = 16
    steps: int = 12
    rows: int = 400
    alike: bool = False


def on_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


@functools.cache
def usable_attention() -> tuple[str, str]:
    """Our run's attention on this machine, and why it is not `varlen` where it is not.

    Whether the kernel takes what we give it is found by giving it two rows: heads that share keys,
    as every base here has them. On CPU `varlen` needs no kernel.
    """
    import torch

    from dslm.errors import InputError
    from dslm.inference.decoding.varlen_attention import varlen_attention

    device, dtype = ("cuda", torch.bfloat16) if on_gpu() else ("cpu", torch.float32)
    query = torch.zeros(1, 4, 8, 64, device=device, dtype=dtype, requires_grad=True)
    keys = torch.zeros(1, 2, 8, 64, device=device, dtype=dtype)
    ends = torch.tensor([0, 3, 8], dtype=torch.int32, device=device)
    try:
        mixed, _ = varlen_attention(
            torch.nn.Module(), query, keys, keys, None, 0.125, cu_seq_lens_q=ends, max_length_q=5
        )
        mixed.sum().backward()
    except (ImportError, TypeError, RuntimeError, InputError) as error:
        return "sdpa", f"varlen cannot run here: {str(error).splitlines()[0]}"
    return "varlen", ""


def filled(case: Case, words: list[str]) -> Case:
    return case.model_copy(update={"input": " ".join([*words, case.input])})


def rows_of(asked: Asked) -> list[Case]:
    """Cases whose prompts, or whole rows, have about so many tokens."""
    chance = random.Random(0)
    if asked.alike:
        return [filled(case, ["day"] * _needed(case, asked.tokens)) for case in cases(asked.rows)]
    least, most = asked.tokens // 2, asked.tokens * 3 // 2
    return [
        filled(case, chance.choices(WORDS, k=chance.randint(least, most)))
        for case in cases(asked.rows)
    ]


@functools.cache
def _tokenizer() -> Any:
    return tiny_model.tokenizer()


def lengths(made: list[Case]) -> list[int]:
    """Tokens of whole rows, answers included."""
    prompt = tuned_prompt(MINI)
    return [len(encode(_tokenizer(), prompt, case).input_ids) for case in made]


def _needed(case: Case, tokens: int) -> int:
    """Words that fill a row up to so many tokens."""
    bare, ten, twenty = lengths([case, filled(case, ["day"] * 10), filled(case, ["day"] * 20)])
    return max(0, int((tokens - bare) / max((twenty - ten) / 10, 1.0)) - 1)


def recipe_for(folder: Path, asked: Asked, changes: dict[str, Any]) -> Recipe:
    """One update is one micro-batch."""
    plan: dict[str, Any] = {
        "batch_size": asked.batch, "max_steps": asked.steps, "epochs": 99, "learning_rate": 1e-4,
        "max_tokens": 8192, "dtype": "bfloat16" if on_gpu() else "float32",
        "attention": usable_attention()[0],
        "validate_every": 10**6, "checkpoint_every": 10**6, "must_learn": None,
    }  # fmt: skip
    plan |= {name: value for name, value in changes.items() if name in ("attention", "batch_size",
             "optimizer", "gradient_checkpointing")}  # fmt: skip
    if not on_gpu():  # a paged optimizer moves its state out of a GPU
        plan["optimizer"] = "adamw"
    made = tiny_model.recipe(folder)
    lora = made.lora.model_copy(update={"r": 16, "alpha": 32})
    training = made.training.model_copy(update=plan)
    method = changes.get("method", "lora")
    return made.model_copy(update={"lora": lora, "training": training, "method": method})


def card_memory() -> dict[str, float]:
    """What the GPU has lost to this process beside tensors; nothing on CPU."""
    if not on_gpu():
        return {}
    import torch

    free, total = torch.cuda.mem_get_info()
    beside = total - free - torch.cuda.memory_reserved()
    reserved = torch.cuda.max_memory_reserved()
    return {
        "reserved_memory_gb": round(reserved / 1e9, 3),
        "beside_torch_gb": round(beside / 1e9, 3),  # context, and other programs' if there are any
        "whole_card_gb": round((reserved + beside) / 1e9, 3),
    }
