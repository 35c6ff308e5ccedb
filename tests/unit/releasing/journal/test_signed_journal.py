"""Entries of the journal are signed, and held to the policy of the entries before them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from support.releases.approving_people import APPROVALS, People
from support.releases.signed_folders import INVENTED
from support.repositories.finished_run import Run, W, answers_well
from support.repositories.small_repository import CONTRACT

from dslm.errors import EXIT_BAD_INPUT, EXIT_REFUSED, InputError, ReleaseRefused
from dslm.journal_entry import JournalEntry
from dslm.provenance import digest_json, write_atomic
from dslm.records import Champion
from dslm.releasing.approvals.give_approval import approve
from dslm.releasing.journal.journal import Journal, digest_of
from dslm.releasing.journal.journal_anchors import not_signed, refuse_unsigned
from dslm.releasing.journal.policy_in_force import policy_of
from dslm.releasing.moves.promote_and_rollback import history, promote, rollback, signed_history
from dslm.releasing.moves.recover import recover
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.signing.journal_signatures import signed_entry
from dslm.releasing.signing.keys import VARIABLE, demonstration_key
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace

TODAY = dt.datetime.now(dt.UTC).date()
ONE_PROMOTES = "roles: {trainer: [ann], promoter: [bob, eve]}\n"
YESTERDAY = str(TODAY - dt.timedelta(days=1))


@pytest.fixture(scope="session")
def _signed(blank, people: People, copying, tmp_path_factory) -> Run:
    """Ann has trained versions 1 and 2, bob has promoted both; moves have to be signed."""
    run: Run = copying(blank, tmp_path_factory.mktemp("signed"))
    people.policy(run, "", roles=ONE_PROMOTES)
    for weights in (b"weights one", b"weights two"):
        with people.acting("ann"):
            run.released(weights)
        with people.acting("bob"):
            promote(run.ws, None, "better", "bob")
    return run


@pytest.fixture
def signed(_signed: Run, copying, tmp_path: Path) -> Run:
    return copying(_signed, tmp_path / "repository")


def journal_of(run: Run) -> Journal:
    return Journal(ModelStore(run.ws.root, W))


def following(run: Run, **changes: Any) -> JournalEntry:
    """What an honest rollback to version 1 would write next, unsigned, but for some changes."""
    head = history(run.ws)[-1]
    first = history(run.ws)[0]
    return JournalEntry.model_validate({
        "seq": head.seq + 1, "at": dt.datetime.now(dt.UTC).isoformat(), "actor": "bob",
        "action": "rollback", "from_version": head.to_version, "to_version": 1,
        "from_digest": head.to_digest, "to_digest": first.to_digest, "reason": "back",
        "verdict_digest": first.verdict_digest, "operation": "0" * 16,
        "policy_digest": head.policy_digest, "previous_digest": digest_of(head),
    } | changes)  # fmt: skip


def written(run: Run, entry: JournalEntry) -> None:
    """Write past dslm what whoever can write to the registry can: an entry, and its copies."""
    store = ModelStore(run.ws.root, W)
    Journal(store).restore(entry)


def test_a_move_is_signed_by_its_maker_and_the_history_says_so(signed, people, capsys) -> None:
    assert [by.signed_by for _, by in signed_history(signed.ws)] == ["bob", "bob"]
    first, second = history(signed.ws)
    assert first.policy == policy_of(signed.ws.root).plain
    assert (second.policy, second.policy_digest) == (None, first.policy_digest)
    with people.acting("eve"):
        rollback(signed.ws, "wrong totals", "eve", answers_well)
    assert signed_history(signed.ws)[-1][1].signed_by == "eve"
    assert "not signed" not in capsys.readouterr().err


@pytest.mark.parametrize("who", ["ann", "mallory", None])
def test_who_may_not_move_the_champion_moves_nothing(
    signed, people, monkeypatch, tmp_path, who: str | None
) -> None:
    """Ann may train; mallory's key is nobody's; without a key there is no move either."""
    before = signed.state()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.delenv(VARIABLE, raising=False)
    if who:
        monkeypatch.setenv(VARIABLE, str(people.folder / f"{who}.pem"))
    with pytest.raises(InputError, match=r"of the role promoter|no signing key here") as caught:
        rollback(signed.ws, "wrong totals", "ann", answers_well)
    assert caught.value.exit_code == EXIT_BAD_INPUT
    assert signed.state() == before


def _under_own(run: Run, people: People) -> JournalEntry:
    """Mallory's policy trusts mallory; the journal's asks eve for a change of it."""
    held = policy_of(run.ws.root)
    own = {
        "signing": {"keys": [{"name": "mallory", "public_key": people.keys["mallory"].public.pem}]}
    }
    assert held.policy.approvals.policy_change is None

    entry = following(run, policy=own, policy_digest=digest_json(own))
    return signed_entry(entry, people.keys["mallory"])


FORGED: dict[str, tuple[Callable[[Run, People], JournalEntry], str]] = {
    "unsigned": (lambda run, _: following(run), "is not signed, and the policy"),
    "by nobody": (
        lambda run, people: signed_entry(following(run), people.keys["mallory"]),
        "a key that is not trusted",
    ),
    "by the trainer": (
        lambda run, people: signed_entry(following(run), people.keys["ann"]),
        "a key that is not trusted",
    ),
    "with the published key": (
        lambda run, _: signed_entry(following(run), demonstration_key()),
        "which is published and proves nothing",
    ),
    "changed after it was signed": (
        lambda run, people: signed_entry(following(run), people.keys["bob"]).model_copy(
            update={"reason": "no reason"}
        ),
        "not of these bytes",
    ),
    "with a signature of another entry": (
        lambda run, people: following(run, signature=history(run.ws)[-1].signature),
        "not of these bytes",
    ),
    "under a policy of its own": (_under_own, "under a release policy that this repository has"),
    "that names a policy nobody knows": (
        lambda run, people: signed_entry(
            following(run, policy_digest="sha256:" + "0" * 64), people.keys["bob"]
        ),
        "names a policy that no entry before it holds",
    ),
    "with a policy that is not its digest's": (
        lambda run, people: signed_entry(following(run, policy={}), people.keys["bob"]),
        "its policy is not the one that it names",
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_an_entry_written_past_dslm_is_refused_and_recover_puts_it_aside(
    signed, people, how: str
) -> None:
    forge, told = FORGED[how]
    before = history(signed.ws)
    written(signed, forge(signed, people))
    with pytest.raises(ReleaseRefused, match=told) as caught:
        history(signed.ws)
    assert caught.value.exit_code == EXIT_REFUSED
    assert "journal entry 3" in caught.value.what
    with people.acting("bob"), pytest.raises(ReleaseRefused, match=told):
        rollback(signed.ws, "back", "bob", answers_well)
    if "policy of its own" in how:  # recover cannot know whether this clone is behind
        with pytest.raises(ReleaseRefused, match=told):
            recover(signed.ws, "bob")
    done = recover(signed.ws, "bob", accept_loss="policy of its own" in how)
    assert any("journal entry 3" in line and "counts no more" in line for line in done)
    assert history(signed.ws) == before
    with people.acting("bob"):
        assert rollback(signed.ws, "back", "bob", answers_well)


@pytest.mark.parametrize("where", ["a tag", "a page"])
def test_nobody_s_word_that_entries_are_lost_takes_them_away(signed, people, where: str) -> None:
    """Who may edit a version's tags writes an entry that nothing leads to, and nobody signed."""
    before, store = history(signed.ws), ModelStore(signed.ws.root, W)
    lost = tuple(map(digest_of, before))
    forged = following(
        signed, seq=9, action="recover", lost=lost, previous_digest=f"sha256:{'0' * 64}"
    )
    if where == "a tag":
        store.tag(1, "journal.9", forged.model_dump_json(exclude_none=True))
    else:
        written(signed, forged)
    with people.acting("bob"):
        with pytest.raises(ReleaseRefused, match="go on from version 2"):
            recover(signed.ws, "bob")
        assert Journal(store).entries() == before
        recover(signed.ws, "bob", accept_loss=True)
    assert history(signed.ws)[:2] == before
    assert store.aliases()["champion"] == 2


