"""Planted leaks in real sets: how many are found, and how much clean data is flagged."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from dslm.contract import Contract
from dslm.curation.case_table import CaseTable
from dslm.curation.filters.leakage.leaked_exact import leaked_exact
from dslm.curation.filters.leakage.leaked_near import leaked_near
from dslm.curation.filters.leakage.leaked_quote import leaked_quote
from dslm.records import Case

DATASETS = Path(os.environ.get("DSLM_DATASETS", Path(__file__).parents[6] / "shared" / "datasets"))
SETS = ("multidogo", "star_single", "clinc150", "sroie")
NEAR, PLANTED = 0.8, 300
FALSE_SHARE = 0.005  # of clean cases, flagged for a gold case with another label
Edit = Callable[[random.Random, str], str]


def spaced(rng: random.Random, text: str) -> str:
    """Other case, other blanks, other line breaks."""
    return rng.choice([text.upper(), text.replace(" ", "  "), text.title() + " !"])


def one_field(rng: random.Random, text: str) -> str:
    """One word replaced, as an edited name, number or date."""
    words = text.split(" ")
    words[rng.randrange(len(words))] = str(rng.randrange(10**5))
    return " ".join(words)


def quoted(rng: random.Random, text: str) -> str:
    """Within a longer mail."""
    head = "Dear colleagues, please see below what reached us this morning, who takes it? " * 2
    return f"{head}\n> {text}\n{rng.choice(['Thanks', 'Best', 'Yours'])}, the night shift"


KINDS: dict[str, tuple[Edit, float, int]] = {  # edit, least recall, shortest text
    "exact": (lambda _, text: text, 1.0, 1),
    "case_and_blanks": (spaced, 1.0, 1),
    "one_field": (one_field, 0.95, 60),
    "quoted": (quoted, 0.95, 80),  # below 48 letters and digits a text is quoted by chance
}


def case(name: str, text: str, sender: str) -> Case:
    target = {"kind": "other", "amount": None}
    return Case(id=name, input=text, target=target, meta={"sender": sender})


def flagged(contract: Contract, cases: list[Case], gold: list[Case]) -> dict[str, str | None]:
    """Cases that are taken for leaks, and the gold case of each."""
    drops = [*leaked_exact(cases, gold), *leaked_quote(cases, gold, NEAR)]
    drops += leaked_near(CaseTable.of(cases, contract), gold, NEAR).values()
    return {drop.id: drop.of for drop in drops}


def told(target: dict[str, object]) -> object:
    """What says whether two texts are of one thing: a receipt's shop, else the label."""
    return target.get("company", target)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_leaks_are_found_and_clean_data_is_left_alone(
    contract: Contract, name: str, record_property: Callable[[str, object], None]
) -> None:
    path = DATASETS / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {name}.jsonl.gz: DSLM_DATASETS names the folder")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        target_of = {row["text"]: row["target"] for row in map(json.loads, lines)}
    texts = sorted(target_of)
    rng = random.Random(11)
    rng.shuffle(texts)
    held = texts[: min(PLANTED, len(texts) // 3)]
    gold = [case(f"g{n}", text, "gold") for n, text in enumerate(held)]
    for kind, (edit, least, shortest) in KINDS.items():
        leaks = [
            case(f"x{n}", edit(rng, text), "a")
            for n, text in enumerate(held)
            if len(text) >= shortest
        ]
        if not leaks:
            continue
        recall = len(flagged(contract, leaks, gold)) / len(leaks)
        record_property(f"{name}.{kind}", recall)
        print(f"{name} {kind}: {recall:.3f} of {len(leaks)}")
        assert recall >= least, kind
    clean = [case(f"c{n}", text, "b") for n, text in enumerate(texts[len(held) :][:4000])]
    found = flagged(contract, clean, gold)
    named = {case.id: case.input for case in (*clean, *gold)}
    pairs = [(named[place], named[of]) for place, of in sorted(found.items()) if of]
    assert len(pairs) == len(found)
    unlike = [pair for pair in pairs if told(target_of[pair[0]]) != told(target_of[pair[1]])]
    print(f"{name}: {len(found)} of {len(clean)} others flagged, {len(unlike)} with another label")
    for pair in pairs:
        print("   ", " | ".join(text[:100].replace("\n", " / ") for text in pair))
    assert len(unlike) <= FALSE_SHARE * len(clean)
