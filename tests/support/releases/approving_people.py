"""People with keys, and release policies that name them: for approvals and signed moves."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dslm.provenance import write_atomic
from dslm.releasing.signing.keys import VARIABLE, SigningKey
from dslm.settings.release_policy import PATH
from support.releases.signed_folders import new_key
from support.repositories.finished_run import Run

WHY = "read gate.md, fewer wrong totals"
APPROVALS = """\
approvals:
  promotion: {count: 1}
  policy_change: {count: 1, not_the_trainer: false}
"""
ROLES = "roles: {trainer: [ann, dan], approver: [ann, bob, eve]}\n"


@dataclass(frozen=True)
class People:
    """Keys of people: ann and dan train, ann, bob and eve may approve; mallory is nobody."""

    keys: Mapping[str, SigningKey]
    folder: Path

    @classmethod
    def with_keys(cls, folder: Path) -> People:
        """New keys for all."""
        names = ("ann", "bob", "eve", "dan", "mallory", "ann2")
        keys = {name: new_key() for name in names}
        folder.mkdir(parents=True, exist_ok=True)
        for name, key in keys.items():
            path = folder / f"{name}.pem"
            path.touch(mode=0o600)
            path.write_bytes(key.pem())
        return cls(keys, folder)

    @contextmanager
    def acting(self, name: str) -> Iterator[None]:
        """Whoever signs meanwhile is this person."""
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = str(self.folder / f"{name}.pem")
        try:
            yield
        finally:
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before

    def listed(self, retired: Mapping[str, str] | None = None, **names: str) -> str:
        """`people:` of a policy; `names`: whose key stands under whose name, besides the usual."""
        owners: dict[str, list[str]] = {name: [] for name in ("ann", "bob", "eve", "dan")}
        for key, owner in ({name: name for name in owners} | names).items():
            owners[owner].append(key)
        owners = {owner: keys for owner, keys in owners.items() if keys}
        lines = ["people:"]
        for name, keys in owners.items():
            lines.append(f"  {name}:")
            for key in keys:
                pem = self.keys[key].public.pem.strip().replace("\n", "\n        ")
                lines += ["    - public_key: |", f"        {pem}"]
                if day := (retired or {}).get(key):
                    lines.append(f'      retired: "{day}"')
        return "\n".join(lines) + "\n"

    def policy(
        self,
        run: Run,
        approvals: str = APPROVALS,
        *,
        roles: str = ROLES,
        required: bool = True,
        retired: Mapping[str, str] | None = None,
        **names: str,
    ) -> Path:
        """Write the release policy of a repository."""
        text = f"signing: {{required: {str(required).lower()}}}\n"
        path = run.ws.root / PATH
        write_atomic(path, text + self.listed(retired, **names) + roles + approvals)
        return path
