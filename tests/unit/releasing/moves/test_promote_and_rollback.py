from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from support.repositories.finished_run import W, answers_well

from dslm.errors import EXIT_BAD_INPUT, EXIT_REFUSED, InputError, Problems, ReleaseRefused
from dslm.gating.changes.waiver_template import candidate_digest
from dslm.provenance import MANIFEST, digest_bytes, digest_file, write_manifest
from dslm.records import Baseline
from dslm.releasing.moves.anchor_release import anchor_release
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification import recomputed_verdict
from dslm.stage import exclusive


def aliases(run) -> dict[str, int]:
    return ModelStore(run.ws.root, W).aliases()


def champion(run) -> Baseline:
    return read_champion(run.ws.champion)


def refuses_to_load(*_: object) -> dict[str, object]:
    raise InputError("weights do not fit the base model")


@pytest.mark.slow
def test_promotion_names_champion_and_previous_and_writes_the_receipt(unmoved) -> None:
    assert aliases(unmoved) == {"candidate": 3, "champion": 2, "previous": 1}
    _, second, first = releases(unmoved.ws)
    anchor = Baseline(version=1, digest=first.digest, contract_version=1)
    assert champion(unmoved) == Baseline(
        version=2,
        digest=second.digest,
        contract_version=second.contract_version,
        look=second.look,
        terms=digest_file(unmoved.ws.terms),
        anchor_release=anchor,
    )
    assert second.look == history(unmoved.ws)[-1].look
    assert second.look


@pytest.mark.slow
def test_the_first_champion_has_no_previous(run) -> None:
    run.register()
    entry = promote(run.ws, 1, "first", "ann")
    assert entry is not None
    assert (entry.from_version, entry.to_version) == (0, 1)
    assert aliases(run) == {"candidate": 1, "champion": 1}


@pytest.mark.slow
def test_the_journal_says_who_what_why_and_on_which_verdict(unmoved) -> None:
    first, second = history(unmoved.ws)
    assert (second.actor, second.action, second.reason) == ("bob", "promote", "second")
    assert (second.from_version, second.to_version) == (1, 2)
    assert second.verdict_digest == digest_bytes(unmoved.stored(2, "gate.json").read_bytes())
    assert first.previous_digest != second.previous_digest


@pytest.mark.slow
def test_promoting_the_champion_again_changes_nothing(unmoved) -> None:
    assert promote(unmoved.ws, 2, "again", "bob") is None


@pytest.mark.slow
@pytest.mark.parametrize("reason", ["", "  \n", "\u200b"])
def test_a_move_without_a_reason_is_refused(unmoved, reason) -> None:
    with pytest.raises(InputError, match="reason is empty") as caught:
        promote(unmoved.ws, 1, reason, "me")
    assert caught.value.exit_code == EXIT_BAD_INPUT
    with pytest.raises(InputError, match="reason is empty"):
        rollback(unmoved.ws, reason, "me", answers_well)


@pytest.mark.slow
def test_a_version_compared_with_another_champion_is_refused(unmoved) -> None:
    with pytest.raises(ReleaseRefused, match="stale baseline") as caught:
        promote(unmoved.ws, 1, "was good", "me")
    assert caught.value.exit_code == EXIT_REFUSED
    assert "dvc repro" in caught.value.message()
    assert aliases(unmoved)["champion"] == 2


@pytest.mark.slow
def test_a_version_that_is_not_there_is_refused_with_those_that_are(unmoved) -> None:
    for number in (9, 0):  # 0 is no version, and not the candidate either
        with pytest.raises(ReleaseRefused, match=rf"no version {number}.*known: 1, 2, 3"):
            promote(unmoved.ws, number, "guess", "me")


@pytest.mark.slow
def test_promoting_before_anything_is_registered_is_refused(run) -> None:
    with pytest.raises(ReleaseRefused, match="no candidate"):
        promote(run.ws, None, "eager", "me")


@pytest.mark.slow
def test_another_champion_than_the_caller_expects_is_refused(unmoved) -> None:
    with pytest.raises(ReleaseRefused, match="the champion is version 2, not 1"):
        promote(unmoved.ws, None, "third", "me", expected=1)
    with pytest.raises(ReleaseRefused, match="the champion is version 2, not 3"):
        promote(unmoved.ws, 2, "again", "me", expected=3)
    with pytest.raises(ReleaseRefused, match="the champion is version 2, not 1"):
        rollback(unmoved.ws, "wrong totals", "me", answers_well, expected=1)
    for now_or_before in (2, 1):  # the same command again, when its answer was lost
        assert promote(unmoved.ws, 2, "again", "me", expected=now_or_before) is None


