"""Faults planted in the files of a run's evidence: each must turn the gate red, none may raise.

Takes the workspace of a passed run, beside it one of yesterday (other weights, rows and champion)
and one of another workflow; gives names with what each does to the files. `edited_evidence` has
those within a file; `test_mutations.py` runs both.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.cases import read_records, write_records
from dslm.provenance import MANIFEST, write_atomic, write_manifest
from dslm.records import Case
from dslm.settings.workspace import Workspace
from support.repositories.scored_repository import (
    make_champion,
)  # fmt: skip

MODELS = ("calibration", "base", "base_calibration", "candidate", "champion")
FILES = (
    "artifacts/mini/adapter/MANIFEST.json",
    "artifacts/mini/adapter/adapter_model.safetensors",
    "artifacts/mini/baseline.json",
    "artifacts/mini/calibration.json",
    "artifacts/mini/curated/MANIFEST.json",
    "artifacts/mini/curated/calibration.jsonl",
    "artifacts/mini/curated/train.jsonl",
    *(f"artifacts/mini/scores/{m}/{f}" for m in MODELS for f in (MANIFEST, "rows.jsonl")),
    "artifacts/mini/scores/champion/release.json",
    "eval/mini/results/scorecard.json",
    "registry/mini/terms.json",
    "registry/mini/champion.json",
    "requirements.lock",
)
FOLDERS = ("artifacts/mini/adapter", "artifacts/mini/curated",
           *(f"artifacts/mini/scores/{m}" for m in MODELS))  # fmt: skip


@dataclass(frozen=True)
class Runs:
    """The run that is broken, and those whose files are put into it."""

    ws: Workspace
    yesterday: Workspace
    other: Workspace


Plant = Callable[[Runs], None]


def all_of(*plants: Plant) -> Plant:
    """Several faults at once."""

    def plant(runs: Runs) -> None:
        for one in plants:
            one(runs)

    return plant


def _path(name: str) -> Callable[[Workspace], Path]:
    return lambda ws: ws.root / name


def _damaged() -> Iterator[tuple[str, Plant]]:
    """Each file deleted, cut, emptied, replaced by `{}` or a folder."""
    for name in FILES:
        at = _path(name)
        yield f"{name} deleted", lambda r, at=at: at(r.ws).unlink()
        yield f"{name} cut", lambda r, at=at: _cut(at(r.ws))
        yield f"{name} empty", lambda r, at=at: at(r.ws).write_bytes(b"")
        yield f"{name} {{}}", lambda r, at=at: at(r.ws).write_text("{}")
        yield f"{name} a folder", lambda r, at=at: _folder(at(r.ws))


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _exchanged() -> Iterator[tuple[str, Plant]]:
    """Each file and each folder replaced by yesterday's and by another workflow's."""
    for whose in ("yesterday", "other"):
        for name in (*FILES, *FOLDERS):
            if name.endswith(("train.jsonl", "calibration.jsonl")) and whose == "yesterday":
                continue  # the same cases
            yield f"{name} of {whose}", lambda r, n=name, w=whose: _replace(r, n, getattr(r, w))
        pair = ("artifacts/mini/calibration.json", "artifacts/mini/scores/calibration")
        yield (
            f"calibration with its rows of {whose}",
            all_of(*(lambda r, n=name, w=whose: _replace(r, n, getattr(r, w)) for name in pair)),
        )


def _replace(runs: Runs, name: str, source: Workspace) -> None:
    at, of = runs.ws.root / name, source.root / name
    if of.is_dir():
        shutil.rmtree(at)
        shutil.copytree(of, at)
    else:
        assert at.read_bytes() != of.read_bytes(), name
        shutil.copyfile(of, at)


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file."""
    value = json.loads(path.read_text())
    change(value)
    write_atomic(path, json.dumps(value))


def _baselines() -> Iterator[tuple[str, Plant]]:
    """The champion argued away."""
    none = '{"version": 0, "digest": null}'
    older = make_champion().baseline.model_copy(update={"contract_version": 0}).model_dump_json()
    yield "none beside a champion", lambda r: write_atomic(r.ws.baseline, none)
    yield "none beside a champion, its rows gone", lambda r: _no_champion(r.ws, none)
    yield "no champion beside a baseline", lambda r: write_atomic(r.ws.champion, none)
    yield "an older contract in the baseline", lambda r: write_atomic(r.ws.baseline, older)
    yield (
        "an older contract in both",
        all_of(lambda r: _no_champion(r.ws, older), lambda r: write_atomic(r.ws.champion, older)),
    )
    yield "the champion's rows gone", lambda r: _no_champion(r.ws, r.ws.baseline.read_text())


def _no_champion(ws: Workspace, baseline: str) -> None:
    shutil.rmtree(ws.scores("champion"))
    write_atomic(ws.scores("champion") / "note.json", '{"champion": 0}\n')
    write_manifest(ws.scores("champion"), {})
    write_atomic(ws.baseline, baseline)


def _gold() -> Iterator[tuple[str, Plant]]:
    """What the team wrote, changed after it was scored."""
    for name, change in (
        ("case gone", lambda cases: cases[:-1]), ("cases turned round", lambda cases: cases[::-1]),
        ("case changed", lambda c: [*c[:-1], c[-1].model_copy(update={"input": "A-39 please"})]),
    ):  # fmt: skip
        yield (
            f"gold: {name}",
            lambda r, c=change: write_records(r.ws.gold, c(read_records(r.ws.gold, Case))),
        )
    for old, new in (("version: 1", "version: 2"), ("{as: text}", "{as: exact}"),
                     ("wrong_proceed: 45.0", "wrong_proceed: 4.5"), ("[language]", "[]"),
                     ("max_selective_risk: 0.1", "max_selective_risk: 0.3")):  # fmt: skip
        yield f"contract: {new}", lambda r, o=old, n=new: _text(r.ws.contract, o, n)
    yield (
        "recipe: learning rate",
        lambda r: _text(
            next((r.ws.root / "recipes").glob("smollm2-135m-lora-cpu.yaml")),
            "epochs:",
            "epochs: 9 #",
        ),
    )


def _text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def file_faults() -> dict[str, Plant]:
    """All of them by name."""
    tables = (_damaged, _exchanged, _baselines, _gold)
    return {name: plant for table in tables for name, plant in table()}
