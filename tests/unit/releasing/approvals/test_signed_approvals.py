"""A promotion is made by as many people's signatures as the policy asks for, and no others."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.documents.code_reader import ROOT
from support.documents.docs_reader import commands_below
from support.releases.approving_people import APPROVALS, WHY
from support.releases.killed_moves import killed_after
from support.releases.signed_folders import listed
from support.repositories import finished_run
from support.repositories.finished_run import Run, W, answers_well

from dslm.cli.app import invoke
from dslm.errors import EXIT_REFUSED, InputError, ReleaseRefused
from dslm.gating.changes.waiver_template import candidate_digest
from dslm.provenance import digest_file, write_atomic
from dslm.releasing.approvals.approval_tags import PREFIX
from dslm.releasing.approvals.give_approval import approve, asked_for
from dslm.releasing.journal.journal_anchors import COPY
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promote_and_rollback import history, promote, rollback, signed_history
from dslm.releasing.package.registration import loosened
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.fetch_release import fetch_to
from dslm.releasing.verification.signature_verification import verify_given
from dslm.settings.release_policy import APPROVABLE, PATH, load_release_policy


@pytest.fixture
def waiting(_approved: Run, copying, tmp_path: Path) -> Run:
    return copying(_approved, tmp_path / "repository")


def tags(run: Run, version: int = 2) -> dict[str, str]:
    found = ModelStore(run.ws.root, W).version(version).tags
    return {key: text for key, text in found.items() if key.startswith(PREFIX)}


def tag(run: Run, key: str, text: str, version: int = 2) -> None:
    ModelStore(run.ws.root, W).tag(version, key, text)


def refused(run: Run, told: str, version: int = 2, **options: Any) -> None:
    """A promotion ends with exit code 4 and moves nothing."""
    before = run.state()
    with pytest.raises(ReleaseRefused, match=told) as caught:
        promote(run.ws, version, "go", "ann", **options)
    assert caught.value.exit_code == EXIT_REFUSED
    assert run.state() == before


def test_two_people_release_a_version_by_the_commands_of_the_docs(
    waiting, people, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(waiting.ws.root)
    monkeypatch.setenv("COLUMNS", "200")
    asked, show, given, go, told = commands_below("releases.md", "Two people release a version")

    def dslm(line: str, *, code: int = 0) -> str:
        capsys.readouterr()
        assert invoke(shlex.split(line.replace("invoice_intake", W))[1:]) == code, line
        out = capsys.readouterr()
        return out.out + out.err

    with people.acting("ann"):
        assert "promotion: 0 of 1 approvals by approver, may: bob" in dslm(asked)
        assert "promotion: 0 of 1 approvals by approver, may: bob" in dslm(go, code=4)
    with people.acting("bob"):
        assert people.keys["bob"].public.short in dslm(show)
        assert "bob approved: promotion of mini version 2" in dslm(given)
        listing = json.loads(dslm("dslm release list invoice_intake --json"))
        assert [one["approved_by"] for one in listing] == [["bob"], ["bob"]]
        assert "approved by bob" in dslm("dslm release list invoice_intake")
        (move,) = json.loads(dslm("dslm release show invoice_intake --json"))["moves"]
        assert (move["signed_by"], move["approved_by"][0]["by"]) == ("ann", "bob")
        assert "all required approvals are there" in dslm(asked)
        again = json.loads(dslm(f"{given} --json"))
        assert (again["by"], again["approved"], again["before"]) == ("bob", [], ["promotion"])
        assert "did you mean 'loosening'" in dslm(f"{given} --kind loosning", code=2)
    with people.acting("ann"):
        dslm(go)
    (_, second) = json.loads(dslm(f"{told} --json"))
    assert second["signed_by"] == "ann"
    assert second["approved_by"] == [{"kind": "promotion", "by": "bob"}]
    assert "signed by ann" in dslm(told)
    assert "approved by bob" in dslm(told)
    assert "serves, journal 2: approved by 1 people" in dslm(asked)
    assert json.loads(dslm(f"{asked} --json"))["approved"][0]["by"] == "bob"


def test_the_policy_of_the_docs_is_one(waiting, people) -> None:
    text = (ROOT / "docs" / "releases.md").read_text("utf-8")
    section = text[text.index("\n## Approvals\n") :]
    policy = section[section.index("```yaml\n") + len("```yaml\n") :].partition("```")[0]
    for name in ("ann", "bob"):
        pem = people.keys[name].public.pem.strip().replace("\n", "\n        ")
        before, head, rest = policy.partition(f"  {name}:\n    - public_key: |")
        rest = rest[rest.index("  bob:" if name == "ann" else "roles:") :]
        policy = f"{before}{head}\n        {pem}\n{rest}"
    write_atomic(waiting.ws.root / PATH, policy)
    read = load_release_policy(waiting.ws.root)
    assert [kind for kind, _ in read.approvals.named()] == list(APPROVABLE)
    assert next(iter(read.approvals.named()))[1].not_the_trainer


def test_who_trained_it_approves_nothing_and_another_does(waiting, people, capsys) -> None:
    with people.acting("ann"):
        refused(waiting, r"promotion: 0 of 1 approvals by approver, may: bob, eve")
        with pytest.raises(ReleaseRefused, match="ann: trained it, and so does not count"):
            approve(waiting.ws, 2, WHY)
    with people.acting("dan"), pytest.raises(ReleaseRefused, match="dan: has not the role"):
        approve(waiting.ws, 2, WHY)
    with people.acting("mallory"), pytest.raises(InputError, match="is not among `people`"):
        approve(waiting.ws, 2, WHY)
    assert tags(waiting) == {}
    with people.acting("bob"):
        given = approve(waiting.ws, 2, WHY)
        assert (given.who, given.anew, given.asked.missing()) == ("bob", ("promotion",), [])
        assert approve(waiting.ws, 2, "once more").before == ("promotion",)
    with people.acting("ann"):
        entry = promote(waiting.ws, 2, "go", "ann")
    assert entry
    assert [one.reason for one in entry.approvals or ()] == [WHY]
    move, by = signed_history(waiting.ws)[-1]
    assert (move, by.signed_by, [who for _, who in by.approved_by]) == (entry, "ann", ["bob"])
    with people.acting("bob"), pytest.raises(InputError, match="is the champion already"):
        approve(waiting.ws, 2, WHY)
    assert "not signed" not in capsys.readouterr().err


def test_an_approval_is_of_one_version_champion_and_policy(waiting, people, monkeypatch) -> None:
    """Replayed for another version, after a rollback, or under a changed policy, it counts not."""
    with people.acting("bob"):
        approve(waiting.ws, 2, WHY)
    ((key, text),) = tags(waiting).items()
    with people.acting("ann"):
        waiting.released(b"weights three")
    tag(waiting, key, text, 3)
    refused(waiting, "promotion: 0 of 1", 3)
    status = asked_for(waiting.ws, 3)
    assert status
    assert [(one.who, one.fault) for one in status.kept] == [("bob", "is of another version")]
    path = people.policy(waiting, APPROVALS + "  loosening: {count: 1}\n")
    with people.acting("ann"):
        refused(waiting, "policy_change: 0 of 1.*promotion: 0 of 1")
    people.policy(waiting)
    with people.acting("ann"):
        promote(waiting.ws, 2, "go", "ann")
        rollback(waiting.ws, "wrong totals", "ann", answers_well)
        refused(waiting, "promotion: 0 of 1", again=True)
    status = asked_for(waiting.ws, 2)
    assert status
    assert [one.fault for one in status.kept] == ["is of another champion: one was made since"]
    assert path.exists()


def test_what_stands_in_tags_is_believed_only_as_far_as_it_is_signed(waiting, people) -> None:
    with people.acting("bob"):
        approve(waiting.ws, 2, WHY)
    ((key, text),) = tags(waiting).items()
    envelope = json.loads(text)
    forged = {
        key: json.dumps(envelope | {"payload": envelope["payload"][:-8] + "AAAAAAA="}),
        "approval.promotion.0000000000000000": text,
        "approval.loosening.0000000000000000": "{}",
        "approval.x": "\x00",
    }
    for name, value in forged.items():
        tag(waiting, name, value)
    refused(waiting, "promotion: 0 of 1")
    status = asked_for(waiting.ws, 2)
    assert status
    assert len(status.kept) == len(forged)
    assert all(one.approved is None and one.fault for one in status.kept)
    result = json.loads(_run(waiting, "release", "approvals", W, "--version", "2", "--json"))
    assert (result["enough"], result["asked"][0]["approved"]) == (False, [])


def _run(run: Run, *words: str) -> str:
    out = io.StringIO()
    with contextlib.chdir(run.ws.root), contextlib.redirect_stdout(out):
        assert invoke(list(words)) == 0
    return out.getvalue()


def test_two_keys_are_one_person_and_two_people_are_two(waiting, people) -> None:
    twice = APPROVALS.replace("count: 1}", "count: 2}")
    path = people.policy(waiting, twice, mallory="bob")
    with people.acting("eve"):
        approve(waiting.ws, 2, "two shall approve", ["policy_change"])
    for name in ("bob", "mallory"):
        with people.acting(name):
            approve(waiting.ws, 2, WHY, ["promotion"])
    assert len(tags(waiting)) == 3
    with people.acting("ann"):
        refused(waiting, r"promotion: 1 of 2 approvals by approver \(bob\), may: eve; bob: has app")
        with people.acting("eve"):
            approve(waiting.ws, 2, WHY)
        entry = promote(waiting.ws, 2, "go", "ann")
    assert entry
    assert sorted(one.kind for one in entry.approvals or ()) == [
        "policy_change", "promotion", "promotion",
    ]  # fmt: skip
    assert entry.policy
    assert history(waiting.ws)[0].policy != entry.policy
    assert path.exists()


def test_a_retired_key_approves_and_moves_nothing(waiting, people) -> None:
    today = dt.datetime.now(dt.UTC).date()
    with people.acting("bob"):
        approve(waiting.ws, 2, WHY)
    people.policy(waiting, retired={"bob": str(today - dt.timedelta(days=1))})
    with people.acting("bob"), pytest.raises(InputError, match="was retired on"):
        approve(waiting.ws, 2, WHY)
    with people.acting("eve"):
        approve(waiting.ws, 2, WHY)
    with people.acting("ann"):
        promote(waiting.ws, 2, "go", "ann")
        waiting.released(b"weights three")
    refused(waiting, "promotion: 0 of 1 .* may: bob, eve", 3)  # told as the policy's role has them


def test_a_policy_that_is_loosened_in_the_same_commit_is_refused(waiting, people, capsys) -> None:
    """By the journal's policy it needs approval, by the people of that one."""
    for text in ("", "approvals: {}\n", APPROVALS.replace("approver", "trainer")):
        people.policy(waiting, text, mallory="eve")
        with people.acting("ann"):
            refused(waiting, "policy_change: 0 of 1 approvals by approver, may: ann, bob, eve")
        with people.acting("mallory"), pytest.raises(InputError, match="is not among"):
            approve(waiting.ws, 2, WHY, ["policy_change"])
    people.policy(waiting, "")
    with people.acting("bob"):
        approve(waiting.ws, 2, "we trust each other")
    with people.acting("ann"):
        assert promote(waiting.ws, 2, "go", "ann")
    assert "approved by 1" in capsys.readouterr().err


