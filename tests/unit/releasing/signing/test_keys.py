"""Keys outside git that only their owner reads, and whose of them count."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from support.releases.signed_folders import listed, new_key

from dslm.errors import InputError, ReleaseRefused
from dslm.releasing.signing.keys import (
    VARIABLE,
    demonstration_key,
    key_path,
    make_key,
    own_key,
    read_public_key,
)
from dslm.releasing.signing.trusted_keys import (
    read_trust,
    refuse_own_trust,
    trust_in_force,
    trust_of,
    trust_to_judge,
)
from dslm.settings.release_policy import PATH


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path, monkeypatch) -> None:
    path = tmp_path / "settings" / "key.pem"
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(InputError, match="no such file"):
        own_key()
    made = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    found = own_key()
    assert found
    assert found.public == made.public
    assert made.public.short in repr(made)
    assert "PRIVATE" not in repr(made)
    with pytest.raises(InputError, match="is there already"):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(InputError, match="others can read"):
        own_key()


def test_without_a_key_named_there_may_be_none(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert own_key() is None
    assert key_path() == tmp_path / "dslm" / "signing-key.pem"


def test_no_key_is_made_in_a_git_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(InputError, match="must never be committed"):
        make_key(tmp_path / "deep" / "key.pem")
    assert not (tmp_path / "deep").exists()


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, secret: bytes = b"") -> bytes:
    how = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, form, how)


@pytest.mark.parametrize(
    ("pem", "told"),
    [
        (b"no key", "no private key"),
        (_pem(ec.generate_private_key(ec.SECP256R1()), b"secret"), "is encrypted"),
        (_pem(ec.generate_private_key(ec.SECP256K1())), "another kind"),
        (_pem(ed25519.Ed25519PrivateKey.generate()), "another kind"),
    ],
    ids=["text", "encrypted", "curve", "ed25519"],
)
def test_a_file_that_is_no_usable_key_is_the_user_s_fault(pem, told, tmp_path, monkeypatch) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem)
    path.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(InputError, match=told):
        own_key()


def test_a_private_key_is_no_public_one() -> None:
    both = new_key().public.pem + new_key().public.pem
    secret = new_key().pem().decode()
    wrong = {secret: "holds a private key", "x": "no public key", both: "holds several keys"}
    for text, told in wrong.items():
        with pytest.raises(InputError, match=told):
            read_public_key(text, "trust.yaml")


def test_a_trust_root_holds_several_keys_or_is_one(tmp_path, monkeypatch) -> None:
    ann, bob, path = new_key(), new_key(), tmp_path / "trust.yaml"
    path.write_text(f'keys:\n{listed(ann)}    retired: "2030-01-31"\n{listed(bob, "bob")}')
    trust = read_trust(path)
    assert [one.name for one in trust.keys] == ["ann", "bob"]
    assert str(trust.keys[0].retired) == "2030-01-31"
    assert trust.keys[1].key == bob.public
    (tmp_path / "ann.pem").write_text(ann.public.pem)
    (only,) = read_trust(tmp_path / "ann.pem").keys
    assert (only.name, only.key) == ("ann", ann.public)
    assert trust_in_force(None) is None
    with pytest.raises(ReleaseRefused, match="nothing says whose signatures count"):
        trust_to_judge(None)
    monkeypatch.setenv("DSLM_TRUST_ROOT", str(path))
    repository = tmp_path / "repository"
    assert trust_in_force(repository) == trust
    with pytest.raises(InputError, match="may have written it"):
        trust_in_force(repository, tmp_path)


@pytest.mark.parametrize("linked", ["the folder of the keys", "the release"])
def test_a_link_on_the_way_to_trust_or_release_is_its_repository_s(tmp_path, linked: str) -> None:
    repository, elsewhere = tmp_path / "repository", tmp_path / "elsewhere"
    for folder in (repository / ".git", elsewhere / "release"):
        folder.mkdir(parents=True)
    root, release = repository / "trust.yaml", repository / "release"
    if linked == "the release":
        release.symlink_to(elsewhere / "release")
    else:
        release.mkdir()
        (repository / "keys").symlink_to(elsewhere)
        root = repository / "keys" / "trust.yaml"
    root.write_text(f"keys:\n{listed(new_key())}")
    with pytest.raises(InputError, match="may have written it"):
        refuse_own_trust(release, root)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("keys: []\n", "trusts nobody"),
        ("key: []\n", "did you mean 'keys'"),
        ("keys:\n  - {name: ann, public_key: x}\n", "no public key"),
        (f"keys:\n{listed(demonstration_key())}", "everybody has"),
        (f"{new_key().public.pem}keys: []\n", "something after the key"),
        (f"keys:\n{listed(KEY := new_key())}{listed(KEY, 'bob')}", "stands twice"),
    ],
)
def test_a_wrong_trust_root_is_the_user_s_fault(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "trust.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_trust(path)


def test_a_repository_without_a_policy_trusts_nobody(tmp_path: Path) -> None:
    trust = trust_of(tmp_path)
    assert (trust.keys, trust.demonstration_key) == ((), False)
    (tmp_path / "registry").mkdir()
    (tmp_path / PATH).write_text("signing: {demonstration_key: true}\n")
    assert trust_of(tmp_path).demonstration_key