@pytest.mark.parametrize("where", ["a tag", "a page"])
@pytest.mark.parametrize("way", ["says that the others are lost", "is longer"])
def test_another_journal_from_its_beginning_takes_no_signed_one_s_place(
    signed, people, where: str, way: str
) -> None:
    """Its first entry names no policy, so that its own line asks for no signature at all."""
    with people.acting("ann"):
        signed.released(b"weights three")  # registered, approved by nobody
    before, store = history(signed.ws), ModelStore(signed.ws.root, W)
    journal, lost = journal_of(signed), tuple(map(digest_of, before)) if "lost" in way else None
    forged: list[JournalEntry] = []
    for seq, to in enumerate((2, 3) if lost else (2, 2, 3), start=1):
        head = digest_of(forged[-1]) if forged else journal.genesis
        entry = following(signed, seq=seq, action="promote", policy_digest=None, lost=lost,
                          previous_digest=head, to_version=to,
                          to_digest=store.version(to).digest)  # fmt: skip
        forged.append(entry)
    for entry in forged:
        if where == "a tag":
            store.tag(1, f"journal.{entry.seq + 50}", entry.model_dump_json(exclude_none=True))
        else:
            journal.restore(entry)
    spoilt = journal.pages()[1].number  # what makes somebody recover
    store.beside(f"{W}.journal").tag(spoilt, "digest", f"sha256:{'0' * 64}")
    first, noted = journal.pages()[0].number, signed.ws.champion.read_bytes()
    with people.acting("bob"):
        known_to_be_right = lost is not None and where == "a page"  # the signed one has copies
        with nullcontext() if known_to_be_right else pytest.raises(ReleaseRefused):
            recover(signed.ws, "bob")
        assert journal.pages()[0].number == first  # the signed one was not put aside
        assert signed.ws.champion.read_bytes() == noted
        assert store.aliases()["champion"] == 2
        recover(signed.ws, "bob", accept_loss=True)
    assert history(signed.ws)[:2] == before
    assert store.aliases()["champion"] == 2
    assert recover(signed.ws, "bob") == []


