"""A signed release: who made it, when, and statements that say what its files say."""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from support.faults.fuzzed_bytes import TOKENS
from support.releases.signed_folders import DIGEST, EVIDENCE, make_release, new_key, trusting

from dslm.errors import ReleaseRefused
from dslm.evidence import release_digest
from dslm.provenance import MANIFEST, digest_file, write_atomic
from dslm.releasing.signing.dsse import Signature, envelope, opened, sign_bytes, verify_bytes
from dslm.releasing.signing.in_toto_statements import TRAINING, VERDICT
from dslm.releasing.signing.keys import demonstration_key
from dslm.releasing.signing.model_signature import write_signature
from dslm.releasing.signing.signed_folder import sign_folder, verify_folder
from dslm.releasing.signing.trusted_keys import Trust

KEY = new_key()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = make_release(tmp_path / "release")
    sign_folder(folder, KEY)
    return folder


def stated(folder: Path, name: str) -> dict:
    found = json.loads((folder / name).read_bytes())
    return json.loads(base64.b64decode(found["payload"]))


def test_a_signed_release_says_what_it_is_and_whose(release: Path) -> None:
    signed = verify_folder(release, trusting(KEY))
    assert (signed.workflow, signed.signed_by) == ("mini", "person 1")
    assert signed.digest == release_digest("mini", EVIDENCE)
    assert signed.manifest == digest_file(release / MANIFEST)
    assert (signed.key_id, signed.demonstration, signed.retired) == (KEY.public.id, False, False)


def test_statements_are_of_the_manifest_and_hold_the_verdict_and_what_went_in(release) -> None:
    manifest = digest_file(release / MANIFEST).removeprefix("sha256:")
    verdict, training = stated(release, VERDICT), stated(release, TRAINING)
    for one in (verdict, training):
        assert one["_type"] == "https://in-toto.io/Statement/v1"
        assert one["subject"] == [{"name": "mini", "digest": {"sha256": manifest}}]
    assert verdict["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert verdict["predicate"]["result"] == "PASSED"
    assert training["predicateType"] == "https://slsa.dev/provenance/v1"
    built = training["predicate"]["buildDefinition"]
    assert built["resolvedDependencies"] == [
        {"name": name, "digest": {"sha256": DIGEST.removeprefix("sha256:")}}
        for name in ("adapter", "data")
    ]
    assert built["internalParameters"] == {"format": "1", "threshold": "0.5"}


def _restated(release: Path, name: str, change: dict) -> None:
    """State something else, with the right key and a signature over all of it."""
    statement = stated(release, name)
    statement["predicate"] |= change
    write_atomic(release / name, envelope(statement, KEY))
    write_signature(release, KEY)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (VERDICT, {"passedTests": ["safe"]}, "states something else"),
        (VERDICT, {"signedAt": "yesterday"}, "does not say when"),
        (VERDICT, {"signedAt": "2026-01-01T00:00:00"}, "does not say when"),
        (TRAINING, {"buildDefinition": {}}, "states something else"),
    ],
)
def test_a_statement_that_the_files_do_not_bear_out_is_refused(release, name, change, told) -> None:
    _restated(release, name, change)
    with pytest.raises(ReleaseRefused, match=told):
        verify_folder(release, trusting(KEY))


@pytest.mark.parametrize("name", [MANIFEST, "gate.json"])
@pytest.mark.parametrize("text", ["[]", "{}", "", '{"inputs": 3}', '{"inputs": {"a": 3}}'])
def test_a_signed_folder_that_is_no_release_is_refused(release: Path, name: str, text: str) -> None:
    write_atomic(release / name, text)
    write_signature(release, KEY)
    with pytest.raises(ReleaseRefused, match="no manifest and verdict"):
        verify_folder(release, trusting(KEY))


def _broken(raw: bytes, rng: random.Random) -> bytes:
    """Some bytes of a file turned, cut, added or said twice."""
    at, to = sorted(rng.randrange(len(raw)) for _ in range(2))
    turned = raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]
    odd = rng.choice(TOKENS)
    ways = [turned, raw[:at], raw[:at] + raw[to:], raw[:to] + raw[at:], raw[:at] + odd + raw[at:]]
    return rng.choice([*ways, odd])


