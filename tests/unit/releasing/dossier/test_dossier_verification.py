"""A dossier that somebody edited is refused, whatever was edited, however it was sealed again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.releases.approving_people import People
from support.releases.signed_folders import new_key, trusting
from support.releases.whole_dossier import Whole, payload, sealed
from support.repositories.finished_run import Run, answers_well
from typer.testing import CliRunner, Result

from dslm.cli.app import app
from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import digest_file, digest_json, write_atomic, write_manifest
from dslm.releasing.dossier.against_registry import check_against_registry
from dslm.releasing.dossier.dossier_verification import MOST_BYTES, check_dossier, check_given
from dslm.releasing.moves.promote_and_rollback import rollback
from dslm.releasing.signing.dsse import envelope

pytestmark = pytest.mark.slow
NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")


def dslm(whole: Whole, *arguments: object) -> Result:
    environment = {"COLUMNS": "200", "DSLM_ROOT": str(whole.run.ws.root)}
    return CliRunner().invoke(app, [str(one) for one in arguments], env=environment)


def edited(path: Path, change: Callable[[Any], None]) -> None:
    value = json.loads(path.read_text())
    change(value)
    write_atomic(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def reseal_release(folder: Path, name: str) -> None:
    """Make a changed copy look as if the release had it so."""
    digest = digest_file(folder / "release" / name)

    def manifest(value: Any) -> None:
        value["files"][name] = digest
        value["digest"] = digest_json(value["files"])

    edited(folder / "release/MANIFEST.json", manifest)
    said = {name: digest, "MANIFEST.json": digest_file(folder / "release/MANIFEST.json")}

    def made(value: Any) -> None:
        for one in value["files"]:
            one["digest"] = said.get(one["name"], one["digest"])

    edited(folder / "made.json", made)


def test_a_dossier_holds_by_itself_by_a_trust_root_and_against_its_registry(whole: Whole) -> None:
    assert check_dossier(whole.folder).recomputed == ("base", "candidate", "champion")
    checked = check_dossier(whole.folder, trusting(whole.key))
    assert (checked.version, checked.signed_by, checked.registered) == (2, "person 1", False)
    against = check_against_registry(whole.run.ws, whole.folder)
    assert (against.registered, against.judged_again) == (True, True)


def test_an_edited_number_in_any_file_is_refused(whole: Whole, dossier: Path) -> None:
    tried = 0
    for path in sorted(whole.folder.rglob("*")):
        if not path.is_file() or not (found := NUMBER.search(path.read_text())):
            continue
        name, tried = path.relative_to(whole.folder), tried + 1
        text, copy = path.read_text(), dossier / name
        first = "8" if found[0][-1] != "8" else "7"
        copy.write_text(text[: found.end() - 1] + first + text[found.end() :])
        with pytest.raises(ReleaseRefused, match="was changed after it was made"):
            check_dossier(dossier)
        files = json.loads((whole.folder / "MANIFEST.json").read_text())["files"]
        files[str(name)] = digest_file(copy)  # sealed again, as whoever edits it would
        manifest = {"digest": digest_json(files), "files": files, "inputs": {}}
        write_atomic(dossier / "MANIFEST.json", json.dumps(manifest))
        with pytest.raises(ReleaseRefused):
            check_dossier(dossier)
        shutil.copyfile(path, copy)
        shutil.copyfile(whole.folder / "MANIFEST.json", dossier / "MANIFEST.json")
    assert tried >= 12
    assert check_dossier(dossier).version == 2


def test_a_file_that_is_huge_is_not_read(dossier: Path) -> None:
    for name in ("MANIFEST.json", "rows/base.jsonl"):
        kept = (dossier / name).read_bytes()
        with (dossier / name).open("wb") as stream:
            stream.truncate(MOST_BYTES + 1)
        with pytest.raises(ReleaseRefused, match="larger than"):
            check_dossier(dossier)
        (dossier / name).write_bytes(kept)


@pytest.mark.parametrize("name", ["index.html", "rows/candidate.jsonl", "records/journal.json"])
def test_a_file_that_is_missing_added_or_a_link_is_refused(name: str, dossier: Path) -> None:
    kept = (dossier / name).read_bytes()
    (dossier / name).unlink()
    with pytest.raises(ReleaseRefused, match="is missing"):
        check_dossier(dossier)
    (dossier.parent / "elsewhere").write_bytes(kept)
    (dossier / name).symlink_to(dossier.parent / "elsewhere")
    with pytest.raises(ReleaseRefused, match="is a link"):
        check_dossier(dossier)
    (dossier / name).unlink()
    (dossier / name).write_bytes(kept)
    (dossier / "release" / "more.json").write_text("{}")
    with pytest.raises(ReleaseRefused, match="was added"):
        check_dossier(dossier)


def test_a_scorecard_that_was_edited_with_all_that_names_it_does_not_follow_from_the_rows(
    whole: Whole, dossier: Path
) -> None:
    def better(card: Any) -> None:
        card["models"]["candidate"]["metrics"]["case_exact_match"]["low"] = 0.99

    edited(dossier / "release/scorecard.json", better)
    reseal_release(dossier, "scorecard.json")
    sealed(dossier)
    with pytest.raises(ReleaseRefused, match=r"does not follow from the rows: .*case_exact_match"):
        check_dossier(dossier)


def test_rows_that_were_edited_too_are_not_those_of_the_registry(
    whole: Whole, dossier: Path
) -> None:
    path = dossier / "rows/candidate.jsonl"
    rows = path.read_text().splitlines()
    path.write_text("\n".join(reversed(rows)) + "\n")
    sealed(dossier)
    assert check_dossier(dossier)  # the numbers are the same in another order
    with pytest.raises(ReleaseRefused, match="is not what registry and repository have"):
        check_against_registry(whole.run.ws, dossier)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("release/gate.json", lambda value: value["checks"][0].update(seen="999 of 999")),
        ("release/data-card.json", lambda value: value["leakage"].update(compared=5000)),
        ("records/drill.json", lambda value: value["rows"][0].update(seconds=0.1)),
        ("records/approvals.json", lambda value: value.append(value[0] | {"who": "eve"})),
        ("records/journal.json", lambda value: value[-1].update(texts_hidden=True)),
        ("made.json", lambda value: value.update(version=1)),
    ],
)
def test_what_was_edited_and_sealed_again_is_not_what_is_registered(
    name: str, change: Callable[[Any], None], whole: Whole, dossier: Path
) -> None:
    edited(dossier / name, change)
    if name.startswith("release/"):
        reseal_release(dossier, name.removeprefix("release/"))
    sealed(dossier)
    with pytest.raises(ReleaseRefused):
        check_against_registry(whole.run.ws, dossier)
    done = dslm(whole, "verify", "mini", "--dossier", dossier)
    assert done.exit_code != 0


def test_an_edited_entry_of_the_journal_is_seen_by_its_digest(dossier: Path) -> None:
    path = dossier / "records/journal.json"
    edited(path, lambda value: value[-1]["entry"].update(reason="because"))
    with pytest.raises(ReleaseRefused, match="was edited, or does not follow"):
        sealed(dossier)


def _named(value: Any) -> None:
    value.append(value[0] | {"who": "eve"})


def _signed_by(value: Any) -> None:
    value[-1].update(signed_by="eve")


def _hidden(value: Any) -> None:
    value[-1].update(texts_hidden=True)
    value[-1]["entry"]["approvals"] = []


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("records/approvals.json", _named, "names approvals that the moves"),
        ("records/approvals.json", lambda value: value.pop(), "names approvals that the moves"),
        ("records/journal.json", _signed_by, "names eve as who signed entry 2.* is of ann"),
        ("records/journal.json", _hidden, "names approvals that the moves"),
        ("made.json", lambda value: value.update(personal="All is well"), "not what follows"),
        ("made.json", lambda value: next(one for one in value["files"] if one["why"]).update(
            why="seen by us"), "not what follows"),
    ],
    ids=["one more approves", "one less", "another signs", "hidden texts", "personal", "why"],
)  # fmt: skip
def test_a_name_or_word_that_nothing_bears_out_is_refused_without_any_registry(
    name: str, change: Callable[[Any], None], told: str, whole: Whole, dossier: Path
) -> None:
    edited(dossier / name, change)
    sealed(dossier)
    for trust in (None, trusting(whole.key)):
        with pytest.raises(ReleaseRefused, match=told):
            check_dossier(dossier, trust)


def test_a_scorecard_in_another_currency_or_approvals_of_no_move_are_refused(
    whole: Whole, dossier: Path
) -> None:
    journal = dossier / "records/journal.json"
    kept = journal.read_bytes()
    journal.unlink()
    with pytest.raises(ReleaseRefused, match="names approvals that the moves"):
        check_dossier(sealed(dossier))
    journal.write_bytes(kept)
    edited(dossier / "release/scorecard.json", lambda value: value.update(currency="YEN"))
    reseal_release(dossier, "scorecard.json")
    with pytest.raises(ReleaseRefused, match="currency 'YEN', the contract has EUR"):
        check_dossier(sealed(dossier))


def test_records_that_no_trusted_key_signs_are_named(
    whole: Whole, dossier: Path, people: People, tmp_path: Path
) -> None:
    drill = "records/drill.json"
    assert check_dossier(dossier).not_vouched_for == ()
    assert check_dossier(dossier, trusting(whole.key)).not_vouched_for == (drill,)
    edited(dossier / "records/journal.json", lambda value: value[-1].update(texts_hidden=True))
    checked = check_dossier(sealed(dossier), trusting(whole.key))
    assert "records/journal.json" in checked.hidden
    assert {"records/approvals.json", "records/journal.json"} < set(checked.not_vouched_for)
    stated = dossier / "records/promotion.dsse.json"
    statement = json.loads(payload(stated))
    write_atomic(stated, envelope(statement, people.keys["mallory"]))
    checked = check_dossier(sealed(dossier), trusting(whole.key))
    assert "records/promotion.dsse.json" in checked.not_vouched_for
    trust = tmp_path / "trust.pem"
    trust.write_text(whole.key.public.pem)
    done = dslm(whole, "release", "verify", "--dossier", dossier, "--trust", trust)
    assert "signed by no key that you trust" in done.stdout
    assert drill in done.stdout


def test_with_a_trust_root_the_signed_digests_decide(whole: Whole, dossier: Path) -> None:
    trust = trusting(whole.key)
    with pytest.raises(ReleaseRefused, match="a key that is not trusted"):
        check_dossier(dossier, trusting(new_key()))
    edited(dossier / "release/gate.json", lambda value: value["checks"][0].update(seen="all"))
    reseal_release(dossier, "gate.json")
    sealed(dossier)
    assert check_dossier(dossier)  # by itself nothing shows it: whose it is was not asked
    with pytest.raises(ReleaseRefused, match="signs other files"):
        check_dossier(dossier, trust)


def test_a_verdict_that_is_said_to_have_hidden_texts_is_held_to_the_signed_one(
    whole: Whole, dossier: Path
) -> None:
    def better(value: Any) -> None:
        value["checks"][2].update(status="PASS", id="more")

    edited(dossier / "release/gate.json", better)

    def hides(value: Any) -> None:
        next(one for one in value["files"] if one["name"] == "gate.json")["how"] = "texts hidden"

    edited(dossier / "made.json", hides)
    sealed(dossier)
    assert "gate.json" in check_dossier(dossier).hidden
    with pytest.raises(ReleaseRefused, match="states something else"):
        check_dossier(dossier, trusting(whole.key))


def test_a_release_that_nobody_signed_has_no_signature_to_trust(
    whole: Whole, dossier: Path
) -> None:
    for name in ("model.sig", "attestations/verdict.dsse.json", "attestations/training.dsse.json"):
        (dossier / "release" / name).unlink()

    def unsigned(value: Any) -> None:
        files = value["files"]
        value["files"] = [
            one for one in files if "attest" not in one["name"] and one["name"] != "model.sig"
        ]

    edited(dossier / "made.json", unsigned)
    sealed(dossier)
    assert check_dossier(dossier).signed_by is None
    with pytest.raises(ReleaseRefused, match="the release is not signed"):
        check_dossier(dossier, trusting(whole.key))


def test_a_trust_root_that_comes_with_the_dossier_is_refused(whole: Whole, dossier: Path) -> None:
    own = dossier / "trust.yaml"
    own.write_text("keys: []\n")
    with pytest.raises(InputError, match="may have written it"):
        check_given(dossier, own)


def test_a_longer_journal_is_no_fault_and_a_shorter_one_is(
    whole: Whole,
    people: People,
    tmp_path: Path,
    copying: Callable[[Run, Path], Run],
    dossier: Path,
) -> None:
    run = copying(whole.run, tmp_path / "later")
    with people.acting("ann"):
        rollback(run.ws, "back", "ann", answers_well)
    assert check_against_registry(run.ws, dossier).registered
    entries = json.loads((dossier / "records/journal.json").read_text())
    (dossier / "records/journal.json").write_text(
        json.dumps(entries[:1], indent=1, ensure_ascii=False) + "\n"
    )
    (dossier / "records/approvals.json").unlink()  # of the second move
    sealed(dossier)
    assert check_against_registry(run.ws, dossier).registered  # as it was one move earlier


def test_the_commands_say_it_and_end_with_4(whole: Whole, dossier: Path, tmp_path: Path) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_text(whole.key.public.pem)
    done = dslm(whole, "release", "verify", "--dossier", dossier, "--trust", trust, "--json")
    assert json.loads(done.stdout)["signed_by"] == "trust"
    done = dslm(whole, "verify", "mini", "--dossier", dossier)
    assert (done.exit_code, "registry and repository" in done.stdout) == (0, True)
    assert dslm(whole, "verify", "mini", "--dossier", dossier, "--answers").exit_code != 0


def test_nothing_of_a_signed_statement_is_hidden_in_its_payload(whole: Whole) -> None:
    for path in whole.folder.rglob("*.dsse.json"):
        assert "SECRET" not in payload(path)


def test_another_dslm_is_named_where_it_words_a_page_otherwise(dossier: Path) -> None:
    def older(value: Any) -> None:
        value["made_with"] = {"dslm": "0.0.1", "code": "sha256:" + "a" * 64}

    edited(dossier / "dossier.json", older)
    page = dossier / "index.html"
    page.write_text(page.read_text().replace("Who decided", "Who did"))
    (dossier / "MANIFEST.json").unlink()
    write_manifest(dossier, {})
    with pytest.raises(
        ReleaseRefused, match=r"another dslm words it otherwise.*dslm that made it, 0.0.1"
    ):
        check_dossier(dossier)
