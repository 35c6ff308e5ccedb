"""Recall of personal values by field, on public chats and on planted values; and precision.

    python tests/bench/personal_recall.py --datasets FOLDER [--before] [--out recall.json]

Whole curations of two sets of chats (STAR's single tasks; MultiDoGO), whose labels hold names,
numbers and addresses: how many of the values that stand in a chat still stand in what was written.
A value is there as a word or words, case and separators folded, or, from five letters on, within
another word. `--before` declares no fields, only names, as was all that a contract could do.
Then 1,100 values planted in over 20 spellings, in the case that labels them and in another case of
its group; and the share of words that the values of MultiDoGO change in requests of
another set (CLINC150); words that two chats or more label as a name are told apart there, since
"call john" does name somebody. Sets that are not there are left out, and said to be.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.curation.planted_personal_values import KINDS, left_of, planted

from dslm.contract.model.contract_model import Contract
from dslm.curation.pipeline import curate
from dslm.curation.sources.daft_engine import Engine
from dslm.records import Case

DATASETS = os.environ.get("DSLM_DATASETS", "../shared/datasets")
GOLD = 60
FIELDS: dict[str, dict[str, str]] = {
    "star_single": {
        "CustomerName": "name", "HostName": "name", "PatientName": "name", "RenterName": "name",
        "FullName": "name", "UserName": "name", "GuestName": "name", "PIN": "pin",
        "AccountNumber": "account", "SecurityAnswer1": "id", "SecurityAnswer2": "id", "Code": "id",
        "DateOfBirth": "date_of_birth",
    },
    "multidogo": {
        "name": "name", "username": "name", "ssn": "ssn", "address": "address",
        "account_number": "account", "target_account_number": "account", "card_number": "card",
        "phonenumber": "phone", "phone_number": "phone", "email_address": "email",
        "booking_confirmation_number": "id", "password": "password", "account_id": "account",
        "current_zipcode": "zip", "new_zipcode": "zip",
    },
}  # fmt: skip


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a set."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def labelled(row: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, list[str]]:
    """The values of a row by field, however its set writes them."""
    found: dict[str, set[str]] = {name: set() for name in fields}
    target = row["target"]
    for name, values in target.get("slots", {}).items():
        if name in found:
            found[name].update(values)
    for call in target.get("calls", ()):
        for name, value in call["arguments"].items():
            if name in found and isinstance(value, str):
                found[name].add(value)
    return {name: sorted(v for v in values if v.strip()) for name, values in found.items()}


def contract(fields: Mapping[str, str], *, before: bool) -> Contract:
    """Lists of texts by field, and what is personal among them."""
    names = [f"target.{name}" for name, kind in fields.items() if kind == "name"]
    personal: dict[str, Any] = {
        "mode": "surrogate", "demonstration_key": True, "regions": ["US"],
        "kinds": ["email", "iban", "card", "tax", "phone", "name"], "names": names,
    }  # fmt: skip
    if not before:
        personal["fields"] = {f"target.{n}": {"kind": k} for n, k in fields.items() if k != "name"}
    listed = {"type": "array", "items": {"type": "string", "maxLength": 300}}
    return Contract.model_validate({
        "name": "bench", "version": 1, "summary": "s", "task": "t",
        "output": {"type": "object", "additionalProperties": False, "required": list(fields),
                   "properties": dict.fromkeys(fields, listed)},
        "decision": {"max_selective_risk": 0.1, "confidence": 0.9},
        "costs": {"currency": "EUR", "wrong_proceed": 1.0, "review": 1.0, "escalation": 1.0},
        "slo": {"p95_ms": 1, "p99_ms": 1},
        "data": {"sources": [{"path": "s.jsonl", "licence": "x", "origin": "x"}],
                 "near_duplicate": 1.0, "personal": personal},
    })  # fmt: skip


def written(
    of: Contract, rows: Sequence[Mapping[str, Any]], gold: Sequence[Case]
) -> tuple[dict[str, Case], dict[str, Any]]:
    """What a curation writes, by id, and its ledger."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        out = folder / "out"
        out.mkdir()
        curate(of, folder, gold, out, Engine(workers=2))
        lines = [line for name in ("train", "validation", "calibration")
                 for line in (out / f"{name}.jsonl").read_text().splitlines()]  # fmt: skip
        cases = [Case.model_validate_json(line) for line in lines]
        return {case.id: case for case in cases}, json.loads((out / "ledger.json").read_text())


def words(text: str) -> list[str]:
    """Words, case folded."""
    return re.findall(r"[^\W_]+", text.casefold())


def stands(value: str, text: str) -> bool:
    """Whether a value stands in a text, as words or within one."""
    wanted, said = words(value), words(text)
    whole = "".join(wanted)
    if not whole:
        return False
    if len(whole) >= 5 and any(whole in word for word in said):
        return True
    spans = range(len(said) - len(wanted) + 1)
    return any(said[n : n + len(wanted)] == wanted for n in spans)


