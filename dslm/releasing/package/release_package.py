"""Gathers what makes a release into one folder of plain files.

Takes a workspace whose gate has spoken; fills an empty folder with contract, recipe, adapter,
calibration, rows, scorecard, verdict, card and an MLflow model file that points at our own loader,
and seals it. Called by `registration`. Weights are safetensors, all else is text: no pickle, no
code, nothing that is not on the list.
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from dslm.cases import read_labelled, read_record, read_records, write_records
from dslm.contract import Contract, load_contract
from dslm.data_card import read_data_card
from dslm.errors import InputError, ReleaseRefused
from dslm.evidence import CHAMPION_FILE, TERMS_FILE, Terms, refuse_differences, terms_of
from dslm.gating.changes.earlier_policies import loosened_since
from dslm.gating.evidence.calibration_split import split_digests
from dslm.gating.verdict_markdown import as_markdown
from dslm.provenance import digest_file, files_of, read_manifest, write_atomic, write_manifest
from dslm.records import Row, Verdict
from dslm.releasing.package.bill_of_materials import BILL, bill_of_materials
from dslm.releasing.package.erased_cases import FILE as ERASURES
from dslm.releasing.package.model_card import render_card
from dslm.releasing.package.recorded_answers import FILE as RECORDED
from dslm.releasing.package.recorded_answers import cases_to_record
from dslm.settings.gate_policy import load_policy
from dslm.settings.params import recipe_path
from dslm.settings.workspace import Workspace, stage_command

EVIDENCE = "evidence.json"  # of every model's answers
RELEASES = ("champion", "anchor")
CHAMPION, ANCHOR_RELEASE = (f"rows/{model}.release.json" for model in RELEASES)
CHAMPION_TERMS = "champion-terms.json"  # what it was held to
TOP = frozenset({
    "MANIFEST.json", "MLmodel", "calibration.json", "card.md", "data-card.json", EVIDENCE,
    TERMS_FILE, CHAMPION_TERMS, BILL, ERASURES,
    "gate.json", "gate.md", "recipe.yaml", RECORDED, "requirements.txt", "scorecard.json",
    "smoke.json", "workflow.yaml",
})  # fmt: skip
MODELS = ("anchor", "base", "base_calibration", "calibration", "candidate", "champion")
ROWS = frozenset({ANCHOR_RELEASE, CHAMPION, *(f"rows/{model}.jsonl" for model in MODELS)})
ADAPTER_KINDS = frozenset({".safetensors", ".json", ".jsonl", ".md", ".txt"})

# What MLflow's servers and clients are told of question and answer. The text has no name, so that a
# plain list of texts is one too. It is `any`, since of a `string` MLflow makes "None" of nothing.
ASKED = [{"type": "any", "required": True}]
ANSWERED = [
    {"name": "object", "type": "any", "required": False},
    {"name": "action", "type": "string", "required": True},
    {"name": "reasons", "type": "array", "items": {"type": "string"}, "required": True},
    {"name": "confidence", "type": "double", "required": True},
]


def allowed(name: str) -> bool:
    """Whether a release may hold a file of this name, relative to its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return False
    if path.parts[0] == "adapter" and len(path.parts) == 2:
        return path.suffix in ADAPTER_KINDS and not path.name.startswith(".")
    return name in TOP or name in ROWS


def mlmodel() -> dict[str, Any]:
    """What MLflow reads first of a release; JSON is YAML.

    Its own loader calls `_load_pyfunc` of our module: nothing is unpickled, and no code comes with
    the model. So MLflow cannot make an environment for it either, and none is named: `dslm` has to
    be installed where it is served, with the packages of `requirements.txt`.
    """
    loader = {
        "loader_module": "dslm.releasing.pyfunc",
        "python_version": platform.python_version(),
    }
    signature = {"inputs": json.dumps(ASKED), "outputs": json.dumps(ANSWERED)}
    return {"flavors": {"python_function": loader}, "signature": signature}


def package(ws: Workspace, folder: Path, evidence: Mapping[str, str]) -> Path:
    """Gather a release.

    Args:
        ws: The workflow.
        folder: Where to; must not exist.
        evidence: Digests of what the release is made of; goes into its manifest.

    Returns:
        The folder, sealed.

    Raises:
        ReleaseRefused: A part is missing, or is of a kind that no release holds.
    """
    contract = load_contract(ws.contract)
    for name, source in (*_sources(ws), *_data_card(ws, evidence), *_champion_terms(ws)):
        if not allowed(name):
            raise ReleaseRefused(
                "no release holds a file of this kind",
                where=source,
                fix="weights are .safetensors, everything else is text",
            )
        if source.is_symlink() or not source.is_file():
            command = stage_command("gate", ws.workflow)
            raise ReleaseRefused("not a regular file", where=source, fix=f"run {command}")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    verdict = _verdict(folder / "gate.json", ws.workflow)
    loosened = loosened_since(ws.looks, verdict, load_policy(ws.policy))
    write_atomic(folder / "gate.md", as_markdown(verdict, loosened))
    _write_json(folder / "MLmodel", mlmodel())
    answered = [model for model in MODELS if (folder / f"rows/{model}.jsonl").exists()]
    _write_json(
        folder / EVIDENCE, {m: _proved(ws.scores(m), ws.scored_by(m))["inputs"] for m in answered}
    )
    _write_json(folder / "smoke.json", _smoke_case(ws, contract))
    write_records(folder / RECORDED, cases_to_record(ws))
    write_atomic(folder / TERMS_FILE, _terms(ws, contract, verdict).text())
    _write_json(folder / BILL, bill_of_materials(folder, evidence))
    template = ws.root / "registry" / "card-template.md.jinja"
    write_atomic(folder / "card.md", render_card(template, folder, evidence))
    write_manifest(folder, evidence)
    return folder


