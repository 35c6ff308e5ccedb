"""Faults planted within the evidence of a run: numbers, keys and rows, sealed anew.

As `faulty_evidence_files`: gives names with what each does to the files of a passed run.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dslm.cases import read_records
from dslm.evidence import KEYS, NONE
from dslm.provenance import MANIFEST, write_manifest
from dslm.records import Prediction, Row
from dslm.scoring.base_calibration import in_drawn_order
from dslm.scoring.rows.scored_rows import make_rows, recompute
from dslm.settings.workspace import Workspace
from support.faults.faulty_evidence_files import FILES, FOLDERS, MODELS, Plant, Runs, all_of, edit
from support.repositories.scored_repository import (
    FORTY,
    THIRTY,
    digest_of,
    inputs_of,
    seal_again,
    seal_rows,
)
from support.repositories.scored_rows import MINI

NOT_FINITE = ("NaN", "Infinity", "-Infinity", "1e999")
NUMBER = re.compile(r"(?<=[:\[,])\s*-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?=\s*[,}\]])")


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
        for name in FILES[2:4] + FILES[-5:-1]:
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
    for model, threshold in (("champion", 2.0), ("champion", 0.1), ("base", 2.0), ("base", 0.0),
                             ("candidate", 0.1), ("candidate", 2.0)):  # fmt: skip
        yield (
            f"{model} decided at {threshold}",
            all_of(
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
    yield (
        "a threshold beyond any float",
        lambda r: edit(r.ws.calibration, lambda v: v.update(threshold=10**400)),
    )
    yield (
        "a calibration's number beyond any float",
        lambda r: edit(r.ws.calibration, lambda v: v.update(number=10**400)),
    )
    yield "a champion's own calibration edited", lambda r: _champion_threshold(r.ws)
    for name in FOLDERS:
        yield (
            f"{name}: a digest of other files",
            lambda r, n=name: edit(
                r.ws.root / n / MANIFEST, lambda v: v.update(digest=digest_of("other files"))
            ),
        )
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


def _believed() -> Iterator[tuple[str, Plant]]:
    """What a row says of its own answer, edited so that decision, outcome and seal are in step."""
    for model in MODELS:
        for name, change in (
            ("surer than its tokens", lambda p: p.update(confidence=1.0)),
            ("less sure than its tokens", lambda p: p.update(confidence=0.2)),
            ("a field surer", lambda p: p["field_confidence"].update(kind=0.5)),
            ("no field's confidence", lambda p: p.update(field_confidence={})),
            ("tokens surer than its confidence", lambda p: p.update(log_probs=[])),
            ("no log-probabilities", lambda p: p.pop("log_probs")),
            ("log-probabilities null", lambda p: p.update(log_probs=None)),
            ("a token more than certain", lambda p: p.update(log_probs=[[0, 1, 0.01]])),
            ("a token before the text", lambda p: p.update(log_probs=[[-4, 1, -0.01005]])),
            ("invalid, and an answer", lambda p: p.update(finish_reason="invalid")),
            ("cut, and an answer", lambda p: p.update(finish_reason="length")),
            ("another text", lambda p: p.update(text=p["text"].replace("other", "order"))),
            ("an object without its text", lambda p: p.update(text="{}")),
        ):  # fmt: skip
            yield f"{model}: {name}", lambda r, m=model, c=change: _answer_edited(r.ws, m, c)


def _answer_edited(ws: Workspace, model: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the answer of every row, and decide and judge it anew where that can be done."""
    path = ws.scores(model) / "rows.jsonl"
    cases = THIRTY if model.endswith("calibration") else FORTY
    cases = in_drawn_order(cases) if model == "base_calibration" else cases
    values = [json.loads(line) for line in path.read_text().splitlines()]
    before, threshold = json.dumps(values), float(inputs_of(ws, model)["threshold"])
    for value in values:
        change(value["prediction"])
    assert json.dumps(values) != before
    with contextlib.suppress(ValidationError):
        answers = [Prediction.model_validate(value["prediction"]) for value in values]
        rows = make_rows(MINI, cases, answers, threshold)
        values = [row.model_dump(mode="json", exclude_unset=True) for row in rows]
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    seal_again(ws, model)


def _champion_threshold(ws: Workspace) -> None:
    def change(value: dict[str, Any]) -> None:
        value["calibration"] = value["calibration"].replace('"threshold": 0.5', '"threshold": 2.0')

    edit(ws.scores("champion") / "release.json", change)
    _rows("champion", _decided_anew(2.0))(Runs(ws, ws, ws))
    seal_again(ws, "champion", threshold="2.0")


def edit_faults() -> dict[str, Plant]:
    """All of them by name."""
    tables = (_numbers, _keys, _edited, _believed)
    return {name: plant for table in tables for name, plant in table()}
