"""Whose signatures count: the keys of the repository's policy, or of a recipient's trust root.

Takes `registry/policy.yaml`, or a file that the recipient keeps; gives a `Trust`, which finds the
key that a signature hints at, or refuses. Called by whatever verifies.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dslm.errors import InputError, ReleaseRefused
from dslm.releasing.signing.keys import PublicKey, demonstration_key, read_public_key
from dslm.settings.files.document_loading import read_text
from dslm.settings.release_policy import (
    PATH,
    PROMOTER,
    PUBLISHED,
    TRAINER,
    PersonKey,
    ReleasePolicy,
    load_release_policy,
    load_trust_root,
)

VARIABLE = "DSLM_TRUST_ROOT"
_PEM, _PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"


@dataclass(frozen=True)
class Trusted:
    """A key that counts, and whose it is."""

    key: PublicKey
    name: str
    retired: dt.date | None = None

    def refuse_retired(self, day: dt.date, where: str | Path) -> None:
        """Refuse what says that it was signed on a day after the key's last one.

        Raises:
            ReleaseRefused: It was.
        """
        if self.retired and day > self.retired:
            what = f"signed on {day} with the key of {self.name}, retired on {self.retired}"
            raise ReleaseRefused(what, where=where, fix="have it signed with the key of today")


@dataclass(frozen=True)
class Trust:
    """Whose signatures count.

    `where` says who decided so; `demonstration_key`: whether the published key counts too, of a
    release whose contract declares its data invented.
    """

    keys: tuple[Trusted, ...]
    demonstration_key: bool
    where: str

    @classmethod
    def of(cls, key: PublicKey) -> Self:
        """Trust in one key alone, as of who has just signed with it."""
        own = () if key.demonstration else (Trusted(key, "your own key"),)
        return cls(own, key.demonstration, "the key that signed")

    def find(self, key_id: str, where: str | Path) -> Trusted:
        """The key of an id.

        Raises:
            ReleaseRefused: It does not count.
        """
        known = next((one for one in self.keys if one.key.id == key_id), None)
        if known:
            return known
        published = demonstration_key().public
        if key_id == published.id and self.demonstration_key:
            return Trusted(published, PUBLISHED)
        if key_id == published.id:
            what = f"signed with {PUBLISHED}, which is published and proves nothing"
            fix = f"have it signed with a key of {self.where}"
            raise ReleaseRefused(what, where=where, fix=fix)
        names = ", ".join(f"{one.name} ({one.key.short})" for one in self.keys) or "none"
        what = f"signed with a key that is not trusted ({key_id[:12]})"
        raise ReleaseRefused(what, where=where, fix=f"{self.where} trusts: {names}")


def trust_of(root: Path) -> Trust:
    """Whom a repository's own policy trusts: as good as who may write to the repository.

    Raises:
        InputError: The policy is wrong, or has a key that is none.
    """
    return release_trust(load_release_policy(root), root / PATH)


def release_trust(policy: ReleasePolicy, path: str | Path = PATH) -> Trust:
    """Whose signatures of releases a policy takes: `signing.keys`, and the role `trainer`.

    Raises:
        InputError: A key is none, or is listed twice.
    """
    return _trust(policy, (*_signing(policy, path), *_people(policy, TRAINER, path)))


def mover_trust(policy: ReleasePolicy, path: str | Path = PATH) -> Trust:
    """Whose signatures of moves a policy takes: the role `promoter`; without one, all it names.

    Raises:
        InputError: As `release_trust`.
    """
    if PROMOTER in policy.roles:
        return _trust(policy, _people(policy, PROMOTER, path))
    return _trust(policy, (*_signing(policy, path), *_people(policy, None, path)))


def movers_of(root: Path) -> Trust:
    """Whose signatures of moves the repository's own policy takes.

    Raises:
        InputError: As `trust_of`.
    """
    return mover_trust(load_release_policy(root), root / PATH)


def trust_root_named() -> bool:
    """Whether this machine goes by a trust root of its own."""
    return bool(os.environ.get(VARIABLE))


def people_trust(policy: ReleasePolicy, role: str | None, path: str | Path = PATH) -> Trust:
    """The keys of a role's people, of all people where none is named; never the published key.

    Raises:
        InputError: As `release_trust`.
    """
    return Trust(_people(policy, role, path), demonstration_key=False, where=str(PATH))


def _trust(policy: ReleasePolicy, keys: Iterable[Trusted]) -> Trust:
    """Each key once: somebody of `people` may stand among `signing.keys` too."""
    once = {one.key.id: one for one in keys}
    return Trust(tuple(once.values()), policy.signing.demonstration_key, str(PATH))


def _signing(policy: ReleasePolicy, path: str | Path) -> tuple[Trusted, ...]:
    return _keys([(one.name, one) for one in policy.signing.keys], f"{path}: signing.keys")


def _people(policy: ReleasePolicy, role: str | None, path: str | Path) -> tuple[Trusted, ...]:
    given = [(name, one) for name, keys in policy.people.items() for one in keys]
    known = _keys(given, f"{path}: people")
    named = policy.people if role is None else policy.roles.get(role, ())
    return tuple(one for one in known if one.name in named)


def read_trust(path: Path) -> Trust:
    """A recipient's trust root: a YAML document, or one public key in PEM form.

    Raises:
        InputError: It is missing, wrong, or trusts nobody.
    """
    text = read_text(path, fix="name a file with the keys that you trust")
    if _PEM in text and text.lstrip().startswith(_PEM):
        if not text.rstrip().endswith(_PEM_END):
            raise InputError("holds something after the key", where=path,
                             fix="one key in PEM form alone, or each under `keys:`")  # fmt: skip
        return Trust((Trusted(read_public_key(text, path), path.stem),), False, str(path))
    root = load_trust_root(path)
    if not root.keys and not root.demonstration_key:
        raise InputError("trusts nobody", where=path, fix="add `keys:`")
    keys = _keys([(one.name, one) for one in root.keys], f"{path}: keys")
    return Trust(keys, root.demonstration_key, str(path))


def refuse_own_trust(verified: Path, trust_root: Path) -> None:
    """Refuse a trust root that whoever made what is verified may have written.

    Args:
        verified: A release's folder, a dossier, or a repository.
        trust_root: The file with the keys.

    Raises:
        InputError: It lies in that folder, or in the repository that the folder lies in. A home
            folder that is kept in git is no such repository.
    """
    # as named and as meant: whoever may write a link that lies on the way chose what it leads to
    names = (trust_root.resolve(), trust_root.parent.resolve() / trust_root.name,
             _as_named(trust_root))  # fmt: skip
    releases = (verified.resolve(), _as_named(verified))
    above = (one for release in releases for one in release.parents)
    own = [*releases, *(one for one in above if _is_repository(one))]
    if inside := next(
        (one for one in own if any(name.is_relative_to(one) for name in names)), None
    ):
        what = f"lies in {inside}, so that whoever made the release may have written it"
        raise InputError(what, where=trust_root, fix="keep the keys that you trust elsewhere")


def _as_named(path: Path) -> Path:
    """A path from the root, its links left as they are."""
    return Path(os.path.normpath(path.absolute()))


def _is_repository(folder: Path) -> bool:
    if (folder / "params.yaml").exists():
        return True
    return (folder / ".git").exists() and folder != Path.home()


def trust_in_force(root: Path | None, folder: Path | None = None) -> Trust | None:
    """Whom this machine trusts: the file that `DSLM_TRUST_ROOT` names, else the repository.

    Args:
        root: The repository; None where nothing is known but a release's folder.
        folder: The release that is verified, where somebody was given one.

    Returns:
        None where there is neither: no signature can be judged then.

    Raises:
        InputError: It is missing or wrong, or the file comes with what is verified.
    """
    if named := os.environ.get(VARIABLE):
        path = Path(named).expanduser()
        for verified in filter(None, (root, folder)):
            refuse_own_trust(verified, path)
        return read_trust(path)
    return trust_of(root) if root else None


def trust_to_judge(root: Path | None) -> Trust:
    """Whom this machine trusts, where a signature is there to be judged.

    Raises:
        InputError: As `trust_in_force`.
        ReleaseRefused: Nothing says whose signatures count.
    """
    found = trust_in_force(root)
    if found is None:
        what = "nothing says whose signatures count"
        raise ReleaseRefused(what, where=root, fix=f"name a file with the keys in {VARIABLE}")
    return found


def wants_signature(root: Path | None) -> str | None:
    """Which file refuses a release that nobody signed: this machine's trust root, or the policy.

    Args:
        root: The repository; None where nothing is known but a release's folder.

    Returns:
        None where an unsigned release is only told of.
    """
    if named := os.environ.get(VARIABLE):
        return named
    return str(PATH) if root and load_release_policy(root).signing.required else None


def _keys(given: Iterable[tuple[str, PersonKey]], where: str) -> tuple[Trusted, ...]:
    found: list[Trusted] = []
    for number, (name, one) in enumerate(given):
        place = f"{where}.{number} ({name})"
        key = read_public_key(one.public_key, place)
        if key.demonstration:
            raise InputError("is the demonstration key, which everybody has", where=place,
                             fix="remove it; `demonstration_key: true` takes it")  # fmt: skip
        if any(key.id == before.key.id for before in found):
            raise InputError("stands twice", where=place, fix="remove one")
        found.append(Trusted(key, name, one.retired))
    return tuple(found)
