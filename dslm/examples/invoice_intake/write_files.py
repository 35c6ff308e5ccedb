"""Decides how many cases of each tag there are, numbers them and writes the JSONL files.

Takes a folder and a seed, gives `data/invoice_intake/sources/cases.jsonl`, `later.jsonl` and
`recent.jsonl` beside it (suppliers that write once, after all others) and
`eval/invoice_intake/gold.jsonl`. Called by `__main__` and by the regeneration test.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from dslm.examples.invoice_intake.example_cases import Example, make_example
from dslm.examples.invoice_intake.planted_flaws import draw_flaws
from dslm.examples.invoice_intake.suppliers import Supplier, make_suppliers

DEFAULT_SEED = 7
SOURCES_PATH = Path("data/invoice_intake/sources/cases.jsonl")
ONCE_PATHS = {  # of suppliers that write once
    split: Path(f"data/invoice_intake/sources/{split}.jsonl") for split in ("later", "recent")
}
GOLD_PATH = Path("eval/invoice_intake/gold.jsonl")
COUNTS: dict[str, dict[str, int]] = {
    "sources": {
        "clean": 185, "ocr_noise": 120, "distractors": 240, "bad_total": 70,
        "missing_field": 190, "credit_note": 165, "not_invoice": 235, "injection": 95,
    },
    "later": {
        "clean": 69, "ocr_noise": 45, "distractors": 90, "bad_total": 26,
        "missing_field": 71, "credit_note": 62, "not_invoice": 87, "injection": 36,
    },
    "recent": {
        "clean": 60, "ocr_noise": 40, "distractors": 79, "bad_total": 23,
        "missing_field": 62, "credit_note": 54, "not_invoice": 76, "injection": 32,
    },
    "gold": {
        "clean": 38, "ocr_noise": 21, "distractors": 26, "bad_total": 12,
        "missing_field": 13, "credit_note": 13, "not_invoice": 16, "injection": 11,
    },
}  # fmt: skip
MAIL_SHARE = 0.66  # of the tags that either channel can have


def write_all(folder: Path, seed: int = DEFAULT_SEED) -> dict[str, int]:
    """Write all files below `folder` and give the number of cases by relative path."""
    files = {
        SOURCES_PATH: source_lines(seed), GOLD_PATH: gold_lines(seed),
        **{path: once_lines(seed, split) for split, path in ONCE_PATHS.items()},
    }  # fmt: skip
    for path, lines in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes("".join(f"{line}\n" for line in lines).encode())
    return {path.as_posix(): len(lines) for path, lines in files.items()}


def source_lines(seed: int) -> list[str]:
    """Give the source cases as JSON lines sorted by id, flaws mixed in."""
    examples = _make_examples(seed, "sources")
    rng = random.Random(f"{seed}:flaws")
    examples += draw_flaws(rng, examples)
    rng.shuffle(examples)
    return [_line(f"inv-{place:05d}", one) for place, one in enumerate(examples, start=1)]


def once_lines(seed: int, split: str) -> list[str]:
    """Give the cases of suppliers that write once, sorted by id; nothing is wrong with them."""
    examples = _make_examples(seed, split)
    random.Random(f"{seed}:{split}").shuffle(examples)
    return [_line(f"{split}-{place:03d}", one) for place, one in enumerate(examples, start=1)]


def gold_lines(seed: int) -> list[str]:
    """Give the gold cases as JSON lines sorted by id: the generated ones, then those by hand."""
    examples = _make_examples(seed, "gold")
    random.Random(f"{seed}:gold").shuffle(examples)
    generated = [_line(f"gold-{place:03d}", one) for place, one in enumerate(examples, start=1)]
    return generated + handwritten_lines()


def handwritten_lines() -> list[str]:
    """Give the gold cases that people wrote, as they stand in `handwritten.jsonl`."""
    package = resources.files("dslm.examples.invoice_intake")
    return (package / "handwritten.jsonl").read_text(encoding="utf-8").splitlines()


def _make_examples(seed: int, split: str) -> list[Example]:
    suppliers = make_suppliers(seed, split)
    rng = random.Random(f"{seed}:{split}:plan")
    tags = [tag for tag, count in COUNTS[split].items() for _ in range(count)]
    writers = _dealt(rng, suppliers, len(tags))
    examples = []
    for place, (tag, supplier) in enumerate(zip(tags, writers, strict=True)):
        channel = "ocr" if tag == "ocr_noise" or rng.random() >= MAIL_SHARE else "mail"
        examples.append(make_example(supplier, tag, channel, f"{seed}:{split}:{place}"))
    return examples


def _dealt(rng: random.Random, suppliers: Sequence[Supplier], count: int) -> list[Supplier]:
    """Deal the suppliers out like cards, so that each writes about equally often."""
    hand: list[Supplier] = []
    while len(hand) < count:
        hand += rng.sample(suppliers, len(suppliers))
    return hand[:count]


def _line(identity: str, example: Example) -> str:
    meta: dict[str, object] = {
        "supplier_id": example.supplier.id,
        "language": example.supplier.language,
        "channel": example.channel,
        "difficulty": example.difficulty,
        "received_at": example.received_at,
    }
    if example.breaks:
        meta["breaks"] = list(example.breaks)
    case = {"id": identity, "input": example.text, "target": example.target, "meta": meta}
    return json.dumps(case, ensure_ascii=False, separators=(",", ":"))
