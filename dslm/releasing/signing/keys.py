"""Signing keys: one of your own in a file outside git, or the demonstration key that all have.

Takes the environment; gives a `SigningKey`, or the `PublicKey` that a PEM text holds. ECDSA on
NIST curves, as OpenSSF Model Signing wants. Called by whatever signs, and by `trusted_keys`.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dslm.errors import InputError
from dslm.provenance import sync_folder
from dslm.settings.files.regular_files import refuse_no_file

VARIABLE = "DSLM_SIGNING_KEY"
KEYGEN = "`dslm release keygen` makes one"
SHOWN = 12  # digits of a key's id in messages
# Published here, so that everybody can sign with it: it proves nothing.
_PUBLISHED = b"dslm demonstration signing key: published, proves nothing"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512(),
}  # fmt: skip


@dataclass(frozen=True)
class PublicKey:
    """A public key in its one PEM form."""

    pem: str

    @property
    def id(self) -> str:
        """SHA-256 of the PEM form, as signatures of OpenSSF Model Signing hint at a key."""
        return hashlib.sha256(self.pem.encode()).hexdigest()

    @property
    def short(self) -> str:
        """The first digits of its id, for messages."""
        return self.id[:SHOWN]

    @property
    def demonstration(self) -> bool:
        """Whether it is the published one."""
        return self.id == demonstration_key().public.id

    def signed(self, data: bytes, signature: bytes) -> bool:
        """Whether its owner signed these bytes."""
        key = serialization.load_pem_public_key(self.pem.encode())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            what = f"a key of another kind than {', '.join(_HASHES)}"
            raise InputError(what, where=self.short, fix=KEYGEN)
        try:
            key.verify(signature, data, ec.ECDSA(_HASHES[key.curve.name]))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key, held in memory; `repr` shows none of it."""

    _private: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.public.short})"

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return _public(self._private.public_key())

    @property
    def demonstration(self) -> bool:
        """Whether it is the published one."""
        return self.public.demonstration

    def sign(self, data: bytes) -> bytes:
        """A signature over bytes, DER."""
        return self._private.sign(data, ec.ECDSA(_HASHES[self._private.curve.name]))

    def pem(self) -> bytes:
        """The private key in PEM form, not encrypted: for a file that only its owner reads."""
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


@lru_cache(maxsize=1)
def demonstration_key() -> SigningKey:
    """The key that is published with dslm: for invented data, so that the example is signed too."""
    return SigningKey(
        ec.derive_private_key(int.from_bytes(hashlib.sha256(_PUBLISHED).digest()), ec.SECP256R1())
    )


def read_public_key(pem: str, where: str | Path) -> PublicKey:
    """The public key in a PEM text.

    Raises:
        InputError: There is none, or one of another kind.
    """
    fix = "give the lines from BEGIN PUBLIC KEY to END PUBLIC KEY, as `dslm release keygen` shows"
    if "PRIVATE KEY" in pem:
        raise InputError("holds a private key, which belongs to nobody else", where=where, fix=fix)
    if pem.count("-----BEGIN") > 1:
        raise InputError("holds several keys", where=where, fix="list each under `keys:` by itself")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InputError("no public key in PEM form", where=where, fix=fix) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise InputError(f"a key of another kind than {', '.join(_HASHES)}", where=where, fix=fix)
    return _public(key)


def key_path() -> Path:
    """Where one's own key lies: `DSLM_SIGNING_KEY`, or a file in the user's settings folder."""
    if given := os.environ.get(VARIABLE):
        return Path(given).expanduser()
    settings = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(settings) / "dslm" / "signing-key.pem"


def named() -> bool:
    """Whether the environment names a key, rather than one lying where keys lie."""
    return bool(os.environ.get(VARIABLE))


def own_key() -> SigningKey | None:
    """One's own key; None where there is none and none is named.

    Raises:
        InputError: The one that is named is not there, or a key cannot be used.
    """
    path = key_path()
    if not named() and not path.exists():
        return None
    refuse_no_file(path, fix=f"{VARIABLE} names a key: {KEYGEN}, or unset it")
    if path.stat().st_mode & 0o077:
        raise InputError("a signing key that others can read", where=path, fix=f"chmod 600 {path}")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except TypeError:
        raise InputError("is encrypted, and nobody is asked for a passphrase here", where=path,
                         fix="decrypt it into a file that only you read") from None  # fmt: skip
    except (ValueError, UnsupportedAlgorithm):
        raise InputError("no private key in PEM form", where=path, fix=KEYGEN) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise InputError(f"a key of another kind than {', '.join(_HASHES)}", where=path, fix=KEYGEN)
    return SigningKey(key)


def make_key(path: Path) -> SigningKey:
    """Make a key and write it where only its owner reads it.

    Raises:
        InputError: There is a file already, or the place is in a git repository.
    """
    path = path.expanduser().absolute()
    if inside := next((folder for folder in path.parents if (folder / ".git").exists()), None):
        raise InputError(f"lies in the git repository {inside}, and a private key must never be "
                         "committed", where=path, fix="choose a place outside")  # fmt: skip
    key = SigningKey(ec.generate_private_key(ec.SECP256R1()))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        fix = "keep it, or name another file: --out"
        raise InputError("is there already", where=path, fix=fix) from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key.pem())
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(path.parent)
    return key


def _public(key: ec.EllipticCurvePublicKey) -> PublicKey:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return PublicKey(key.public_bytes(serialization.Encoding.PEM, form).decode())