def test_an_entry_that_lost_a_race_takes_no_place_whatever_says_to_follow_it(
    signed, people
) -> None:
    before, store = history(signed.ws), ModelStore(signed.ws.root, W)
    other = {"to_version": 1, "to_digest": before[0].to_digest, "operation": "1" * 16}
    loser = before[1].model_copy(update=other | {"signature": None})
    written(signed, loser := signed_entry(loser, people.keys["bob"]))
    journal_of(signed).put_aside(journal_of(signed).pages()[-1].number)
    follows = following(signed, seq=99, previous_digest=digest_of(loser))
    store.tag(1, "journal.99", follows.model_dump_json(exclude_none=True))
    with people.acting("bob"):
        with pytest.raises(ReleaseRefused, match="go on from version 2"):
            recover(signed.ws, "bob")
        assert Journal(store).entries() == before
        recover(signed.ws, "bob", accept_loss=True)
    assert history(signed.ws)[:2] == before
    assert store.aliases()["champion"] == 2


def test_a_retired_key_signs_no_later_entry_whatever_day_the_entry_names(signed, people) -> None:
    """The order of the journal decides, not the signer's own time."""
    people.policy(signed, "", roles=ONE_PROMOTES, retired={"eve": YESTERDAY})
    with people.acting("ann"):
        signed.released(b"weights three")
    with people.acting("bob"):
        assert promote(signed.ws, 3, "go", "bob")
    long_ago = dt.datetime.fromisoformat("2020-01-01T00:00:00+00:00").isoformat()
    for at in (long_ago, dt.datetime.now(dt.UTC).isoformat()):
        entry = signed_entry(following(signed, at=at), people.keys["eve"])
        written(signed, entry)
        with pytest.raises(ReleaseRefused, match="retired"):
            history(signed.ws)
        recover(signed.ws, "bob")
    with people.acting("eve"), pytest.raises(InputError, match="was retired on"):
        rollback(signed.ws, "back", "eve", answers_well)
    assert [by.signed_by for _, by in signed_history(signed.ws)] == ["bob"] * 3


