"""Answers a second of a random model, as a release would make them: prompt, engine, grammar.

Takes a size; gives numbers, as they become known. The contract and the inputs are the example
workflow's. A random model fills every field with what the grammar allows and has no reason to stop
early, so that answers are about as long as they can be: a trained one is quicker. Its tokenizer has
as many tokens as a real one.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from support.models import random_base, tiny_model
from support.training.asked_run import card_memory, on_gpu

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / "data" / "invoice_intake"
VOCABULARY = {random_base.TINY: 2048}
ROWS, TINY_ROWS, AT_ONCE = 128, 4, 64


def recipe_for(folder: Path, rows: int) -> Any:
    """A recipe whose answers are made in bf16 on a GPU."""
    made = tiny_model.recipe(folder)
    kind = "bfloat16" if on_gpu() else "float32"
    plan = made.inference.model_copy(update={
        "dtype": kind, "attention": "sdpa" if on_gpu() else "grouped", "merge_adapter": False,
        "batch_size": min(rows, AT_ONCE), "max_answer_tokens": 256, "copy_grounded": True,
    })  # fmt: skip
    return made.model_copy(update={"inference": plan})


def _texts(count: int, *, short: bool) -> list[str]:
    from dslm.cases import json_lines

    lines = json_lines(WORKFLOW / "sources" / "cases.jsonl")
    texts = [row["input"] for _, row in itertools.islice(lines, 4 * count)]
    return sorted(texts, key=len)[:count] if short else texts[:count]


def answers_a_second(size: str, *, cudnn: bool = False) -> Iterator[dict[str, Any]]:
    """What loading took, then what answering did."""
    from dslm.contract import load_contract
    from dslm.inference.decider import load_decider
    from dslm.inference.prompts.prompt import tuned_prompt

    tiny = size == random_base.TINY
    rows = TINY_ROWS if tiny else ROWS
    contract = load_contract(WORKFLOW / "workflow.yaml")
    texts = _texts(rows, short=tiny)
    with tempfile.TemporaryDirectory() as scratch, random_base.weights_from_nowhere() as built:
        folder = Path(scratch)
        vocabulary = VOCABULARY.get(size) or random_base.config_of(size).vocab_size
        tokenizer = random_base.letters_tokenizer(vocabulary)
        random_base.write_shapes(size, folder, tokenizer)
        decider = load_decider(
            contract, recipe_for(folder, rows), tuned_prompt(contract), root=folder, adapter=None,
            threshold=0.0, locked=False,
        )  # fmt: skip
    if cudnn:  # loading a base has switched it off
        torch.backends.cuda.enable_cudnn_sdp(True)
    yield {"seconds_to_build": round(built.seconds, 2), "vocabulary": vocabulary, "size": size}
    started = time.perf_counter()
    decider.predict(texts[: max(1, rows // 16)])
    yield {"seconds_of_the_first": round(time.perf_counter() - started, 2)}
    started = time.perf_counter()
    made = decider.predict(texts)
    seconds = time.perf_counter() - started
    tokens = sum(one.answer_tokens for one in made)
    if not made or not tokens:
        raise RuntimeError("no answer has a token")
    ends = [one.finish_reason for one in made]
    yield card_memory() | {
        "answers": len(made), "answers_per_second": round(len(made) / seconds, 2),
        "answer_tokens_per_second": round(tokens / seconds, 1),
        "answer_tokens": round(tokens / len(made), 1),
        "prompt_tokens": round(sum(one.prompt_tokens for one in made) / len(made), 1),
        "rows_at_once": decider.engine.batch_size,
        "ends": {kind: ends.count(kind) for kind in sorted(set(ends))},
    }  # fmt: skip
