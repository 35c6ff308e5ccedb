"""`dslm compare --release` on a registry: the promise and the contract are the version's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories.finished_run import Run
from support.repositories.scored_rows import cases
from support.repositories.small_repository import write_lines

from dslm.settings.workspace import Workspace

Said = tuple[int, dict[str, object]]
Compare = Callable[..., Said]
HELD = [
    case.model_copy(update={"input": f"{case.input} It is number {place}."})
    for place, case in enumerate(cases(50, prefix="h"))
]


@pytest.fixture
def released(run: Run) -> Run:
    """Version 1 and what it promises; of the working tree's own scorecard nothing is left."""
    run.gate()
    assert run.register().version == 1
    (run.ws.results / "scorecard.json").unlink()
    write_lines(run.ws.curated / "train.jsonl", [HELD[0].model_dump(mode="json")])
    for name in ("validation", "calibration"):
        write_lines(run.ws.curated / f"{name}.jsonl", [c.model_dump(mode="json") for c in cases(1)])
    return run


@pytest.fixture
def compare(
    released: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Compare:  # fmt: skip
    from dslm.cli.app import invoke

    monkeypatch.setenv("DSLM_ROOT", str(released.ws.root))
    labels, out = tmp_path / "labels.jsonl", tmp_path / "out.jsonl"
    write_lines(labels, [case.model_dump(mode="json") for case in HELD])
    write_lines(out, [{"id": c.id, "object": c.target, "action": "proceed"} for c in HELD])

    def call(version: int) -> Said:
        code = invoke(["compare", "mini", str(out), str(labels), "--release", str(version),
                       "--json"])  # fmt: skip
        seen = capsys.readouterr()
        return code, json.loads(seen.out if code == 0 else seen.err)

    return call


def test_the_versions_own_promise_is_compared(compare: Compare) -> None:
    code, said = compare(1)
    assert code == 0, said
    assert said["promised_by"] == "release 1"
    promise = next(iter(said["promises"]))  # type: ignore[call-overload]
    assert (promise["promised"]["value"], promise["promised"]["n"]) == (1.0, 10)
    assert (promise["found"]["value"], promise["kept"]) == (1.0, "as promised")
    assert said["seen_before"] == {"train": 1}


def test_answers_are_held_to_the_versions_contract_though_another_is_there_now(
    compare: Compare, released: Run
) -> None:
    ws: Workspace = released.ws
    text = ws.contract.read_text().replace("version: 1", "version: 2")
    text = text.replace("required: [kind, number]", "required: [kind, number, day]")
    text = text.replace("    kind: {enum:", "    day: {type: string}\n    kind: {enum:")
    ws.contract.write_text(text)
    row = HELD[0].model_dump(mode="json")
    write_lines(ws.curated / "train.jsonl", [row | {"target": row["target"] | {"day": "today"}}])
    code, said = compare(1)
    assert code == 0, said
    assert said["seen_before"] == {"train": 1}


def test_a_version_that_is_not_there_or_not_whole_is_refused(
    compare: Compare, released: Run
) -> None:
    code, said = compare(7)
    assert (code, said["error"]["exit_code"]) == (4, 4)  # type: ignore[index, call-overload]
    released.stored(1, "scorecard.json").write_text("{}")
    code, said = compare(1)
    assert code == 4
    assert "bytes differ" in str(said["error"])
