from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.errors import InputError
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.provenance import digest_file
from dslm.settings.bases import BaseFacts
from dslm.settings.recipe import Recipe
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.encoded_rows import Encoded, encode
from dslm.training.memory import memory_forecast as memory
from dslm.training.memory import micro_batching
from dslm.training.memory.memory_budget import Budget
from dslm.training.memory.memory_forecast import predict
from dslm.training.memory.micro_batching import MicroBatcher, longest, micro_batch, splits
from dslm.training.memory.model_shapes import shapes_of
from dslm.training.memory.run_forecast import forecast
from dslm.training.memory.step_probe import Probed
from dslm.training.run.run_record import RunRecord
from dslm.training.run.training_run import Summary, train

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of trainer libraries, their own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
ROWS, HELD_OUT = cases(24), cases(8, prefix="v")
LIBRARIES = 10e9  # pretended, so that what is predicted is more than a test's process takes


def encoded() -> list[Encoded]:
    tokenizer = tiny_model.tokenizer()
    return [encode(tokenizer, tuned_prompt(MINI), case) for case in ROWS]


def tiny(**training: Any) -> tuple[Recipe, BaseFacts]:
    files = tiny_model.base_files()
    recipe = tiny_model.recipe(files.folder, **training)
    base = shapes_of(recipe.base, files.folder)
    assert base is not None
    return recipe, base


def predicted(recipe: Recipe, base: BaseFacts, rows: int) -> float:
    """Of a run with so many rows at once."""
    step = predict(recipe, base, micro_batch(longest(encoded(), rows)), on_gpu=False)
    return step.total + memory.GROWTH_ON_CPU


def trained(
    out: Path, *, memory: float | None = None, work: Path | None = None, **changes: Any
) -> tuple[Summary, RunRecord]:
    out.mkdir(parents=True, exist_ok=True)
    files = tiny_model.base_files()
    recipe = tiny_model.recipe(files.folder, **changes)
    kept = Checkpoints(work, {"recipe": recipe.digest()}) if work else None
    there = None if memory is None else Budget(memory, "a test's")
    return train(MINI, recipe, files, ROWS, HELD_OUT, out, kept, there)


@pytest.fixture
def large_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "OVERHEAD_ON_CPU", LIBRARIES)


def test_an_update_is_cut_without_a_row_more_or_less() -> None:
    assert splits(tiny(batch_size=6, accumulation=2)[0]) == [
        (6, 2),
        (4, 3),
        (3, 4),
        (2, 6),
        (1, 12),
    ]
    assert splits(tiny(batch_size=1, accumulation=4)[0]) == [(1, 4)]


def test_the_longest_micro_batch_has_the_rows_with_most_tokens() -> None:
    rows = encoded()
    found = longest(rows, 3)
    assert sorted((len(r.input_ids) for r in rows), reverse=True)[:3] == [
        len(r.input_ids) for r in found
    ]
    assert micro_batch(found).tokens == sum(len(r.input_ids) for r in found)


@pytest.mark.parametrize(("rows", "times"), [(4, 1), (2, 2), (1, 4)])
def test_the_largest_micro_batch_that_is_predicted_to_fit_is_taken(rows: int, times: int) -> None:
    recipe, base = tiny()
    there = Budget(predicted(recipe, base, rows) + 1, "a test's")
    fit = MicroBatcher(recipe, base, encoded(), there, on_gpu=False).predicted()
    assert fit.split == (rows, times)
    assert fit.applied(recipe).training.batch_size == rows


