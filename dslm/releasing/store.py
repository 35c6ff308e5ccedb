"""The model registry in our nouns: versions, tags, aliases and the files of a version.

Takes a repository and a model name; gives frozen `Version`s. The only module that speaks to
MLflow's registry; `registering`, `promoting` and `journal` go through it.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dslm.errors import ReleaseRefused
from dslm.releasing.faults import WrittenAtOnce
from dslm.releasing.opening import client, plain_faults
from dslm.releasing.stored_files import refuse_foreign_place
from dslm.releasing.tracking import experiment_id
from dslm.strict_json import strict_json

if TYPE_CHECKING:
    from mlflow import MlflowClient

# The folder of a run's artifacts that holds a release.
FOLDER = "release"
# What a version's status says: it was read back and has answered; it was rolled back from since.
CANDIDATE, WITHDRAWN = "candidate", "withdrawn"
_WRITES = 5  # of one tag or alias, where others write the same one at the same time
RESTORE = "restore it from a backup, or register that release again"


@dataclass(frozen=True)
class Version:
    """One version of a registered model."""

    number: int
    tags: Mapping[str, str]
    aliases: tuple[str, ...]
    created: str
    run_id: str | None

    @property
    def digest(self) -> str:
        """What it was registered as; the number alone says too little. Empty where not by us."""
        return self.tags.get("digest", "")

    @property
    def terms(self) -> str | None:
        """Digest of what it was held to as tagged; None of one from before there was one."""
        return self.tags.get("terms")

    @property
    def approved(self) -> bool:
        """Whether it was read back and has answered; it may have been rolled back from since."""
        return self.tags.get("status") in {CANDIDATE, WITHDRAWN}

    @property
    def contract_version(self) -> int:
        """The contract's version as tagged; 0 where the tag is missing or no such number."""
        said = self.tags.get("contract_version", "")
        return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else 0

    @property
    def evidence(self) -> dict[str, str]:
        """Digests of what it was made from as tagged; empty where the tag is no such record."""
        try:
            said = strict_json(self.tags.get("evidence", "{}"))
        except ValueError:
            return {}
        if not isinstance(said, dict):
            return {}
        return {key: value for key, value in said.items() if isinstance(value, str)}


class ModelStore:
    """One registered model and its versions."""

    def __init__(self, root: Path, model: str, *, mlflow: MlflowClient | None = None):
        """Open the registry of a repository.

        Args:
            root: The repository.
            model: The registered model's name; need not exist yet.
            mlflow: A client that is open already.
        """
        self.root, self.model = root, model
        self.mlflow = mlflow or client(root)

    def beside(self, model: str) -> ModelStore:
        """Another model of the same registry."""
        return ModelStore(self.root, model, mlflow=self.mlflow)

    def versions(self, *, aliases: bool = True) -> list[Version]:
        """All versions, oldest first, with the aliases that name them unless nobody asks."""
        found: list[Any] = []
        token = None
        with plain_faults(self.root):
            while token != "":
                page = self.mlflow.search_model_versions(f"name='{self.model}'", page_token=token)
                found += page
                token = page.token or ""
        named: dict[int, list[str]] = {}
        for alias, number in (self.aliases() if aliases else {}).items():
            named.setdefault(number, []).append(alias)
        versions = [_version(v, tuple(sorted(named.get(int(v.version), [])))) for v in found]
        return sorted(versions, key=lambda v: v.number)

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
        from mlflow.exceptions import MlflowException

        with plain_faults(self.root):
            try:
                model = self.mlflow.get_registered_model(self.model)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return {}
        return {str(alias): int(number) for alias, number in model.aliases.items()}

    def add(self, source: str, tags: Mapping[str, str], run_id: str | None = None) -> int:
        """A new version with its tags, in one transaction; gives its number."""
        from mlflow.exceptions import MlflowException

        with plain_faults(self.root):
            try:
                self.mlflow.create_registered_model(self.model, tags={"dslm": "release"})
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            made = self.mlflow.create_model_version(
                self.model, source, run_id=run_id, tags=dict(tags)
            )
        return int(made.version)

    def tag(self, number: int, key: str, value: str) -> None:
        """Set a tag of a version."""
        self._set(lambda: self.mlflow.set_model_version_tag(self.model, str(number), key, value))

    def point(self, alias: str, number: int | None) -> None:
        """Let an alias name a version, or nothing."""
        if number is None:
            self._set(lambda: self.mlflow.delete_registered_model_alias(self.model, alias))
        else:
            self._set(
                lambda: self.mlflow.set_registered_model_alias(self.model, alias, str(number))
            )

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

    def upload(self, folder: Path, tags: Mapping[str, str]) -> tuple[str, str]:
        """Keep a folder's files with a run of their own; gives the run's id and the files' URI."""
        with plain_faults(self.root):
            experiment = experiment_id(self.mlflow, self.root, self.model)
            run = self.mlflow.create_run(experiment, tags={"dslm.kind": "release", **tags}).info
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

        found: list[str] = []
        token = None
        with plain_faults(self.root):
            experiment = self.mlflow.get_experiment_by_name(self.model)
            while experiment is not None and token != "":
                page = self.mlflow.search_runs(
                    [experiment.experiment_id], "tags.`dslm.kind` = 'release'", ViewType.ALL,
                    page_token=token,
                )  # fmt: skip
                found += [run.info.run_id for run in page]
                token = page.token or ""
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
        with tempfile.TemporaryDirectory() as into:
            found = self._download(version.run_id, f"{FOLDER}/{name}", Path(into))
            return found.read_bytes() if found and found.is_file() else None

    def _download(self, run_id: str, path: str, into: Path) -> Path | None:
        """What a run holds under a path; None where that, or the run itself, is gone."""
        from mlflow.exceptions import MlflowException

        with plain_faults(self.root):
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


def as_time(milliseconds: int | None) -> str:
    """A time of MLflow's, as records have it."""
    moment = dt.datetime.fromtimestamp((milliseconds or 0) / 1000, tz=dt.UTC)
    return moment.isoformat(timespec="seconds")


def _version(found: Any, aliases: tuple[str, ...]) -> Version:
    return Version(
        number=int(found.version),
        tags=MappingProxyType(dict(found.tags)),
        aliases=aliases,
        created=as_time(found.creation_timestamp),
        run_id=found.run_id or None,
    )
