"""Faults that real collections have, put into the sources so that curation has work to do.

Takes clean source examples, gives copies under no id yet: exact duplicates, near duplicates
(same label), and contradictions (same text, another label). Called by `write_files`; gold has none.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from dslm.examples.invoice_intake.example_cases import Example
from dslm.examples.invoice_intake.wording.phrases import CLOSINGS

EXACT, NEAR, CONTRADICTIONS = 25, 25, 12


def draw_flaws(rng: random.Random, examples: Sequence[Example]) -> list[Example]:
    """Draw all flawed copies, each from an example of its own."""
    chosen = rng.sample(examples, EXACT + NEAR)
    exact, near = chosen[:EXACT], [near_duplicate(rng, one) for one in chosen[EXACT:]]
    taken = {id(one) for one in chosen}
    free = [one for one in examples if id(one) not in taken]
    misread = [one for one in free if one.decoy and one.target["number"]]
    billed = [one for one in free if one.difficulty == "clean"]
    half = CONTRADICTIONS // 2
    wrong = [_misread_number(one) for one in rng.sample(misread, half)]
    wrong += [_mistaken_kind(one) for one in rng.sample(billed, CONTRADICTIONS - half)]
    return [*exact, *near, *wrong]


def near_duplicate(rng: random.Random, example: Example) -> Example:
    """Change blanks or add a closing word; the meaning, and so the label, stays."""
    closing = rng.choice(CLOSINGS[example.supplier.language])
    edits = (
        example.text.replace("\n", "\n\n"),
        f"{example.text}\n{closing}",
        example.text.replace("\n", " \n", 1),
        f"{example.text}\n\n{closing}",
    )
    return replace(example, text=rng.choice(edits))


def _misread_number(example: Example) -> Example:
    return replace(example, target=example.target | {"number": example.decoy})


def _mistaken_kind(example: Example) -> Example:
    return replace(example, target=example.target | {"kind": "credit_note"})
