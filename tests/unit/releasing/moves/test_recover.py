"""What was deleted, changed or left behind is noticed, restored where it is known, or told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.releases.killed_moves import stands
from support.repositories.finished_run import Run, W, answers_well

from dslm.errors import EXIT_REFUSED, ReleaseRefused
from dslm.releasing.journal.journal import Journal
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.promote_and_rollback import history, promote, rollback
from dslm.releasing.moves.recover import recover
from dslm.releasing.registry.mlflow_store import ModelStore

JOURNAL = f"{W}.journal"


def registry(run: Run) -> ModelStore:
    return ModelStore(run.ws.root, W)


def delete_page(run: Run, number: int) -> None:
    registry(run).mlflow.delete_model_version(JOURNAL, str(number))


def tag_page(run: Run, number: int, key: str, value: str) -> None:
    registry(run).mlflow.set_model_version_tag(JOURNAL, str(number), key, value)


def delete_journal(run: Run) -> None:
    registry(run).mlflow.delete_registered_model(JOURNAL)


def edited(run: Run) -> None:
    text = registry(run).mlflow.get_model_version(JOURNAL, "1").tags["entry"]
    tag_page(run, 1, "entry", text.replace('"ann"', '"nobody"'))


def well(run: Run, entries: int) -> None:
    """All agree, and the champion can be moved."""
    number = stands(run)["journal"]
    expected = {"alias": number, "journal": number, "champion.json": number,
                "entries": entries, "faults": []}  # fmt: skip
    assert stands(run) == expected
    assert promote(run.ws, run.released(b"weights new").version, "goes on", "ann") is not None
    assert history(run.ws)[-1].seq == entries + 1


@pytest.mark.parametrize(
    ("harm", "noticed"),
    [
        (lambda run: delete_page(run, 2), r"has 1 entries and lacks entry 2, .*names.*recover"),
        (lambda run: delete_page(run, 1), "entry 1 is missing.*recover mini"),
        (delete_journal, "has 0 entries and lacks entry 2"),
        (edited, "entry 1 was changed"),
        (lambda run: tag_page(run, 2, "entry", "{"), "entry 2 is not readable"),
        (lambda run: tag_page(run, 2, "counts", "no"), "lacks entry 2"),
    ],
    ids=["newest deleted", "first deleted", "all deleted", "edited", "unreadable", "put aside"],
)
def test_what_is_done_to_the_journal_stops_every_move_and_is_restored(
    two: Run, harm: Callable[[Run], None], noticed: str
) -> None:
    before = history(two.ws)
    harm(two)
    for move in (
        lambda: promote(two.ws, 1, "moves back", "me"),
        lambda: promote(two.ws, 2, "again", "me"),
        lambda: rollback(two.ws, "wrong totals", "me", answers_well),
        lambda: two.register(),
        lambda: history(two.ws),
    ):
        with pytest.raises(ReleaseRefused, match=noticed):
            move()
    told = recover(two.ws, "ann")
    assert any("restored" in line for line in told)
    assert history(two.ws) == before
    assert recover(two.ws, "ann") == []
    well(two, 2)


def test_git_alone_is_enough_to_restore_the_newest_entry(two: Run) -> None:
    before = history(two.ws)
    delete_page(two, 2)
    registry(two).mlflow.delete_model_version_tag(W, "2", "journal.2")
    with pytest.raises(ReleaseRefused, match=r"lacks entry 2, which champion\.json names"):
        promote(two.ws, 1, "moves back", "me")
    assert recover(two.ws, "ann") == ["journal entry 2 (promote 1 → 2): restored"]
    assert history(two.ws) == before


def test_so_are_the_copies_where_the_clone_was_not_brought_up_to_date(two: Run) -> None:
    before = history(two.ws)
    first = read_champion(two.ws.champion).anchor_release
    assert first is not None
    two.ws.champion.write_text(first.model_dump_json())
    delete_page(two, 2)
    assert "champion.json: written again from the journal" in recover(two.ws, "ann")
    assert history(two.ws) == before


def test_numbers_that_mlflow_left_out_are_not_entries_that_are_missing(two: Run) -> None:
    before = history(two.ws)
    pages = ModelStore(two.ws.root, JOURNAL)
    delete_page(two, pages.add("file:///nowhere", {}))
    assert history(two.ws) == before
    well(two, 2)


def test_an_entry_that_lost_a_race_does_not_take_the_place_of_one_that_was_deleted(
    two: Run,
) -> None:
    journal, (_, second) = Journal(registry(two)), history(two.ws)
    loser = second.model_copy(update={"to_version": 1, "operation": "another"})
    journal.restore(loser)
    assert history(two.ws)[-1] == second
    delete_page(two, 2)
    with pytest.raises(ReleaseRefused, match="lacks entry 2"):
        history(two.ws)
    recover(two.ws, "ann")
    assert history(two.ws)[-1] == second
    well(two, 2)


def test_what_is_lost_for_good_is_told_and_the_journal_goes_on_from_what_served(two: Run) -> None:
    """Of before there were copies: the newest page deleted, then `promote 1`."""
    two.forget_copies()
    lost = history(two.ws)[-1]
    delete_page(two, 2)
    with pytest.raises(ReleaseRefused, match=r"alias names version 2.*lost an entry.*recover"):
        promote(two.ws, 1, "moves back", "me")
    with pytest.raises(ReleaseRefused, match=r"version 2 .* is lost for good.*--accept-loss") as no:
        recover(two.ws, "ann")
    assert no.value.exit_code == EXIT_REFUSED
    registry(two).point("champion", 1)  # and somebody moved the alias back
    with pytest.raises(ReleaseRefused, match="which no entry of the journal made the champion"):
        promote(two.ws, 1, "moves back", "me")
    assert "says so" in recover(two.ws, "ann", accept_loss=True)[0]
    entry = history(two.ws)[-1]
    assert (entry.action, entry.seq, entry.to_version) == ("recover", 2, 2)
    assert entry.to_digest == lost.to_digest
    assert recover(two.ws, "ann") == []
    well(two, 2)


def test_a_page_that_is_lost_from_the_middle_does_not_stop_releases_for_ever(two: Run) -> None:
    two.released(b"weights three")
    promote(two.ws, None, "third", "ann")
    registry(two).mlflow.delete_model_version_tag(W, "2", "journal.2")
    two.ws.journal_copy.unlink()
    delete_page(two, 2)
    with pytest.raises(ReleaseRefused, match="entries 2 to 3 are lost for good"):
        recover(two.ws, "ann")
    told = recover(two.ws, "ann", accept_loss=True)
    assert "journal entries 2 to 3 are lost for good; journal entry 2 says so" in " ".join(told)
    first, entry = history(two.ws)
    assert (first.to_version, entry.action, entry.to_version) == (1, "recover", 3)
    assert len(entry.lost or ()) == 2
    assert rollback(two.ws, "wrong totals", "ann", answers_well).to_version == 1
    well(two, 3)


def test_an_alias_set_by_hand_is_set_back(two: Run) -> None:
    two.released(b"weights three")
    registry(two).point("champion", 3)
    with pytest.raises(ReleaseRefused, match=r"set by hand.*recover"):
        promote(two.ws, 2, "again", "me")
    assert recover(two.ws, "ann") == ["alias champion: named 3, names 2"]
    well(two, 2)


def test_a_repository_without_a_registry_has_nothing_to_recover(bare: Run) -> None:
    with pytest.raises(ReleaseRefused, match="there is no registry here"):
        recover(bare.ws, "ann")


def test_git_knows_the_newest_entry_and_how_many_there_are(two: Run) -> None:
    said, entry = json.loads(two.ws.champion.read_text()), history(two.ws)[-1]
    assert said["journal"] == json.loads(entry.model_dump_json(exclude_none=True))
    assert said["journal"]["seq"] == 2
    version = two.released(b"weights three").version
    assert registry(two).version(version).tags["journal"] == f"2 {said['journal_head']}"
