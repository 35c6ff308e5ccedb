"""A whole curation of a million short cases: seconds, cases a second, peak memory, growth.

    python tests/bench/curate_cases.py --texts chats.jsonl.gz [--fields] [--out table.json]

The cases are made from the `text` of the given JSON lines by seeded edits: halves of two texts
joined, three words in ten replaced, one case in fifty an exact repeat, one in twenty-five a near
one, in 50,000 groups, against a gold set of 500. `--fields` gives each group a customer, whose name
stands in every third text, and each case a number of nine digits, one in ten of them spoken; the
contract declares both as personal and has addresses and telephones looked for. Each size runs in a
process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dslm.contract.model.contract_model import Contract
from dslm.records import Case

SIZES = (100_000, 1_000_000)
GOLD, GROUPS = 500, 50_000
SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VOWELS, CONSONANTS = "aeiou", "bdfgklmnprstvz"
PERSONAL = {
    "mode": "surrogate", "demonstration_key": True, "kinds": ["email", "phone", "name"],
    "regions": ["US"],
    "fields": {"target.number": {"kind": "id"}, "meta.customer": {"kind": "name"}},
}  # fmt: skip


def contract(*, fields: bool = False) -> Contract:
    """A contract with one rule and three fields, two of them personal where asked."""
    personal = {"personal": PERSONAL} if fields else {}
    return Contract.model_validate({
        "name": "bench", "version": 1, "summary": "s", "task": "t",
        "output": {
            "type": "object", "additionalProperties": False,
            "required": ["intent", "number", "urgent"],
            "properties": {"intent": {"enum": [f"i{n}" for n in range(40)]},
                           "number": {"type": ["string", "null"], "maxLength": 12},
                           "urgent": {"type": "boolean"}},
        },
        "rules": [{
            "id": "urgent_has_number", "expr": "!output.urgent || output.number != null",
            "breach": "abstain", "means": "m",
            "examples": {"pass": {"output": {"urgent": False}},
                         "fail": {"output": {"urgent": True, "number": None}}},
        }],
        "decision": {"max_selective_risk": 0.1, "confidence": 0.9},
        "costs": {"currency": "EUR", "wrong_proceed": 1.0, "review": 1.0, "escalation": 1.0},
        "slo": {"p95_ms": 1, "p99_ms": 1},
        "data": {"sources": [{"path": "sources/*.jsonl", "licence": "l", "origin": "o"}],
                 "group_by": "sender", **personal},
    })  # fmt: skip


def _name(rng: random.Random, syllables: int) -> str:
    return "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(syllables))


def with_person(rows: Iterator[dict[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """The cases with a customer in each group and a number in each case."""
    rng = random.Random(seed)
    given = [_name(rng, 2 + n % 2) for n in range(2_000)]
    names = [f"{rng.choice(given)} {_name(rng, 3)}n" for _ in range(GROUPS)]
    for place, row in enumerate(rows):
        name, number = names[place % GROUPS], str(rng.randrange(10**8, 10**9))
        said = " ".join(SPOKEN[int(d)] for d in number) if rng.random() < 0.1 else number
        who = f"this is {rng.choice((name, name.split()[0]))} " if rng.random() < 0.34 else ""
        yield row | {"input": f"{row['input']} {who}my number is {said}",
                     "target": row["target"] | {"number": number},
                     "meta": row["meta"] | {"customer": name}}  # fmt: skip


def made(texts: list[list[str]], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Cases by seeded edits of texts, given as words."""
    rng = random.Random(seed)
    words = [word for text in texts for word in text]
    last: dict[str, Any] = {}
    for place in range(count):
        draw = rng.random()
        if last and draw < 0.06:
            text = last["input"] if draw < 0.02 else f"{last['input']} thanks"
            target = last["target"]
        else:
            one, other = rng.choice(texts), rng.choice(texts)
            halves = one[: len(one) // 2 + 4] + other[len(other) // 2 :]
            text = " ".join(rng.choice(words) if rng.random() < 0.3 else w for w in halves[:40])
            target = {"intent": f"i{rng.randrange(40)}", "number": str(rng.randrange(10**6)),
                      "urgent": rng.random() < 0.1}  # fmt: skip
        last = {"id": f"m-{seed}-{place:07}", "input": text, "target": target,
                "meta": {"sender": f"{seed}-{place % GROUPS}"}}  # fmt: skip
        yield last


def _processor_seconds() -> float:
    """Of this process and of its workers that have ended."""
    return sum(os.times()[:4])


def one_size(sources: list[Path], count: int, *, fields: bool) -> dict[str, Any]:
    """Make the cases, curate them, and say what it took."""
    from dslm.curation.pipeline import curate
    from dslm.curation.sources.daft_engine import Engine

    texts = []
    for path in sources:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            texts += [json.loads(line)["text"].split() for line in stream]
    texts = [text for text in texts if 4 <= len(text) <= 60]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "sources").mkdir()
        with (data / "sources" / "cases.jsonl").open("w") as stream:
            rows = made(texts, count, 1)
            for row in with_person(rows, 3) if fields else rows:
                stream.write(json.dumps(row) + "\n")
        gold = [Case.model_validate(row) for row in made(texts, GOLD, 2)]
        began, used = time.perf_counter(), _processor_seconds()
        done = curate(contract(fields=fields), data, gold, data / "out", Engine())
        seconds = time.perf_counter() - began
        used = _processor_seconds() - used
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "cases": count, "seconds": round(seconds, 1), "cases_a_second": round(count / seconds),
        "processor_seconds": round(used, 1),
        "peak_gb": round(own / 1e6, 2), "largest_worker_gb": round(workers / 1e6, 2),
        "kept": sum(done.ledger.kept.values()), **done.ledger.dropped,
        **({"personal": done.ledger.personal.model_dump()} if done.ledger.personal else {}),
    }  # fmt: skip


def main() -> None:
    """Measure all sizes and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--cases", type=int, help="this size only, in this process")
    parser.add_argument("--fields", action="store_true", help="with personal data, declared")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.cases:
        print(json.dumps(one_size(asked.texts, asked.cases, fields=asked.fields)))
        return
    sizes = []
    for count in SIZES:
        command = [sys.executable, __file__, "--cases", str(count), "--texts", *asked.texts]
        command += ["--fields"] * asked.fields
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        sizes.append(json.loads(done.stdout.splitlines()[-1]))
        print(sizes[-1], file=sys.stderr)
    growth = sizes[-1]["seconds"] / sizes[0]["seconds"]
    result = {
        "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "personal fields": asked.fields,
        "sizes": sizes,
        "time_for_ten_times_the_cases": round(growth, 1),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
