"""What somebody who may write to the registry puts into the journal moves no champion."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.releases.approving_people import People
from support.repositories.finished_run import Run, W

from dslm.errors import ReleaseRefused
from dslm.journal_entry import JournalEntry
from dslm.provenance import digest_json, write_manifest
from dslm.releasing.approvals.give_approval import approve
from dslm.releasing.backup.restore_registry import restore
from dslm.releasing.backup.write_backup import back_up
from dslm.releasing.journal.journal import Journal, digest_of
from dslm.releasing.journal.journal_anchors import COPY
from dslm.releasing.moves.promote_and_rollback import history, promote
from dslm.releasing.moves.recover import recover
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.signing.journal_signatures import signed_entry

NOWHERE = "sha256:" + "1" * 64


@pytest.fixture
def waiting(_approved: Run, copying, tmp_path: Path) -> Run:
    return copying(_approved, tmp_path / "repository")


def promotion(run: Run, number: int, **changes: Any) -> JournalEntry:
    """The promotion of a version, after the newest entry, that nobody signed or approved."""
    store = ModelStore(run.ws.root, W)
    before = Journal(store).entries()
    return JournalEntry.model_validate({
        "seq": len(before) + 1, "at": dt.datetime.now(dt.UTC).isoformat(), "actor": "ann",
        "action": "promote", "from_version": before[-1].to_version if before else 0,
        "to_version": number, "to_digest": store.version(number).digest, "reason": "better",
        "verdict_digest": NOWHERE, "operation": "0" * 16,
        "policy_digest": before[-1].policy_digest if before else None,
        "previous_digest": digest_of(before[-1]) if before else Journal(store).genesis,
    } | changes)  # fmt: skip


def of_mallory(run: Run, people: People, number: int) -> None:
    """Write a promotion under a policy that trusts mallory alone, signed by mallory."""
    key = {"name": "mallory", "public_key": people.keys["mallory"].public.pem}
    own = {"signing": {"required": True, "keys": [key]}}
    entry = promotion(run, number, policy=own, policy_digest=digest_json(own))
    Journal(ModelStore(run.ws.root, W)).restore(signed_entry(entry, people.keys["mallory"]))


@pytest.mark.parametrize("where", ["a tag", "a page"])
@pytest.mark.parametrize("signer", [None, "ann"])
def test_recover_goes_on_from_no_release_that_nobody_approved(
    waiting, people, where: str, signer: str | None
) -> None:
    """An entry that nothing leads to is not signed, or signed and not approved."""
    stray = promotion(waiting, 2, seq=9, previous_digest=NOWHERE)
    stray = signed_entry(stray, people.keys[signer]) if signer else stray
    store = ModelStore(waiting.ws.root, W)
    if where == "a tag":
        store.tag(2, f"{COPY}9", stray.model_dump_json(exclude_none=True))
    else:
        Journal(store).restore(stray)
    with people.acting("ann"):
        with pytest.raises(ReleaseRefused, match="go on from version 1"):
            recover(waiting.ws, "ann")
        recover(waiting.ws, "ann", accept_loss=True)
        assert [(one.action, one.to_version) for one in history(waiting.ws)] == [
            ("promote", 1), ("recover", 1),
        ]  # fmt: skip
        assert recover(waiting.ws, "ann") == []


def test_recover_goes_on_from_what_git_says_that_served_and_ends_well(waiting, people) -> None:
    """Entries between are lost; the newest one, in `champion.json`, is of a release approved."""
    ws, store = waiting.ws, ModelStore(waiting.ws.root, W)
    noted = json.loads(ws.champion.read_text())
    stray = promotion(waiting, 2, seq=3, previous_digest=NOWHERE)
    noted |= {"version": 2, "digest": stray.to_digest, "journal_head": digest_of(stray)}
    noted["journal"] = json.loads(stray.model_dump_json(exclude_none=True))
    ws.champion.write_text(json.dumps(noted))
    with people.acting("ann"):
        assert "served" in str(recover(ws, "ann", accept_loss=True))
    assert history(ws)[-1].to_version == 2
    assert store.aliases()["champion"] == 2


def test_the_first_policy_of_a_journal_counts_where_git_has_it(
    blank: Run, people, copying, tmp_path
) -> None:
    """Git's policy asks for signatures and approvals, and the first entry is by one's own."""
    run: Run = copying(blank, tmp_path / "repository")
    people.policy(run)
    with people.acting("ann"):
        run.register()
    of_mallory(run, people, 1)
    for refused in (history, lambda ws: recover(ws, "ann")):
        with pytest.raises(ReleaseRefused, match="entry 1 was made under a release policy that"):
            refused(run.ws)
    assert "counts no more" in str(recover(run.ws, "ann", accept_loss=True))
    with people.acting("bob"):
        approve(run.ws, 1, "read gate.md")
    with people.acting("ann"):
        assert promote(run.ws, 1, "first", "ann")
    assert [one.actor for one in history(run.ws)] == ["ann"]


@pytest.mark.parametrize("before", ["no policy", "one that asks nothing"])
def test_a_policy_that_git_now_has_is_not_forestalled_by_another(
    blank: Run, people, copying, tmp_path, before: str
) -> None:
    """The repository promoted before it had a policy; it has one now, and nothing moved since."""
    run: Run = copying(blank, tmp_path / "repository")
    run.register()
    promote(run.ws, 1, "first", "ann")
    if before == "no policy":
        _as_by_an_older_dslm(run)
    people.policy(run)
    with people.acting("ann"):
        run.released(b"weights two")
    assert len(history(run.ws)) == 1
    of_mallory(run, people, 2)
    with pytest.raises(ReleaseRefused, match="entry 2 was made under a release policy that"):
        history(run.ws)
    recover(run.ws, "ann", accept_loss=True)
    with people.acting("bob"):
        approve(run.ws, 2, "read gate.md")
    with people.acting("ann"):
        assert promote(run.ws, 2, "go", "ann")
    assert [one.actor for one in history(run.ws)] == ["ann", "ann"]


def test_recover_makes_no_unsigned_entry_the_champion(
    blank, people, copying, tmp_path: Path
) -> None:
    """In a journal of before policies, `champion.json` would have vouched for it afterwards."""
    run = copying(blank, tmp_path / "repository")
    run.register()
    promote(run.ws, 1, "first", "ann")
    _as_by_an_older_dslm(run)
    people.policy(run)
    with people.acting("ann"):
        run.released(b"weights two")
    store, noted = ModelStore(run.ws.root, W), run.ws.champion.read_bytes()
    Journal(store).restore(promotion(run, 2))
    for _ in range(2):
        with pytest.raises(ReleaseRefused, match="entry 2 is not signed"):
            recover(run.ws, "ann")
        with pytest.raises(ReleaseRefused, match="entry 2 is not signed"):
            history(run.ws)
    assert (run.ws.champion.read_bytes(), store.aliases()["champion"]) == (noted, 1)
    recover(run.ws, "ann", accept_loss=True)
    assert [one.to_version for one in history(run.ws)] == [1]


def _as_by_an_older_dslm(run: Run) -> None:
    """Write the journal's one entry as it was before entries named a policy."""
    store = ModelStore(run.ws.root, W)
    (entry,) = history(run.ws)
    entry = entry.model_copy(update={"policy": None, "policy_digest": None})
    store.mlflow.delete_registered_model(f"{W}.journal")
    Journal(store).restore(entry)
    text = entry.model_dump_json(exclude_none=True)
    store.tag(1, f"{COPY}1", text)
    run.ws.journal_copy.write_text(f"{text}\n")
    noted = json.loads(run.ws.champion.read_text())
    noted |= {"journal": json.loads(text), "journal_head": digest_of(entry)}
    run.ws.champion.write_text(json.dumps(noted))


def test_a_backup_whose_journal_has_an_entry_that_nobody_approved_is_refused(
    waiting, people, copying, migrated, tmp_path
) -> None:
    """Sealed anew by whoever keeps it; nothing is written."""
    kept = tmp_path / "backup"
    back_up(waiting.ws, kept)
    forged = promotion(waiting, 2)
    with (kept / "journal.jsonl").open("a") as journal:
        journal.write(f"{forged.model_dump_json(exclude_none=True)}\n")
    record = json.loads((kept / "backup.json").read_text())
    record["head"] = digest_of(forged)
    (kept / "backup.json").write_text(json.dumps(record))
    write_manifest(kept, {})
    run: Run = copying(waiting, tmp_path / "other")
    shutil.rmtree(run.ws.root / ".mlflow")
    (run.ws.root / ".mlflow").mkdir()
    (run.ws.root / ".mlflow" / "mlflow.db").write_bytes(migrated.read_bytes())
    with pytest.raises(ReleaseRefused, match="journal entry 2: was not approved") as caught:
        restore(run.ws, kept, None, "ann")
    assert "take another backup" in str(caught.value.fix)
    assert ModelStore(run.ws.root, W).versions() == []
