"""A version of a registered model: its number, its tags, and what those say.

Made by `mlflow_store` and `read_without_mlflow` of what MLflow has; read by all of
`dslm.releasing`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dslm.strict_json import strict_json

# What a version's status says: it was read back and has answered; it was rolled back from since.
CANDIDATE, WITHDRAWN = "candidate", "withdrawn"
# When a version was first registered, of one that was restored since: its tag.
REGISTERED = "registered"


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


def as_time(milliseconds: int | None) -> str:
    """A time of MLflow's, as records have it."""
    moment = dt.datetime.fromtimestamp((milliseconds or 0) / 1000, tz=dt.UTC)
    return moment.isoformat(timespec="seconds")


def registered_at(tags: Mapping[str, str], milliseconds: int | None) -> str:
    """When a version was registered: of one that was restored, the first time, as its tag says."""
    try:
        said = dt.datetime.fromisoformat(tags.get(REGISTERED, ""))
    except ValueError:
        return as_time(milliseconds)
    return tags[REGISTERED] if said.tzinfo else as_time(milliseconds)


def version_of(found: Any, aliases: tuple[str, ...]) -> Version:
    """A version as MLflow gives it, in our noun."""
    return Version(
        number=int(found.version),
        tags=MappingProxyType(dict(found.tags)),
        aliases=aliases,
        created=registered_at(dict(found.tags), found.creation_timestamp),
        run_id=found.run_id or None,
    )
