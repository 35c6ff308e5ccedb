"""Gold's labels are reviewed beside the curated cases, and changed only by a person's verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.repositories.small_repository import case, make_repository, write_lines

from dslm.cases import read_labelled
from dslm.contract.model.contract_model import load_contract
from dslm.curation.labels.gold_review import apply, review_gold
from dslm.curation.labels.review_csv import read_review, write_review
from dslm.errors import InputError, Problems
from dslm.provenance import write_manifest
from dslm.settings.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = make_repository(tmp_path)
    gold = [case(n) for n in range(60)]
    gold[1]["target"]["number"] = "Z-99"  # not in its input
    gold[2] |= {"target": {"kind": "other", "number": None}}  # an order
    write_lines(made.gold, gold)
    for number, name in enumerate(("train", "validation", "calibration")):
        # the very ids of gold, which curation cannot rule out
        write_lines(made.curated / f"{name}.jsonl", [case(n) for n in range(200)][number::3])
    write_manifest(made.curated, {})
    return made


def decide(ws: Workspace, **said: str) -> None:
    rows = read_review(ws.gold_review)
    write_review(ws.gold_review, [
        r.model_copy(update={"verdict": said.get(r.id.replace("-", "_"), r.verdict)}) for r in rows
    ])  # fmt: skip


def test_wrong_gold_is_listed_in_a_file_of_its_own_and_no_curated_case_is(ws: Workspace) -> None:
    before = ws.gold.read_bytes()
    done = review_gold(ws, 200)
    ids = {row.id for row in read_review(ws.gold_review)}
    assert {"g-001", "g-002"} <= ids
    assert all(one.startswith("g-") for one in ids)
    assert [row.key for row in done.open] == [row.key for row in read_review(ws.gold_review)]
    assert ws.gold.read_bytes() == before
    assert not ws.review.exists()


def test_gold_can_be_reviewed_before_anything_is_curated(tmp_path: Path) -> None:
    ws = make_repository(tmp_path)
    rows = [json.loads(line) for line in ws.gold.read_text().splitlines()]
    rows[1]["target"]["number"] = "Z-99"
    write_lines(ws.gold, rows)
    assert "g-001" in {row.id for row in review_gold(ws, 200).open}


def test_verdicts_are_written_into_gold_only_where_asked_for(ws: Workspace) -> None:
    review_gold(ws, 200)
    decide(ws, g_001="fix:A-1", g_002="drop")
    done = apply(ws)
    assert (done.cases, done.fixed, done.dropped) == (59, ("g-001",), ("g-002",))
    gold = {c.id: c for c in read_labelled(ws.gold, load_contract(ws.contract))}
    assert gold["g-001"].target == {"kind": "order", "number": "A-1"}
    assert "g-002" not in gold
    after = ws.gold.read_bytes()
    again = apply(ws)
    assert (again.fixed, again.dropped) == ((), ())
    assert ws.gold.read_bytes() == after


def test_a_fix_that_breaks_a_rule_is_declared_in_gold_too(ws: Workspace) -> None:
    review_gold(ws, 200)
    decide(ws, g_001="fix:null")
    apply(ws)
    gold = {c.id: c for c in read_labelled(ws.gold, load_contract(ws.contract))}
    assert gold["g-001"].meta["breaks"] == ["numbered"]


def test_a_wrong_verdict_leaves_gold_as_it_is(ws: Workspace) -> None:
    review_gold(ws, 200)
    decide(ws, g_001="fix:")
    before = ws.gold.read_bytes()
    decide(ws, g_001="maybe")
    with pytest.raises(Problems, match=r"gold-review\.csv:\d+: 'maybe' is no verdict"):
        apply(ws)
    assert ws.gold.read_bytes() == before


def test_without_a_review_file_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dslm review mini --gold"):
        apply(make_repository(tmp_path))
