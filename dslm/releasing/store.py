"""The model registry in our nouns: versions, tags, aliases and the files of a version.

Takes a repository and a model name; gives frozen `Version`s. The only module that speaks to
MLflow's registry; `registering`, `promoting` and `journal` go through it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dslm.errors import ReleaseRefused
from dslm.releasing.faults import WrittenAtOnce
from dslm.releasing.opening import client, plain_faults, sound_answers, tracking_uri
from dslm.releasing.repository_id import (
    TAG,
    id_to_write,
    name_in_registry,
    refuse_other_model,
    refuse_others,
    repository_id,
)
from dslm.releasing.stored_files import refuse_foreign_place
from dslm.releasing.tracking import experiment_id
from dslm.releasing.version import Version, version_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

# The folder of a run's artifacts that holds a release.
FOLDER = "release"
KIND = ("dslm", "release")  # the tag of a registered model of ours
_WRITES = 5  # of one tag or alias, where others write the same one at the same time
RESTORE = "restore it from a backup, or register that release again"


class ModelStore:
    """One registered model and its versions.

    `model` is the workflow, or its journal; `name` what MLflow knows it by.
    """

    def __init__(self, root: Path, model: str, *, mlflow: MlflowClient | None = None):
        """Open the registry of a repository.

        Args:
            root: The repository.
            model: A workflow, or its journal; need not be registered yet.
            mlflow: A client that is open already.
        """
        self.root, self.model, self.name = root, model, name_in_registry(root, model)
        self.mlflow = mlflow or client(root)

    def beside(self, model: str) -> ModelStore:
        """Another model of the same registry."""
        return ModelStore(self.root, model, mlflow=self.mlflow)

    def versions(self, *, aliases: bool = True) -> list[Version]:
        """All versions, oldest first, with the aliases that name them unless nobody asks.

        Raises:
            ReleaseRefused: Another repository registered one under this name.
        """
        named: dict[int, list[str]] = {}
        for alias, number in (self.aliases() if aliases else {}).items():
            named.setdefault(number, []).append(alias)
        with sound_answers(self.root):
            found = [(int(version.version), version) for version in self._pages()]
            versions = [version_of(v, tuple(sorted(named.get(n, [])))) for n, v in found]
        refuse_others(self.root, self.model, versions)
        return sorted(versions, key=lambda v: v.number)

    def _pages(self) -> Iterator[Any]:
        """All versions as MLflow has them, page by page."""
        token, seen = None, set[str]()
        while token != "":
            with plain_faults(self.root):
                page = self.mlflow.search_model_versions(f"name='{self.name}'", page_token=token)
            yield from page
            token = page.token or ""
            if token in seen:
                raise ValueError("pages without end")
            seen.add(token)

    def version(self, number: int, versions: Sequence[Version] | None = None) -> Version:
        """One version, of those that were read already if they were.

        Raises:
            ReleaseRefused: There is no such version; names those there are.
        """
        versions = self.versions() if versions is None else versions
        for version in versions:
            if version.number == number:
                return version
        known = ", ".join(str(v.number) for v in versions) or "none"
        raise ReleaseRefused(f"no version {number}", where=self.model, fix=f"known: {known}")

    def aliases(self) -> dict[str, int]:
        """Which version each alias names; empty where the model is not registered yet."""
        with plain_faults(self.root):
            model = self._registered()
        with sound_answers(self.root):
            named = model.aliases if model else {}
            return {str(alias): int(number) for alias, number in named.items()}

    def claim(self) -> None:
        """See to it that the model is there, is this repository's and takes what is written.

        Asked before anything else is written: a user who may only read leaves nothing half done.

        Raises:
            ReleaseRefused: Another repository has taken the name.
            AccessRefused: The server lets this user not write to it.
        """
        self._set(self._ensure)
        if tracking_uri(self.root).startswith("http"):  # only a server has permissions
            key, value = KIND
            self._set(lambda: self.mlflow.set_registered_model_tag(self.name, key, value))

    def add(self, source: str, tags: Mapping[str, str], run_id: str | None = None) -> int:
        """A new version with its tags, in one transaction; gives its number.

        Raises:
            ReleaseRefused: Another repository has taken the name.
        """
        with plain_faults(self.root):
            self._ensure()
            tags = {**tags, TAG: self.repository}
            made = self.mlflow.create_model_version(self.name, source, run_id=run_id, tags=tags)
        return int(made.version)

    def _registered(self) -> Any:
        """The model as MLflow has it; None where it is not registered yet."""
        from mlflow.exceptions import MlflowException

        try:
            return self.mlflow.get_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None

    def _ensure(self) -> None:
        """Register the model where it is not; of two who do, one has it."""
        from mlflow.exceptions import MlflowException

        own, there = self.repository, self._registered()
        if there is None:
            try:
                tags = dict([KIND, (TAG, own)])
                self.mlflow.create_registered_model(self.name, tags=tags)
                return
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                there = self._registered()
        refuse_other_model(self.root, self.model, there.tags if there else {})

    @property
    def repository(self) -> str:
        """The id by which the registry knows who wrote something; made where there is none yet."""
        known = repository_id(self.root)
        return known or id_to_write(self.root, self.versions(aliases=False))

    def tag(self, number: int, key: str, value: str) -> None:
        """Set a tag of a version."""
        self._set(lambda: self.mlflow.set_model_version_tag(self.name, str(number), key, value))

    def point(self, alias: str, number: int | None) -> None:
        """Let an alias name a version, or nothing."""
        if number is None:
            self._set(lambda: self.mlflow.delete_registered_model_alias(self.name, alias))
        else:
            self._set(lambda: self.mlflow.set_registered_model_alias(self.name, alias, str(number)))

    def _set(self, write: Callable[[], object]) -> None:
        """Write what may be written twice; again where another process wrote the same row."""
        for left in reversed(range(_WRITES)):
            try:
                with plain_faults(self.root):
                    write()
                return
            except WrittenAtOnce:
                if not left:
                    raise

    def remove(self, number: int) -> None:
        """Delete a version; MLflow does not give out its number again."""
        with plain_faults(self.root):
            self.mlflow.delete_model_version(self.name, str(number))

    def upload(self, folder: Path, tags: Mapping[str, str]) -> tuple[str, str]:
        """Keep a folder's files with a run of their own; gives the run's id and the files' URI."""
        with plain_faults(self.root):
            experiment = experiment_id(self.mlflow, self.root, self.model)
            tags = {"dslm.kind": "release", "dslm.repository": self.repository, **tags}
            run = self.mlflow.create_run(experiment, tags=tags).info
            self.mlflow.log_artifacts(run.run_id, str(folder), FOLDER)
            self.mlflow.set_terminated(run.run_id, "FINISHED")
        return str(run.run_id), f"{run.artifact_uri}/{FOLDER}"

    def keep(self, version: Version, folder: Path) -> None:
        """Put a folder's files beside a version's own, over those of the same name.

        Raises:
            ReleaseRefused: The version has no files of ours.
        """
        if version.run_id is None:
            where = f"{self.model} version {version.number}"
            raise ReleaseRefused("has no files of ours", where=where, fix=RESTORE)
        with plain_faults(self.root):
            self.mlflow.log_artifacts(version.run_id, str(folder), FOLDER)

    def release_runs(self) -> list[str]:
        """The runs that hold a release's files, deleted ones and those of no version among them."""
        from mlflow.entities import ViewType

        found: set[str] = set()
        token, seen = None, set[str]()
        with plain_faults(self.root):
            experiment = self.mlflow.get_experiment_by_name(self.name)
            while experiment is not None and token != "":
                page = self.mlflow.search_runs(
                    [experiment.experiment_id], "tags.`dslm.kind` = 'release'", ViewType.ALL,
                    page_token=token,
                )  # fmt: skip
                found |= {run.info.run_id for run in page}
                token = page.token or ""
                if token in seen:
                    raise ValueError("pages without end")
                seen.add(token)
        return sorted(found)

    def fetch(self, version: Version, into: Path) -> Path:
        """Copy a version's files out of the registry; gives their folder, nothing proved yet.

        Raises:
            ReleaseRefused: They are gone.
        """
        where = f"{self.model} version {version.number}"
        if version.run_id is None:
            raise ReleaseRefused("has no files of ours", where=where, fix=RESTORE)
        found = self._download(version.run_id, FOLDER, into)
        if found is None:
            raise ReleaseRefused("its files are gone", where=where, fix=RESTORE)
        return found

    def read(self, version: Version, name: str) -> bytes | None:
        """One file of a version, nothing proved; None where there is none."""
        if version.run_id is None:
            return None
        with tempfile.TemporaryDirectory(prefix="dslm-") as into:
            found = self._download(version.run_id, f"{FOLDER}/{name}", Path(into))
            return found.read_bytes() if found and found.is_file() else None

    def _download(self, run_id: str, path: str, into: Path) -> Path | None:
        """What a run holds under a path; None where that, or the run itself, is gone."""
        from mlflow.exceptions import MlflowException

        with plain_faults(self.root), sound_answers(self.root):
            try:
                uri = self.mlflow.get_run(run_id).info.artifact_uri
                refuse_foreign_place(self.root, uri, path, where=self.model)
                return Path(self.mlflow.download_artifacts(run_id, path, str(into)))
            except (FileNotFoundError, NotADirectoryError):
                return None
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return None
