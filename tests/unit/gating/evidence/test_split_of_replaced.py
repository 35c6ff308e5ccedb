"""The calibration split where personal data is replaced: curation's own is never refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.curation.curated_runs import curated
from support.repositories.scored_repository import GOLD
from support.repositories.scored_rows import MINI

from dslm.cases import read_records, write_records
from dslm.contract import Contract
from dslm.errors import ReleaseRefused
from dslm.gating.evidence.calibration_split import split_digests
from dslm.provenance import write_manifest
from dslm.records import Case
from dslm.settings.workspace import Workspace

KEY = "0123456789abcdef" * 4
WORDS = (
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "kilo", "lima", "mike",
)  # fmt: skip


def replacing(mode: str, **fields: str) -> Contract:
    """`mini` whose personal data is replaced; groups of one or two letters and digits."""
    value: dict[str, Any] = MINI.model_dump(mode="json", by_alias=True)
    value["data"]["personal"] = {"mode": mode, "kinds": ["email"], "fields": fields}
    value["data"]["split"] = {"train": 0.6, "validation": 0.1, "calibration": 0.3}
    return Contract.model_validate(value)


def mails(count: int, sender: str) -> list[Case]:
    """Every third says nothing but an address, the others are of words of their own."""
    found = []
    for n in range(count):
        order = n % 3
        words = " ".join(WORDS[(n * k) % 13] + str(n * k % 7) for k in (1, 3, 5, 7))
        text = f"Order B-{n} {words}" if order else f"Mail me: {WORDS[n % 13]}{n}@x{n}.example"
        target = {"kind": "order" if order else "other", "number": f"B-{n}" if order else None}
        meta = {"language": "en", "sender": sender.format(n)}
        found.append(Case.model_validate({"id": f"c{n:03d}", "input": text, "target": target,
                                          "meta": meta}))  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("contract", "sender"),
    [
        (replacing("mask"), "s{}@mail.example"),
        (replacing("surrogate", **{"meta.sender": "id"}), "K{}"),
    ],
    ids=["masked", "replaced"],
)
def test_what_curation_leaves_passes_and_a_case_twice_does_not(
    contract: Contract, sender: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY)
    ws = Workspace(tmp_path, "mini")
    write_records(ws.data / "sources" / "mails.jsonl", mails(150, sender))
    write_records(ws.gold, GOLD[:5])
    ws.curated.mkdir(parents=True)
    made = curated(contract, ws.data, GOLD[:5], ws.curated)
    write_manifest(ws.curated, {})

    assert set(split_digests(ws, contract)) == {case.id for case in made.parts["calibration"]}
    asked = [case.input.casefold() for case in made.kept]
    assert len(set(asked)) == len(asked)

    split = read_records(ws.curated / "calibration.jsonl", Case)
    again = split[0].model_copy(update={"id": "again"})
    write_records(ws.curated / "calibration.jsonl", [again, *split[1:], split[0]])
    write_manifest(ws.curated, {})
    with pytest.raises(ReleaseRefused):
        split_digests(ws, contract)


def test_groups_that_nothing_replaces_are_compared_as_ever(tmp_path: Path) -> None:
    contract = replacing("mask")
    ws = Workspace(tmp_path, "mini")
    write_records(ws.data / "sources" / "mails.jsonl", mails(150, "s{}"))
    write_records(ws.gold, GOLD[:5])
    ws.curated.mkdir(parents=True)
    made = curated(contract, ws.data, GOLD[:5], ws.curated)
    learnt = made.parts["train"][0].meta["sender"]
    split = made.parts["calibration"]
    moved = split[0].model_copy(update={"meta": split[0].meta | {"sender": learnt}})
    write_records(ws.curated / "calibration.jsonl", [moved, *split[1:]])
    write_manifest(ws.curated, {})
    with pytest.raises(ReleaseRefused, match="a group of training"):
        split_digests(ws, contract)


def test_a_masked_text_that_gold_has_is_a_leak(tmp_path: Path) -> None:
    write_records(tmp_path / "sources" / "mails.jsonl", mails(150, "s{}"))
    gold = [*GOLD[:5], GOLD[5].model_copy(update={"input": "Mail me: [email]"})]
    made = curated(replacing("mask"), tmp_path, gold)
    assert made.ledger.dropped["leak_exact"] > 40
    assert not any("mail" in case.input.casefold() for case in made.kept)