@pytest.mark.slow
def test_an_older_contract_is_refused(run) -> None:
    run.register()
    text = run.ws.contract.read_text()
    run.ws.contract.write_text(re.sub(r"^version: 1", "version: 2", text, flags=re.MULTILINE))
    with pytest.raises(ReleaseRefused, match="contract version 1, 2 is in force"):
        promote(run.ws, None, "late", "me")
    assert history(run.ws) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["adapter/adapter_model.safetensors", "gate.json", "card.md", "MANIFEST.json"]
)
def test_one_changed_byte_of_a_version_stops_its_promotion(run, name) -> None:
    run.register()
    path = run.stored(1, name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ReleaseRefused):
        promote(run.ws, None, "unseen", "me")
    assert "champion" not in aliases(run)
    assert champion(run).version == 0


def sealed_again(run, name: str, old: str, new: str) -> None:
    """A stored file changed by somebody who may write to the registry: manifest and tag in step."""
    path = run.stored(1, name)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    seal(run)


def seal(run) -> None:
    manifest = run.stored(1, MANIFEST)
    write_manifest(manifest.parent, json.loads(manifest.read_text())["inputs"])
    ModelStore(run.ws.root, W).tag(1, "manifest", digest_file(manifest))


@pytest.mark.slow
def test_a_version_without_a_file_that_it_needs_is_refused_and_registered_anew(run) -> None:
    run.register()

    def refused(match: str) -> None:
        with pytest.raises(ReleaseRefused, match=match):
            promote(run.ws, 1, "looks fine", "me")
        assert history(run.ws) == ()

    for name in ("smoke.json", "scorecard.json", "workflow.yaml"):
        path = run.stored(1, name)
        data = path.read_bytes()
        path.unlink()
        seal(run)
        refused(f"mini version 1: the release lacks {name} — restore it")
        path.write_bytes(data)
    sealed_again(run, "workflow.yaml", "name: mini", "name: [mini")
    refused("mini version 1: its contract cannot be read")
    sealed_again(run, "workflow.yaml", "name: [mini", "name: mini")
    sealed_again(run, "smoke.json", '"input"', '"said"')
    ModelStore(run.ws.root, W).tag(1, "status", "registering")  # as a registration that was killed
    with pytest.raises(ReleaseRefused, match=r"mini version 1: smoke\.json names no id and input"):
        run.register()
    assert [release.status for release in releases(run.ws)] == ["broken"]
    assert run.register().version == 2


@pytest.mark.slow
def test_a_version_s_rows_are_judged_again_before_it_is_promoted(run) -> None:
    run.register()

    def refused(match: str) -> None:
        with pytest.raises(ReleaseRefused, match=match):
            promote(run.ws, 1, "looks fine", "me")
        assert history(run.ws) == ()

    sealed_again(run, "gate.json", "n = 10", "n = 1000")
    refused(r"judged again it is PASS: checks\.2\.seen: written")
    sealed_again(run, "gate.json", "n = 1000", "n = 10")
    sealed_again(run, "rows/candidate.jsonl", '"confidence":0.99', '"confidence":0.98')
    refused("judged again it is FAIL: candidate rows: case g-001")
    sealed_again(run, "rows/candidate.jsonl", '"confidence":0.98', '"confidence":0.99')
    sealed_again(run, "rows/calibration.jsonl", '"kind":1.0', '"kind":0.9')
    refused("FAIL: calibration rows: case c-000: prediction.field_confidence.kind: written 0.9")
    sealed_again(run, "rows/calibration.jsonl", '"kind":0.9', '"kind":1.0')
    sealed_again(run, "evidence.json", '"model": "base"', '"model": "champion"')
    refused("judged again it is FAIL: the rows of the base is outdated evidence: model")
    sealed_again(run, "evidence.json", '"model": "champion"', '"model": "base"')
    sealed_again(run, "calibration.json", '"threshold":0.99', '"threshold":0.1')
    refused("the release is outdated evidence: calibration, threshold changed since")
    sealed_again(run, "calibration.json", '"threshold":0.1', '"threshold":0.99')
    for path, old, new, changed in (
        (run.ws.policy, "0.8", "0.7", "policy"), (run.ws.gold, "A-1.", "A-1!", "gold"),
        (run.ws.contract, "45.0", "4.5", "contract"), (run.ws.waivers, "[]", "[ ]", "waivers"),
    ):  # fmt: skip
        text = path.read_text()
        path.write_text(text.replace(old, new, 1))
        refused(f"{changed} changed since.*make release")
        path.write_text(text)
    assert promote(run.ws, 1, "as it was", "me") is not None


