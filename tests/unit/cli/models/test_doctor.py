from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.models import tiny_model
from support.repositories.small_repository import RECIPE, case, write_lines

from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


@pytest.fixture
def curated(repository: Workspace) -> Workspace:
    """A repository with curated cases and a tiny base model of its own."""
    folder = tiny_model.write_base(repository.root / "base")
    (repository.root / "recipes" / f"{RECIPE}.yaml").write_text(tiny_model.recipe_text(folder))
    write_lines(repository.curated / "train.jsonl", [case(n, prefix="t") for n in range(12)])
    write_lines(repository.curated / "validation.jsonl", [case(n, prefix="v") for n in range(4)])
    return repository


def template(ws: Workspace) -> Path:
    return ws.root / "base" / "chat_template.jinja"


def test_a_sound_workflow_is_told_check_by_check_with_what_is_trained(
    dslm: Call, curated: Workspace
) -> None:
    answer = dslm("doctor", "mini")
    assert answer.code == 0, answer.out + answer.err
    assert "11 checks passed, 0 warnings, 0 failed" in answer.out
    assert "✓ prompt         16 rows: the prompt trained on is the one served" in answer.out
    asked, trained = answer.out.split("case t-000 is asked")[1].split("trained to answer")
    assert "    | <|im_start|>user\n    | Thanks for the nice day.<|im_end|>" in asked
    assert '    | {"kind":"other","number":null}<|im_end|>' in trained


def test_the_memory_of_a_run_is_predicted_and_what_would_be_done_about_it(
    dslm: Call, curated: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = dslm("doctor", "mini")
    assert "memory: 2.65 GB predicted for 4 rows at once; " in answer.out
    monkeypatch.setenv("DSLM_MEMORY_GB", "0.2")
    answer = dslm("doctor", "mini", "--json")
    assert answer.code == 0  # the machine that trains may be another
    memory = json.loads(answer.out)["memory"]
    assert (memory["predicted_gb"], memory["room_gb"]) == (2.65, 0.2)
    assert (memory["room"], memory["batch_size"]) == ("DSLM_MEMORY_GB", None)
    assert "would be refused — no change of the recipe is enough" in memory["text"]


def test_updates_and_tokens_of_a_run_are_told_before_there_is_one(
    dslm: Call, curated: Workspace
) -> None:
    told = json.loads(dslm("doctor", "mini", "--json").out)["work"]
    rows = len((curated.curated / "train.jsonl").read_text().splitlines())
    plan = recipe_of(curated).training
    together = plan.batch_size * plan.accumulation
    steps = -(-rows // together)
    expected = -(-round(steps * plan.epochs * 1000) // 1000)
    assert told["updates"] == min(expected, plan.max_steps or expected)
    assert 20 * together * told["updates"] < told["tokens"] < 256 * together * told["updates"]
    assert f"work: {told['updates']} updates of {together} rows" in dslm("doctor", "mini").out


def test_minutes_are_told_by_the_pace_of_the_last_run_here(dslm: Call, curated: Workspace) -> None:
    unknown = json.loads(dslm("doctor", "mini", "--json").out)["work"]["time"]
    assert unknown["minutes"] is None
    assert "time: not known before a first run" in dslm("doctor", "mini").out
    run = {"flops_per_token": 1e6, "tokens_per_second": 50.0, "device_name": "Some CPU"}
    other = curated.artifacts.parent / "another" / "training-run.json"
    other.parent.mkdir(parents=True)
    other.write_text(json.dumps(run))
    slow = json.loads(dslm("doctor", "mini", "--json").out)["work"]["time"]
    curated.training_run.write_text(json.dumps(run | {"tokens_per_second": 500.0}))
    quick = json.loads(dslm("doctor", "mini", "--json").out)["work"]["time"]
    assert slow["minutes"] == pytest.approx(10 * quick["minutes"], abs=1)
    assert slow["minutes"] > 0
    assert "the last run here, on Some CPU" in dslm("doctor", "mini").out
    curated.training_run.write_text("{")  # half written: the run before it is asked
    assert json.loads(dslm("doctor", "mini", "--json").out)["work"]["time"] == slow


def test_a_failing_check_names_the_row_and_what_to_do_and_exits_with_2(
    dslm: Call, curated: Workspace
) -> None:
    row = case(7, prefix="t") | {"id": "the-long-one", "input": "far too long " * 90}
    write_lines(curated.curated / "train.jsonl", [case(1, prefix="t"), row])
    answer = dslm("doctor", "mini")
    assert answer.code == 2
    (line,) = [line for line in answer.out.splitlines() if "✗" in line]
    assert "✗ length         case the-long-one: 1 of 6 rows exceed 256 tokens" in line
    assert "raise training.max_tokens" in line


def test_json_gives_every_check_the_preview_and_the_digests(dslm: Call, curated: Workspace) -> None:
    template(curated).write_text(
        template(curated).read_text().replace("assistant\n", "assistant\n<think>\n")
    )
    answer = dslm("doctor", "mini", "--json")
    assert answer.code == 2
    told = json.loads(answer.out)
    assert [c["proof"] for c in told["checks"] if c["kind"] == "fail"] == ["turn"]
    assert told["preview"]["learnt"] == '{"kind":"other","number":null}<|im_end|>'
    assert {told[k][:7] for k in ("tokenizer", "template", "fingerprint")} == {"sha256:"}


def test_a_template_that_cannot_be_used_is_one_clear_line(dslm: Call, curated: Workspace) -> None:
    template(curated).write_text("{{ raise_exception('tools only') }}")
    answer = dslm("doctor", "mini")
    assert answer.code == 2
    assert "the chat template cannot be used: tools only" in answer.err
    assert "Traceback" not in answer.out + answer.err


def test_without_curated_cases_the_stage_to_run_is_named(dslm: Call, repository: Workspace) -> None:
    answer = dslm("doctor", "mini")
    assert answer.code == 2
    assert "artifacts/mini/curated/train.jsonl" in answer.err
    assert "dvc repro curate@mini" in answer.err


@pytest.mark.slow
def test_it_loads_no_torch(curated: Workspace) -> None:
    code = (
        "import sys\nfrom dslm.cli.app import invoke\n"
        "code = invoke(['doctor', 'mini'])\n"
        "print('TORCH', 'torch' in sys.modules, code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "TORCH False 0", done.stdout + done.stderr