def test_a_key_retired_in_the_entry_before_is_refused_though_the_next_one_names_no_day(
    signed, people
) -> None:
    """Neither by an own policy without the day, nor on the last day itself."""
    people.policy(signed, "", roles=ONE_PROMOTES, retired={"eve": str(TODAY)})
    with people.acting("ann"):
        signed.released(b"weights three")
    with people.acting("bob"):
        promote(signed.ws, 3, "go", "bob")
    people.policy(signed, "", roles=ONE_PROMOTES)
    own = policy_of(signed.ws.root)
    entry = following(signed, policy=own.plain, policy_digest=own.digest)
    written(signed, signed_entry(entry, people.keys["eve"]))
    with pytest.raises(ReleaseRefused, match="was retired before"):
        history(signed.ws)


def test_a_promotion_that_nobody_approved_is_refused_though_a_promoter_signed_it(
    signed, people
) -> None:
    """Somebody who may promote writes the entry with code of their own."""
    roles = "roles: {trainer: [ann], promoter: [bob], approver: [bob, eve]}\n"
    people.policy(signed, APPROVALS, roles=roles)
    with people.acting("ann"):
        signed.released(b"weights three")
    version = ModelStore(signed.ws.root, W).version(3)
    under = policy_of(signed.ws.root)
    for action, told in (
        ("promote", "was not approved: promotion: 0 of 1"),
        ("rollback", "was not approved: promotion: 0 of 1"),
        ("recover", r"goes on from a release that nobody approved, and champion\.json"),
    ):
        entry = following(
            signed, action=action, to_version=3, to_digest=version.digest,
            policy=under.plain, policy_digest=under.digest,
        )  # fmt: skip
        written(signed, signed_entry(entry, people.keys["bob"]))
        with pytest.raises(ReleaseRefused, match=told):
            history(signed.ws)
        recover(signed.ws, "bob", accept_loss=action == "recover")
        assert len(history(signed.ws)) == 2


def test_what_served_is_gone_on_from_where_its_entry_is_lost_and_git_says_so(
    signed, people
) -> None:
    """Nobody can approve what the journal lacks: `champion.json` vouches for it."""
    people.policy(signed, APPROVALS, roles="roles: {trainer: [ann], approver: [bob, eve]}\n")
    with people.acting("ann"):
        signed.released(b"weights three")
    with people.acting("bob"):
        approve(signed.ws, 3, "fewer wrong totals")
        promote(signed.ws, 3, "go", "bob")
    store = ModelStore(signed.ws.root, W)
    store.mlflow.delete_model_version(f"{W}.journal", "3")
    store.mlflow.delete_model_version_tag(W, "3", "journal.3")
    signed.ws.journal_copy.unlink()
    noted = json.loads(signed.ws.champion.read_text())
    del noted["journal"], noted["journal_head"]
    write_atomic(signed.ws.champion, json.dumps(noted))
    with people.acting("bob"):
        with pytest.raises(ReleaseRefused, match="is lost for good"):
            recover(signed.ws, "bob")
        assert "served" in str(recover(signed.ws, "bob", accept_loss=True))
    assert [(move.action, by.signed_by) for move, by in signed_history(signed.ws)] == [
        ("promote", "bob"), ("promote", "bob"), ("recover", "bob"),
    ]  # fmt: skip