def _sources(ws: Workspace) -> Iterator[tuple[str, Path]]:
    """Every file that goes in as it is: its name in the release, and where it lies."""
    yield "workflow.yaml", ws.contract
    yield "recipe.yaml", recipe_path(ws)
    yield "calibration.json", ws.calibration
    yield "requirements.txt", ws.lock
    for name in ("scorecard.json", "gate.json"):
        yield name, ws.results / name
    _proved(ws.adapter, stage_command("train", ws.workflow))
    for path in (*files_of(ws.adapter), ws.adapter / "MANIFEST.json"):
        yield f"adapter/{path.relative_to(ws.adapter).as_posix()}", path
    for model in MODELS:
        rows = ws.scores(model) / "rows.jsonl"
        if model not in RELEASES or rows.exists():
            _proved(ws.scores(model), ws.scored_by(model))
            yield f"rows/{model}.jsonl", rows
            if model in RELEASES:
                yield f"rows/{model}.release.json", ws.scores(model) / CHAMPION_FILE


def _champion_terms(ws: Workspace) -> Iterator[tuple[str, Path]]:
    """What the champion was held to, as the verdict names it; none of an older champion."""
    if digest := _verdict(ws.results / "gate.json", ws.workflow).baseline.terms:
        path = ws.terms_before
        theirs = path.is_file() and digest_file(path) == digest
        yield CHAMPION_TERMS, path if theirs else ws.terms


def _terms(ws: Workspace, contract: Contract, verdict: Verdict) -> Terms:
    """What this release is held to: the next one will be compared with it."""
    gold = read_labelled(ws.gold, contract)
    split = split_digests(ws, contract)
    return terms_of(contract, gold, load_policy(ws.policy), verdict.evidence, split)


def _data_card(ws: Workspace, evidence: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """The data card, where the curate stage left one; of the same data and gold, or none goes."""
    if not ws.data_card.exists():
        return
    try:
        card = read_data_card(ws.data_card, ws.workflow)
    except InputError as error:
        raise ReleaseRefused(error.what, where=error.where, fix=error.fix) from error
    about = {key: evidence[key] for key in ("data", "gold") if key in evidence}
    refuse_differences(card.digests, about, what="the data card")
    yield ws.data_card.name, ws.data_card


def _verdict(path: Path, workflow: str) -> Verdict:
    """The verdict that goes in; `gate.md` is made of it anew, since nobody judges words again."""
    made_by = f"run {stage_command('gate', workflow)}"
    return read_record(path, Verdict, missing="not gated yet", fix=made_by)


def _proved(folder: Path, made_by: str) -> dict[str, Any]:
    """The manifest of a stage's folder, after it was compared; refused where it does not hold."""
    try:
        return read_manifest(folder, made_by=made_by)
    except InputError as error:
        raise ReleaseRefused(error.what, where=error.where, fix=error.fix) from error


def _smoke_case(ws: Workspace, contract: Contract) -> dict[str, object]:
    """The input that the release must answer wherever it is loaded, as its row says: a gold case.

    Of those that hold nothing personal, the one that was answered most surely: another machine
    rounds otherwise, and answers that one all the same. Where all hold something, the first with
    personal values as their kind in brackets, whatever key is set, and `as_gold` false: the
    registry is read by more people than gold, and the same release has the same bytes.

    Raises:
        ReleaseRefused: They cannot be looked for here.
    """
    gold = read_labelled(ws.gold, contract)
    from dslm.curation.personal import gold_with_surrogates  # who only lists needs none of it

    showing = gold_with_surrogates(contract, gold, None)
    if showing.how == "nothing":
        raise ReleaseRefused(f"the registry gets no personal data: {showing.fault}", where=ws.gold)
    sure = {
        row.id: (row.prediction.object is not None, row.prediction.confidence)
        for row in read_records(ws.scores("candidate") / "rows.jsonl", Row)
    }
    plain = [case for case in gold if case.id in sure and showing.case(case).input == case.input]
    chosen = max(plain, key=lambda case: sure[case.id], default=gold[0])
    return {"id": chosen.id, "input": showing.case(chosen).input, "as_gold": bool(plain)}


def _write_json(path: Path, value: object) -> None:
    write_atomic(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
