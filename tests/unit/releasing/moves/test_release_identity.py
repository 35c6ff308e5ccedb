"""MLflow gives out numbers again: a release is its number and its digest, whatever was deleted."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from support.repositories.finished_run import Run, W, answers_well
from support.repositories.scored_repository import make_champion
from typer.testing import CliRunner

from dslm.cli.release.release import app
from dslm.errors import InputError, ReleaseRefused
from dslm.records import Baseline, JournalEntry
from dslm.releasing.journal.journal import digest_of
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.champion_agreement import disagreements
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.moves.release_identity import short
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import version_of
from dslm.releasing.verification.fetch_release import fetch_release, fetch_version

NOT_THAT = "version 1 is not the release that the journal names"


def cannot(*_: object) -> dict[str, object]:
    raise InputError("no such base model")


def registry(run: Run) -> ModelStore:
    return ModelStore(run.ws.root, W)


def delete_model(run: Run) -> None:
    registry(run).mlflow.delete_registered_model(W)


def broken(run: Run, weights: bytes) -> None:
    run.candidate(weights)
    run.gate()
    with pytest.raises(ReleaseRefused, match="no such base model"):
        run.register(cannot)


def refused(run: Run, number: int, match: str, **options: Any) -> None:
    before = run.state()
    with pytest.raises(ReleaseRefused, match=match):
        promote(run.ws, number, "after tidying up", "me", **options)
    assert run.state() == before


def champion(run: Run) -> tuple[int, str | None]:
    noted = read_champion(run.ws.champion)
    return noted.version, noted.digest


@pytest.fixture
def anew(one: Run) -> Run:
    """Its model was deleted; version 1 is another release now, as good as the first."""
    delete_model(one)
    one.released(b"weights two")
    return one


def without_digests(run: Run) -> None:
    """A journal as it was kept before entries had digests."""
    entries = history(run.ws)
    pages = ModelStore(run.ws.root, f"{W}.journal")
    previous = entries[0].previous_digest
    for number, entry in enumerate(entries, start=1):
        bare = {"from_digest": None, "to_digest": None, "previous_digest": previous}
        old = entry.model_copy(update=bare | {"operation": None})
        pages.tag(number, "entry", old.model_dump_json(exclude_none=True))
        pages.tag(number, "digest", previous := digest_of(old))
    run.forget_copies()


def test_a_broken_release_under_the_champions_number_is_not_the_champion_already(one) -> None:
    delete_model(one)
    broken(one, b"weights two")
    refused(one, 1, f"{NOT_THAT}.*with other bytes.*'broken'.*promote it as a new release")
    assert registry(one).aliases() == {}
    assert [e.to_version for e in history(one.ws)] == [1]


def test_nor_is_one_whose_registration_was_cut_short(one) -> None:
    def interrupted(*_: object) -> dict[str, object]:
        raise KeyboardInterrupt

    delete_model(one)
    one.candidate(b"weights two")
    one.gate()
    with pytest.raises(KeyboardInterrupt):
        one.register(interrupted)
    refused(one, 1, f"{NOT_THAT}.*'registering'")


def test_the_champion_itself_is_proved_before_it_counts_as_champion_already(one) -> None:
    one.stored(1, "calibration.json").write_text('{"threshold": 0.0}\n')
    refused(one, 1, "bytes differ")
    registry(one).tag(1, "status", "broken")
    refused(one, 1, "its status is 'broken'")


def test_a_digest_that_was_set_by_hand_does_not_make_it_the_champion(anew) -> None:
    registry(anew).tag(1, "digest", history(anew.ws)[0].to_digest)
    refused(anew, 1, "its digest is not that of its files")


def test_a_proved_release_under_the_champions_number_is_promoted_as_a_new_one(anew) -> None:
    first = history(anew.ws)[0]
    entry = promote(anew.ws, 1, "the new one", "ann")
    assert entry is not None
    (now,) = releases(anew.ws)
    assert (entry.from_version, entry.from_digest) == (1, first.to_digest)
    assert (entry.to_version, entry.to_digest) == (1, now.digest)
    assert now.digest != first.to_digest
    assert champion(anew) == (1, now.digest)
    assert registry(anew).aliases() == {"candidate": 1, "champion": 1}  # no previous: it is gone
    assert disagreements(anew.ws) == []
    assert promote(anew.ws, 1, "again", "ann") is None


def test_going_back_to_a_former_champion_whose_number_was_taken_over_is_refused(anew) -> None:
    promote(anew.ws, 1, "the new one", "ann")
    before = anew.state()
    fix = r"other bytes.*none is.*backup.*promote it as a new release"
    with pytest.raises(ReleaseRefused, match=f"{NOT_THAT}.*{fix}"):
        rollback(anew.ws, "wrong totals", "ann", answers_well)
    with pytest.raises(ReleaseRefused, match="is the champion now"):
        rollback(anew.ws, "wrong totals", "ann", answers_well, to=1)
    assert anew.state() == before


def test_going_back_names_the_former_champions_that_are_still_there(two) -> None:
    two.released(b"weights three")
    promote(two.ws, 3, "third", "ann")
    registry(two).mlflow.delete_model_version(W, "2")
    before = two.state()
    said = r"version 2 \(\w{8}\) is not in the registry any more.*champion that is there \(1\)"
    with pytest.raises(ReleaseRefused, match=said):
        rollback(two.ws, "wrong totals", "ann", answers_well)
    assert two.state() == before
    assert rollback(two.ws, "wrong totals", "ann", answers_well, to=1).to_version == 1


def test_the_same_release_registered_anew_is_the_champion_still(one) -> None:
    noted = one.ws.champion.read_bytes()
    delete_model(one)
    one.register()
    assert promote(one.ws, 1, "restored", "ann") is None
    assert registry(one).aliases() == {"candidate": 1, "champion": 1}
    assert one.ws.champion.read_bytes() == noted


def test_a_lost_champion_comes_back_under_another_number_as_a_new_release(one) -> None:
    delete_model(one)
    broken(one, b"weights two")
    one.candidate(b"weights one")
    one.gate(baseline=Baseline())
    assert one.register().version == 2
    entry = promote(one.ws, 2, "restored", "ann")
    assert entry is not None
    assert entry.from_digest == entry.to_digest
    assert champion(one) == (2, entry.to_digest)


def test_a_champion_that_is_there_is_no_excuse_for_an_old_comparison(two) -> None:
    two.gate(baseline=Baseline())
    registry(two).point("champion", None)
    two.ws.champion.write_text('{"version": 0, "digest": null}\n')
    assert promote(two.ws, 2, "again", "me") is None


def test_a_verdict_against_another_release_of_the_champions_number_is_stale(anew) -> None:
    anew.candidate(b"weights three")
    other = make_champion().baseline
    anew.gate(baseline=other.model_copy(update={"version": 1}))
    anew.register()
    compared = rf"compared with version 1 \({short(other.digest)}\)"
    refused(anew, 2, f"stale baseline: version 2 was {compared}")


def test_a_single_version_that_was_deleted_does_not_lend_its_number(two) -> None:
    registry(two).mlflow.delete_model_version(W, "2")
    assert any("not in the registry" in f.message() for f in disagreements(two.ws))
    assert two.released(b"weights three").version == 3
    refused(two, 2, "no version 2")
    assert promote(two.ws, 3, "third", "me") is not None
    assert disagreements(two.ws) == []


def test_an_alias_on_a_release_that_the_journal_does_not_name_is_told_and_stops(
    anew, tmp_path
) -> None:
    registry(anew).point("champion", 1)
    told = " ".join(fault.message() for fault in disagreements(anew.ws))
    assert "the champion alias names version 1, which is not the release" in told
    refused(anew, 1, "set by hand")
    for fetch in (
        lambda: fetch_version(anew.ws, 1, tmp_path),
        lambda: fetch_release(anew.ws, read_champion(anew.ws.champion), tmp_path),
    ):
        with pytest.raises(ReleaseRefused, match="is not the release"):
            fetch()


def test_an_alias_on_another_version_stops_predictions_with_it_and_scores(two, tmp_path) -> None:
    two.released(b"weights three")
    registry(two).point("champion", 3)
    with pytest.raises(ReleaseRefused, match="alias names version 3, the journal says 2"):
        fetch_version(two.ws, 3, tmp_path)
    with pytest.raises(ReleaseRefused, match="alias names version 3, the journal says 2"):
        fetch_release(two.ws, read_champion(two.ws.champion), tmp_path)
    assert fetch_version(two.ws, 2, tmp_path / "2").is_dir()


def test_an_alias_that_was_deleted_is_set_again_by_asking_for_the_champion(two) -> None:
    before = two.state()
    registry(two).point("champion", None)
    two.released(b"weights three")
    refused(two, 3, "alias names version 0, the journal says 2.*promote version 2 again")
    assert promote(two.ws, 2, "finish", "me") is None
    assert two.state()[1:] == before[1:]
    assert registry(two).aliases()["champion"] == 2


def test_the_number_of_another_release_predicts_nothing_until_it_is_promoted(
    anew, tmp_path
) -> None:
    with pytest.raises(ReleaseRefused, match=NOT_THAT):
        fetch_version(anew.ws, 1, tmp_path / "before")
    promote(anew.ws, 1, "the new one", "ann")
    folder = fetch_version(anew.ws, 1, tmp_path / "after")
    assert (folder / "adapter/adapter_model.safetensors").read_bytes() == b"weights two"


def test_a_broken_version_predicts_nothing(run, tmp_path) -> None:
    broken(run, b"weights one")
    with pytest.raises(ReleaseRefused, match="'broken'"):
        fetch_version(run.ws, 1, tmp_path)


def test_a_champion_json_that_names_what_never_served_is_refused(two, tmp_path) -> None:
    third = two.released(b"weights three")
    made_up = Baseline(version=3, digest=third.digest)
    with pytest.raises(ReleaseRefused, match="was never champion by the journal"):
        fetch_release(two.ws, made_up, tmp_path)


def test_whoever_expects_a_number_means_the_release_that_champion_json_names(anew) -> None:
    first = anew.ws.champion.read_bytes()
    promote(anew.ws, 1, "the new one", "ann")
    anew.released(b"weights three")
    anew.ws.champion.write_bytes(first)  # as in a clone that was not brought up to date
    refused(anew, 2, r"the champion is version 1 \(\w{8}\), not version 1", expected=1)


def test_registering_knows_the_champion_by_the_journal_and_not_by_an_alias(one) -> None:
    one.gate()  # the same candidate, now against version 1
    registry(one).point("champion", None)
    assert one.register().version == 1


def test_the_list_and_the_history_say_what_differs(anew, monkeypatch) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(anew.ws.root))

    def dslm(*arguments: str) -> Any:
        return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})

    done = dslm("list", W, "--json")
    (found,) = json.loads(done.stdout)
    assert done.exit_code == 0
    assert any(NOT_THAT in fault for fault in found["faults"])
    assert NOT_THAT in done.stderr
    assert "the champion, version 1 (" in done.stderr
    assert history(anew.ws)[0].to_digest.removeprefix("sha256:")[:8] in dslm("history", W).stdout


def test_a_version_without_a_time_is_listed_all_the_same() -> None:
    found = SimpleNamespace(version="3", tags={}, creation_timestamp=None, run_id="")
    assert version_of(found, ()).created.startswith("1970-01-01")


def test_an_entry_of_before_digests_keeps_its_digest() -> None:
    text = (
        '{"seq":1,"at":"2026-01-01T00:00:00+00:00","actor":"me","action":"promote",'
        '"from_version":0,"to_version":1,"reason":"because","verdict_digest":"sha256:v",'
        '"previous_digest":"sha256:p"}'
    )
    entry = JournalEntry.model_validate_json(text)
    known = "sha256:80824f7a20756d192fc347a1426b605b40bcd60e63f94cc21cd8ef4405de7b6e"
    assert digest_of(entry) == known
    assert digest_of(entry.model_copy(update={"to_digest": "sha256:d"})) != known


def test_a_journal_of_before_digests_goes_on(two) -> None:
    without_digests(two)
    assert disagreements(two.ws) == []
    assert promote(two.ws, 2, "again", "me") is None
    back = rollback(two.ws, "wrong totals", "ann", answers_well)
    assert (back.to_version, back.to_digest) == (1, releases(two.ws)[1].digest)
    assert back.from_digest == releases(two.ws)[0].digest
    assert registry(two).aliases() == {"candidate": 2, "champion": 1}
    again = rollback(two.ws, "it was right", "ann", answers_well, to=2)
    assert again.to_version == 2
    assert registry(two).aliases() == {"candidate": 2, "champion": 2, "previous": 1}


def test_in_a_journal_of_before_digests_a_number_taken_over_is_known_by_its_verdict(one) -> None:
    without_digests(one)
    delete_model(one)
    broken(one, b"weights two")
    refused(one, 1, NOT_THAT)
    assert one.released(b"weights three").version == 2
    assert promote(one.ws, 2, "the new one", "ann") is not None


def test_a_model_deleted_between_the_journal_and_the_aliases_is_told(one, monkeypatch) -> None:
    one.released(b"weights two")
    append = ModelStore.add

    def deleted_after(store: ModelStore, *given: Any) -> int:
        number = append(store, *given)
        delete_model(one)
        return number

    monkeypatch.setattr(ModelStore, "add", deleted_after)
    with pytest.raises(ReleaseRefused, match="version 2"):
        promote(one.ws, 2, "second", "ann")
    monkeypatch.undo()
    assert any("version 2" in fault.message() for fault in disagreements(one.ws))
    assert one.register().version == 1  # the same bytes, registered anew
    entry = promote(one.ws, 1, "restored", "ann")
    assert entry is not None
    assert champion(one) == (1, entry.to_digest)