def test_a_loosening_is_allowed_by_the_approvals_that_the_policy_names(
    waiting, people, monkeypatch
) -> None:
    less = finished_run.POLICY.replace("at_least: 0.8", "at_least: 0.7")
    monkeypatch.setattr(finished_run, "POLICY", less)
    with people.acting("ann"):
        waiting.released(b"weights three")
    with people.acting("bob"), pytest.raises(ReleaseRefused, match="loosened since version 1"):
        approve(waiting.ws, 3, WHY)
    refused(waiting, "loosened since version 1", 3)
    people.policy(waiting, APPROVALS + "  loosening: {count: 2}\n")
    assert loosened(waiting.ws)[0].startswith("2 of approver have to approve a loosening before")
    with people.acting("bob"):
        given = approve(waiting.ws, 3, "0.7 is what we can show")
    assert given.anew == ("policy_change", "promotion", "loosening")
    told = {rule.kind: rule.told for rule in given.asked.rules}
    assert told["loosening"] == ("policy checks.exact.at_least: 0.8 → 0.7",)
    assert any("approvals.loosening.count: not there → 2" in line for line in told["policy_change"])
    refused(waiting, r"3: loosening: 1 of 2 approvals by approver \(bob\), may: eve —", 3)
    with people.acting("eve"):
        approve(waiting.ws, 3, WHY, ["loosening"])
    with people.acting("ann"):
        assert promote(waiting.ws, 3, "go", "ann")