def test_doctor_and_training_predict_one_number(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, base = tiny()
    MicroBatcher(recipe, base, encoded(), Budget(64e9, "a test's"), on_gpu=False).predicted()
    (number,) = re.findall(r"memory: ([\d.]+) GB predicted for 4 rows", capsys.readouterr().err)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    told = forecast(recipe, tiny_model.base_files().folder, encoded())
    assert told["predicted_gb"] == float(number)
    assert told["text"].startswith(f"{number} GB predicted for 4 rows at once; ")


def test_what_does_not_fit_row_by_row_is_refused_with_a_change_that_would() -> None:
    recipe, base = tiny(gradient_checkpointing=True, dtype="bfloat16")
    there = Budget(predicted(recipe, base, 1) - 1, "a test's")
    with pytest.raises(InputError) as caught:
        MicroBatcher(recipe, base, encoded(), there, on_gpu=False).predicted()
    assert "training does not fit: one row at once: 2.65 GB predicted" in str(caught.value)
    assert caught.value.exit_code == 2
    assert "set " in str(caught.value.fix)


def test_a_run_that_was_begun_otherwise_goes_on_so_or_not_at_all() -> None:
    recipe, base = tiny()
    plenty, little = Budget(1e12, "a test's"), Budget(1e6, "a test's")
    begun = MicroBatcher(recipe, base, encoded(), plenty, on_gpu=False, recorded=(2, 2))
    assert begun.predicted().split == (2, 2)
    begun = MicroBatcher(recipe, base, encoded(), little, on_gpu=False, recorded=(2, 2))
    with pytest.raises(InputError, match=r"killed run cannot go on .*remove its checkpoints"):
        begun.predicted()


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"gradient_checkpointing": True}], ids=["", "again"])
def test_a_probe_leaves_no_trace_in_what_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    document = tiny_model.recipe_document(tiny_model.base_files().folder, **changes)
    document["lora"]["dropout"] = 0.2  # so that random numbers count
    files, recipe = tiny_model.base_files(), Recipe.model_validate(document)
    asked = []
    real = micro_batching.probe

    def counted(*given: Any) -> Probed:
        asked.append(real(*given))
        return asked[-1]

    for name, made in (("with", counted), ("without", lambda *_: Probed(None, None, fitted=True))):
        monkeypatch.setattr(micro_batching, "probe", made)
        (tmp_path / name).mkdir()
        train(MINI, recipe, files, ROWS, HELD_OUT, tmp_path / name)
    assert [one.fitted for one in asked] == [True]
    for file in (ADAPTER_WEIGHTS, "training.json"):
        assert digest_file(tmp_path / "with" / file) == digest_file(tmp_path / "without" / file)


@pytest.mark.slow
def test_a_run_in_little_memory_is_cut_and_learns_the_same(
    tmp_path: Path, large_libraries: None, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, base = tiny()
    whole, _ = trained(tmp_path / "whole")
    said = capsys.readouterr().err
    assert "predicted for 4 rows at once × 1" in said
    cut, measured = trained(tmp_path / "cut", memory=predicted(recipe, base, 2) + 1)
    said = capsys.readouterr().err
    assert "4 rows at once are predicted to take 12.00 GB" in said
    assert "2 rows at once × 2 instead" in said
    assert (cut.batch_size, cut.accumulation, cut.steps) == (2, 2, whole.steps)
    assert (measured.batch_size, measured.accumulation) == (2, 2)
    for (_, one), (_, other) in zip(whole.losses, cut.losses, strict=True):
        assert one == pytest.approx(other, abs=1e-3)
    left, right = (load_file(tmp_path / n / ADAPTER_WEIGHTS) for n in ("whole", "cut"))
    for name, tensor in left.items():
        torch.testing.assert_close(tensor, right[name], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_predicted_and_measured_stand_side_by_side(tmp_path: Path) -> None:
    summary, measured = trained(tmp_path)
    assert measured.predicted_memory_gb is not None
    assert measured.probed_memory_gb is not None
    assert 0 < measured.probed_memory_gb <= measured.peak_memory_gb < measured.room_gb
    kept = json.loads((tmp_path / "training.json").read_text())
    assert kept["predicted_memory_gb"] == summary.predicted_memory_gb
    assert (kept["batch_size"], kept["accumulation"]) == (4, 1)


@pytest.mark.slow
def test_a_killed_run_goes_on_as_it_was_cut_when_there_is_more_room_later(
    tmp_path: Path, large_libraries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, base = tiny()
    little = predicted(recipe, base, 2) + 1
    trained(tmp_path / "whole", memory=little)
    from dslm.training.run.training_tripwires import TrainingMonitor

    see = TrainingMonitor.see

    def killed(self: TrainingMonitor, step: int, loss: float) -> None:
        see(self, step, loss)
        if step == 3:
            raise RuntimeError("killed")

    monkeypatch.setattr(TrainingMonitor, "see", killed)
    with pytest.raises(RuntimeError, match="killed"):
        trained(tmp_path / "killed", memory=little, work=tmp_path / "checkpoints")
    monkeypatch.setattr(TrainingMonitor, "see", see)
    summary, _ = trained(tmp_path / "killed", memory=1e12, work=tmp_path / "checkpoints")
    assert (summary.batch_size, summary.accumulation) == (2, 2)
    for file in (ADAPTER_WEIGHTS, "training.json"):
        assert digest_file(tmp_path / "killed" / file) == digest_file(tmp_path / "whole" / file)


@pytest.mark.slow
def test_too_little_memory_loads_no_model(
    tmp_path: Path, large_libraries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dslm.training.run import lora_adapter

    monkeypatch.setattr(lora_adapter, "load_base", None)
    with pytest.raises(InputError, match="does not fit") as caught:
        trained(tmp_path, memory=1e9)
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []
