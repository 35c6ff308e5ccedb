"""Texts a second of the scan for personal data, one process: finding, replacing, proving.

    python tests/bench/personal_scan.py [--out docs/measurements/personal_scan.json]

Two sets of texts: short requests of one sentence, and the example's invoices, which are full of
numbers that have to be told from telephones. `find` is the finders alone, `replace` a whole case
with its label, `prove` the look-up of 10,000 known values. Processor time, so that what else the
machine does counts little; the best of three rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dslm.cases import read_records
from dslm.contract import Contract, load_contract
from dslm.contract.model.personal_fields import Personal
from dslm.curation.personal.detectors.all_detectors import Detectors
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws
from dslm.curation.personal.surrogates.surrogate_key import DEMONSTRATION_KEY
from dslm.records import Case

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "data" / "invoice_intake"
ROUNDS, SHORT_TEXTS, KNOWN = 3, 5_000, 10_000
EVERYTHING = Personal(
    mode="surrogate", kinds=["email", "iban", "card", "tax", "phone"],
    regions=["DE", "FR", "GB", "US"], demonstration_key=True,
)  # fmt: skip


def short_texts() -> list[str]:
    """Requests of a sentence or two; one in ten holds an address or a number."""
    draw = KeyedDraws(b"short texts", "bench")
    said = [" ".join(draw.word(2 + draw.below(8)) for _ in range(14)) for _ in range(SHORT_TEXTS)]
    held = ("me@host.example", "order 4711", "+44 20 7946 0123", "by 12/03/2025", "sum 1,234.50")
    return [f"{text} {held[n // 10 % 5]}" if n % 10 == 0 else text for n, text in enumerate(said)]


def per_second(work: Callable[[Any], Any], items: Iterable[Any]) -> int:
    """Items a second, the best of some rounds."""
    listed = list(items)
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for item in listed:
            work(item)
        best = min(best, time.process_time() - started)
    return round(len(listed) / best)


def known_values() -> WordIndex:
    """Telephone numbers and addresses that occur in none of the texts."""
    draw = KeyedDraws(b"known values", "bench")
    keys = [draw.digits(11) if n % 2 else draw.word(9) + draw.word(9) for n in range(KNOWN)]
    return WordIndex({key: Identity("phone", "", key) for key in keys})


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    contract: Contract = load_contract(EXAMPLE / "workflow.yaml")
    data = contract.data.model_copy(update={"personal": EVERYTHING})
    contract = contract.model_copy(update={"data": data})
    cases = read_records(EXAMPLE / "sources" / "cases.jsonl", Case)
    invoices, short = [case.input for case in cases], short_texts()
    find, known = Detectors(EVERYTHING), known_values()
    replacer = Replacer(contract, DEMONSTRATION_KEY)
    result = {
        "machine": f"{platform.machine()}, one process, Python {platform.python_version()}",
        "characters_a_text": {"short": round(sum(map(len, short)) / len(short)),
                              "invoices": round(sum(map(len, invoices)) / len(invoices))},
        "texts_per_second": {
            "find, short": per_second(find, short),
            "find, invoices": per_second(find, invoices),
            "replace, invoices": per_second(replacer.case, cases),
            "prove, short": per_second(known.hits, short),
            "prove, invoices": per_second(known.hits, invoices),
        },
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    print(text)
    if out:
        out.write_text(text + "\n")


if __name__ == "__main__":
    main()