def test_a_waived_check_needs_the_approvals_that_the_policy_names(waiting, people) -> None:
    """Not named, it stands as the file says; named, somebody signs for it and for this verdict."""
    people.policy(waiting, APPROVALS + "  waiver: {count: 1}\n")
    ws = waiting.ws
    waiting.candidate(b"weights three")
    verdict = waiting.gate("INCONCLUSIVE")
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7)
    ws.waivers.write_text(
        "waivers:\n  - {check: surely, reason: agreed in the review, signed_off_by: nobody, until: "
        f'"{until}", candidate: {candidate_digest(W, verdict.evidence)}, '
        f"gold: {digest_file(ws.gold)}}}\n"
    )
    assert waiting.judge().status == "PASS"
    with people.acting("ann"):
        waiting.register()
    with people.acting("bob"):
        approve(ws, 3, WHY, ["promotion", "policy_change"])
    refused(waiting, "waiver: 0 of 1 approvals by approver, may: bob, eve", 3)
    with people.acting("eve"):
        given = approve(ws, 3, "known and harmless", ["waiver"])
    ((told,),) = [rule.told for rule in given.asked.rules if rule.kind == "waiver"]
    assert told.startswith("surely: WAIVED")
    with people.acting("ann"):
        entry = promote(ws, 3, "go", "ann")
    assert entry
    assert [one.kind for one in entry.approvals or ()] == ["policy_change", "promotion", "waiver"]


