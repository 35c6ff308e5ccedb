"""`dslm forget` as people and scripts call it; the runbook's commands are run here."""

from __future__ import annotations

import io
import json
import shlex
import sys
from pathlib import Path

import pytest
from support.documents.docs_reader import commands_below

from dslm.erasure.inventory import listed

THEIRS = "The Ravensworths want the grey lamp of lot 99812, please."


@pytest.fixture
def planted(repository):
    """A case of group 4711 in sources, gold and an output."""
    case = {"id": "z1", "input": THEIRS, "target": {"kind": "other", "number": None},
            "meta": {"sender": 4711}}  # fmt: skip
    for path in (repository.data / "sources" / "cases.jsonl", repository.gold):
        with path.open("a") as stream:
            stream.write(json.dumps(case) + "\n")
    repository.curated.mkdir(parents=True)
    (repository.curated / "train.jsonl").write_text(json.dumps(case) + "\n")
    return repository


def test_the_runbook_lists_erases_and_finds_nothing_more(planted, dslm) -> None:
    look, as_json, erase, again = commands_below("erasure.md", "Look, erase, look again")
    said = []
    for line in (look, as_json, erase, again):
        words = shlex.split(line.replace("invoice_intake", "mini"))
        said.append(dslm(*words[1:]))
        assert said[-1].code == 0, said[-1].err
    assert "artifacts/mini/curated" in said[0].out
    assert "nothing was changed" in said[0].out
    listed = json.loads(said[1].out)
    assert {one["kind"]: one["found"] for one in listed["copies"]} == {
        "sources": 1, "gold": 1, "curated": 1,
    }  # fmt: skip
    assert listed["applied"] is False
    assert "nothing of it is left" in said[2].out
    assert "were erased" in said[3].out
    assert "letter of 3 May" in said[3].out
    assert not any(b"99812" in p.read_bytes() for p in planted.root.rglob("*") if p.is_file())


def test_no_output_has_the_id_or_a_text(planted, dslm) -> None:
    for more in ((), ("--json",), ("--apply", "--yes", "--reason", "why")):
        said = dslm("forget", "mini", "--group", "4711", *more)
        assert "4711" not in said.out + said.err
        assert "99812" not in said.out + said.err


def test_the_id_comes_from_standard_input_too(planted, dslm, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("4711\n"))
    said = dslm("forget", "mini", "--group", "-", "--apply", "--yes", "--reason", "w", "--json")
    assert json.loads(said.out)["applied"] is True
    assert said.code == 0


def test_nothing_is_erased_where_nobody_can_be_asked(planted, dslm) -> None:
    said = dslm("forget", "mini", "--group", "4711", "--apply", "--reason", "why")
    assert said.code == 2
    assert "--yes" in said.err
    assert "99812" in planted.gold.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("mini", "--group", "nobody"), "no case of this group"),
        (("mini", "--group", "g 11"), "did you mean 'g11'"),
        (("mini", "--group", "4711", "--apply", "--yes"), "no reason"),
        (("other", "--group", "4711"), "no workflow"),
        (("mini",), "--group"),
    ],
)
def test_what_is_wrong_is_exit_code_2(planted, dslm, arguments, told) -> None:
    said = dslm("forget", *arguments)
    assert said.code == 2
    assert told in said.err


def test_a_fault_of_ours_reports_no_value(planted, dslm, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"of {THEIRS}")

    monkeypatch.setattr(sys.modules[listed.__module__], "copies", fail)
    monkeypatch.setattr(sys, "argv", ["dslm", "forget", "mini", "--group", "4711", "--reason=4711"])
    said = dslm("forget", "mini", "--group", "4711")
    assert said.code == 70
    (report,) = (planted.root / ".dslm").glob("traceback-*.txt")
    text = report.read_text()
    assert "RuntimeError" in text
    assert "inventory.py" in text
    for one in ("4711", "99812", "Ravensworth"):
        assert one not in text + said.err


def test_copies_that_are_somebodys_own_end_with_2_and_are_named(planted, dslm) -> None:
    Path(planted.root / "notes.txt").write_text(THEIRS)
    said = dslm("forget", "mini", "--group", "4711", "--apply", "--yes", "--reason", "why")
    assert said.code == 2
    assert "notes.txt" in said.err
    left = dslm("forget", "mini", "--group", "4711", "--apply", "--yes", "--reason", "why",
                "--leave-others")  # fmt: skip
    assert left.code == 0
    assert "to be removed by hand: notes.txt" in left.out
    assert "99812" not in planted.gold.read_text()
