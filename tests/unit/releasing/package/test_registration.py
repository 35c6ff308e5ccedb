from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.repositories.finished_run import OBJECT, POLICY, Run, answers_well
from support.repositories.scored_repository import digest_of, make_champion

from dslm.errors import (
    EXIT_GATE_FAILED,
    EXIT_INCONCLUSIVE,
    EXIT_REFUSED,
    DslmError,
    InputError,
    ReleaseRefused,
)
from dslm.provenance import write_atomic
from dslm.records import Release
from dslm.releasing.moves.promote_and_rollback import promote, releases
from dslm.releasing.registry.mlflow_connection import nothing_yet
from pipelines import register as register_stage

WELL = dict(answers_well(Path(), ""))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def rescored(run: Run) -> None:
    """The candidate, scored again with other times, the scorecard with it; not gated."""
    verdict = (run.ws.results / "gate.json").read_bytes()
    run.gate(seconds=2)
    (run.ws.results / "gate.json").write_bytes(verdict)


def refused(run, *, code: int = EXIT_REFUSED) -> str:
    """What registration says when it refuses; nothing was registered."""
    with pytest.raises(DslmError) as caught:
        run.register()
    assert caught.value.exit_code == code
    assert not run.ws.receipt.exists()
    assert nothing_yet(run.ws.root)
    return caught.value.message()


def test_a_passed_candidate_becomes_a_version_with_a_receipt(run) -> None:
    release = run.register()
    assert (release.version, release.aliases, release.status) == (1, ("candidate",), "candidate")
    assert release.contract_version == 1
    assert Release.model_validate_json(run.ws.receipt.read_bytes()) == release
    assert releases(run.ws) == [release]


def test_registering_again_finds_the_same_version_and_changes_no_byte(run) -> None:
    first = run.register()
    receipt = run.ws.receipt.read_bytes()
    assert run.register() == first
    assert run.ws.receipt.read_bytes() == receipt
    assert len(releases(run.ws)) == 1


def test_a_champion_compared_with_itself_is_no_new_version(run) -> None:
    run.register()
    promote(run.ws, None, "first", "me")
    run.gate()  # the same candidate, now against version 1
    assert run.register().version == 1


def test_a_candidate_scored_again_with_the_same_verdict_is_the_same_version(run) -> None:
    first = run.register()
    run.gate(seconds=2)
    assert run.register() == first


def test_a_verdict_under_another_policy_is_another_version(run) -> None:
    first = run.register()
    policy = run.ws.policy.read_text()
    run.ws.policy.write_text(policy.replace("alpha: 0.05", "alpha: 0.04"))
    assert run.ws.policy.read_text() != policy
    run.judge()
    second = run.register()
    assert (first.version, second.version) == (1, 2)
    assert first.digest == second.digest


def test_other_weights_are_another_version(run) -> None:
    first = run.register()
    second = run.released(b"weights two")
    assert (first.version, second.version) == (1, 2)
    assert first.digest != second.digest


def test_the_same_candidate_compared_with_another_champion_is_another_version(run) -> None:
    first = run.released(b"A")
    run.released(b"B")
    promote(run.ws, 2, "B serves", "me")
    again = run.released(b"A")
    assert again.version == 3
    assert again.digest == first.digest


def test_a_failed_gate_is_exit_code_1(bare) -> None:
    bare.gate("FAIL")
    assert "exact" in refused(bare, code=EXIT_GATE_FAILED)


def test_an_inconclusive_gate_is_exit_code_3(bare) -> None:
    bare.gate("INCONCLUSIVE")
    refused(bare, code=EXIT_INCONCLUSIVE)


def test_a_pass_without_checks_is_refused(bare) -> None:
    bare.forge(checks=[])
    assert "rests on no check" in refused(bare)


def test_a_verdict_on_another_workflow_is_refused(bare) -> None:
    bare.forge(workflow="receipts")
    assert "receipts" in refused(bare)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"status": "PASS"}'])
