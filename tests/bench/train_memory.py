"""Memory of training the embedded base on CPU: predicted, one step probed, the peak of a run.

    python tests/bench/train_memory.py [--steps 30] [--out docs/measurements/train_memory.json]

Each line is a process of its own, since a peak never falls: rows of the example at once, short ones
or several inputs in one.
Needs the base model (`dslm base prepare`); other work on the machine does not change it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dslm  # noqa: F401  sets the environment before torch is imported
from dslm.records import Case

# attention, rows at once, inputs joined to one row
RUNS = (
    ("grouped", 1, 1),
    ("grouped", 2, 1),
    ("grouped", 4, 1),
    ("grouped", 8, 1),
    ("sdpa", 2, 1),
    ("sdpa", 1, 8),
)
VALIDATION = 8


def joined_rows(cases: Sequence[Case], joined: int) -> list[Case]:
    """Cases with up to so many inputs in one."""
    texts = [case.input for case in cases]
    return [
        case.model_copy(update={"input": "\n".join(texts[n : n + 1 + n % joined])})
        for n, case in enumerate(cases[:300])
    ]


def one(attention: Any, at_once: int, joined: int, steps: int) -> dict[str, Any]:
    """One run, in this process."""
    from dslm.cases import read_labelled
    from dslm.contract import load_contract
    from dslm.inference.base_models.base_files import load_tokenizer, locate
    from dslm.inference.prompts.prompt import tuned_prompt
    from dslm.settings.recipe import load_recipe
    from dslm.training.encoded_rows import encode
    from dslm.training.memory.micro_batching import longest, micro_batch
    from dslm.training.run.training_run import train

    root = Path.cwd()
    contract = load_contract(root / "data/invoice_intake/workflow.yaml")
    recipe = load_recipe(root / "recipes/smollm2-135m-lora-cpu.yaml")
    plan = {
        "attention": attention, "batch_size": at_once, "max_steps": steps, "max_tokens": 4096,
        "epochs": 9.0, "validate_every": 10**6, "threads": 1, "must_learn": None,
    }  # fmt: skip
    recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update=plan)})
    cases = read_labelled(root / "data/invoice_intake/sources/cases.jsonl", contract)
    rows = joined_rows(cases, joined)
    files = locate(recipe.base, root)
    with tempfile.TemporaryDirectory() as out:
        held_out, learnt = rows[:VALIDATION], rows[VALIDATION:]
        _, found = train(contract, recipe, files, learnt, held_out, Path(out))
    tokenizer, prompt = load_tokenizer(files), tuned_prompt(contract)
    encoded = [encode(tokenizer, prompt, case) for case in learnt]
    return {
        "attention": attention, "rows_at_once": at_once, "inputs_a_row_at_most": joined,
        "micro_batch": asdict(micro_batch(longest(encoded, at_once))),
        "updates": steps,
        "predicted_gb": found.predicted_memory_gb, "probed_gb": found.probed_memory_gb,
        "peak_of_the_run_gb": found.peak_memory_gb,
    }  # fmt: skip


def main() -> None:
    """Make all runs, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(*RUNS[int(asked.one)], asked.steps)))
        return
    found = []
    for number in range(len(RUNS)):
        command = [sys.executable, __file__, "--one", str(number), "--steps", str(asked.steps)]
        made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found.append(json.loads(made.splitlines()[-1]))
        print(json.dumps(found[-1]), flush=True)
    if asked.out:
        asked.out.write_text(json.dumps({"runs": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