@pytest.mark.slow
def test_what_a_waiver_let_in_is_promoted_while_that_waiver_holds(run, monkeypatch) -> None:
    ws, today = run.ws, dt.datetime.now(dt.UTC).date()
    verdict = run.gate("INCONCLUSIVE")
    ws.waivers.write_text(
        "waivers:\n  - {check: surely, reason: agreed in the review, signed_off_by: J. Doe, until: "
        f'"{today + dt.timedelta(days=7)}", candidate: {candidate_digest(W, verdict.evidence)}, '
        f"gold: {digest_file(ws.gold)}}}\n"
    )
    assert run.judge().status == "PASS"
    run.register()
    with monkeypatch.context() as later:
        later.setattr(recomputed_verdict, "_today", lambda: today + dt.timedelta(days=8))
        with pytest.raises(Problems, match="expired on"):
            promote(ws, 1, "late", "me")
    waived = ws.waivers.read_text()
    ws.waivers.write_text("waivers: []\n")
    with pytest.raises(ReleaseRefused, match=r"again it is INCONCLUSIVE.*waivers changed"):
        promote(ws, 1, "no more", "me")
    assert history(ws) == ()
    ws.waivers.write_text(waived)
    assert promote(ws, 1, "agreed", "me") is not None


@pytest.mark.slow
def test_a_version_whose_files_are_gone_is_refused(run) -> None:
    run.register()
    for path in sorted(run.stored(1, ".").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(ReleaseRefused):
        promote(run.ws, None, "gone", "me")


@pytest.mark.slow
def test_a_version_that_somebody_else_put_there_is_refused(run) -> None:
    ModelStore(run.ws.root, W).add("file:///elsewhere", {"status": "candidate"})
    with pytest.raises(ReleaseRefused, match="no files of ours"):
        promote(run.ws, 1, "looks fine", "me")


@pytest.mark.slow
def test_rollback_restores_the_champion_before(two) -> None:
    entry = rollback(two.ws, "wrong totals", "ann", answers_well)
    assert (entry.action, entry.from_version, entry.to_version) == ("rollback", 2, 1)
    assert aliases(two) == {"candidate": 2, "champion": 1}
    assert champion(two).version == 1
    assert [e.seq for e in history(two.ws)] == [1, 2, 3]


@pytest.mark.slow
def test_rolling_back_further_than_the_first_champion_is_refused(two) -> None:
    rollback(two.ws, "wrong totals", "ann", answers_well)
    with pytest.raises(ReleaseRefused, match=r"nothing to roll back to.*before: 2"):
        rollback(two.ws, "again", "ann", answers_well)
    assert rollback(two.ws, "it was right", "ann", answers_well, to=2).to_version == 2
    assert aliases(two) == {"candidate": 2, "champion": 2, "previous": 1}


@pytest.mark.slow
def test_rollback_to_a_version_that_never_served_is_refused(unmoved) -> None:
    with pytest.raises(ReleaseRefused, match=r"version 3 was never champion.*before: 1"):
        rollback(unmoved.ws, "try", "me", answers_well, to=3)
    with pytest.raises(ReleaseRefused, match="is the champion now"):
        rollback(unmoved.ws, "try", "me", answers_well, to=2)


@pytest.mark.slow
def test_a_tampered_target_is_refused_and_the_champion_stays(two) -> None:
    two.stored(1, "calibration.json").write_text('{"threshold": 0.0}\n')
    before = two.state()
    with pytest.raises(ReleaseRefused, match="bytes differ"):
        rollback(two.ws, "wrong totals", "ann", answers_well)
    assert two.state() == before


@pytest.mark.slow
def test_a_target_that_does_not_answer_is_refused_and_the_champion_stays(unmoved) -> None:
    with pytest.raises(ReleaseRefused, match="do not fit the base model"):
        rollback(unmoved.ws, "wrong totals", "ann", refuses_to_load)


@pytest.mark.slow
def test_a_move_cut_short_after_its_journal_entry_is_finished_by_asking_again(two) -> None:
    """And by asking for another one, which then has to be compared with it."""
    receipt = two.ws.champion.read_bytes()
    third = two.released(b"weights three")
    for finish in (2, third.version):
        ModelStore(two.ws.root, W).point("champion", 1)
        ModelStore(two.ws.root, W).point("previous", None)
        promote(two.ws, finish, "finish", "me")
        assert aliases(two)["champion"] == finish
        assert aliases(two)["previous"] == finish - 1
        assert (two.ws.champion.read_bytes() == receipt) == (finish == 2)


@pytest.mark.slow
def test_an_alias_set_by_hand_is_noticed(run) -> None:
    run.register()
    run.released(b"weights two")
    ModelStore(run.ws.root, W).point("champion", 1)
    with pytest.raises(ReleaseRefused, match="set by hand"):
        promote(run.ws, 2, "try", "me")


@pytest.mark.slow
def test_a_broken_journal_stops_every_move(two) -> None:
    pages = ModelStore(two.ws.root, f"{W}.journal")
    entry = json.loads(pages.version(1).tags["entry"]) | {"actor": "nobody"}
    pages.tag(1, "entry", json.dumps(entry))
    with pytest.raises(ReleaseRefused, match="journal entry 1 was changed"):
        rollback(two.ws, "wrong totals", "ann", answers_well)
    with pytest.raises(ReleaseRefused, match="journal entry 1 was changed"):
        history(two.ws)


@pytest.mark.slow
def test_two_moves_at_once_on_one_machine_exclude_each_other(unmoved) -> None:
    with (
        exclusive(unmoved.ws.root, f"release-{W}"),
        pytest.raises(ReleaseRefused, match="going on"),
    ):
        rollback(unmoved.ws, "wrong totals", "ann", answers_well)


@pytest.mark.slow
def test_a_candidate_has_to_be_compared_with_the_first_champion_of_the_journal(two) -> None:
    ws = two.ws
    said = json.loads(ws.champion.read_text())
    assert said["anchor_release"]["version"] == 1
    older, none = said["anchor_release"] | {"contract_version": 0}, {"anchor_release": None}
    forged = {
        "with none": none,
        "compared with none": none | {"contract_version": None},
        "of contract 0": {"anchor_release": older},  # which gold is not asked of
    }
    for n, (seen, change) in enumerate(forged.items()):
        ws.champion.write_text(json.dumps(said | change))
        two.released(b"weights three %d" % n)
        with pytest.raises(ReleaseRefused, match=rf"the anchor release is version 1 .*{seen}"):
            promote(ws, None, "drifts", "ann")
    later, store = older | {"contract_version": 7}, ModelStore(ws.root, W)
    ws.champion.write_text(json.dumps(said | {"anchor_release": later}))
    assert anchor_release(ws, store, history(ws), 7, store.versions()) is None
    ws.champion.write_text(json.dumps(said))
    two.released(b"weights four")
    assert promote(ws, None, "held to the first", "ann") is not None
    assert json.loads(ws.champion.read_text())["anchor_release"] == said["anchor_release"]


@pytest.mark.slow
def test_a_ledger_without_a_look_that_the_registry_names_stops_registration_and_promotion(
    two,
) -> None:
    ws = two.ws
    release = two.released(b"weights three")
    there = {path: path.read_bytes() for path in ws.looks.rglob("*-*.json")}
    for path in there:
        path.unlink()
    with pytest.raises(ReleaseRefused, match="the ledger of looks lacks"):
        promote(ws, None, "hidden", "ann")
    for receipt in (ws.champion, ws.receipt):  # and in git too: the registry still knows
        receipt.write_text(json.dumps(json.loads(receipt.read_text()) | {"look": None}))
    two.gate()
    with pytest.raises(ReleaseRefused, match=r"lacks .*, which this names") as caught:
        two.register()
    assert str(caught.value.where) == "mini version 1"
    for path, data in there.items():
        path.write_bytes(data)
    entry = promote(ws, release.version, "all there", "ann")
    assert entry is not None
    assert entry.look == release.look
