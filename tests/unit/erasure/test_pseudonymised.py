"""Curated data has surrogates in place of the person's id and words: its cases are found all the
same, by what curation itself makes of their rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.curation.curated_runs import curated
from support.repositories.small_repository import CONTRACT

from dslm.contract import load_contract
from dslm.erasure import forget, listing
from dslm.erasure.erased_person import Person
from dslm.erasure.find_cases import find_cases
from dslm.errors import InputError
from dslm.provenance import write_atomic, write_manifest
from dslm.records import Case
from dslm.settings.workspace import Workspace

GROUP = "Esther Ravensworth"
PERSONAL = """\
  split: {train: 0.5, validation: 0.25, calibration: 0.25}
  personal:
    mode: surrogate
    kinds: [email, name]
    names: [meta.sender]
    demonstration_key: true
"""


def case(number: int, sender: str, *, own_id: bool = True) -> dict[str, object]:
    words = ("lamp", "chair", "table", "sofa", "shelf", "stool", "bench", "desk", "mirror", "clock")
    told = f"{words[number % 10]} {words[number * 3 % 7]} no {number * 7919} please, {number}"
    return {
        **({"id": f"r{number}"} if own_id else {}),
        "input": f"{sender} here, I want the {told}: write to {sender.split()[0].lower()}@x.org",
        "target": {"kind": "other", "number": None},
        "meta": {"sender": sender, "language": "en"},
    }


@pytest.fixture
def made(_made: Workspace, tmp_path: Path) -> Workspace:
    """A copy of its own: some of these erase."""
    shutil.copytree(_made.root, tmp_path / "made")
    return Workspace(tmp_path / "made", _made.workflow)


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workflow with its data curated, half of it without ids of its own."""
    ws = Workspace(tmp_path_factory.mktemp("made"), "mini")
    write_atomic(ws.contract, CONTRACT + PERSONAL)
    write_atomic(ws.root / "params.yaml", "workflows: {}\n")
    people = [f"{first} {last}" for first in ("Ann", "Tom", "Eve", "Max", "Liz", "Bob")
              for last in ("Kolbart", "Fairbeck", "Lindqvist", "Oyelaran", "Zimany")]  # fmt: skip
    rows = [case(n, sender) for n, sender in enumerate(people)]
    rows += [case(40 + n, GROUP, own_id=n % 2 == 0) for n in range(4)]
    write_atomic(ws.data / "sources" / "a.jsonl", "".join(json.dumps(r) + "\n" for r in rows))
    gold = [Case.model_validate(case(90, "Somebody Else") | {"id": "g1"})]
    ws.curated.mkdir(parents=True)
    curated(load_contract(ws.contract), ws.data, gold, ws.curated)
    write_manifest(ws.curated, {})
    return ws


def text_of(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.glob("*.jsonl")))


def test_the_cases_are_found_under_the_name_that_curation_gave_them(made) -> None:
    assert "Ravensworth" not in text_of(made.curated)
    person = find_cases(made, "esther  RAVENSWORTH").person
    kept = [json.loads(line) for line in text_of(made.curated).splitlines() if '"meta"' in line]
    theirs = [one for one in kept if person.has_case(one)]
    assert len(person.ids) == 4
    assert 0 < len(theirs) <= 4
    assert {one["id"] for one in theirs} <= person.ids
    assert len({one["meta"]["sender"] for one in theirs}) == 1
    assert not any(person.has_case(one) for one in kept if one not in theirs)


@pytest.mark.parametrize(
    ("row", "gold", "mine"),
    [
        ({"id": "r1", "group": "anything"}, False, True),
        ({"id": "gone", "group": "EVA Kolb"}, False, True),  # of a row that was removed before
        ({"id": "r2", "group": "Eva Kolb"}, False, False),  # drawn for somebody else too
        ({"id": "r2", "group": "Anna Meyer"}, False, False),  # drawn for somebody else
        ({"id": "r1", "group": "Anna Meyer"}, True, True),  # gold has names as they are
        ({"id": "g1", "group": "Eva Kolb"}, True, True),
        ({"id": "r1", "group": "Eva Kolb"}, True, False),
    ],
)
def test_a_name_that_was_drawn_is_not_taken_for_a_person(row, gold, mine) -> None:
    person = Person(
        key="anna meyer", group_by="sender", stand_ins=frozenset({"eva kolb"}),
        ids=frozenset({"r1"}), gold_ids=frozenset({"g1"}), other_ids=frozenset({"r2"}),
        pseudonymised=True,
    )  # fmt: skip
    assert person.has_row(row, gold=gold) is mine


def test_a_mask_stands_for_nobody(made) -> None:
    """It stands in the cases of everybody."""
    text = made.contract.read_text()
    made.contract.write_text(text.replace("mode: surrogate", "mode: mask")
                             .replace("    demonstration_key: true\n", ""))  # fmt: skip
    try:
        person = find_cases(made, GROUP).person
        assert person.stand_ins == frozenset()
        assert not person.has_row({"id": "another", "group": "[name]"}, gold=False)
    finally:
        made.contract.write_text(text)


def test_copies_of_the_surrogates_are_erased_too(made) -> None:
    person = find_cases(made, GROUP).person
    kept = [json.loads(line) for line in text_of(made.curated).splitlines() if '"meta"' in line]
    (one, *_) = [each for each in kept if person.has_case(each)]
    cached = made.root / ".dvc/cache/files/md5/ab"
    write_atomic(cached / "01", json.dumps(one) + "\n")
    row = {"id": one["id"], "group": one["meta"]["sender"], "prediction": {}}
    write_atomic(cached / "02", json.dumps(row) + "\n")
    write_atomic(cached / "03", f"seen: {one['input'][:60]}")
    other = next(each for each in kept if not person.has_case(each))
    write_atomic(cached / "04", json.dumps(other) + "\n")
    places = {each.place for each in listing(made, GROUP).copies}
    assert places == {"data/mini/sources/a.jsonl", "artifacts/mini/curated",
                      *(f".dvc/cache/files/md5/ab/0{n}" for n in (1, 2, 3))}  # fmt: skip
    forget(made, GROUP, "ann", "letter 12")
    assert sorted(path.name for path in cached.iterdir()) == ["04"]
    assert "Ravensworth" not in (made.data / "sources" / "a.jsonl").read_text()


def test_without_the_key_nobody_can_tell_and_it_says_so(made, monkeypatch) -> None:
    monkeypatch.delenv("DSLM_SURROGATE_KEY", raising=False)
    text = made.contract.read_text()
    made.contract.write_text(text.replace("    demonstration_key: true\n", ""))
    try:
        with pytest.raises(InputError, match="no key for surrogates"):
            listing(made, "Ann Kolbart")
    finally:
        made.contract.write_text(text)
