"""Gathers what a dossier rests on: copies of the release's files, rows without text, records.

Takes a proved version and the repository; fills a folder with all that is not made of something
else in it. Called by `make_dossier`, and by `dossier_verification` to see whether a dossier is that
of the registry.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.cases import read_labelled, read_records, write_records
from dslm.contract import load_contract
from dslm.errors import InputError
from dslm.provenance import MANIFEST, digest_file, write_atomic
from dslm.records import Case, JournalEntry, Record, Row
from dslm.releasing.dossier.dossier_contents import (
    COPIED,
    INPUTS,
    MADE,
    RECORDS,
    RELEASE,
    ROWS,
    How,
    Made,
    ReleaseFile,
    why_withheld,
    write_json,
)
from dslm.releasing.dossier.personal_redaction import PersonalRedaction, personal_redaction
from dslm.releasing.dossier.release_history import write_records as write_beside
from dslm.releasing.dossier.scored_cases import scored_cases
from dslm.releasing.journal.journal_proof import SignedMove
from dslm.releasing.package.erased_cases import FILE as ERASED
from dslm.releasing.package.release_package import MODELS
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

TRAINING_SUMMARY = "adapter/training.json"
# Of the summary of a training run: what is counted and measured, and no text.
COUNTED = frozenset({
    "rows", "validation_rows", "tokens_per_epoch", "trained_tokens_per_epoch", "steps", "losses",
    "validation_losses", "best", "trainable_parameters", "batch_size", "accumulation",
    "predicted_memory_gb",
})  # fmt: skip
CALIBRATION = "calibration"  # rows of another set than gold, by whose confidence it is certified
UNUSED = "base_calibration"  # nothing that a dossier says follows from these rows


class DossierRequest(Record):
    """One gold case and the candidate's answer to it, personal values hidden."""

    case: int
    input: str
    target: dict[str, Any] | None
    answer: dict[str, Any] | None


@dataclass(frozen=True)
class FileCollection:
    """What is gathered from, read once."""

    ws: Workspace
    proof: ReleaseProof
    entries: Sequence[JournalEntry]
    moves: Sequence[SignedMove]
    gold: Sequence[Case]
    rows: dict[str, list[Row]]
    hiding: PersonalRedaction

    @property
    def gold_at_hand(self) -> bool:
        """Whether the gold set here is the one that the release was measured on."""
        return bool(self.gold) and self.proof.evidence.get("gold") == digest_file(self.ws.gold)


def gathered_from(
    ws: Workspace, proof: ReleaseProof, entries: Sequence[JournalEntry], moves: Sequence[SignedMove]
) -> FileCollection:
    """Read what a dossier is gathered from.

    Args:
        ws: The workflow.
        proof: The version.
        entries: The journal.
        moves: Who signed and approved each, by their signatures.

    Raises:
        InputError: Contract or gold set are wrong.
        ReleaseRefused: Personal data cannot be looked for here.
    """
    contract = load_contract(ws.contract) if ws.contract.exists() else proof.contract
    gold = read_labelled(ws.gold, contract) if ws.gold.exists() else []
    rows = {
        model: read_records(path, Row)
        for model in MODELS
        if model != UNUSED and (path := proof.folder / "rows" / f"{model}.jsonl").is_file()
    }
    hiding = personal_redaction(
        contract, gold, (row for one in rows.values() for row in one), ws.gold
    )
    return FileCollection(ws, proof, entries, moves, gold, rows, hiding)


