from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.repositories.small_repository import case, write_lines

from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


@pytest.fixture
def broken(repository: Workspace) -> Workspace:
    rows = [case(n, prefix="s") for n in range(300)]
    for number in (7, 11):
        rows[number]["target"]["number"] = None  # breaks `numbered`
    write_lines(repository.data / "sources" / "cases.jsonl", rows)
    return repository


def test_a_sound_workflow_is_told_to_be_one(dslm: Call, repository: Workspace) -> None:
    answer = dslm("breaks", "mini")
    assert (answer.code, answer.err) == (0, "")
    assert "every case breaks the rules that its meta.breaks says, and no other" in answer.out


def test_proposals_are_shown_and_written_only_when_asked(dslm: Call, broken: Workspace) -> None:
    source = broken.data / "sources" / "cases.jsonl"
    before = source.read_bytes()
    shown = dslm("breaks", "mini")
    assert shown.code == 0
    assert "2 cases whose meta.breaks should be another" in shown.out
    assert "dslm breaks mini --write" in shown.out
    assert source.read_bytes() == before
    written = dslm("breaks", "mini", "--write")
    assert "written: meta.breaks of 2 cases" in written.out
    findings = json.loads(dslm("check", "mini", "--json").out)["mini"]
    assert [f["kind"] for f in findings if f["proof"] == "sources.breaks"] == ["ok"]


def test_one_case_may_be_chosen_and_an_unknown_one_is_named(dslm: Call, broken: Workspace) -> None:
    done = json.loads(dslm("breaks", "mini", "--case", "s-011", "--write", "--json").out)
    assert (done["written"], [p["id"] for p in done["proposals"]]) == (1, ["s-011"])
    answer = dslm("breaks", "mini", "--case", "s-001")
    assert answer.code == 2
    assert "nothing is proposed for case 's-001'" in answer.err