def test_an_insider_who_swaps_policy_key_and_release_is_caught_by_the_recipients_root(
    waiting, people, tmp_path
) -> None:
    """With git and registry all fits together here: only keys kept elsewhere tell."""
    root = tmp_path / "trust.yaml"
    write_atomic(root, "keys:\n" + listed(people.keys["ann"]))
    honest, swapped = tmp_path / "honest", tmp_path / "swapped"
    fetch_to(waiting.ws, 2, honest)
    assert verify_given(honest, root).signed_by == "ann"
    ws = waiting.ws
    for path in (ws.root / ".mlflow" / "artifacts", ws.terms, ws.terms_before, ws.promotion):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    store = ModelStore(ws.root, W)
    for model in (W, f"{W}.journal"):
        store.mlflow.delete_registered_model(model)
    write_atomic(ws.champion, json.dumps({"version": 0, "digest": None}))
    roles = "roles: {trainer: [ann], approver: [bob]}\n"
    people.policy(waiting, roles=roles, mallory="ann", eve="bob")
    with people.acting("mallory"):
        waiting.released(b"weights with a back door")
    with people.acting("eve"):
        approve(ws, 1, WHY)
    with people.acting("mallory"):
        promote(ws, 1, "first", "ann")
    assert [by.signed_by for _, by in signed_history(ws)] == ["ann"]  # as this policy says
    fetch_to(ws, 1, swapped)
    with pytest.raises(ReleaseRefused, match="a key that is not trusted"):
        verify_given(swapped, root)


def test_a_lost_journal_takes_no_other_policy_than_git_names(waiting, people) -> None:
    ModelStore(waiting.ws.root, W).mlflow.delete_registered_model(f"{W}.journal")
    store = ModelStore(waiting.ws.root, W)
    for version in store.versions():
        for key in version.tags:
            if key.startswith(("journal", COPY)):
                store.mlflow.delete_model_version_tag(W, str(version.number), key)
    store.point("champion", None)
    people.policy(waiting, "")
    with people.acting("ann"), pytest.raises(ReleaseRefused, match="under another release policy"):
        promote(waiting.ws, 1, "once more", "ann")
    people.policy(waiting)
    with people.acting("bob"):
        approve(waiting.ws, 1, "it served")
    with people.acting("ann"):
        assert promote(waiting.ws, 1, "once more", "ann")


def test_the_trainer_is_whose_key_signed_the_release(waiting, people) -> None:
    with people.acting("dan"):
        waiting.released(b"weights three")
    with people.acting("ann"):
        approve(waiting.ws, 3, WHY)
    with people.acting("bob"):
        promote(waiting.ws, 3, "go", "bob")
        with pytest.raises(InputError, match=r"is not among signing\.keys"):
            waiting.released(b"weights four")


@pytest.mark.parametrize("step", command_steps.APPROVE)
def test_an_approval_killed_at_any_step_is_given_by_the_same_command(
    waiting, people, step: str
) -> None:
    with people.acting("bob"):
        assert killed_after(step, lambda: approve(waiting.ws, 2, WHY))
        assert len(tags(waiting)) == (step == "kept")
        given = approve(waiting.ws, 2, WHY)
    assert (given.anew, given.before) == (
        ((), ("promotion",)) if step == "kept" else (("promotion",), ())
    )
    with people.acting("ann"):
        assert promote(waiting.ws, 2, "go", "ann")


def test_approvals_at_once_lose_none(waiting, people) -> None:
    """Each person has tags of her own; nobody reads what another writes over."""
    people.policy(waiting, APPROVALS.replace("count: 1}", "count: 2}"))
    children = []
    for name in ("bob", "eve"):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                with people.acting(name):
                    approve(waiting.ws, 2, WHY)
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
    asked = asked_for(waiting.ws, 2)
    assert asked
    assert asked.missing() == []
    assert len(tags(waiting)) == 4
