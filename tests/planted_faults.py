"""Faults planted in the evidence of a run, one table: each must turn the gate red, none may raise.

Takes the workspace of a passed run, beside it one of yesterday (other weights, rows and champion)
and one of another workflow; gives names with what each does to the files. `test_mutations.py` runs
the table.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scored_repository import (
    FORTY,
    digest_of,
    inputs_of,
    make_champion,
    seal_again,
    seal_rows,
)  # fmt: skip
from scored_rows import MINI

from dslm.cases import read_records, write_records
from dslm.evidence import KEYS, NONE
from dslm.provenance import MANIFEST, write_atomic, write_manifest
from dslm.records import Case, Row
from dslm.scoring.rows import recompute
from dslm.settings.workspace import Workspace

MODELS = ("calibration", "base", "candidate", "champion")
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
    "registry/mini/champion.json",
    "requirements.lock",
)
FOLDERS = ("artifacts/mini/adapter", "artifacts/mini/curated",
           *(f"artifacts/mini/scores/{m}" for m in MODELS))  # fmt: skip
NOT_FINITE = ("NaN", "Infinity", "-Infinity", "1e999")
NUMBER = re.compile(r"(?<=[:\[,])\s*-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?=\s*[,}\]])")


@dataclass(frozen=True)
class Runs:
    """The run that is broken, and those whose files are put into it."""

    ws: Workspace
    yesterday: Workspace
    other: Workspace


Plant = Callable[[Runs], None]


def _all(*plants: Plant) -> Plant:
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
            _all(*(lambda r, n=name, w=whose: _replace(r, n, getattr(r, w)) for name in pair)),
        )


def _replace(runs: Runs, name: str, source: Workspace) -> None:
    at, of = runs.ws.root / name, source.root / name
    if of.is_dir():
        shutil.rmtree(at)
        shutil.copytree(of, at)
    else:
        assert at.read_bytes() != of.read_bytes(), name
        shutil.copyfile(of, at)


def _numbers() -> Iterator[tuple[str, Plant]]:
    """No number but a finite one, wherever there is a number."""
    for number in NOT_FINITE:
        for model in MODELS:
            yield (
                f"{number} in rows of {model}",
                lambda r, m=model, n=number: _each(r.ws, r.ws.scores(m) / "rows.jsonl", n, m),
            )
            yield (
                f"{number} as threshold of {model}",
                lambda r, m=model, n=number: seal_again(r.ws, m, threshold=n),
            )
        for name in FILES[2:4] + FILES[-4:-1]:
            yield f"{number} in {name}", lambda r, a=name, n=number: _each(r.ws, r.ws.root / a, n)


def _each(ws: Workspace, path: Path, number: str, model: str | None = None) -> None:
    """One number of a file, drawn by the file and the replacement, so that the table meets many."""
    text = path.read_text()
    found = list(NUMBER.finditer(text))
    one = found[len(number) * 7919 % len(found)]
    path.write_text(text[: one.start()] + number + text[one.end() :])
    if model:
        seal_again(ws, model)


def _keys() -> Iterator[tuple[str, Plant]]:
    """Every key of every model's evidence: another value, none, and a key too many."""
    for model in MODELS:
        for key in sorted(KEYS):
            yield (
                f"{key} of {model} changed",
                lambda r, m=model, k=key: _change_key(r.ws, m, k),
            )
            yield (
                f"{key} of {model} lacking",
                lambda r, m=model, k=key: write_manifest(
                    r.ws.scores(m), {a: b for a, b in inputs_of(r.ws, m).items() if a != k}
                ),
            )
        yield f"an unknown key of {model}", lambda r, m=model: seal_again(r.ws, m, licence="MIT")
        yield f"{model} without evidence", lambda r, m=model: write_manifest(r.ws.scores(m), {})
    for key in sorted(KEYS):
        yield (
            f"{key} of the scorecard changed",
            lambda r, k=key: edit(
                r.ws.results / "scorecard.json", lambda v: v["evidence"].update({k: digest_of("x")})
            ),
        )
        yield (
            f"{key} of the threshold changed",
            lambda r, k=key: edit(
                r.ws.calibration, lambda v: v["evidence"].update({k: digest_of("x")})
            ),
        )


