"""What a release is held to: kept with it, compared by the next one, and not loosened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.repositories import finished_run
from support.repositories.finished_run import Run, answers_well

from dslm.errors import EXIT_REFUSED, ReleaseRefused
from dslm.evidence import TERMS_FILE, Terms
from dslm.provenance import MANIFEST, digest_file, write_atomic, write_manifest
from dslm.records import Baseline
from dslm.releasing.approvals.required_approvals import told_loosening
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.promote_and_rollback import history, promote, rollback
from dslm.releasing.moves.rolled_back_terms import less_than_rolled_back
from dslm.releasing.package.registration import loosened
from dslm.releasing.package.release_package import CHAMPION_TERMS
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.release_verification import prove

ASKS_LESS = finished_run.POLICY.replace("at_least: 0.8", "at_least: 0.7")


def test_a_loosened_policy_is_told_by_the_gate_and_refused_at_promotion(
    one: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.candidate(b"weights two")
    monkeypatch.setattr(finished_run, "POLICY", ASKS_LESS)
    verdict = one.gate()
    assert [change.key for change in verdict.changes.loosening] == ["checks.exact.at_least"]
    told = (one.ws.results / "gate.md").read_text()
    assert "**Changed since version 1:**" in told
    assert "- LOOSENED policy checks.exact.at_least: 0.8 → 0.7" in told
    version = one.register().version
    assert "less is required of it than of version 1" in loosened(one.ws)[0]
    before = one.state()
    with pytest.raises(ReleaseRefused, match=r"checks\.exact\.at_least: 0\.8 → 0\.7") as caught:
        promote(one.ws, version, "as good", "ann")
    assert caught.value.exit_code == EXIT_REFUSED
    assert one.state() == before
    monkeypatch.undo()
    assert one.released(b"weights three").version == 3
    assert loosened(one.ws) == []
    assert promote(one.ws, 3, "asks as much", "ann") is not None


def test_going_back_first_asks_no_less_than_what_was_rolled_back(
    two: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The champion is then held to an older policy, and what loosens since it is nothing."""
    asked = finished_run.POLICY
    monkeypatch.setattr(finished_run, "POLICY", asked.replace("at_least: 0.8", "at_least: 0.9"))
    two.released(b"weights three")
    promote(two.ws, 3, "asked more", "ann")
    rollback(two.ws, "wrong totals", "ann", answers_well)
    monkeypatch.setattr(finished_run, "POLICY", asked)
    assert two.released(b"weights four").version == 4
    assert loosened(two.ws) == []
    before = two.state()
    with pytest.raises(ReleaseRefused, match=r"loosened since version 3: .*0\.9 → 0\.8"):
        promote(two.ws, 4, "as then", "eve")
    assert two.state() == before
    store = ModelStore(two.ws.root, "mini")
    recovered = tuple(  # whatever made it the champion
        entry.model_copy(update={"action": "recover"} if entry.to_version == 3 else {})
        for entry in history(two.ws)
    )
    proof = prove(store, store.version(4), tmp_path / "four")
    capsys.readouterr()
    kept, three = store.versions(), store.version(3)
    untagged = replace(three, tags={k: v for k, v in three.tags.items() if k != "terms"})
    for versions, said in (
        (kept, ""),
        ([one for one in kept if one.number != 3], "version 3, which was promoted before, is in"),
        ([one if one.number != 3 else untagged for one in kept], "held to something else"),
    ):
        less = less_than_rolled_back(store, history(two.ws), versions, proof)
        told = capsys.readouterr().err
        assert (bool(less), bool(told), said in told) == (not said, bool(said), True)
    (found,) = less_than_rolled_back(store, recovered, store.versions(), proof)
    assert (found.since, told_loosening(found)) == (3, ["policy checks.exact.at_least: 0.9 → 0.8"])
    then = Terms.model_validate_json(store.read(store.version(3), TERMS_FILE) or b"")
    fewer = then.model_copy(update={"gold": dict(list(then.gold.items())[1:])})
    for version in (0, 2):  # a raised version hides nothing
        now = fewer.model_copy(update={"contract": then.contract | {"version": version}})
        (proof.folder / TERMS_FILE).write_text(now.text())
        less = less_than_rolled_back(store, history(two.ws), store.versions(), proof)
        told = [line for changes in less for line in told_loosening(changes)]
        assert any("gold removed" in line for line in told) == bool(version)
    four, moves = store.version(4), history(two.ws)
    (proof.folder / TERMS_FILE).write_bytes(store.read(four, TERMS_FILE) or b"")
    approved = moves[-1].model_copy(
        update={"seq": moves[-1].seq + 1, "action": "promote", "to_version": 4,
                "to_digest": four.digest, "terms": four.terms}
    )  # fmt: skip
    assert less_than_rolled_back(store, (*moves, approved), store.versions(), proof) == ()
    undone = approved.model_copy(update={"seq": approved.seq + 1, "action": "rollback"} | {
        key: getattr(moves[-1], key) for key in ("to_version", "to_digest", "terms")
    })  # fmt: skip
    less = less_than_rolled_back(store, (*moves, approved, undone), store.versions(), proof)
    assert [changes.since for changes in less] == [3]
    monkeypatch.setattr(finished_run, "POLICY", asked.replace("at_least: 0.8", "at_least: 0.9"))
    two.released(b"weights five")
    assert promote(two.ws, 5, "asked as much", "ann") is not None


