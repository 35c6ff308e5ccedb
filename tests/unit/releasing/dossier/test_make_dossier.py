"""A dossier is made whole or not at all; no input, no answer, nothing personal is in it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.documents.code_reader import ROOT
from support.releases.approving_people import People
from support.releases.whole_dossier import PREVIEW, VERSION, Whole
from support.repositories.finished_run import GOLD, Run, W
from typer.testing import CliRunner

from dslm.cases import write_records
from dslm.cli.app import app
from dslm.contract.model.personal_fields import Personal
from dslm.erasure import forget
from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import write_atomic
from dslm.records import Case
from dslm.releasing.dossier import collected_files
from dslm.releasing.dossier import make_dossier as making
from dslm.releasing.dossier.against_registry import check_against_registry
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.collected_files import gather, gathered_from
from dslm.releasing.dossier.derived_files import build
from dslm.releasing.dossier.dossier_verification import check_dossier
from dslm.releasing.dossier.make_dossier import make_dossier
from dslm.releasing.dossier.personal_redaction import personal_redaction
from dslm.releasing.journal.journal import Journal
from dslm.releasing.journal.journal_proof import SignedMove
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.release_verification import ReleaseProof, prove

pytestmark = pytest.mark.slow
WHO = "Wilhelmina Petersen-Quast"
MAIL = "wilhelmina.quast@example.org"


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_text()


def test_it_holds_neither_inputs_nor_answers_nor_a_quoted_training_row(whole: Whole) -> None:
    told = [case.input for case in GOLD]
    numbers = [str((case.target or {})["number"]) for case in GOLD if (case.target or {})["number"]]
    assert numbers
    for name, text in texts(whole.folder):
        assert not [one for one in told if one in text], name
        assert PREVIEW.split()[-1] not in text, name
        assert not [one for one in numbers if f'"{one}"' in text], name
    listed = {one.name: one for one in Artefacts(whole.folder).made.files}
    assert listed["adapter/training.json"].how == "texts hidden"
    assert {name for name, one in listed.items() if one.how == "not included"} >= {
        "adapter/adapter_model.safetensors", "recorded.jsonl", "smoke.json", "terms.json",
        "rows/candidate.jsonl",
    }  # fmt: skip
    assert not (whole.folder / "inputs.jsonl").exists()


def test_inputs_are_added_where_that_is_asked_for(whole: Whole, tmp_path: Path) -> None:
    make_dossier(whole.run.ws, VERSION, tmp_path / "with", with_inputs=True)
    lines = [json.loads(line) for line in (tmp_path / "with/inputs.jsonl").read_text().splitlines()]
    assert [one["input"] for one in lines] == [case.input for case in GOLD]
    assert check_dossier(tmp_path / "with").version == VERSION
    assert check_against_registry(whole.run.ws, tmp_path / "with").registered


def test_inputs_of_another_gold_set_are_not_added(
    whole: Whole, tmp_path: Path, copying: Callable[[Run, Path], Run]
) -> None:
    run = copying(whole.run, tmp_path / "later")
    write_records(run.ws.gold, GOLD[1:])
    with pytest.raises(InputError, match="not the one that this release was measured on"):
        make_dossier(run.ws, VERSION, tmp_path / "with", with_inputs=True)
    told = make_dossier(run.ws, VERSION, tmp_path / "without")
    claims = {one.claim: one for one in told.claims}
    assert not claims["fields"].holds  # recall depends on gold
    assert claims["measured"].holds
    assert check_dossier(tmp_path / "without").recomputed


def test_it_is_the_same_wherever_and_whenever_it_is_made(whole: Whole, tmp_path: Path) -> None:
    make_dossier(whole.run.ws, VERSION, tmp_path / "again")
    assert dict(texts(tmp_path / "again")) == dict(texts(whole.folder))


@pytest.mark.parametrize("what", ["folder", "file", "link", "nowhere"])
def test_nothing_that_is_there_is_overwritten(what: str, whole: Whole, tmp_path: Path) -> None:
    into = tmp_path / "taken"
    if what == "folder":
        into.mkdir()
    elif what == "file":
        into.write_text("mine")
    elif what == "link":
        into.symlink_to(tmp_path / "gone")
    else:
        into = tmp_path / "no" / "such"
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError):
        make_dossier(whole.run.ws, VERSION, into)
    assert sorted(tmp_path.rglob("*")) == before


def test_of_a_version_that_is_not_there_or_was_changed_none_is_made(
    whole: Whole, tmp_path: Path, copying: Callable[[Run, Path], Run], bare: Run
) -> None:
    with pytest.raises(ReleaseRefused):
        make_dossier(whole.run.ws, 7, tmp_path / "seven")
    with pytest.raises(ReleaseRefused, match="no version is registered yet"):
        make_dossier(bare.ws, 1, tmp_path / "none")
    run = copying(whole.run, tmp_path / "edited")
    run.stored(VERSION, "scorecard.json").write_text("{}")
    with pytest.raises(ReleaseRefused):
        make_dossier(run.ws, VERSION, tmp_path / "changed")
    assert not [name for name in ("seven", "none", "changed") if list(tmp_path.glob(f"*{name}*"))]


def test_one_that_is_killed_leaves_no_half_of_a_dossier(whole: Whole, tmp_path: Path) -> None:
    for place, name in enumerate(("gather", "build", "write_manifest", "sync_folder")):
        pid = os.fork()
        if pid == 0:
            done = getattr(making, name)

            def dying(*given: Any, _done: Callable[..., Any] = done, **named: Any) -> None:
                _done(*given, **named)
                os.kill(os.getpid(), signal.SIGKILL)

            setattr(making, name, dying)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            make_dossier(whole.run.ws, VERSION, tmp_path / f"killed-{place}")
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), name
        assert not (tmp_path / f"killed-{place}").exists(), name
    make_dossier(whole.run.ws, VERSION, tmp_path / "killed-0")
    assert check_dossier(tmp_path / "killed-0")


def test_the_command_says_what_it_made(whole: Whole, tmp_path: Path) -> None:
    environment = {"COLUMNS": "200", "DSLM_ROOT": str(whole.run.ws.root)}
    into = str(tmp_path / "d")
    asked = ["release", "dossier", W, "--version", str(VERSION), "--to", into]
    done = CliRunner().invoke(app, [*asked, "--json"], env=environment)
    said = json.loads(done.stdout)
    assert (said["version"], said["folder"]) == (VERSION, into)
    assert {one["framework"] for one in said["frameworks"]} == {"ai-rmf", "genai", "annex-iv"}
    assert CliRunner().invoke(app, asked, env=environment).exit_code != 0


def test_it_is_made_and_checked_without_torch(whole: Whole, tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from dslm.settings.workspace import Workspace
from dslm.releasing.dossier.make_dossier import make_dossier
from dslm.releasing.dossier.against_registry import check_against_registry
ws = Workspace(Path({str(whole.run.ws.root)!r}), {W!r})
make_dossier(ws, {VERSION}, Path({str(tmp_path / "d")!r}))
check_against_registry(ws, Path({str(tmp_path / "d")!r}))
print([m for m in ("torch", "transformers", "daft", "model_signing") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"


def personal_gathering(whole: Whole, into: Path, mode: str) -> collected_files.FileCollection:
    """As if gold named a person in every place that a dossier could take a text from."""
    store = ModelStore(whole.run.ws.root, W)
    version = store.version(VERSION)
    proof: ReleaseProof = prove(store, version, into)
    entries = Journal(store).entries()
    entries = (*entries[:-1], entries[-1].model_copy(update={"reason": f"asked by {MAIL}"}))
    moves = (SignedMove("ann"),) * len(entries)
    found = gathered_from(whole.run.ws, proof, entries, moves)
    fields = {"meta.sender": {"kind": "name"}, "target.number": {"kind": "id"}}
    personal = Personal.model_validate({"mode": mode, "kinds": ["email"], "fields": fields})
    data = proof.contract.data.model_copy(update={"personal": personal})
    contract = proof.contract.model_copy(update={"data": data})
    gold = [
        case.model_copy(update={"input": f"{case.input} {WHO}, {MAIL}",
                                "meta": case.meta | {"sender": WHO, "language": "en"}})
        for case in GOLD
    ]  # fmt: skip
    rows = {
        model: [row.model_copy(update={"slices": {"language": WHO}}) for row in rows]
        for model, rows in found.rows.items()
    }
    hiding = personal_redaction(contract, gold, [], whole.run.ws.gold)
    card = proof.folder / "card.md"
    card.write_text(card.read_text() + f"\nWritten by {WHO} ({MAIL}).\n")
    bill = json.loads((proof.folder / "bom.json").read_text())
    bill["metadata"]["component"]["description"] = f"{WHO} {MAIL}"
    write_atomic(proof.folder / "bom.json", json.dumps(bill))
    return replace(found, gold=gold, rows=rows, hiding=hiding)


@pytest.mark.parametrize("mode", ["mask", "keep"])
def test_personal_values_are_in_no_file_of_it(mode: str, whole: Whole, tmp_path: Path) -> None:
    (tmp_path / "fetched").mkdir()
    found = personal_gathering(whole, tmp_path / "fetched", mode)
    folder = tmp_path / "dossier"
    folder.mkdir()
    gather(found, folder, with_inputs=False)
    write_records(folder / "inputs.jsonl", collected_files._asked(found))
    build(folder)
    for name, text in texts(folder):
        for secret in (WHO, MAIL, "Petersen-Quast"):
            assert secret not in text, name
        assert not re.search(r'"A-\d+"', text), name
    assert "[name]" in (folder / "release/card.md").read_text()
    assert "[email]" in (folder / "records/journal.json").read_text()


def test_after_an_erasure_it_says_so_and_recomputes_what_is_left(
    whole: Whole, people: People, tmp_path: Path, copying: Callable[[Run, Path], Run]
) -> None:
    run = copying(whole.run, tmp_path / "erased")
    with people.acting("ann"):
        forget(run.ws, "s7", "ann", "letter of Wilhelmina")
        told = make_dossier(run.ws, VERSION, tmp_path / "dossier")
    claims = {one.claim: one for one in told.claims}
    assert not claims["measured"].holds
    assert "cases erased: 1" in claims["measured"].says
    assert "candidate" not in told.recomputed
    assert not [name for name, text in texts(tmp_path / "dossier") if "Wilhelmina" in text]
    against = check_against_registry(run.ws, tmp_path / "dossier")
    assert (against.registered, against.judged_again) == (True, False)


def test_where_personal_values_cannot_be_looked_for_none_is_made(
    whole: Whole, tmp_path: Path, copying: Callable[[Run, Path], Run]
) -> None:
    run = copying(whole.run, tmp_path / "asked")
    text = run.ws.contract.read_text()
    run.ws.contract.write_text(text + "  personal: {mode: mask, kinds: [name], presidio: xx}\n")
    with pytest.raises(ReleaseRefused, match="nobody outside gets personal data"):
        make_dossier(run.ws, VERSION, tmp_path / "d")


def test_names_that_would_become_one_are_numbered() -> None:
    gold = [Case(id="a", input="x", target=None, meta={"sender": "Ann Ashdown"}),
            Case(id="b", input="x", target=None, meta={"sender": "Bob Byworth"})]  # fmt: skip
    personal = Personal.model_validate(
        {"mode": "mask", "kinds": ["email"], "fields": {"meta.sender": {"kind": "name"}}}
    )
    from support.repositories.scored_rows import MINI

    data = MINI.data.model_copy(update={"personal": personal})
    hiding = personal_redaction(MINI.model_copy(update={"data": data}), gold, [], Path("gold"))
    value = hiding.value({"Ann Ashdown": 1, "Bob Byworth": {"x": ["Ann Ashdown wrote"]}})
    assert value == {"[name] 1": 1, "[name] 2": {"x": ["[name] wrote"]}}