def test_a_missing_or_cut_verdict_is_refused(bare, text) -> None:
    path = bare.ws.results / "gate.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert "gate.json" in refused(bare)


@pytest.mark.parametrize("part", ["adapter", "gold", "contract", "lock", "calibration", "code"])
def test_a_verdict_that_lacks_a_digest_is_refused(bare, part) -> None:
    verdict = json.loads((bare.ws.results / "gate.json").read_text())
    del verdict["evidence"][part]
    bare.forge(**verdict)
    assert f"evidence is outdated: {part} changed since" in refused(bare)


def test_a_verdict_that_was_edited_to_pass_is_refused_and_what_differs_is_named(bare) -> None:
    bare.gate("FAIL")
    bare.forge(status="PASS")
    assert "says PASS, judged again it is FAIL: status: written 'PASS'" in refused(bare)
    verdict = json.loads((bare.ws.results / "gate.json").read_text())
    checks = [check | {"status": "PASS"} for check in verdict["checks"]]
    bare.forge(checks=checks)
    assert "checks.2.status: written 'PASS', derived 'FAIL'" in refused(bare)
    bare.gate("INCONCLUSIVE")
    bare.forge(status="PASS", checks=checks)
    assert "judged again it is INCONCLUSIVE" in refused(bare)


def test_one_word_of_a_verdict_that_passes_is_compared_too(bare) -> None:
    verdict = json.loads((bare.ws.results / "gate.json").read_text())
    verdict["checks"][1]["seen"] = "1.000 [0.990, 1.000], n = 1000"
    bare.forge(**verdict)
    assert "checks.2.seen: written" in refused(bare)


def test_gold_that_changed_since_the_verdict_is_refused(bare) -> None:
    write_atomic(bare.ws.gold, bare.ws.gold.read_text() + "\n")
    assert "gold" in refused(bare)


def test_weights_that_changed_since_they_were_trained_are_refused(bare) -> None:
    (bare.ws.adapter / "adapter_model.safetensors").write_bytes(b"weights 0ne")
    assert "bytes differ" in refused(bare)


def test_missing_evidence_is_refused(bare) -> None:
    bare.ws.lock.unlink()
    assert "requirements.lock" in refused(bare)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("rows_candidate", lambda run: rescored(run)),
        ("policy changed since", lambda run: edit(run.ws.policy, "0.9}", "0.8}")),
        ("waivers changed since", lambda run: run.ws.waivers.write_text("# none\nwaivers: []\n")),
        ("not scored yet", lambda run: (run.ws.results / "scorecard.json").unlink()),
    ],
    ids=["rows_candidate", "policy", "waivers", "scorecard"],
)
def test_what_changed_since_the_gate_looked_is_named(bare, part, changes) -> None:
    changes(bare)
    assert part in refused(bare)


def test_rows_edited_by_hand_are_refused(bare) -> None:
    edit(bare.ws.scores("candidate") / "rows.jsonl", '"en"', '"fr"')
    assert "bytes differ" in refused(bare)


def test_a_scorecard_of_something_else_is_refused(bare) -> None:
    path = bare.ws.results / "scorecard.json"
    card = json.loads(path.read_text())
    card["evidence"]["adapter"] = digest_of("other")
    path.write_text(json.dumps(card))
    assert "the scorecard is outdated evidence: adapter" in refused(bare)