@pytest.mark.parametrize("seed", range(4))
def test_broken_bytes_are_refused_or_change_nothing(release: Path, seed: int) -> None:
    rng, told = random.Random(seed), verify_folder(release, trusting(KEY))
    files = [path for path in sorted(release.rglob("*")) if path.is_file()]
    refused = 0
    for _ in range(60):
        path = rng.choice(files)
        whole = path.read_bytes()
        path.write_bytes(broken := _broken(whole, rng))
        try:  # what the signature does not cover, as a blank in its own file, may differ
            assert verify_folder(release, trusting(KEY)) == told
            assert broken == whole or path.name == "model.sig"
        except ReleaseRefused:
            refused += 1
        path.write_bytes(whole)
    assert refused > 50


def test_a_statement_of_another_trusted_key_is_refused(release: Path) -> None:
    other = new_key()
    write_atomic(release / VERDICT, envelope(stated(release, VERDICT), other))
    write_signature(release, KEY)
    with pytest.raises(ReleaseRefused, match="signed by person 2, the release by person 1"):
        verify_folder(release, trusting(KEY, other))
    (release / VERDICT).unlink()
    write_signature(release, KEY)
    with pytest.raises(ReleaseRefused, match="a statement is missing"):
        verify_folder(release, trusting(KEY))


def test_the_demonstration_key_counts_for_invented_data_where_it_is_taken(tmp_path) -> None:
    invented = make_release(tmp_path / "invented", invented=True)
    assert sign_folder(invented, demonstration_key()).demonstration
    assert verify_folder(invented, trusting(demonstration=True)).demonstration
    with pytest.raises(ReleaseRefused, match="published and proves nothing"):
        verify_folder(invented, trusting(KEY))
    real = make_release(tmp_path / "real")
    with pytest.raises(ReleaseRefused, match="does not declare its data invented"):
        sign_folder(real, demonstration_key())


def test_a_retired_key_counts_for_what_it_signed_until_then(release: Path) -> None:
    today, new = dt.datetime.now(tz=dt.UTC).date(), new_key()

    def until(day: dt.date) -> Trust:
        old, other = trusting(KEY, new).keys
        return replace(trusting(), keys=(replace(old, retired=day), other))

    assert verify_folder(release, until(today + dt.timedelta(days=1))).retired
    with pytest.raises(ReleaseRefused, match="retired on"):
        verify_folder(release, until(today - dt.timedelta(days=1)))
    sign_folder(release, new)
    assert verify_folder(release, until(today - dt.timedelta(days=1))).signed_by == "person 2"


def test_bytes_are_signed_as_the_kind_of_thing_that_they_are() -> None:
    trust, entry = trusting(KEY), b'{"seq": 1}'
    signed = sign_bytes(entry, KEY, "application/vnd.dslm.journal-entry+json")
    told = {"kind": "application/vnd.dslm.journal-entry+json", "where": "entry 1"}
    assert verify_bytes(entry, signed, trust, **told).name == "person 1"
    other = sign_bytes(entry, new_key(), told["kind"])
    for data, by, kind in [
        (b'{"seq": 2}', signed, told["kind"]),
        (entry, signed, "application/vnd.dslm.approval+json"),
        (entry, Signature(signed.key_id, other.value), told["kind"]),
        (entry, other, told["kind"]),
    ]:
        with pytest.raises(ReleaseRefused, match="entry 1: "):
            verify_bytes(data, by, trust, kind, "entry 1")


def test_an_envelope_that_names_no_key_is_nobody_s(release: Path) -> None:
    found = json.loads((release / VERDICT).read_bytes())
    found["signatures"][0]["keyid"] = ""
    with pytest.raises(ReleaseRefused, match="names no key"):
        opened(json.dumps(found).encode(), trusting(KEY), VERDICT)
