"""Versions of the registry: signed when registered or asked, held to it at every use."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.documents.docs_reader import commands_below
from support.releases.signed_folders import listed, make_release, new_key
from support.repositories.finished_run import Run, W, answers_well

from dslm.cli.app import invoke
from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import write_atomic
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.signing.dsse import envelope
from dslm.releasing.signing.in_toto_statements import VERDICT
from dslm.releasing.signing.keys import VARIABLE, SigningKey
from dslm.releasing.signing.model_signature import SIGNATURE
from dslm.releasing.signing.signed_folder import SIGNED_BESIDE, sign_folder
from dslm.releasing.signing.version_signatures import (
    refuse_wrong_signature,
    sign_packaged,
    tell_of,
)
from dslm.releasing.verification.fetch_release import fetch_version
from dslm.releasing.verification.signature_verification import (
    sign_version,
    verify_given,
    verify_version,
)
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace

UNSIGNED = "is not signed: nothing shows who made it"


def policy(
    run: Run, *keys: SigningKey, required: bool = False, demonstration: bool = False
) -> Path:
    """Write the release policy."""
    text = f"signing:\n  required: {str(required).lower()}\n"
    text += f"  demonstration_key: {str(demonstration).lower()}\n"
    named = "".join(listed(key, f"person {n}", indent=2) for n, key in enumerate(keys, start=1))
    path = run.ws.root / PATH
    write_atomic(path, text + (f"  keys:\n{named}" if keys else ""))
    return path


@pytest.fixture
def mine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> SigningKey:
    """A key of one's own."""
    return use(new_key(), tmp_path_factory.mktemp("settings") / "key.pem", monkeypatch)


def use(key: SigningKey, path: Path, monkeypatch: pytest.MonkeyPatch) -> SigningKey:
    path.write_bytes(key.pem())
    path.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(path))
    return key


