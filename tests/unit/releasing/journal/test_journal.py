from __future__ import annotations

import pytest

from dslm.errors import ReleaseRefused
from dslm.records import JournalEntry
from dslm.releasing.journal.journal import Journal, digest_of, served
from dslm.releasing.registry.mlflow_store import ModelStore


def entry(
    seq: int, to: int, previous: str, *, actor: str = "me", **changes: object
) -> JournalEntry:
    values = {
        "seq": seq, "at": "2026-01-01T00:00:00+00:00", "actor": actor, "action": "promote",
        "from_version": 0, "to_version": to, "reason": "because", "verdict_digest": "sha256:v",
        "previous_digest": previous,
    }  # fmt: skip
    return JournalEntry.model_validate(values | changes)


@pytest.fixture
def releases(run) -> ModelStore:
    store = ModelStore(run.ws.root, "w")
    for _ in range(3):
        store.add("file:///nowhere", {})
    return store


@pytest.fixture
def journal(releases) -> Journal:
    """Three moves."""
    journal = Journal(releases)
    previous = journal.genesis
    for seq in (1, 2, 3):
        previous = digest_of(journal.append(entry(seq, seq, previous))[-1])
    return journal


@pytest.fixture
def pages(releases) -> ModelStore:
    """Where the journal is kept."""
    return ModelStore(releases.root, "w.journal", mlflow=releases.mlflow)


def test_entries_come_back_in_order(journal) -> None:
    assert [e.to_version for e in journal.entries()] == [1, 2, 3]


def test_of_two_who_follow_the_same_entry_the_second_is_refused(journal) -> None:
    head = digest_of(journal.entries()[-1])
    *_, first = journal.append(entry(4, 1, head, actor="ann"))
    with pytest.raises(ReleaseRefused, match="at the same time"):
        journal.append(entry(4, 2, head, actor="bob"))
    assert journal.entries()[-1] == first
    *_, following = journal.append(entry(5, 2, digest_of(first)))
    assert journal.entries()[-1] == following


def test_a_changed_entry_is_detected(journal, pages) -> None:
    text = pages.version(2).tags["entry"].replace("because", "no reason")
    pages.tag(2, "entry", text)
    with pytest.raises(ReleaseRefused, match="entry 2 was changed"):
        journal.entries()


def test_a_changed_entry_with_a_mended_digest_is_detected(journal, pages) -> None:
    forged = JournalEntry.model_validate_json(pages.version(2).tags["entry"])
    forged = forged.model_copy(update={"actor": "somebody else"})
    pages.tag(2, "entry", forged.model_dump_json())
    pages.tag(2, "digest", digest_of(forged))
    with pytest.raises(ReleaseRefused, match="entry 3 does not follow"):
        journal.entries()


def test_a_removed_entry_is_detected(journal, pages) -> None:
    pages.mlflow.delete_model_version("w.journal", "2")
    with pytest.raises(ReleaseRefused, match="entry 2 is missing"):
        journal.entries()


def test_an_unreadable_entry_is_detected(journal, pages) -> None:
    pages.tag(3, "entry", "{")
    with pytest.raises(ReleaseRefused, match="entry 3 is not readable"):
        journal.entries()


def test_an_entry_of_another_history_is_detected(journal, pages) -> None:
    foreign = entry(4, 1, "sha256:elsewhere")
    with pytest.raises(ReleaseRefused, match="entry 4 does not follow"):
        journal.append(foreign)


def moves(*done: tuple[str, int]) -> tuple[JournalEntry, ...]:
    return tuple(
        entry(seq, to, "", action=action) for seq, (action, to) in enumerate(done, start=1)
    )


@pytest.mark.parametrize(
    ("done", "line"),
    [
        ((), ()),
        ((("promote", 1),), (1,)),
        ((("promote", 1), ("promote", 2), ("rollback", 1)), (1,)),
        ((("promote", 1), ("promote", 2), ("promote", 3), ("rollback", 2)), (1, 2)),
        ((("promote", 1), ("promote", 2), ("promote", 3), ("rollback", 1)), (1,)),
        ((("promote", 1), ("promote", 2), ("rollback", 1), ("rollback", 2)), (1, 2)),
    ],
)
def test_two_rollbacks_go_back_two_releases_and_not_back_and_forth(done, line) -> None:
    assert tuple(entry.to_version for entry in served(moves(*done))) == line
