from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories.finished_run import Run, answers_well

from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import digest_file
from dslm.records import Baseline
from dslm.releasing.moves.baseline import choose_baseline, read_champion
from dslm.releasing.moves.promote_and_rollback import rollback
from dslm.releasing.registry.mlflow_connection import client
from dslm.releasing.verification.fetch_release import fetch_asked, fetch_release, fetch_version


def test_without_a_champion_there_is_nothing_to_compare_with(bare) -> None:
    assert choose_baseline(bare.ws) == Baseline()


def test_a_new_candidate_is_compared_with_the_champion(unmoved) -> None:
    assert choose_baseline(unmoved.ws).version == 2


def test_a_candidate_that_became_champion_keeps_the_comparison_that_let_it_in(two) -> None:
    assert choose_baseline(two.ws).version == 1


def test_a_verdict_that_cannot_be_read_is_named_not_passed_over(two) -> None:
    (two.ws.results / "gate.json").write_text("{}")
    with pytest.raises(InputError, match=r"gate\.json.*delete it"):
        choose_baseline(two.ws)


@pytest.mark.parametrize("text", [None, "", '{"version": "one"}'])
def test_a_missing_or_broken_record_of_the_champion_is_named(bare, text) -> None:
    bare.ws.champion.unlink()
    if text is not None:
        bare.ws.champion.write_text(text)
    with pytest.raises(InputError, match=r"champion\.json"):
        read_champion(bare.ws.champion)


def test_the_champions_files_are_fetched_as_they_were_registered(unmoved, tmp_path) -> None:
    folder = fetch_release(unmoved.ws, read_champion(unmoved.ws.champion), tmp_path)
    weights = folder / "adapter" / "adapter_model.safetensors"
    assert weights.read_bytes() == b"weights two"
    assert digest_file(folder / "gate.json") == digest_file(unmoved.stored(2, "gate.json"))


def test_another_release_under_the_champions_number_is_refused(unmoved, tmp_path) -> None:
    with pytest.raises(ReleaseRefused, match="is not the release"):
        fetch_release(unmoved.ws, Baseline(version=2, digest="sha256:other"), tmp_path)


def test_where_no_version_is_named_the_one_that_serves_by_the_journal_is_fetched(
    two: Run, tmp_path: Path
) -> None:
    def asked(number: int | None, into: str) -> tuple[int, bytes]:
        version, folder = fetch_asked(two.ws, number, tmp_path / into)
        return version, (folder / "adapter" / "adapter_model.safetensors").read_bytes()

    assert asked(None, "a") == (2, b"weights two") != asked(1, "b")
    rollback(two.ws, "wrong rates", "me", answers_well)
    two.ws.champion.write_text('{"version": 2, "digest": "sha256:of another clone"}')
    assert asked(None, "c") == asked(1, "d")
    client(two.ws.root).set_registered_model_alias("mini", "champion", "2")
    with pytest.raises(ReleaseRefused, match="alias names version 2, the journal says 1"):
        asked(None, "e")


def test_any_version_is_fetched_by_its_number(unmoved, tmp_path) -> None:
    folder = fetch_version(unmoved.ws, 1, tmp_path)
    assert digest_file(folder / "gate.json") == digest_file(unmoved.stored(1, "gate.json"))
    with pytest.raises(ReleaseRefused, match="no version 9"):
        fetch_version(unmoved.ws, 9, tmp_path)