def test_a_registered_release_is_signed_and_used_as_signed(run, mine, capsys) -> None:
    policy(run, mine, required=True)
    assert run.register().version == 1
    assert "not signed" not in capsys.readouterr().err
    signed = verify_version(run.ws, 1)
    assert (signed.signed_by, signed.digest) == ("person 1", releases(run.ws)[0].digest)
    entry = promote(run.ws, None, "go", "ann")
    assert entry
    assert entry.to_digest == signed.digest
    run.released(b"weights two")
    promote(run.ws, None, "go", "ann")
    two = verify_version(run.ws, 2)
    assert two.promoted_at
    assert verify_version(run.ws, 1).promoted_at is None
    back = rollback(run.ws, "back", "ann", answers_well)
    assert verify_version(run.ws, 1) == replace(signed, promoted_at=back.at)
    assert sign_version(run.ws, 1) == signed  # by the same key: nothing to do
    said = json.loads(base64.b64decode(json.loads(run.ws.promotion.read_text())["payload"]))
    assert said["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert said["predicate"]["verificationResult"] == "PASSED"
    assert said["predicate"]["verifiedLevels"] == ["DSLM_ANSWERED_AGAIN"]
    said["subject"][0]["digest"]["sha256"] = two.manifest.removeprefix("sha256:")
    write_atomic(run.ws.promotion, envelope(said, mine))
    with pytest.raises(ReleaseRefused, match="version 1 with other bytes"):
        verify_version(run.ws, 1)
    write_atomic(run.ws.promotion, envelope(said, new_key()))
    with pytest.raises(ReleaseRefused, match="not trusted"):
        verify_version(run.ws, 1)


def test_a_move_cut_short_leaves_no_statement_of_another_and_the_same_command_leaves_its_own(
    run, mine, monkeypatch
) -> None:
    def interrupted(step: str) -> None:
        if step == "champion.json":
            raise KeyboardInterrupt

    policy(run, mine)
    run.register()
    promote(run.ws, None, "go", "ann")
    run.released(b"weights two")
    for move, to in (
        (lambda: promote(run.ws, 2, "go", "ann"), 2),
        (lambda: rollback(run.ws, "back", "ann", answers_well), 1),
    ):
        assert run.ws.promotion.exists()
        with monkeypatch.context() as patch:
            patch.setattr(command_steps, "reached", interrupted)
            with pytest.raises(KeyboardInterrupt):
                move()
        assert not run.ws.promotion.exists()
        assert move() is None
        assert verify_version(run.ws, to).promoted_at == history(run.ws)[-1].at


def test_an_edited_release_is_refused_before_anything_opens_it(run, mine, tmp_path) -> None:
    policy(run, mine)
    run.register()
    for name in ("MLmodel", "calibration.json", VERDICT, "code/evil.py"):
        path = run.stored(1, name)
        before = path.read_bytes() if path.exists() else None
        write_atomic(path, "loader_module: evil")
        with pytest.raises(ReleaseRefused, match=f"mini version 1, {name}: .*signed"):
            fetch_version(run.ws, 1, tmp_path / name)
        with pytest.raises(ReleaseRefused, match=f"mini version 1, {name}"):
            promote(run.ws, 1, "go", "ann")
        path.unlink() if before is None else write_atomic(path, before)
    assert promote(run.ws, 1, "go", "ann")


def test_an_unsigned_release_is_used_with_a_word_or_refused(run, mine, capsys, monkeypatch) -> None:
    monkeypatch.delenv(VARIABLE)
    run.register()
    promote(run.ws, None, "go", "ann")
    assert "the release is not signed: no signing key" in capsys.readouterr().err
    run.released(b"weights two")
    promote(run.ws, None, "go", "ann")
    rollback(run.ws, "back", "ann", answers_well)
    assert f"mini version 1: {UNSIGNED}" in capsys.readouterr().err
    policy(run, mine, required=True)
    with pytest.raises(ReleaseRefused, match=r"is not signed, and registry/policy\.yaml"):
        promote(run.ws, 2, "go", "ann", again=True)
    with pytest.raises(InputError, match="no signing key here"):
        sign_version(run.ws, 2)
    use(mine, run.ws.root.parent / "key.pem", monkeypatch)
    sign_version(run.ws, 2)
    assert len(releases(run.ws)) == 2
    assert verify_version(run.ws, 2).signed_by == "person 1"
    assert all(run.stored(2, name).is_file() for name in SIGNED_BESIDE)


def test_a_policy_that_wants_signatures_lets_nothing_be_registered_without(run, capsys) -> None:
    policy(run, required=True)
    with pytest.raises(InputError, match="wants every release signed"):
        run.register()
    assert releases(run.ws) == []


def test_the_demonstration_key_is_said_loudly_and_needs_data_declared_invented(
    tmp_path, capsys
) -> None:
    run = Run(Workspace(tmp_path, W))
    policy(run, required=True, demonstration=True)
    signed = sign_packaged(run.ws, make_release(tmp_path / "invented", invented=True))
    assert signed
    assert signed.demonstration
    used = refuse_wrong_signature(tmp_path, W, tmp_path / "invented", "mini version 1")
    assert used == signed
    tell_of(used, "mini version 1")
    assert "mini version 1: signed with the DEMONSTRATION key, which is published: it proves" in (
        capsys.readouterr().err
    )
    with pytest.raises(InputError, match="data that the contract declares invented"):
        sign_packaged(run.ws, make_release(tmp_path / "real"))
    policy(run, required=True)
    with pytest.raises(ReleaseRefused, match=r"mini version 1, model\.sig: .*proves nothing"):
        refuse_wrong_signature(tmp_path, W, tmp_path / "invented", "mini version 1")


def test_a_key_that_does_not_count_here_signs_nothing(run, mine, monkeypatch, capsys) -> None:
    policy(run, new_key())
    with pytest.raises(InputError, match=r"is not among signing\.keys"):
        run.register()
    lying = run.ws.root.parent / "dslm" / "signing-key.pem"  # and named by nobody
    lying.parent.mkdir(exist_ok=True)
    with monkeypatch.context() as there:
        use(mine, lying, there)
        there.delenv(VARIABLE)
        there.setenv("XDG_CONFIG_HOME", str(lying.parent.parent))
        assert sign_packaged(run.ws, make_release(run.ws.root / "real")) is None
        assert "not signed: " in (told := capsys.readouterr().err)
        assert "is not among signing.keys" in told
        policy(run, new_key(), required=True)
        with pytest.raises(InputError, match=r"is not among signing\.keys"):
            run.register()
    path = policy(run, mine)
    write_atomic(path, path.read_text() + '      retired: "2026-01-31"\n')
    with pytest.raises(InputError, match="was retired on 2026-01-31"):
        run.register()


def test_keys_change_and_older_releases_stay(run, mine, monkeypatch, tmp_path_factory) -> None:
    policy(run, mine)
    run.register()
    promote(run.ws, None, "go", "ann")
    new = use(new_key(), tmp_path_factory.mktemp("new") / "key.pem", monkeypatch)
    path = policy(run, new, mine)
    write_atomic(path, path.read_text() + '      retired: "2999-12-31"\n')
    run.released(b"weights two")
    promote(run.ws, None, "go", "ann")
    assert (verify_version(run.ws, 1).retired, verify_version(run.ws, 2).retired) == (True, False)
    assert rollback(run.ws, "back", "ann", answers_well).to_version == 1
    policy(run, new)  # the old one leaked
    with pytest.raises(ReleaseRefused, match="not trusted"):
        promote(run.ws, 1, "go", "ann")
    with pytest.raises(ReleaseRefused, match="not trusted"):
        sign_version(run.ws, 1)
    assert sign_version(run.ws, 1, again=True).signed_by == "person 1"
    write_atomic(run.stored(1, VERDICT), run.stored(2, VERDICT).read_bytes())  # as if cut short
    with pytest.raises(ReleaseRefused, match="was changed after it was signed"):
        sign_version(run.ws, 1)
    sign_version(run.ws, 1, again=True)
    assert verify_version(run.ws, 1).signed_by == "person 1"


def test_who_can_write_git_and_registry_cannot_pass_for_us(
    run, mine, monkeypatch, tmp_path
) -> None:
    """Key, policy and release are swapped; the recipient has kept the key that he was given."""
    policy(run, mine)
    run.register()
    trust = tmp_path.parent / "kept-by-the-recipient.pem"
    trust.write_text(mine.public.pem)
    given = tmp_path.parent / "given"
    fetch_version(run.ws, 1, given)
    assert verify_given(given / "release", trust).signed_by == trust.stem
    thief = use(new_key(), tmp_path.parent / "thief.pem", monkeypatch)
    policy(run, thief)
    swapped = run.stored(1, "")
    sign_folder(swapped, thief)
    assert verify_version(run.ws, 1).signed_by == "person 1"  # by the repository's own policy
    for refuse in (lambda: verify_given(swapped, trust), lambda: verify_version(run.ws, 1, trust)):
        with pytest.raises(ReleaseRefused, match="signed with a key that is not trusted"):
            refuse()
    monkeypatch.setenv("DSLM_TRUST_ROOT", str(trust))
    with pytest.raises(ReleaseRefused, match="not trusted"):
        promote(run.ws, 1, "go", "ann")


def test_trust_never_comes_with_what_is_verified(run, mine, monkeypatch) -> None:
    policy(run, mine)
    run.register()
    folder = run.stored(1, "")
    for trust in (run.ws.root / PATH, folder / "trust.pem"):
        write_atomic(trust, trust.read_text() if trust.exists() else mine.public.pem)
        monkeypatch.setenv("DSLM_TRUST_ROOT", str(trust))
        for verify in (
            lambda trust=trust: verify_given(folder, trust),
            lambda trust=trust: verify_version(run.ws, 1, trust),
            lambda: verify_version(run.ws, 1),
            lambda: promote(run.ws, 1, "go", "ann"),
        ):
            with pytest.raises(InputError, match="whoever made the release may have written it"):
                verify()


def test_nor_with_the_git_repository_that_a_release_was_given_in(run, mine, tmp_path) -> None:
    policy(run, mine)
    run.register()
    given = tmp_path.parent / "given"
    (given / ".git").mkdir(parents=True)
    fetch_version(run.ws, 1, given)
    own = given / "trust.pem"
    kept = tmp_path.parent / "kept.pem"
    for path in (own, kept):
        path.write_text(mine.public.pem)
    (link := given / "link.pem").symlink_to(kept)
    for path in (own, link):
        with pytest.raises(InputError, match="whoever made the release may have written it"):
            verify_given(given / "release", path)
    assert verify_given(given / "release", kept).signed_by == "kept"


def test_every_command_of_the_documents_does_what_they_say(
    run, mine, monkeypatch, tmp_path_factory, capsys
) -> None:
    home = tmp_path_factory.mktemp("home")
    for name, value in {"HOME": home, "XDG_CONFIG_HOME": home, "DSLM_ROOT": run.ws.root}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(home)
    policy(run, mine)
    run.register()

    def dslm(line: str, *, code: int = 0) -> str:
        capsys.readouterr()
        assert invoke(line.replace("invoice_intake", W).split()[1:]) == code, line
        return capsys.readouterr().out

    keygen, export, show, seen, anew, after = commands_below(
        "operations.md", "Change the signing key"
    )
    dslm(keygen)
    variable, _, path = export.removeprefix("export ").partition("=")
    monkeypatch.setenv(variable, path)
    entry = "    - name:" + dslm(show).partition("    - name:")[2]
    both = policy(run, mine)
    retired = '      retired: "2999-12-31"\n'
    write_atomic(both, both.read_text().replace("keys:\n", f"keys:\n{entry}") + retired)
    assert "a key that is retired by now" in dslm(seen)
    assert json.loads(dslm(f"{seen} --json"))["key_id"] == mine.public.id
    trust = home / "trust.yaml"
    trust.write_text(f"keys:\n{entry}")
    write_atomic(both, f"signing:\n  keys:\n{entry}")
    dslm(seen, code=4)
    assert "retired" not in dslm(anew) + dslm(after)

    fetch_version(run.ws, 1, home / "given")
    for line in commands_below("releases.md", "Signatures"):
        if line.endswith("keygen"):
            with monkeypatch.context() as without:
                without.delenv(variable)
                dslm(line)
        else:
            assert "signed by WHOSE KEY IT IS" in dslm(line)


def test_a_signed_release_that_says_fail_is_refused(run, mine, tmp_path) -> None:
    policy(run, mine)
    run.register()
    folder = run.stored(1, "")
    verdict = json.loads((folder / "gate.json").read_bytes())
    write_atomic(folder / "gate.json", json.dumps(verdict | {"status": "FAIL"}))
    sign_folder(folder, mine)
    trust = tmp_path.parent / "mine.pem"
    trust.write_text(mine.public.pem)
    with pytest.raises(ReleaseRefused, match="bytes differ from the release's manifest"):
        verify_given(folder, trust)
    assert (folder / SIGNATURE).exists()