def test_a_candidate_that_cannot_answer_is_marked_broken(run) -> None:
    def cannot(*_: object) -> dict[str, object]:
        raise InputError("no such base model")

    with pytest.raises(ReleaseRefused, match="no such base model"):
        run.register(cannot)
    assert [(r.status, r.aliases) for r in releases(run.ws)] == [("broken", ())]
    assert not run.ws.receipt.exists()
    assert run.register().version == 2


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({}, "action None"),
        ({"action": "shrug", "object": None}, "shrug"),
        ({"action": "proceed", "object": None}, "without an answer"),
        ({"action": "abstain", "object": {"kind": "poem"}}, "poem"),
        (
            WELL | {"object": OBJECT | {"number": "A-2"}},
            "another number than was recorded",
        ),
        (WELL | {"object": None, "action": "escalate"}, "another kind, number than was recorded"),
        (WELL | {"confidence": 0.985}, r"confidence 0\.985, recorded 0\.99"),
        (WELL | {"confidence": float("nan")}, "confidence nan"),
        ({"object": OBJECT, "action": "proceed"}, "confidence None"),
        (WELL | {"action": "abstain"}, "action abstain, recorded proceed"),
        (
            WELL | {"action": "escalate", "reasons": ["rule:numbered"]},
            "held back for rule:numbered",
        ),
    ],
)
def test_a_smoke_answer_must_be_decided_valid_and_the_recorded_one(run, said, complaint) -> None:
    with pytest.raises(ReleaseRefused, match=complaint):
        run.register(lambda *_: said)
    assert [r.status for r in releases(run.ws)] == ["broken"]


def test_a_smoke_answer_may_round_otherwise(run) -> None:
    unsure = {"confidence": 0.9895, "action": "abstain", "reasons": ["low_confidence"]}
    assert run.register(lambda *_: WELL | unsure).status == "candidate"


def test_an_interrupted_registration_is_finished_by_the_next(run) -> None:
    def interrupted(*_: object) -> dict[str, object]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.register(interrupted)
    assert [r.status for r in releases(run.ws)] == ["registering"]
    with pytest.raises(ReleaseRefused, match="registering"):
        promote(run.ws, 1, "too early", "me")
    assert run.register().version == 1


def test_the_smoke_input_is_a_gold_case_from_the_stored_files(run) -> None:
    asked = []

    def answer(folder, text):
        asked.append((text, sorted(f.name for f in folder.iterdir() if f.is_dir())))
        return WELL

    run.register(answer)
    assert asked == [("Please send order A-1.", ["adapter", "rows"])]


def test_a_version_whose_stored_bytes_rotted_is_not_taken_for_the_same(run) -> None:
    run.register()
    run.stored(1, "adapter/adapter_model.safetensors").write_bytes(b"rot")
    with pytest.raises(ReleaseRefused, match="bytes differ"):
        run.register()
    assert run.register().version == 2


def test_a_stale_baseline_in_the_verdict_still_registers_but_is_not_promoted(run) -> None:
    other = make_champion().baseline
    run.gate(baseline=other.model_copy(update={"version": 7}))
    run.register()
    with pytest.raises(ReleaseRefused, match="stale baseline"):
        promote(run.ws, None, "try", "me")


def test_the_champion_under_a_tightened_policy_is_no_new_version_and_the_stage_says_why(
    one, monkeypatch, capsys
) -> None:
    monkeypatch.setattr("dslm.releasing.pyfunc.answer", answers_well)
    one.ws.policy.write_text(POLICY.replace("at_least: 0.8", "at_least: 0.9"))
    assert one.judge().status == "PASS"
    register_stage.body(one.ws)
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("register mini: no new version. What was gated is version 1, the ch")
    assert "version 1 passes it too" in told[1]
    assert told[2:] == ["  checks.exact.at_least: 0.8 → 0.9"]
    one.ws.terms.write_text("{}")
    register_stage.body(one.ws)
    assert "cannot be told" in capsys.readouterr().out.splitlines()[1]


def test_a_new_candidate_is_a_new_version_once(one, monkeypatch, capsys) -> None:
    monkeypatch.setattr("dslm.releasing.pyfunc.answer", answers_well)
    one.candidate(b"weights two")
    one.gate()
    for said in ("register mini: version 2, candidate", "register mini: no new version. Version 2"):
        register_stage.body(one.ws)
        assert capsys.readouterr().out.splitlines()[0].startswith(said)
