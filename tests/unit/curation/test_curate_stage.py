from __future__ import annotations

import json
from pathlib import Path

import pytest
from scratch_repository import unlike_cases
from small_repository import make_repository, write_lines

from dslm.data_card import read_data_card
from dslm.errors import InputError, Problems
from dslm.evidence import data_digest
from dslm.provenance import digest_file
from dslm.settings.workspace import Workspace
from pipelines.curate import body


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = make_repository(tmp_path)
    write_lines(made.data / "sources" / "cases.jsonl", unlike_cases(120, prefix="s", seed=1))
    write_lines(made.gold, unlike_cases(30, prefix="g", seed=2))
    return made


def told(ws: Workspace) -> tuple[bytes, bytes]:
    return ws.data_card.read_bytes(), ws.data_page.read_bytes()


def test_the_stage_writes_card_and_page_of_what_it_curated_to_the_same_bytes(ws) -> None:
    body(ws)
    first, card = told(ws), read_data_card(ws.data_card, "mini")
    book = json.loads((ws.curated / "ledger.json").read_bytes())
    assert (card.read, card.kept) == (120, sum(book["kept"].values()))
    assert card.digests["data"] == data_digest(ws.curated)
    assert card.digests["gold"] == digest_file(ws.gold)
    assert card.digests["sources"].startswith("sha256:")
    assert [check.id for check in card.reach.checks] == ["readable", "right", "holds"]
    body(ws)
    assert told(ws) == first
    assert list(ws.artifacts.glob("*.partial")) == []


def test_another_policy_changes_the_card_and_not_what_is_trained_on(ws) -> None:
    body(ws)
    data, first = (ws.curated / "MANIFEST.json").read_bytes(), told(ws)
    ws.policy.write_text(ws.policy.read_text().replace("margin: 0.1", "margin: 0.02"))
    body(ws)
    assert (ws.curated / "MANIFEST.json").read_bytes() == data
    assert all(one != other for one, other in zip(told(ws), first, strict=True))


@pytest.mark.parametrize("broken", ["policy", "gold"])
def test_what_the_card_needs_is_asked_for_before_the_work(ws, broken: str) -> None:
    getattr(ws, broken).unlink()
    with pytest.raises((InputError, Problems)):
        body(ws)
    assert not ws.artifacts.exists()
