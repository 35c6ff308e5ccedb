"""Claims about the example data of `invoice_intake`: reproducible, well-labelled, fairly split."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from dslm.examples.invoice_intake import example_cases, invented_ibans, write_files
from dslm.examples.invoice_intake.wording import invented_names
from dslm.examples.invoice_intake.wording.money_and_date_formats import MONTHS

ROOT = Path(__file__).parents[4]
FILES = {
    "sources": write_files.SOURCES_PATH, **write_files.ONCE_PATHS, "gold": write_files.GOLD_PATH,
}  # fmt: skip
TAGS = (
    "clean", "ocr_noise", "distractors", "bad_total",
    "missing_field", "credit_note", "not_invoice", "injection",
)  # fmt: skip
SLICES = {"language": ("en", "de", "fr"), "channel": ("mail", "ocr"), "difficulty": TAGS}
Case = dict[str, Any]

both_splits = pytest.mark.parametrize("split", FILES)


@cache
def read(split: str) -> tuple[Case, ...]:
    lines = (ROOT / FILES[split]).read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines)


@cache
def contract() -> Case:
    text = (ROOT / "data/invoice_intake/workflow.yaml").read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)


def ids_of(wrong: Iterator[Case]) -> list[str]:
    return [case["id"] for case in wrong]


@pytest.mark.slow
def test_the_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    counts = write_files.write_all(tmp_path)
    for path in FILES.values():
        assert (tmp_path / path).read_bytes() == (ROOT / path).read_bytes(), path
    assert counts == {FILES[split].as_posix(): len(read(split)) for split in FILES}


def test_another_seed_gives_other_cases_and_the_same_handwritten_ones() -> None:
    ours, other = write_files.gold_lines(7), write_files.gold_lines(8)
    assert ours[:150] != other[:150]
    assert ours[150:] == other[150:] == write_files.handwritten_lines()


@both_splits
def test_ids_are_unique_and_sorted_and_a_line_is_compact_json(split: str) -> None:
    ids = [case["id"] for case in read(split)]
    assert ids == sorted(set(ids))
    lines = (ROOT / FILES[split]).read_text(encoding="utf-8").splitlines()
    for line, case in zip(lines, read(split), strict=True):
        assert line == json.dumps(case, ensure_ascii=False, separators=(",", ":"))


@both_splits
def test_targets_fit_the_schema_with_the_keys_in_its_order(split: str) -> None:
    schema = contract()["output"]
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert not ids_of(c for c in read(split) if not validator.is_valid(c["target"]))
    assert not ids_of(c for c in read(split) if list(c["target"]) != list(schema["properties"]))


@both_splits
def test_meta_is_closed_and_declares_exactly_the_rules_that_the_target_breaches(split: str) -> None:
    known = {"supplier_id", "language", "channel", "difficulty", "received_at"}
    for case in read(split):
        assert set(case["meta"]) - {"breaks"} == known, case["id"]
        assert date.fromisoformat(case["meta"]["received_at"])
        assert case["meta"].get("breaks", []) == breaches(case["target"]), case["id"]


def breaches(target: Case) -> list[str]:
    """The contract's rules, written down a second time: two hands, one meaning."""
    if target["kind"] == "other":
        return [] if set(target.values()) == {"other", None} else ["other_is_empty"]
    broken = []
    if None in (target["supplier"], target["number"], target["date"], target["total"]):
        broken.append("complete")
    if target["net"] and target["rate"] and target["total"]:
        exact = Decimal(target["net"]) * (100 + Decimal(target["rate"])) / 100
        if abs(exact - Decimal(target["total"])) >= Decimal("0.011"):
            broken.append("adds_up")
    return broken


@both_splits
def test_a_tag_says_what_the_label_is_like(split: str) -> None:
    for case in read(split):
        tag, target, broken = case["meta"]["difficulty"], case["target"], breaches(case["target"])
        assert (broken == ["adds_up"]) == (tag == "bad_total"), case["id"]
        assert (broken == ["complete"]) == (tag == "missing_field"), case["id"]
        assert tag != "not_invoice" or target["kind"] == "other", case["id"]
        assert tag != "credit_note" or target["kind"] == "credit_note", case["id"]
        assert tag != "ocr_noise" or case["meta"]["channel"] == "ocr", case["id"]


@both_splits
def test_every_grounded_value_stands_in_the_input(split: str) -> None:
    lost = []
    for case in read(split):
        text, target = case["input"], case["target"]
        found = {
            "supplier": lambda value, text=text: bare(value) in bare(text),
            "number": lambda value, text=text: value in text,
            "date": lambda value, text=text: any(one in text for one in written_dates(value)),
            "net": lambda value, text=text: any(one in text for one in written_amounts(value)),
            "total": lambda value, text=text: any(one in text for one in written_amounts(value)),
        }
        assert set(found) == set(contract()["grounded"])
        lost += [(case["id"], f) for f in found if target[f] and not found[f](target[f])]
    assert not lost