def gather(found: FileCollection, into: Path, *, with_inputs: bool) -> Made:
    """Fill an empty folder with what a dossier rests on.

    Args:
        found: As read.
        into: The folder.
        with_inputs: Add the inputs of gold, personal values hidden.

    Raises:
        InputError: Inputs are asked for, and the release's gold set is not here.
    """
    if with_inputs and not found.gold_at_hand:
        what = "the gold set here is not the one that this release was measured on"
        fix = "check out the commit of the release, or leave --with-inputs out"
        raise InputError(what, where=found.ws.gold, fix=fix)
    files = tuple(_release_files(found, into / RELEASE))
    for model, rows in found.rows.items():
        _write_rows(found, model, rows, into / ROWS)
    ws, proof, hiding = found.ws, found.proof, found.hiding
    write_beside(ws, proof, found.entries, found.moves, hiding, into / RECORDS)
    if with_inputs:
        write_records(into / INPUTS, _asked(found))
    made = Made(
        workflow=found.proof.contract.name,
        version=found.proof.version,
        digest=found.proof.digest,
        personal=found.hiding.told,
        gold_at_hand=found.gold_at_hand,
        inputs=with_inputs,
        files=files,
    )
    write_json(into / MADE, made.model_dump(mode="json"))
    return made


def _release_files(found: FileCollection, into: Path) -> Iterator[ReleaseFile]:
    folder = found.proof.folder
    listed = strict_json((folder / MANIFEST).read_bytes())["files"]
    copied = [name for name in COPIED if (folder / name).is_file()]
    for name in sorted({*listed, *copied}):
        digest = listed.get(name) or digest_file(folder / name)
        if name in copied:
            yield ReleaseFile(name=name, digest=digest, how=_copy(found, name, into / name))
        else:
            why = why_withheld(name)
            yield ReleaseFile(name=name, digest=digest, how="not included", why=why)


def _copy(found: FileCollection, name: str, target: Path) -> How:
    """Copy a file; as it is where it holds nothing personal."""
    source = found.proof.folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".json" and not name.endswith(".dsse.json"):
        value = strict_json(source.read_bytes())
        if (hidden := found.hiding.value(_without_cases(name, value))) != value:
            write_json(target, hidden)
            return "texts hidden"
    elif source.suffix in (".yaml", ".md"):
        text = source.read_text(encoding="utf-8")
        if (changed := _hidden_lines(found.hiding, text)) != text:
            write_atomic(target, changed)
            return "texts hidden"
    shutil.copyfile(source, target)
    return "as it is"


def _without_cases(name: str, value: Any) -> Any:
    """A document without what it quotes of single cases: the sample of a training row, labels."""
    if name == TRAINING_SUMMARY and isinstance(value, dict):
        return {key: one for key, one in value.items() if key in COUNTED}
    if name == ERASED and isinstance(value, dict):
        return {
            "erasures": [{"at": one["at"], "cases": _counted(one)} for one in value["erasures"]]
        }
    if name == "data-card.json" and isinstance(value, dict) and "contradictions" in value:
        return value | {"contradictions": value["contradictions"] | {"shown": []}}
    return value


def _counted(erasure: dict[str, Any]) -> dict[str, int]:
    """How many cases were erased from each file; of whom and why stays in the house."""
    return {name: one["cases"] for name, one in erasure["files"].items()}


def _hidden_lines(hiding: PersonalRedaction, text: str) -> str:
    return "".join(hiding.text(line) for line in text.splitlines(keepends=True))


def _write_rows(found: FileCollection, model: str, rows: Sequence[Row], into: Path) -> None:
    certifies = model == CALIBRATION
    ours = found.gold_at_hand and not certifies
    gold = {case.id: case for case in found.gold} if ours else {}
    into.mkdir(parents=True, exist_ok=True)
    cases = scored_cases(rows, gold, found.hiding.name, confidence=certifies)
    write_records(into / f"{model}.jsonl", cases)


def _asked(found: FileCollection) -> Iterator[DossierRequest]:
    """What gold asks, with what the candidate answered; every personal value hidden."""
    answers = {row.id: row.prediction.object for row in found.rows.get("candidate", ())}
    showing = found.hiding.showing
    for number, case in enumerate(found.gold, start=1):
        shown, answer = showing.case(case), answers.get(case.id)
        answer = None if answer is None else showing.answer(case.id, answer)
        yield DossierRequest(case=number, input=shown.input, target=shown.target, answer=answer)
