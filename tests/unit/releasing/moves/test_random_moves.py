"""Moves, deletions and hands on aliases in any order: what serves is what the journal names."""

from __future__ import annotations

import contextlib
import random

import pytest
from mlflow.exceptions import MlflowException
from support.repositories.finished_run import Run, W, answers_well

from dslm.errors import InputError, ReleaseRefused
from dslm.records import Baseline
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.champion_agreement import disagreements
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.registry.mlflow_store import ModelStore

ACTS = [
    *("register", "promote", "promote", "newest", "newest", "rollback", "correct", "correct"),
    *("broken", "delete_model", "delete_version", "alias", "champion_file"),
]


def cannot(*_: object) -> dict[str, object]:
    raise InputError("no such base model")


class Hands:
    """What people do to a repository and its registry."""

    def __init__(self, run: Run, seed: int):
        self.run, self.chance = run, random.Random(seed)
        self.mlflow = ModelStore(run.ws.root, W).mlflow

    def some_version(self) -> int:
        return self.chance.choice([release.version for release in releases(self.run.ws)] or [1])

    def candidate(self) -> None:
        self.run.candidate(self.chance.choice([b"a", b"b", b"c"]))
        self.run.gate()

    def register(self) -> None:
        self.candidate()
        self.run.register()

    def broken(self) -> None:
        self.candidate()
        self.run.register(cannot)

    def promote(self) -> None:
        promote(self.run.ws, self.chance.choice([self.some_version(), None]), "go", "me")

    def newest(self) -> None:
        self.register()
        promote(self.run.ws, None, "go", "me")

    def correct(self) -> None:
        """As the messages advise."""
        *_, head = history(self.run.ws) or (None,)
        if head is None:
            return
        with contextlib.suppress(ReleaseRefused):
            promote(self.run.ws, head.to_version, "finish", "me")
            return
        noted = Baseline(version=head.to_version, digest=head.to_digest)  # restored from git
        self.run.ws.champion.write_text(noted.model_dump_json())
        self.mlflow.delete_registered_model_alias(W, "champion")

    def rollback(self) -> None:
        rollback(self.run.ws, "back", "me", answers_well)

    def delete_model(self) -> None:
        self.mlflow.delete_registered_model(W)

    def delete_version(self) -> None:
        self.mlflow.delete_model_version(W, str(self.some_version()))

    def alias(self) -> None:
        if self.chance.random() < 0.7:
            self.mlflow.delete_registered_model_alias(W, "champion")
        else:
            self.mlflow.set_registered_model_alias(W, "champion", str(self.some_version()))

    def champion_file(self) -> None:
        self.run.ws.champion.write_text('{"version": 0, "digest": null}\n')


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_every_move_leaves_what_the_journal_names(run: Run, seed: int) -> None:
    hands, moved = Hands(run, seed), 0
    for act in hands.chance.choices(ACTS, k=30):
        before = history(run.ws)
        with contextlib.suppress(ReleaseRefused, MlflowException):
            getattr(hands, act)()
        entries = history(run.ws)
        assert entries[: len(before)] == before
        if len(entries) == len(before):
            continue
        moved += 1
        head, noted = entries[-1], read_champion(run.ws.champion)
        assert (noted.version, noted.digest) == (head.to_version, head.to_digest)
        (serving,) = [release for release in releases(run.ws) if "champion" in release.aliases]
        assert (serving.version, serving.digest) == (noted.version, noted.digest)
        assert serving.status == "candidate"
        assert not any("alias" in fault.message() for fault in disagreements(run.ws))
    assert moved > 1
