"""Values planted in over 20 spellings: gone from their case and group, labels grounded, proved."""

from __future__ import annotations

import json
import random
import re

import pytest
from curated import curated
from planted_values import CODE_SPELLINGS, KINDS, NAME_SPELLINGS, left_of, planted

from dslm.contract import Contract
from dslm.contract.grounding import ungrounded
from dslm.curation.personal.replacing import Replacer
from dslm.errors import InputError
from dslm.records import Case

KEY = "a secret of thirty-two characters"
FIELDS = {**KINDS, "name": "name"}


@pytest.fixture
def people(build_contract):
    """A contract whose output is people's numbers and names."""

    def build(**given) -> Contract:
        fields = {f"target.{name}": {"kind": kind} for name, kind in FIELDS.items()}
        plain = build_contract().model_dump(mode="json", by_alias=True)
        plain["data"]["personal"] = {"mode": "surrogate", "fields": fields} | given
        for name in FIELDS:
            plain["output"]["properties"][name] = {"type": ["string", "null"], "maxLength": 60}
            plain["output"]["required"].append(name)
        plain["grounded"] = list(FIELDS)
        return Contract.model_validate(plain)

    return build


def row(number: int, group: str, text: str, **target) -> dict:
    blank = dict.fromkeys(FIELDS)
    rng = random.Random(number)
    filler = " ".join("".join(rng.choices("bdfgklmnprstv", k=5)) for _ in range(14))
    return {
        "id": f"case-{number:05d}", "input": f"{filler} {text}",
        "target": {"kind": "claim", "amount": None, **blank, **target}, "meta": {"sender": group},
    }  # fmt: skip


def slot(text: str) -> str:
    found = re.search(r"qqq(.*)zzz", text, re.DOTALL)
    assert found, text
    return found[1]


@pytest.mark.parametrize("one", planted(140), ids=lambda one: f"{one.field}, {one.spelling}")
def test_a_value_is_gone_from_its_own_case_in_every_spelling(people, one):
    label = one.value.split()[0] if one.spelling.startswith("given") else one.value
    text = f"qqq {one.text} zzz, that is {label}"
    case = Case.model_validate(row(1, "g", text, **{one.field: label}))
    contract = people()
    done = Replacer(contract, KEY.encode()).case(case)
    assert done.reason is None
    assert not left_of(one, slot(done.case.input)), slot(done.case.input)
    assert done.case.target[one.field] != label
    assert ungrounded(contract, done.case.input, done.case.target) == ()


@pytest.mark.slow
def test_planted_values_are_gone_from_their_groups(
    people, gold, write_source, tmp_path, monkeypatch
):
    values = planted(300, seed=3)
    rows = []
    for number, one in enumerate(values):
        group, label = f"group {number}", {one.field: one.value}
        rows.append(row(2 * number, group, f"it is {one.value}", **label))
        rows.append(row(2 * number + 1, group, f"qqq {one.text} zzz"))
    done, _ = whole(people(), rows, gold, write_source, tmp_path, monkeypatch)
    assert set(done.ledger.dropped) <= {"hidden_text"}  # a zero-width blank
    cases = {case.id: case for case in done.kept}
    asked = [(one, cases.get(f"case-{2 * number + 1:05d}")) for number, one in enumerate(values)]
    left = [one for one, case in asked if case and left_of(one, slot(case.input))]
    assert left == []
    assert len({one.spelling for one in values}) > 20


def whole(contract, rows, gold, write_source, tmp_path, monkeypatch):
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY)
    answered = [
        c.model_copy(update={"target": {**dict.fromkeys(FIELDS), **c.target}}) for c in gold
    ]
    done = curated(contract, write_source(rows), answered, tmp_path / "out")
    return done, json.loads((tmp_path / "out" / "ledger.json").read_text())


def test_there_are_twenty_spellings():
    assert min(len(CODE_SPELLINGS), len(NAME_SPELLINGS)) >= 20
    assert InputError
