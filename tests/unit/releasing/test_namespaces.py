"""Two repositories with one workflow name on one registry: told, refused, and parted by a name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.releases.racing_moves import clones, race, registry_at
from support.releases.registry_servers import mlflow_server
from support.repositories.finished_run import Run, W, answers_well
from typer.testing import CliRunner

from dslm.cli.release.release import app
from dslm.errors import EXIT_REFUSED, InputError, Problems, ReleaseRefused
from dslm.provenance import write_atomic
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.repository_id import FILE, TAG, repository_id
from dslm.settings.release_policy import PATH, load_release_policy


@pytest.fixture(autouse=True)
def _unplugged() -> None:
    """Some of these reach a server on this machine."""


@pytest.fixture(scope="session")
def server(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copyfile(migrated, folder / "mlflow.db")
    with mlflow_server(folder, f"sqlite:///{folder / 'mlflow.db'}") as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> str:
    shutil.copyfile(migrated, tmp_path / "shared.db")
    return f"sqlite:///{tmp_path / 'shared.db'}"


@pytest.fixture
def two_repositories(_finished: Run, copying: Any, tmp_path: Path) -> tuple[Run, Run]:
    return copying(_finished, tmp_path / "sales"), copying(_finished, tmp_path / "claims")


def named(run: Run, namespace: str) -> None:
    write_atomic(run.ws.root / PATH, f"namespace: {namespace}\n")


def clone(run: Run, folder: Path) -> Run:
    (made,) = clones(run, folder, 1)
    return made


@pytest.mark.parametrize("at", ["database", "server"])
def test_the_second_repository_is_refused_and_a_namespace_parts_the_two(
    two_repositories, request, at: str
) -> None:
    sales, claims = two_repositories
    with registry_at(request.getfixturevalue(at)):
        sales.register()
        promote(sales.ws, None, "first", "ann")
        before = sales.state()
        for act in (
            claims.register, lambda: promote(claims.ws, 1, "mine", "bob"),
            lambda: rollback(claims.ws, "mine", "bob", answers_well),
            lambda: releases(claims.ws), lambda: history(claims.ws),
        ):  # fmt: skip
            with pytest.raises(ReleaseRefused, match="belongs to another repository") as caught:
                act()
            assert "`namespace`" in caught.value.message()
            assert repository_id(sales.ws.root) in caught.value.message()
        assert repository_id(claims.ws.root) is None  # nothing was written for it
        named(claims, "claims-desk")
        assert (claims.register().version, len(history(claims.ws))) == (1, 0)
        promote(claims.ws, None, "ours", "bob")
        assert sales.state() == before
        mlflow = ModelStore(claims.ws.root, W).mlflow
        known = {one.name for one in mlflow.search_registered_models()}
        assert known >= {W, f"{W}.journal", f"claims-desk-{W}", f"claims-desk-{W}.journal"}
        assert mlflow.get_experiment_by_name(f"claims-desk-{W}") is not None
        named(sales, "claims-desk")
        with pytest.raises(ReleaseRefused, match="belongs to another repository"):
            releases(sales.ws)


def test_of_two_repositories_that_register_first_at_once_one_has_the_name(
    two_repositories, server: str, tmp_path: Path
) -> None:
    for run in two_repositories:
        named(run, "raced")
    with registry_at(server):
        ran = race([run.register for run in two_repositories], tmp_path / "ran")
        assert sorted(one.code for one in ran) == [0, EXIT_REFUSED]
        (winner,) = [run for run, one in zip(two_repositories, ran, strict=True) if one.moved]
        (version,) = ModelStore(winner.ws.root, W).versions()
        assert version.tags[TAG] == repository_id(winner.ws.root)


def test_a_model_that_another_created_after_the_look_takes_no_version(
    two_repositories, database: str
) -> None:
    sales, claims = two_repositories
    with registry_at(database):
        sales.register()
        with pytest.raises(ReleaseRefused, match="belongs to another repository"):
            ModelStore(claims.ws.root, W).add("file:///nowhere", {})
        assert [v.number for v in ModelStore(sales.ws.root, W).versions()] == [1]


def test_a_clone_goes_on_and_one_without_the_file_takes_the_id_from_what_it_knows(
    two_repositories, database: str, tmp_path: Path
) -> None:
    sales, _ = two_repositories
    with registry_at(database):
        sales.register()
        promote(sales.ws, None, "first", "ann")
        own = repository_id(sales.ws.root)
        other = clone(sales, tmp_path / "clones")
        assert repository_id(other.ws.root) == own
        assert [entry.to_version for entry in history(other.ws)] == [1]
        sales.released(b"weights two")
        forgetful = clone(sales, tmp_path / "forgetful")
        (forgetful.ws.root / FILE).unlink()
        assert len(history(forgetful.ws)) == 1
        assert repository_id(forgetful.ws.root) is None  # who only reads writes nothing
        assert promote(forgetful.ws, 2, "second", "cy") is not None
        assert repository_id(forgetful.ws.root) == own
        stranger = clone(sales, tmp_path / "stranger")
        (stranger.ws.root / FILE).unlink()
        stranger.ws.receipt.unlink()
        write_atomic(stranger.ws.champion, '{"version": 0, "digest": null}\n')
        with pytest.raises(ReleaseRefused, match="git pull"):
            history(stranger.ws)


def test_the_repositorys_own_registry_is_its_own_without_the_file(one: Run) -> None:
    own = repository_id(one.ws.root)
    (one.ws.root / FILE).unlink()
    one.ws.receipt.unlink()
    assert len(releases(one.ws)) == 1
    one.released(b"weights two")
    assert repository_id(one.ws.root) == own
    write_atomic(one.ws.root / FILE, json.dumps({"id": "0" * 16}))
    for command in ("list", "history"):
        done = CliRunner().invoke(app, [command, W], env={"DSLM_ROOT": str(one.ws.root)})
        assert isinstance(done.exception, ReleaseRefused)
        assert f"of id {own!r}" in done.exception.message()


def test_versions_of_before_there_was_an_id_go_on_and_newer_ones_have_it(two: Run) -> None:
    mlflow = ModelStore(two.ws.root, W).mlflow
    for name in (W, f"{W}.journal"):
        for number in ("1", "2"):
            mlflow.delete_model_version_tag(name, number, TAG)
        mlflow.delete_registered_model_tag(name, TAG)
    (two.ws.root / FILE).unlink()
    assert [entry.to_version for entry in history(two.ws)] == [1, 2]
    rollback(two.ws, "wrong totals", "ann", answers_well)
    pages = ModelStore(two.ws.root, f"{W}.journal").versions()
    assert [page.tags.get(TAG) for page in pages] == [None, None, repository_id(two.ws.root)]


def test_renamed_in_mlflow_it_lives_on_under_a_namespace(two: Run) -> None:
    mlflow = ModelStore(two.ws.root, W).mlflow
    for name in (W, f"{W}.journal"):
        mlflow.rename_registered_model(name, f"claims-{name}")
    mlflow.rename_experiment(mlflow.get_experiment_by_name(W).experiment_id, f"claims-{W}")
    named(two, "claims")
    assert [entry.to_version for entry in history(two.ws)] == [1, 2]
    assert rollback(two.ws, "wrong totals", "ann", answers_well) is not None
    assert two.released(b"weights three").version == 3
    store = ModelStore(two.ws.root, W)
    assert store.release_runs() == sorted(str(one.run_id) for one in store.versions())
    store.remove(3)
    assert [one.number for one in store.versions()] == [1, 2]


@pytest.mark.parametrize("text", ["{}", "no json", '{"id": "x"}', '{"id": 7}', ""])
def test_a_file_that_holds_no_id_is_exit_code_2(one: Run, text: str) -> None:
    (one.ws.root / FILE).write_text(text)
    with pytest.raises(InputError, match="holds no id of a repository"):
        releases(one.ws)


@pytest.mark.parametrize("name", ["Sales", "a/b", "a.b", "a_b", "-a", "a-", "a--b", "", "a" * 64])
def test_a_namespace_that_could_be_taken_for_another_name_is_refused(
    tmp_path: Path, name: str
) -> None:
    write_atomic(tmp_path / PATH, f"namespace: {name!r}\n")
    with pytest.raises(Problems, match="namespace"):
        load_release_policy(tmp_path)
