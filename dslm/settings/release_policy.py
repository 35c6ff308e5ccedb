"""The release policy, `registry/policy.yaml`, and the trust root that a recipient keeps.

Closed and typed. The policy is the repository's own: what it is called on a shared server, which
keys it takes, whether an unsigned release may still be used, who the people are, and how many of
them must approve what. A trust root has only keys, in a file that whoever receives releases keeps
himself; it is never read from the repository that is verified. Read by `dslm.releasing` and
`dslm check`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StringConstraints

from dslm.errors import InputError, Problems
from dslm.provenance import digest_json
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.document_loading import Location, line_of, load_document, read_yaml
from dslm.settings.files.regular_files import is_there
from dslm.settings.gate_policy import Settings

PATH = Path("registry") / "policy.yaml"
TRAINER, PROMOTER, APPROVER = "trainer", "promoter", "approver"
Approvable = Literal["promotion", "loosening", "waiver", "policy_change"]
APPROVABLE: tuple[Approvable, ...] = get_args(Approvable)
PUBLISHED = "the demonstration key"  # whose owner everybody is
MOST_PEOPLE = 50  # whom the journal's entries have room for
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,59}$")]


class PersonKey(Settings):
    """A public key of somebody."""

    public_key: str = Field(
        description="the public key in PEM form, as `dslm release keygen` prints it"
    )
    retired: dt.date | None = Field(
        None, description='last day of its use, in quotes ("2027-01-31"): what it signed until '
        "then counts, what it signed later does not. A key that leaked is removed instead",
    )  # fmt: skip


class TrustedKey(PersonKey):
    """A public key whose signatures count."""

    name: str = Field(min_length=2, description="whose key it is, as messages name it")


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


class Approval(Settings):
    """How many people must approve a thing."""

    count: int = Field(ge=1, le=MOST_PEOPLE, description="how many different people")
    role: Name = Field(APPROVER, description="who of them may: a name in `roles`")
    not_the_trainer: bool = Field(
        True, description="whoever trained the release does not count: the person whose key signed "
        "it. A release that nobody of `people` signed has no known trainer and is refused then",
    )  # fmt: skip


class Approvals(Settings):
    """What has to be approved by signatures; what is not named needs none, or is not allowed."""

    promotion: Approval | None = Field(None, description="every promotion")
    loosening: Approval | None = Field(
        None, description="a promotion that is asked less than an earlier one; refused where this "
        "is not named",
    )  # fmt: skip
    waiver: Approval | None = Field(
        None, description="a promotion with a waived check; where this is not named, a waiver is "
        "whoever's the file says",
    )  # fmt: skip
    policy_change: Approval | None = Field(
        None, description="a promotion under another registry/policy.yaml than the last one was "
        "made under: the last one's says who must approve",
    )  # fmt: skip

    def named(self) -> Iterator[tuple[Approvable, Approval]]:
        """What has to be approved, and by how many."""
        for kind in APPROVABLE:
            if (rule := getattr(self, kind)) is not None:
                yield kind, rule


class Drill(Settings):
    """Whether a promotion needs a rollback that was tried."""

    max_age_days: int = Field(
        ge=1, description="how old the last `dslm release drill` of champion and candidate may be"
    )


class ReleasePolicy(Settings):
    """The document `registry/policy.yaml`."""

    namespace: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=63, description="stands before "
        "the names of this repository's models and experiments on an MLflow server that several "
        "repositories share; none where it has the server to itself",
    )  # fmt: skip
    signing: Signing = Field(default_factory=Signing, description="which signatures are taken")
    people: dict[Name, list[PersonKey]] = Field(
        default_factory=dict, max_length=MOST_PEOPLE, description="name → the person's public keys"
    )
    roles: dict[Name, list[Name]] = Field(
        default_factory=dict, max_length=MOST_PEOPLE,
        description="role → people. `trainer`: their keys sign releases, as `signing.keys` do; "
        "`promoter`: theirs alone sign moves of the champion, where there is one; any other: who "
        "may approve what names it",
    )  # fmt: skip
    approvals: Approvals = Field(
        default_factory=Approvals, description="how many must approve what, by signatures"
    )

    drill: Drill | None = Field(
        None, description="refuse a promotion without a recent, passed drill; the first needs none"
    )

    def digest(self) -> str:
        """Of what it says, however it is written."""
        return digest_json(self.plain())

    def plain(self) -> dict[str, Any]:
        """What it says, as JSON: what is as everywhere is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def faults(self) -> Iterator[tuple[Location, str, str]]:
        """What does not fit together: where, what, and what to do."""
        yield from self._of_people()
        yield from self._of_roles()
        yield from self._of_approvals()

    def _of_people(self) -> Iterator[tuple[Location, str, str]]:
        for name, keys in self.people.items():
            if not keys:
                yield ("people", name), "has no key", "add one, or remove the person"
        spelt: dict[str, str] = {}
        for name in self.people:
            like = spelt.setdefault(re.sub(r"[ ._@-]", "", name).casefold(), name)
            if like != name:
                fix = "give each a name of their own; one person's keys stand under one name"
                yield ("people", name), f"reads as {like!r} does", fix

    def _of_roles(self) -> Iterator[tuple[Location, str, str]]:
        for role, people in self.roles.items():
            if not people:
                yield ("roles", role), "names nobody", "name people, or remove it"
            for at, name in enumerate(people):
                if name in people[:at]:
                    yield ("roles", role, at), f"names {name} twice", "keep one"
                if name not in self.people:
                    yield (
                        ("roles", role, at),
                        f"{name!r} is not in people",
                        _near(name, self.people),
                    )

    def _of_approvals(self) -> Iterator[tuple[Location, str, str]]:
        for kind, rule in self.approvals.named():
            place = ("approvals", kind)
            if rule.role not in self.roles:
                what = f"the role {rule.role!r} is not in roles"
                yield (*place, "role"), what, _near(rule.role, self.roles)
            elif rule.count > (there := len(self.roles[rule.role])):
                what = f"asks for {rule.count} people, and {rule.role} has {there}"
                yield (*place, "count"), what, "ask for fewer, or name more people in the role"
        if any(self.approvals.named()) and self.approvals.policy_change is None:
            what = "policy_change is missing, so that whoever edits this file takes the rest away"
            yield ("approvals",), what, "say who must approve a change of this file"


def _near(word: str, known: dict[str, Any]) -> str:
    found = nearest(word, [*known])
    return f"did you mean {found!r}?" if found else f"known: {', '.join(known) or 'none'}"


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
    if not is_there(path):
        return ReleasePolicy()
    policy, document = load_document(path, ReleasePolicy), read_yaml(path)
    faults = [
        InputError(f"{'.'.join(map(str, at))}: {what}", where=f"{path}:{line_of(document, at)}",
                   fix=fix)
        for at, what, fix in policy.faults()
    ]  # fmt: skip
    if faults:
        raise Problems(faults)
    return policy


def load_trust_root(path: Path) -> TrustRoot:
    """A recipient's trust root.

    Raises:
        Problems: Every mistake in it, with file, line and key.
        InputError: It is missing.
    """
    return load_document(path, TrustRoot, fix="name a file with the keys that you trust")
