"""`dslm release keygen` and `verify`: what they print, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.releases.signed_folders import listed, make_release, new_key

from dslm.releasing.signing.keys import demonstration_key, own_key
from dslm.releasing.signing.signed_folder import sign_folder


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own folder."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(folder))
    return folder


def test_keygen_prints_what_policies_and_trust_roots_hold(dslm, home) -> None:
    assert dslm("release", "keygen", "--show").code == 2
    made = dslm("release", "keygen")
    assert (made.code, made.err) == (0, "")
    path = home / "dslm" / "signing-key.pem"
    assert str(path) in made.out
    trust = home / "trust.yaml"
    entry = made.out[made.out.index("    - name:") :].replace("WHOSE KEY IT IS", "me")
    trust.write_text(f"keys:\n{entry}")
    folder = make_release(home / "release")
    sign_folder(folder, own_key())
    done = dslm("release", "verify", "--folder", folder, "--trust", trust)
    assert (done.code, "MLmodel: would have" in done.err) == (4, True)  # signed, and no release
    again = dslm("release", "keygen")
    assert (again.code, "is there already" in again.err) == (2, True)
    shown = json.loads(dslm("release", "keygen", "--show", "--json").out)
    assert shown["public_key"] == own_key().public.pem
    assert dslm("release", "keygen", "--show", "--out", home / "x").code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "no version is named"),
        (["mini"], "no version is named"),
        (["--folder", "release"], "--trust FILE"),
        (["mini", "--folder", "release", "--trust", "t"], "a folder is verified, or a version"),
        (["--folder", "release", "--trust", "nowhere"], "no such file"),
    ],
)
def test_who_asks_wrongly_is_told_how(arguments, told, dslm, repository, monkeypatch) -> None:
    make_release(repository.root / "elsewhere" / "release")
    monkeypatch.chdir(repository.root / "elsewhere")
    done = dslm("release", "verify", *arguments)
    assert (done.code, told in done.err) == (2, True), done.err


def test_a_folder_is_refused_with_one_clear_line(dslm, tmp_path) -> None:
    key, folder, trust = new_key(), make_release(tmp_path / "release"), tmp_path / "trust.yaml"
    trust.write_text(f"keys:\n{listed(key)}")

    def refused(word: str) -> None:
        done = dslm("release", "verify", "--folder", folder, "--trust", trust)
        assert (done.code, word in done.err, done.err.count("\n")) == (4, True, 1), done.err

    refused("is not signed")
    sign_folder(folder, key)
    (folder / "MLmodel").write_text("loader_module: evil")
    refused(f"{folder / 'MLmodel'}: was changed after it was signed")
    sign_folder(folder, new_key())
    refused(f"trust.yaml trusts: ann ({key.public.short})")
    invented = make_release(tmp_path / "invented", invented=True)
    sign_folder(invented, demonstration_key())
    folder = invented
    refused("the demonstration key, which is published and proves nothing")