def _change_key(ws: Workspace, model: str, key: str) -> None:
    named = inputs_of(ws, model)
    write_manifest(ws.scores(model), named | {key: _another(named[key])})


def _another(value: str) -> str:
    """Another value of the same form."""
    if value.startswith("sha256:") or value == NONE:
        return digest_of("another")
    return {"cpu": "cuda", "1": "2", "base": "candidate"}.get(
        value, "0.25" if value[0].isdigit() else "torch 9"
    )


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file."""
    value = json.loads(path.read_text())
    change(value)
    write_atomic(path, json.dumps(value))


def _rows(model: str, change: Callable[[list[Row]], list[Row]]) -> Plant:
    """Rows changed and sealed anew, the manifest in step."""

    def plant(runs: Runs) -> None:
        rows = read_records(runs.ws.scores(model) / "rows.jsonl", Row)
        seal_rows(runs.ws, model, change(rows), inputs_of(runs.ws, model))

    return plant


def _first(**changes: Any) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [rows[0].model_copy(update=changes), *rows[1:]]


def _decided_anew(threshold: float) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: recompute(MINI, FORTY, rows, threshold)


def _edited() -> Iterator[tuple[str, Plant]]:
    """Rows, thresholds and the baseline, edited and sealed anew."""
    for model in MODELS:
        for name, change in (
            ("row twice", lambda rows: [rows[0], *rows]), ("row gone", lambda rows: rows[1:]),
            ("rows turned round", lambda rows: rows[::-1]), ("no rows", lambda rows: []),
            ("group", _first(group="all")), ("slice", _first(slices={"language": "eo"})),
            ("id", _first(id="g-999")),
        ):  # fmt: skip
            yield f"{model}: {name}", _rows(model, change)
    for model, threshold in (("champion", 2.0), ("champion", 0.1), ("base", 2.0), ("base", 0.9),
                             ("candidate", 0.1), ("candidate", 2.0)):  # fmt: skip
        yield (
            f"{model} decided at {threshold}",
            _all(
                _rows(model, _decided_anew(threshold)),
                lambda r, m=model, t=threshold: seal_again(r.ws, m, threshold=str(t)),
            ),
        )
    yield (
        "an outcome",
        lambda r: edit_line(
            r.ws,
            "candidate",
            lambda v: v["outcome"].update(cost=0.0, exact=True, kind="rightly_held"),
        ),
    )
    yield "a lower threshold", lambda r: edit(r.ws.calibration, lambda v: v.update(threshold=0.2))
    yield "a champion's own calibration edited", lambda r: _champion_threshold(r.ws)
    yield (
        "a metric",
        lambda r: edit(
            r.ws.results / "scorecard.json",
            lambda v: v["models"]["candidate"]["metrics"]["coverage"].update(value=0.99),
        ),
    )


def edit_line(ws: Workspace, model: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the last row of a model, and seal it anew."""
    path = ws.scores(model) / "rows.jsonl"
    lines = path.read_text().splitlines()
    value = json.loads(lines[-1])
    change(value)
    path.write_text("\n".join([*lines[:-1], json.dumps(value)]) + "\n")
    seal_again(ws, model)


def _champion_threshold(ws: Workspace) -> None:
    def change(value: dict[str, Any]) -> None:
        value["calibration"] = value["calibration"].replace('"threshold": 0.5', '"threshold": 2.0')

    edit(ws.scores("champion") / "release.json", change)
    _rows("champion", _decided_anew(2.0))(Runs(ws, ws, ws))
    seal_again(ws, "champion", threshold="2.0")


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
        _all(lambda r: _no_champion(r.ws, older), lambda r: write_atomic(r.ws.champion, older)),
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


FAULTS: dict[str, Plant] = {
    name: plant
    for table in (_damaged, _exchanged, _numbers, _keys, _edited, _baselines, _gold)
    for name, plant in table()
}