def bare(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def written_dates(value: str) -> Iterator[str]:
    day = date.fromisoformat(value)
    d, m, y = day.day, day.month, day.year
    yield value
    for mark in "./":
        yield from (f"{d:02d}{mark}{m:02d}{mark}{y}", f"{d}{mark}{m}{mark}{y}")
        yield from (f"{d:02d}{mark}{m:02d}{mark}{y % 100}", f"{d}{mark}{m}{mark}{y % 100}")
    yield f"{m:02d}/{d:02d}/{y}"  # only where the text says so
    for months in MONTHS.values():
        name = months[m - 1]
        yield from (f"{d} {name} {y}", f"{d}. {name} {y}", f"{name} {d}, {y}")
        yield from (f"{d:02d} {name[:3]} {y}", f"{d} {name[:3]} {y}")


def written_amounts(value: str) -> Iterator[str]:
    whole, cents = value.split(".")
    for thousands, mark in ((",", "."), (".", ","), (" ", ","), ("", "."), ("", ",")):
        digits = f"{int(whole):,}".replace(",", thousands)
        yield f"{digits}{mark}{cents}"
        if cents == "00":
            yield f"{digits}{mark}-"


def test_a_supplier_is_named_in_every_input_that_has_no_scanner_noise() -> None:
    for case in (case for split in FILES for case in read(split)):
        name = case["target"]["supplier"]
        if name and case["meta"]["channel"] == "mail":
            assert name in case["input"], case["id"]


@pytest.mark.parametrize(("field", "values"), SLICES.items())
def test_every_slice_has_at_least_15_gold_cases(field: str, values: tuple[str, ...]) -> None:
    counts = Counter(case["meta"][field] for case in read("gold"))
    assert set(counts) == set(values)
    assert min(counts.values()) >= 15, counts


def test_gold_has_150_generated_and_at_least_52_handwritten_cases() -> None:
    origins = Counter(case["id"].split("-")[0] for case in read("gold"))
    assert origins["gold"] == 150
    assert origins["hand"] >= 52
    assert set(origins) == {"gold", "hand"}


def test_no_gold_supplier_occurs_in_the_sources() -> None:
    ids = {split: {case["meta"]["supplier_id"] for case in read(split)} for split in FILES}
    called = {split: {case["target"]["supplier"] for case in read(split)} for split in FILES}
    assert len(ids["sources"]) == 422
    for one, other in combinations(FILES, 2):
        assert not ids[one] & ids[other]
        assert not (called[one] & called[other]) - {None}
    for language in invented_names.SOURCE_NAMES:
        assert not set(invented_names.SOURCE_NAMES[language]) & set(
            invented_names.GOLD_NAMES[language]
        )


@pytest.mark.parametrize(("split", "count"), [("later", 486), ("recent", 426)])
def test_a_later_supplier_writes_once_and_after_all_the_others(split: str, count: int) -> None:
    once = read(split)
    assert len({case["meta"]["supplier_id"] for case in once}) == len(once) == count
    days = {split: [case["meta"]["received_at"] for case in read(split)] for split in FILES}
    assert max(days["sources"]) < min(days[split])
    assert max(days[split]) < min(days["gold"])
    assert split == "later" or min(days[split]) >= "2025-06-16"  # all to calibrate on


def test_no_gold_input_occurs_in_the_sources_or_twice() -> None:
    inputs = [case["input"] for case in read("gold")]
    assert len(set(inputs)) == len(inputs)
    assert not set(inputs) & {case["input"] for case in read("sources")}


def test_sources_hold_25_exact_duplicates_and_12_contradictions() -> None:
    labels: dict[str, list[Case]] = {}
    for case in read("sources"):
        labels.setdefault(case["input"], []).append(case["target"])
    shared = [targets for targets in labels.values() if len(targets) > 1]
    assert sum(a == b for a, b in shared) == 25
    assert sum(a != b for a, b in shared) == 12


@both_splits
def test_inputs_and_answers_are_short(split: str) -> None:
    for case in read(split):
        assert 60 <= len(case["input"]) <= 220, case["id"]
        answer = json.dumps(case["target"], ensure_ascii=False, separators=(",", ":"))
        assert len(answer) <= 150, case["id"]


@both_splits
def test_no_blank_of_the_generator_is_left_in_an_input(split: str) -> None:
    assert not ids_of(c for c in read(split) if re.search(r"\u00a0|\{\w+\}|None", c["input"]))


def test_invented_accounts_have_valid_check_digits_and_mail_hosts_are_example_hosts() -> None:
    texts = [case["input"] for split in FILES for case in read(split)]
    accounts = [one for text in texts for one in re.findall(r"\b(?:DE|BE|IE)\w{14,20}\b", text)]
    assert len(accounts) > 3
    for one in accounts:
        assert int("".join(str(int(c, 36)) for c in one[4:] + one[:4])) % 97 == 1, one
    hosts = [host for text in texts for host in re.findall(r"@([\w.]+)", text)]
    assert hosts
    assert all(host.endswith(".example") for host in hosts)


def test_check_digits_are_those_of_the_published_example() -> None:
    assert (
        invented_ibans.check_digits("GB", "WEST12345698765432") == "82"
    )  # ISO 13616, registry example


def test_a_page_that_cannot_fit_is_an_error_and_not_an_endless_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(example_cases, "LONGEST", 1)
    supplier = write_files.make_suppliers(7, "gold")[0]
    with pytest.raises(RuntimeError, match="fitting length"):
        example_cases.make_example(supplier, "clean", "mail", "never")
