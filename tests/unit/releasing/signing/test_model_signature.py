"""A folder's signature: as the format's own library makes and reads it, and no file left out."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from model_signing import hashing, verifying
from support.releases.signed_folders import bundle, make_release, new_key, statement_over, trusting

from dslm.errors import ReleaseRefused
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.model_signature import SIGNATURE, verify_files, write_signature

KEY = new_key()


@pytest.fixture(scope="module")
def _signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_release(tmp_path_factory.mktemp("signed") / "release")
    write_signature(folder, KEY)
    return folder


@pytest.fixture
def signed(_signed: Path, tmp_path: Path) -> Path:
    folder = make_release(tmp_path / "release")
    (folder / SIGNATURE).write_bytes((_signed / SIGNATURE).read_bytes())
    return folder


def by_the_library(folder: Path, key: SigningKey, tmp_path: Path) -> None:
    pem = tmp_path / "public.pem"
    pem.write_text(key.public.pem)
    ask = verifying.Config().use_elliptic_key_verifier(public_key=pem)
    all_but = hashing.Config().set_ignored_paths(paths=[folder / SIGNATURE], ignore_git_paths=False)
    ask.set_hashing_config(all_but).verify(folder, folder / SIGNATURE)


@pytest.mark.parametrize(
    "curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda c: c.name
)
def test_the_format_s_library_and_we_accept_each_other_s_signatures(curve, tmp_path) -> None:
    key, folder = new_key(curve), make_release(tmp_path / "release")
    (folder / "adapter-notes.md").write_text("sorts otherwise by text than by folder")
    write_signature(folder, key)
    theirs = verify_files(folder, trusting(key))
    by_the_library(folder, key, tmp_path)
    (folder / SIGNATURE).write_text(json.dumps(bundle(statement_over(folder), key)))
    ours = verify_files(folder, trusting(key))
    by_the_library(folder, key, tmp_path)
    (folder / "MLmodel").write_text("changed")
    with pytest.raises(ValueError, match="MLmodel"):
        by_the_library(folder, key, tmp_path)
    assert (ours.by, ours.files) == (theirs.by, theirs.files)
    assert "adapter/adapter_model.safetensors" in ours.files


def _change(folder: Path) -> None:
    with (folder / "adapter/adapter_model.safetensors").open("ab") as stream:
        stream.write(b"\0")


def _link(folder: Path) -> None:
    real = folder.parent / "elsewhere"
    (folder / "gate.json").rename(real)
    (folder / "gate.json").symlink_to(real)


def _linked_folder(folder: Path) -> None:
    real = folder.parent / "adapter"
    (folder / "adapter").rename(real)
    (folder / "adapter").symlink_to(real)


BREAKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a changed byte": (_change, "was changed after it was signed"),
    "a missing file": (lambda f: (f / "MLmodel").unlink(), "a signed file is missing"),
    "an added file": (lambda f: (f / "code.py").write_text("x"), "not signed was added"),
    "an added file that git hides": (
        lambda f: (f / ".gitignore").write_text("x"), "not signed was added",
    ),
    "an added folder of git": (
        lambda f: ((f / ".git").mkdir(), (f / ".git/config").write_text("x")),
        "not signed was added",
    ),
    "a link in place of a file": (_link, "is a link"),
    "a link in place of a folder": (_linked_folder, "is a link"),
    "a pipe": (lambda f: os.mkfifo(f / "pipe"), "neither a file nor a folder"),
    "no signature": (lambda f: (f / SIGNATURE).unlink(), "is not signed"),
    "a cut signature": (
        lambda f: (f / SIGNATURE).write_bytes((f / SIGNATURE).read_bytes()[:-9]), "not JSON",
    ),
    "an empty signature": (lambda f: (f / SIGNATURE).write_text("{}"), "no signature of a model"),
    "a folder in its place": (
        lambda f: ((f / SIGNATURE).unlink(), (f / SIGNATURE).mkdir()), "is not signed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_folder_with(name: str, signed: Path) -> None:
    assert verify_files(signed, trusting(KEY)).by.name == "person 1"
    edit, told = BREAKS[name]
    edit(signed)
    with pytest.raises(ReleaseRefused, match=told) as refused:
        verify_files(signed, trusting(KEY))
    assert refused.value.exit_code == 4


def test_what_others_leave_beside_is_named_by_who_knows_them(signed: Path) -> None:
    (signed / "registered_model_meta").write_text("model_name: mini\n")
    assert verify_files(signed, trusting(KEY), beside=["registered_model_meta"]).files
    with pytest.raises(ReleaseRefused, match="not signed was added"):
        verify_files(signed, trusting(KEY))


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def edit(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        value[path[-1]] = to

    return edit


ESCAPES = {"name": "../gate.json", "algorithm": "sha256", "digest": "0" * 64}
STATED: dict[str, tuple[Callable[[Any], object], str]] = {
    "another digest of all": (
        _set("subject", 0, "digest", "sha256", to="0" * 64), "not that of its files",
    ),
    "two subjects": (lambda s: s["subject"].append(s["subject"][0]), "subject"),
    "another kind": (_set("predicateType", to="https://slsa.dev/provenance/v1"), "predicateType"),
    "another type": (_set("_type", to="https://in-toto.io/Statement/v0.1"), "_type"),
    "links followed": (_set("predicate", "serialization", "allow_symlinks", to=True), "symlinks"),
    "another hash": (_set("predicate", "serialization", "hash_type", to="md5"), "hash_type"),
    "pieces of files": (_set("predicate", "serialization", "method", to="shards"), "method"),
    "no files": (_set("predicate", "resources", to=[]), "resources"),
    "a file twice": (
        lambda s: s["predicate"]["resources"].append(s["predicate"]["resources"][0]), "twice",
    ),
    "a file elsewhere": (lambda s: s["predicate"]["resources"].append(ESCAPES), "lists a file as"),
    "no object": (lambda s: s.clear(), "signs no model"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATED)
def test_a_good_signature_that_states(name: str, signed: Path) -> None:
    edit, told = STATED[name]
    statement = statement_over(signed)
    (signed / SIGNATURE).write_text(json.dumps(bundle(copy.deepcopy(statement), KEY)))
    assert verify_files(signed, trusting(KEY)).files
    edit(statement)
    (signed / SIGNATURE).write_text(json.dumps(bundle(statement, KEY)))
    with pytest.raises(ReleaseRefused, match=told):
        verify_files(signed, trusting(KEY))


def test_what_a_signature_says_to_ignore_is_not_ignored(signed: Path) -> None:
    statement = statement_over(signed)
    statement["predicate"]["serialization"]["ignore_paths"] = ["code.py", "model.sig"]
    (signed / SIGNATURE).write_text(json.dumps(bundle(statement, KEY)))
    assert verify_files(signed, trusting(KEY)).files
    (signed / "code.py").write_text("x")
    with pytest.raises(ReleaseRefused, match="not signed was added"):
        verify_files(signed, trusting(KEY))


BUNDLES: dict[str, tuple[Callable[[Any], object], str]] = {
    "another media type": (_set("mediaType", to="application/json"), "mediaType"),
    "no key named": (_set("verificationMaterial", to={}), "publicKey"),
    "another key named": (
        _set("verificationMaterial", "publicKey", "hint", to="0" * 64), "not trusted",
    ),
    "two signatures": (
        lambda b: b["dsseEnvelope"]["signatures"].append(b["dsseEnvelope"]["signatures"][0]),
        "signatures",
    ),
    "another signature": (_set("dsseEnvelope", "signatures", 0, "sig", to="AAAA"), "these bytes"),
    "no base64": (_set("dsseEnvelope", "signatures", 0, "sig", to="€"), "base64"),
    "another payload": (_set("dsseEnvelope", "payload", to="e30="), "these bytes"),
    "another payload type": (_set("dsseEnvelope", "payloadType", to="text/plain"), "text/plain"),
}  # fmt: skip


@pytest.mark.parametrize("name", BUNDLES)
def test_a_signature_with(name: str, signed: Path) -> None:
    edit, told = BUNDLES[name]
    made = bundle(statement_over(signed), KEY)
    edit(made)
    (signed / SIGNATURE).write_text(json.dumps(made))
    with pytest.raises(ReleaseRefused, match=told):
        verify_files(signed, trusting(KEY))


def test_a_signature_of_another_kind_of_thing_is_none_of_a_folder(signed: Path) -> None:
    made = bundle(statement_over(signed), KEY, kind="application/vnd.dslm.journal-entry+json")
    made["dsseEnvelope"]["payloadType"] = "application/vnd.in-toto+json"
    (signed / SIGNATURE).write_text(json.dumps(made))
    with pytest.raises(ReleaseRefused, match="not of these bytes"):
        verify_files(signed, trusting(KEY))


def test_nothing_is_signed_that_leads_elsewhere(tmp_path: Path) -> None:
    folder = make_release(tmp_path / "release")
    _link(folder)
    with pytest.raises(ReleaseRefused, match="is a link"):
        write_signature(folder, KEY)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReleaseRefused, match="no file to sign"):
        write_signature(tmp_path / "empty", KEY)
