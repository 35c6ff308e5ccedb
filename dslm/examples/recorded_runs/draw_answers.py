"""Draws the answers of the two runs: who is right on which case, and how sure each is.

Takes a folder; writes gold, calibration cases and the answers of each model. The candidate is
better than the champion in English and German and far worse in French: better on average, and not
fit to be released. Seeded. Run by `python -m dslm.examples.recorded_runs`, and by a test that
compares with the files that ship.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from dslm.cases import write_records
from dslm.contract import load_contract
from dslm.contract.answers.answer_confidence import DECIMALS, read_answer
from dslm.contract.model.contract_model import Contract
from dslm.examples.invoice_intake.write_files import gold_lines, source_lines
from dslm.records import Case, LogProbs, Prediction

SEEDS = range(41, 49)  # of invented suppliers; one mail of each, so that cases are independent
GOLD = {"en": 48, "de": 48, "fr": 24}
HELD_OUT = {"en": 36, "de": 36, "fr": 18}  # calibration cases
# Chance that an answer is right in every field, by language.
SKILLS: dict[str, Mapping[str, float]] = {
    "candidate": {"en": 0.97, "de": 0.96, "fr": 0.35},
    "champion": {"en": 0.76, "de": 0.76, "fr": 0.84},
    "base": {"en": 0.22, "de": 0.18, "fr": 0.15},
}
AMOUNTS = ("net", "total")
Object = dict[str, Any]


def _reformed(value: str, draw: random.Random) -> str:
    """A value misread in one place."""
    place = draw.randrange(len(value))
    char = value[place]
    other = str((int(char) + draw.randrange(1, 9)) % 10) if char.isdigit() else char
    return value[:place] + other + value[place + 1 :]


def _misread(target: Object, draw: random.Random) -> Object:
    """The right answer with a mistake or two, as small models make them."""
    said = dict(target)
    given = [name for name in ("number", "date", "supplier", *AMOUNTS) if said.get(name)]
    if not given:
        return said | {"kind": "invoice"}
    for name in draw.sample(given, min(len(given), draw.choice((1, 1, 2)))):
        value = str(said[name])
        if name == "supplier":
            said[name] = value.split(" ")[0] if " " in value else None
        elif name == "date":
            day = draw.randrange(1, 29)
            said[name] = f"{value[:8]}{day:02d}"
        else:
            said[name] = _reformed(value, draw)
    if said == target:
        said["kind"] = "credit_note" if target["kind"] == "invoice" else "invoice"
    return said


def _log_probs(text: str, said: Object, sure: float, draw: random.Random) -> LogProbs:
    """One token a value that is less than certain, so that all of them together are so sure."""
    weights = {name: draw.random() for name in said}
    found = []
    for name, weight in weights.items():
        value = json.dumps(said[name], ensure_ascii=False)
        start = text.index(f'"{name}":{value}') + len(f'"{name}":')
        log_prob = round(math.log(sure) * weight / sum(weights.values()), DECIMALS)
        if log_prob < 0:
            found.append((len(text[:start].encode()), len(value.encode()), log_prob))
    return tuple(found)


def answer(
    contract: Contract, case: Case, skills: Mapping[str, float], draw: random.Random
) -> Prediction:
    """One answer: right by chance, surer of itself where it is."""
    target = case.target or {}
    right = draw.random() < skills[str(case.meta["language"])]
    said = dict(target) if right else _misread(target, draw)
    sure = draw.betavariate(40, 1) if right else draw.betavariate(4, 3)
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    log_probs = _log_probs(text, said, sure, draw)
    read = read_answer(contract, text, "stop", log_probs)
    return Prediction(
        object=read.object, text=text, confidence=read.confidence,
        finish_reason=read.finish_reason, field_confidence=read.field_confidence,
        prompt_tokens=len(case.input) // 4, answer_tokens=len(text) // 3,
        latency_ms=round(draw.uniform(300, 900), 1), log_probs=log_probs,
    )  # fmt: skip


def answers(cases: Sequence[Case], model: str, part: str) -> list[Prediction]:
    """The answers of one model to some cases."""
    with resources.as_file(resources.files(__package__) / "workflow.yaml") as path:
        contract = load_contract(path)
    draw = random.Random(f"{SEEDS[0]}:{model}:{part}")
    return [answer(contract, case, SKILLS[model], draw) for case in cases]


def _one_a_supplier(
    lines: Callable[[int], list[str]], counts: Mapping[str, int], name: str
) -> list[Case]:
    """So many cases of each language, each of another supplier."""
    left, found = dict(counts), dict[tuple[int, str], Case]()
    for seed in SEEDS:
        for line in lines(seed) if any(left.values()) else ():
            case = Case.model_validate_json(line)
            supplier = (seed, str(case.meta.get("supplier_id", case.id)))
            language = str(case.meta["language"])
            if case.id.startswith(("gold-", "inv-")) and supplier not in found and left[language]:
                left[language] -= 1
                found[supplier] = case
    if any(left.values()):
        raise ValueError(f"too few suppliers for {left}")
    kept = ("language", "channel")
    return [
        case.model_copy(update={"id": f"{name}-{place:03d}",
                                "meta": {key: case.meta[key] for key in kept}})
        for place, case in enumerate(found.values(), start=1)
    ]  # fmt: skip


def record(folder: Path) -> dict[str, int]:
    """Write everything that is recorded; gives lines by file."""
    gold = _one_a_supplier(gold_lines, GOLD, "gold")
    held_out = _one_a_supplier(source_lines, HELD_OUT, "held")
    written: dict[str, Sequence[Case] | Sequence[Prediction]] = {
        "gold.jsonl": gold,
        "calibration.jsonl": held_out,
        **{f"{model}.jsonl": answers(gold, model, "gold") for model in SKILLS},
        **{
            f"{model}-calibration.jsonl": answers(held_out, model, "calibration")
            for model in SKILLS
        },
    }
    for name, records in written.items():
        write_records(folder / name, records)
    return {name: len(records) for name, records in written.items()}