def test_the_champions_terms_are_kept_in_git_and_go_with_every_move(two: Run) -> None:
    ws, store = two.ws, ModelStore(two.ws.root, "mini")
    champion = read_champion(ws.champion)
    assert champion.terms == digest_file(ws.terms) == digest_file(two.stored(2, TERMS_FILE))
    assert digest_file(ws.terms_before) == digest_file(two.stored(2, CHAMPION_TERMS))
    assert Terms.model_validate_json(ws.terms.read_bytes()).workflow == "mini"
    assert two.judge().status == "PASS"  # the champion itself, against the one before
    rollback(ws, "wrong totals", "ann", answers_well)
    assert read_champion(ws.champion).terms == digest_file(ws.terms)
    assert read_champion(ws.champion).terms == store.version(1).terms
    assert not ws.terms_before.exists()


def test_terms_edited_or_gone_or_argued_away_is_refused(one: Run) -> None:
    ws, text = one.ws, one.ws.terms.read_text()
    one.candidate(b"weights two")
    one.gate()
    for broken in (text.replace("0.8", "0.1"), "{}", None):
        ws.terms.unlink(missing_ok=True)
        if broken is not None:
            write_atomic(ws.terms, broken)
        verdict = one.judge()
        assert verdict.status == "FAIL"
        assert "terms.json: " in verdict.checks[0].seen
    ws.terms.unlink(missing_ok=True)
    argued = read_champion(ws.champion).model_copy(update={"terms": None})
    verdict = one.gate(baseline=argued)
    assert verdict.changes.unknown.startswith("version 1 was registered before releases kept")
    version = one.register().version
    with pytest.raises(ReleaseRefused, match="not compared with what the champion was held to"):
        promote(ws, version, "older, it says", "ann")


@pytest.mark.parametrize("gone", [False, True])
def test_terms_that_a_release_gives_itself_are_refused(run: Run, *, gone: bool) -> None:
    """Sealed anew in the registry, tags and all: the next candidate would be asked nothing."""
    run.register()
    path, store = run.stored(1, TERMS_FILE), ModelStore(run.ws.root, "mini")
    said = Terms.model_validate_json(path.read_bytes())
    path.write_text(said.model_copy(update={"gold": {}}).text())
    store.tag(1, "terms", digest_file(path))
    if gone:
        path.unlink()
        store.mlflow.delete_model_version_tag("mini", "1", "terms")
    inputs = json.loads(path.with_name(MANIFEST).read_bytes())["inputs"]
    write_manifest(path.parent, inputs)
    store.tag(1, "manifest", digest_file(path.with_name(MANIFEST)))
    with pytest.raises(ReleaseRefused, match=r"terms\.json is not what its verdict was judged by"):
        promote(run.ws, 1, "asked as much", "ann")


def test_a_forged_first_champion_is_judged_before_it_is_promoted(run: Run) -> None:
    """`champion.json` names the candidate's own digest; no journal, nothing to compare with."""
    release = run.register()
    forged = Baseline(version=1, digest=release.digest, contract_version=1)
    write_atomic(run.ws.champion, forged.model_dump_json())
    policy = run.ws.policy.read_text()
    write_atomic(run.ws.policy, policy.replace("at_least: 0.8", "at_least: 0.9"))
    with pytest.raises(ReleaseRefused, match="its evidence is outdated: policy"):
        promote(run.ws, 1, "it served before", "eve")
    write_atomic(run.ws.policy, policy)
    assert promote(run.ws, 1, "restored", "ann") is not None  # as documented
    assert read_champion(run.ws.champion).digest == release.digest


@pytest.mark.parametrize("number", [1, 2])
def test_a_lost_champion_comes_back_held_to_no_less(
    one: Run, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Registered anew from the same weights, its digest is the champion's; what it asks is not."""
    held, store = read_champion(one.ws.champion).terms, ModelStore(one.ws.root, "mini")
    assert history(one.ws)[-1].terms == held == digest_file(one.ws.terms)
    store.mlflow.delete_registered_model("mini")
    if number == 2:
        one.candidate(b"weights two")
        one.gate(baseline=Baseline())
        one.register()
        one.candidate(b"weights one")
    monkeypatch.setattr(finished_run, "POLICY", ASKS_LESS)
    one.gate(baseline=Baseline())
    assert one.register().version == number
    kept = one.ws.terms.read_bytes()
    says = r"not have the terms that the journal names|exact\.at_least: 0\.8 → 0\.7"
    with pytest.raises(ReleaseRefused, match=says):
        promote(one.ws, number, "restored", "ann")
    assert (one.ws.terms.read_bytes(), history(one.ws)[-1].terms) == (kept, held)
    if number == 2:  # git's copy rewritten too: the journal names the digest
        write_atomic(one.ws.terms, one.stored(2, TERMS_FILE).read_bytes())
        noted = json.loads(one.ws.champion.read_bytes())
        noted["terms"] = digest_file(one.ws.terms)
        write_atomic(one.ws.champion, json.dumps(noted))
        with pytest.raises(ReleaseRefused, match="is not what the champion was judged by"):
            promote(one.ws, number, "restored", "ann")
