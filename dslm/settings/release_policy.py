"""The release policy, `registry/policy.yaml`, and the trust root that a recipient keeps.

Closed and typed. The policy is the repository's own: what it is called on a shared server, which
keys it takes, and whether an unsigned release may still be used. A trust root has the same keys, in
a file that whoever receives releases keeps himself; it is never read from the repository that is
verified. Read by `dslm.releasing`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pydantic import Field

from dslm.settings.loading import load_document
from dslm.settings.policy import Settings
from dslm.settings.regular_files import is_there

PATH = Path("registry") / "policy.yaml"


class TrustedKey(Settings):
    """A public key whose signatures count."""

    name: str = Field(min_length=2, description="whose key it is, as messages name it")
    public_key: str = Field(
        description="the public key in PEM form, as `dslm release keygen` prints it"
    )
    retired: dt.date | None = Field(
        None, description='last day of its use, in quotes ("2027-01-31"): what it signed until '
        "then counts, what it signed later does not. A key that leaked is removed instead",
    )  # fmt: skip


class Signing(Settings):
    """Which signatures the repository takes."""

    required: bool = Field(
        False, description="refuse releases that are not signed; else a line says so and they are "
        "used, as those from before releases were signed",
    )  # fmt: skip
    demonstration_key: bool = Field(
        False, description="take the published key, which proves nothing: for invented data only"
    )
    keys: list[TrustedKey] = Field(default_factory=list, description="the keys that count")


class ReleasePolicy(Settings):
    """The document `registry/policy.yaml`."""

    namespace: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=63, description="stands before "
        "the names of this repository's models and experiments on an MLflow server that several "
        "repositories share; none where it has the server to itself",
    )  # fmt: skip
    signing: Signing = Field(default_factory=Signing, description="which signatures are taken")


class TrustRoot(Settings):
    """The keys that a recipient of releases trusts, in a file of the recipient's own."""

    keys: list[TrustedKey] = Field(default_factory=list, description="the keys that count")
    demonstration_key: bool = Field(
        False, description="take the published key too, where a release's contract declares its "
        "data invented: it proves nothing",
    )  # fmt: skip


def load_release_policy(root: Path) -> ReleasePolicy:
    """The release policy of a repository; the defaults where it has none.

    Raises:
        Problems: Every mistake in it, with file, line and key.
    """
    path = root / PATH
    return load_document(path, ReleasePolicy) if is_there(path) else ReleasePolicy()


def load_trust_root(path: Path) -> TrustRoot:
    """A recipient's trust root.

    Raises:
        Problems: Every mistake in it, with file, line and key.
        InputError: It is missing.
    """
    return load_document(path, TrustRoot, fix="name a file with the keys that you trust")
