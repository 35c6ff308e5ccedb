"""A release answers the case that it carries as its own row says, or it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.faults.faulty_evidence_files import edit
from support.repositories.finished_run import GOLD, OBJECT, Run, answers_well
from support.repositories.scored_rows import MINI, rows_of

from dslm import evidence
from dslm.cases import read_records, write_records
from dslm.contract import load_contract
from dslm.errors import ReleaseRefused
from dslm.provenance import write_manifest
from dslm.records import Bridged, Row, Verdict
from dslm.releasing.moves.promote_and_rollback import history, rollback
from dslm.releasing.package.release_package import package
from dslm.releasing.package.smoke_test import smoke
from dslm.releasing.verification.release_verification import ReleaseProof

WELL = dict(answers_well(Path(), ""))
OTHERWISE = WELL | {"object": OBJECT | {"number": "A-9"}}


@pytest.fixture
def proof(bare: Run, tmp_path: Path) -> ReleaseProof:
    """A release's files, as if they had been proved."""
    now = evidence.current(bare.ws)
    folder = package(bare.ws, tmp_path / "release", now)
    verdict = Verdict.model_validate_json((folder / "gate.json").read_bytes())
    return ReleaseProof(
        1, "digest", now, folder, load_contract(folder / "workflow.yaml"), verdict, ""
    )


def rows_changed(proof: ReleaseProof, change: Callable[[dict[str, Any]], object]) -> None:
    path = proof.folder / "rows" / "candidate.jsonl"
    values = [row.model_dump(mode="json") for row in read_records(path, Row)]
    for value in values:
        change(value["prediction"])
    path.write_text("".join(json.dumps(value) + "\n" for value in values))


def hides(proof: ReleaseProof) -> None:
    """As a release of a contract with personal data, all of whose cases have some."""
    edit(proof.folder / "smoke.json", lambda v: v.update(input="Please [id]", as_gold=False))


def test_the_case_that_was_answered_most_surely_is_carried(bare: Run, tmp_path: Path) -> None:
    sure = [0.5, 0.6, 0.99, 0.7, 0.99, 0.1, 0.2, 0.3, 0.4, 0.5]
    write_records(
        bare.ws.scores("candidate") / "rows.jsonl",
        rows_of(GOLD, [True] * 10, confidence=sure),
    )
    with pytest.raises(ReleaseRefused, match="bytes differ"):
        package(bare.ws, tmp_path / "refused", evidence.current(bare.ws))
    write_manifest(bare.ws.scores("candidate"), {})
    folder = package(bare.ws, tmp_path / "made", evidence.current(bare.ws))
    asked = json.loads((folder / "smoke.json").read_bytes())
    assert asked == {"id": GOLD[2].id, "input": GOLD[2].input, "as_gold": True}


def test_it_is_compared_with_its_row(bare: Run, proof: ReleaseProof, capsys) -> None:
    smoke(bare.ws, proof, answers_well)
    with pytest.raises(ReleaseRefused, match="case g-001 wrongly: another number than was") as told:
        smoke(bare.ws, proof, lambda *_: OTHERWISE)
    assert "A-9" not in told.value.message()
    assert capsys.readouterr().err == ""


def test_a_case_that_hides_values_is_asked_as_gold_has_it_or_told(
    bare: Run, proof: ReleaseProof, capsys
) -> None:
    hides(proof)
    asked = []
    smoke(bare.ws, proof, lambda _, text: [asked.append(text), WELL][1])
    assert asked == [GOLD[0].input]
    with pytest.raises(ReleaseRefused, match="another number than was recorded"):
        smoke(bare.ws, proof, lambda *_: OTHERWISE)
    write_records(bare.ws.gold, GOLD[1:])
    smoke(bare.ws, proof, lambda _, text: [asked.append(text), OTHERWISE][1])
    assert asked[1:] == ["Please [id]"]
    assert "mini version 1: its answer is not compared" in capsys.readouterr().err


def test_of_before_log_probabilities_were_kept_another_engine_is_told(
    bare: Run, proof: ReleaseProof, capsys
) -> None:
    """Its case was the first one, however unsure its answer, and code has changed since."""
    rows_changed(proof, lambda prediction: prediction.pop("log_probs"))
    edit(proof.folder / "smoke.json", lambda v: v.pop("as_gold"))
    smoke(bare.ws, proof, answers_well)
    with pytest.raises(ReleaseRefused, match="another number than was recorded"):
        smoke(bare.ws, proof, lambda *_: OTHERWISE)
    assert capsys.readouterr().err == ""
    smoke(bare.ws, proof, lambda *_: OTHERWISE | {"told": ["torch 9 (was torch 2)"]})
    said = capsys.readouterr().err
    assert "another number than was recorded; here is torch 9 (was torch 2)" in said


def test_a_newer_release_on_another_engine_is_refused_all_the_same(
    bare: Run, proof: ReleaseProof
) -> None:
    with pytest.raises(ReleaseRefused, match="another number than was recorded"):
        smoke(bare.ws, proof, lambda *_: OTHERWISE | {"told": ["torch 9 (was torch 2)"]})


def test_a_release_without_rows_is_told(bare: Run, proof: ReleaseProof, capsys) -> None:
    (proof.folder / "rows" / "candidate.jsonl").unlink()
    smoke(bare.ws, proof, answers_well)
    assert "not compared with a recorded one: it has no rows" in capsys.readouterr().err
    assert not MINI.data.personal.hides


def test_how_a_release_was_bridged_stands_in_the_journal(two: Run) -> None:
    bridged = Bridged(was={"packages": "torch 1"}, now={"packages": "torch 2"}, answers=20)

    def answers(*_: object) -> dict[str, object]:
        return WELL | {"told": ["torch 2 (was torch 1)"], "bridged": bridged}

    entry = rollback(two.ws, "wrong totals", "ann", answers)
    assert entry.bridged == bridged
    assert history(two.ws)[-1] == entry
    assert [one.bridged for one in history(two.ws)[:-1]] == [None, None]
