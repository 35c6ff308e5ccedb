"""What rounding does to answers: cases answered again in other batches, threads, precision.

    python tests/bench/answer_repeat.py [--cases 32] [--plans 0 3 4] [--out FILE.json]

The embedded base, told the example's task with three examples, answers cases of the example's gold
set (`--tuned ADAPTER`: with a trained adapter instead). The first run stands for the rows, each
other one repeats it: in batches of another size, with another number of threads, in bfloat16. For
each: answers in the same words; by how much a token's logarithm of probability differs at most
among these, and that of the whole answer; of the others, by how much the model prefers its own
token to the row's where they part (`parting`), and by how much tokens of the row's own text differ
when the model is held to it. `edited` is what an edit looks like: the gap at which a wrong answer,
rewritten to gold, parts from what the model says. `dslm.scoring.rows.answers_given_again` has its
bounds from here.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from dslm.cases import read_labelled, read_records
from dslm.contract import load_contract
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.contract.answers.decision import NEVER
from dslm.inference.decider import Decider, engine_now, load_decider
from dslm.inference.prompts.few_shot_examples import baseline_examples
from dslm.inference.prompts.prompt import baseline_prompt, tuned_prompt
from dslm.records import Case, Prediction
from dslm.scoring.rows.answers_given_again import furthest, parting
from dslm.settings.recipe import load_recipe

ROOT = Path(__file__).parents[2]
EXAMPLE = "invoice_intake"
RECIPE = ROOT / "recipes" / "smollm2-135m-lora-cpu.yaml"
# (precision, answers at once, threads); the first of each precision stands for the rows
PLANS = (
    ("float32", 64, 1), ("float32", 5, 1), ("float32", 64, 2),
    ("bfloat16", 64, 1), ("bfloat16", 5, 1), ("bfloat16", 64, 2),
)  # fmt: skip


def decider(precision: str, batch: int, adapter: Path | None) -> Decider:
    """The embedded base, or an adapter on it, answering so."""
    contract = load_contract(ROOT / "data" / EXAMPLE / "workflow.yaml")
    recipe = load_recipe(RECIPE)
    plan = recipe.inference.model_copy(update={"dtype": precision, "batch_size": batch})
    cases = read_records(ROOT / "data" / EXAMPLE / "sources" / "cases.jsonl", Case)
    shown = baseline_examples(contract, cases, plan.baseline_examples)
    prompt = tuned_prompt(contract) if adapter else baseline_prompt(contract, shown)
    return load_decider(contract, recipe.model_copy(update={"inference": plan}), prompt,
                        root=ROOT, adapter=adapter, threshold=NEVER)  # fmt: skip


def largest(values: Sequence[float]) -> float:
    return round(max(values, default=0.0), 6)


def total(answer: Prediction) -> float:
    return sum(log_prob for _, _, log_prob in answer.log_probs or ())


def distance(one: Prediction, other: Prediction) -> float:
    return furthest(one.log_probs or (), other.log_probs or ())


def compared(
    model: Decider, texts: Sequence[str], rows: Sequence[Prediction], again: Sequence[Prediction]
) -> dict[str, Any]:
    """How answers differ from rows."""
    same = [n for n in range(len(rows)) if rows[n].text == again[n].text]
    other = [n for n in range(len(rows)) if n not in same]
    held = model.predict_held([texts[n] for n in other], [rows[n].text for n in other])
    gaps = [parting(h, again[n]) for n, h in zip(other, held, strict=True)]
    far = [distance(rows[n], h) for n, h in zip(other, held, strict=True) if h.text == rows[n].text]
    return {
        "same": len(same),
        "token": largest([distance(rows[n], again[n]) for n in same]),
        "answer": largest([abs(total(rows[n]) - total(again[n])) for n in same]),
        "parting": [round(gap, 4) for gap in gaps],
        "held_to_the_row": len(far),
        "held_token": largest(far),
    }  # fmt: skip


def edited(model: Decider, cases: Sequence[Case], rows: Sequence[Prediction]) -> list[float]:
    """The gaps at which right answers part from the model's wrong ones."""
    texts = [canonical_text(model.contract, case.target or {}) for case in cases]
    wrong = [n for n in range(len(rows)) if rows[n].object and rows[n].text != texts[n]]
    held = model.predict_held([cases[n].input for n in wrong], [texts[n] for n in wrong])
    gaps = [
        parting(h, rows[n]) for n, h in zip(wrong, held, strict=True) if h.text == texts[n]
    ]  # what grounding does not allow cannot be written at all
    return sorted(round(gap, 4) for gap in gaps)


def measured(cases: Sequence[Case], adapter: Path | None, plans: Sequence[int]) -> dict[str, Any]:
    """Each plan, by its number."""
    texts, found, rows = [case.input for case in cases], dict[str, Any](), dict[str, Any]()
    for precision, batch, threads in (PLANS[n] for n in plans):
        model = decider(precision, batch, adapter)
        torch.set_num_threads(threads)
        began = time.monotonic()
        answers = model.predict(texts)
        name = f"{precision}, batches of {batch}, {threads} threads"
        row: dict[str, Any] = {"seconds": round(time.monotonic() - began, 1)}
        for first in dict.fromkeys(("float32", precision)):
            if first in rows:
                row[f"against {first}"] = compared(model, texts, rows[first], answers)
        if precision not in rows:
            rows[precision] = answers
            row["edited"] = edited(model, cases, answers)
            row["valid"] = sum(answer.object is not None for answer in answers)
            row["bytes_a_row"] = round(
                sum(len(json.dumps(a.log_probs)) for a in answers) / len(answers)
            )
            row["tokens_kept"] = sum(len(a.log_probs or ()) for a in answers) / len(answers)
        found[name] = row
        print(json.dumps({name: row}), flush=True)
    return found


def main(arguments: Mapping[str, Any]) -> None:
    contract = load_contract(ROOT / "data" / EXAMPLE / "workflow.yaml")
    gold = read_labelled(ROOT / "eval" / EXAMPLE / "gold.jsonl", contract)
    step = max(1, len(gold) // arguments["cases"])
    cases = gold[::step][: arguments["cases"]]
    found = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": platform.processor() or platform.machine(),
        **engine_now(),
        "cases": len(cases),
        "plans": measured(cases, arguments["tuned"], arguments["plans"]),
    }
    if arguments["out"]:
        Path(arguments["out"]).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--tuned", type=Path)
    parser.add_argument("--plans", type=int, nargs="+", default=range(len(PLANS)))
    parser.add_argument("--out")
    main(vars(parser.parse_args()))