def values_of(field: str, kind: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is looked for: values, and the parts of names as a row of their own."""
    for value in values:
        yield field, value
        if kind == "name" and len(words(value)) > 1:
            yield from ((f"{field}, parts", part) for part in words(value) if len(part) > 2)


def chats(path: Path, *, before: bool, show: bool) -> dict[str, Any]:
    """Recall by field on one set of chats."""
    fields = FIELDS[path.name.split(".")[0]]
    rows = [{"id": row["id"], "input": row["text"], "target": labelled(row, fields), "meta": {}}
            for row in rows_of(path)]  # fmt: skip
    gold = [Case.model_validate(row | {"id": f"gold {row['id']}", "input": f"{row['input']} {n}"})
            for n, row in enumerate(rows[:GOLD])]  # fmt: skip
    started = time.monotonic()
    kept, ledger = written(contract(fields, before=before), rows[GOLD:], gold)
    seconds = time.monotonic() - started
    there, gone = Counter[str](), Counter[str]()
    for row in rows[GOLD:]:
        case = kept.get(row["id"])
        for field, values in row["target"].items() if case else ():
            for name, value in values_of(field, fields[field], values):
                if stands(value, row["input"]):
                    there[name] += 1
                    gone[name] += not stands(value, case.input)
                    if show and stands(value, case.input):
                        print(name, repr(value), repr(case.input), file=sys.stderr)
    return {
        "cases": len(rows), "kept": len(kept), "dropped": ledger["dropped"],
        "seconds": round(seconds, 1),
        "personal": {key: ledger["personal"].get(key) for key in ("exempted", "short", "left")},
        "gone": {name: f"{gone[name]} of {count}" for name, count in there.most_common()},
        "recall": round(sum(gone.values()) / sum(there.values()), 4),
    }  # fmt: skip


def planted_recall(count: int, *, show: bool) -> dict[str, Any]:
    """Of planted values those that are gone: labelled in one case, spelled otherwise in another."""
    fields = {**KINDS, "name": "name"}
    of = contract(fields, before=False)
    data = of.data.model_copy(update={"group_by": "sender"})
    of, values, rows = of.model_copy(update={"data": data}), planted(count), []
    blank: dict[str, list[str]] = {name: [] for name in fields}
    for number, one in enumerate(values):
        meta = {"sender": f"group {number}"}
        rows.append({"id": f"a-{number}", "input": f"number {number} is {one.value}", "meta": meta,
                     "target": blank | {one.field: [one.value]}})  # fmt: skip
        rows.append({"id": f"b-{number}", "input": f"no {number} says qqq {one.text} zzz",
                     "meta": meta, "target": blank})  # fmt: skip
    gold = [
        Case.model_validate({"id": f"g-{n}", "input": f"something else, {n} of it",
                             "target": blank, "meta": {"sender": f"g {n}"}})
        for n in range(9)
    ]  # fmt: skip
    kept, _ = written(of, rows, gold)
    asked, left = Counter[str](), Counter[str]()
    for number, one in enumerate(values):
        if case := kept.get(f"b-{number}"):
            said = case.input.partition("qqq")[2].rpartition("zzz")[0]
            asked[one.spelling] += 1
            left[one.spelling] += left_of(one, said)
            if show and left_of(one, said):
                print(one, repr(said), file=sys.stderr)
    return {"planted": asked.total(), "spellings": len(asked), "left": left.total(),
            "left_by_spelling": dict(+left)}  # fmt: skip


def precision(folder: Path) -> dict[str, Any]:
    """Words that change in requests without personal data, beside all values of MultiDoGO."""
    fields = FIELDS["multidogo"]
    rows = [{"id": f"p-{n}", "input": row["text"], "meta": {}, "target": labelled(row, fields)}
            for n, row in enumerate(rows_of(folder / "multidogo.jsonl.gz"))]  # fmt: skip
    blank: dict[str, list[str]] = {name: [] for name in fields}
    plain = [{"id": f"c-{n}", "input": row["text"], "meta": {}, "target": blank}
             for n, row in enumerate(rows_of(folder / "clinc150.jsonl.gz"))]  # fmt: skip
    gold = [
        Case.model_validate(row | {"id": "g", "input": "wholly something else"})
        for row in plain[:1]
    ]
    kept, _ = written(contract(fields, before=False), [*rows, *plain], gold)
    seen = changed = 0
    samples: Counter[str] = Counter()
    for row in plain:
        if case := kept.get(row["id"]):
            old, new = words(row["input"]), words(case.input)
            seen += len(old)
            same = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
            differ = [word for how, a, b, _, _ in same if how != "equal" for word in old[a:b]]
            changed += len(differ)
            samples.update(differ)
    named = Counter[str]()
    for row in rows:
        named.update({word for name in row["target"]["name"] for word in words(name)})
    names = sum(n for word, n in samples.items() if named[word] > 1)
    return {"words": seen, "changed": changed, "share": round(changed / seen, 6),
            "names_among_changed": names, "share_without_names": round((changed - names) / seen, 6),
            "most_changed": dict(samples.most_common(15))}  # fmt: skip


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=Path, default=Path(DATASETS))
    parser.add_argument("--before", action="store_true")
    parser.add_argument("--planted", type=int, default=1100)
    parser.add_argument("--show", action="store_true", help="print what is left, to standard error")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    result: dict[str, Any] = {}
    for name in FIELDS:
        path = asked.datasets / f"{name}.jsonl.gz"
        if path.is_file():
            result[name] = chats(path, before=asked.before, show=asked.show)
        else:
            result[name] = f"{path} is not there"
    if not asked.before:
        result["planted"] = planted_recall(asked.planted, show=asked.show)
        if all((asked.datasets / f"{n}.jsonl.gz").is_file() for n in ("multidogo", "clinc150")):
            result["precision"] = precision(asked.datasets)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