def test_an_unsigned_history_is_told_and_refused_where_the_policy_wants_signatures(
    two, people, capsys
) -> None:
    """What git vouches for, or a signed entry after it, stands; what came later does not."""
    assert [by.signed_by for _, by in signed_history(two.ws)] == [None, None]
    assert "not signed" not in capsys.readouterr().err  # the policy knows no key
    people.policy(two, "", roles=ONE_PROMOTES.replace(", promoter: [bob, eve]", ""), required=False)
    history(two.ws)
    assert "journal entries 1, 2 are not signed" in capsys.readouterr().err
    people.policy(two, "", roles=ONE_PROMOTES)
    assert len(history(two.ws)) == 2  # `champion.json` names the newest
    written(two, following(two))
    with pytest.raises(ReleaseRefused, match="journal entry 3 is not signed by anybody"):
        history(two.ws)
    assert "counts no more" in str(recover(two.ws, "bob", accept_loss=True))
    with people.acting("ann"):
        two.released(b"weights three")
    with people.acting("bob"):
        promote(two.ws, 3, "signed from now on", "bob")
    assert [by.signed_by for _, by in signed_history(two.ws)] == [None, None, "bob"]
    write_atomic(two.ws.champion, json.dumps({"version": 0, "digest": None}))
    assert len(history(two.ws)) == 3  # the signed entry names what came before


def test_a_policy_that_nobody_had_to_approve_counts_where_git_has_it(signed, people) -> None:
    """Where all keys are lost somebody new may go on; without git nobody brings a policy along."""
    text = people.policy(signed, "", roles=ONE_PROMOTES.replace("bob, eve", "dan")).read_text()
    with people.acting("ann"):
        signed.released(b"weights three")
    with people.acting("dan"):
        promote(signed.ws, 3, "go", "dan")
    assert len(history(signed.ws)) == 3
    people.policy(signed, "", roles=ONE_PROMOTES)  # as in a clone that is behind, but for the note
    assert len(history(signed.ws)) == 3
    noted = json.loads(signed.ws.champion.read_text())
    del noted["journal"], noted["journal_head"]
    write_atomic(signed.ws.champion, json.dumps(noted))
    for read in (lambda: history(signed.ws), lambda: recover(signed.ws, "bob")):
        with pytest.raises(ReleaseRefused, match="entry 3 was made under a release policy that"):
            read()
    write_atomic(signed.ws.root / PATH, text)
    assert len(history(signed.ws)) == 3


@pytest.mark.parametrize(("contract", "shown"), [(INVENTED, []), (CONTRACT, [1])])
def test_the_published_key_shows_who_made_a_move_for_invented_data_alone(
    tmp_path: Path, contract: str, shown: list[int]
) -> None:
    ws = Workspace(tmp_path, W)
    write_atomic(ws.contract, contract)
    write_atomic(ws.root / PATH, "signing: {required: true, demonstration_key: true}\n")
    held = policy_of(ws.root)
    entry = JournalEntry(
        seq=1, at="2026-11-28T00:00:00+00:00", actor="ann", action="promote", from_version=0,
        to_version=1, to_digest="sha256:1", reason="first", verdict_digest="sha256:2",
        policy=held.plain, policy_digest=held.digest, previous_digest="sha256:0",
    )  # fmt: skip
    signed = (signed_entry(entry, demonstration_key()),)
    assert list(not_signed(ws, signed, Champion(), W)) == shown
    if shown:
        with pytest.raises(ReleaseRefused, match="entry 1 is not signed by anybody"):
            refuse_unsigned(ws, signed, Champion(), W)


def test_the_first_policy_is_trusted_loudly_and_a_change_is_told(two, people, capsys) -> None:
    capsys.readouterr()
    path = people.policy(two, "", required=False)
    two.released(b"weights three")
    promote(two.ws, 3, "go", "ann")
    told = capsys.readouterr().err
    assert "registry/policy.yaml" in told
    assert "requires no approval of a change" in told
    assert history(two.ws)[-1].policy == policy_of(two.ws.root).plain
    assert PATH.name == path.name
