"""Training on a CUDA device: what CPUs cannot show. `pytest -m gpu tests/gpu` on such a machine.

A model of 220 million random parameters, so that memory is the tensors' and not the libraries'.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases
from support.training.asked_run import usable_attention

from dslm.inference.base_models.base_files import BaseFiles, locate
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS, load_adapter, load_base
from dslm.provenance import write_manifest
from dslm.records import Case
from dslm.settings.recipe import BaseModelSource, Recipe
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.memory.memory_budget import Budget
from dslm.training.run.run_record import RunRecord
from dslm.training.run.training_run import Summary, train
from dslm.training.run.training_tripwires import TrainingMonitor

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # kernels' own, of what they choose
]
SHAPES = {
    "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 12,
    "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 32000,
    "initializer_range": 0.02,
}  # fmt: skip
QLORA = {"method": "qlora", "optimizer": "paged_adamw_8bit"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> BaseFiles:
    folder = tmp_path_factory.mktemp("base") / "model"
    tiny_model.model("llama", **SHAPES).to(torch.bfloat16).save_pretrained(folder)
    tiny_model.tokenizer().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    return locate(BaseModelSource(folder=str(folder)), folder)


def filler(chance: random.Random, words: list[str]) -> str:
    return " ".join(chance.choices(words, k=chance.randint(200, 600)))


def long_rows(count: int, prefix: str = "g") -> list[Case]:
    """Rows of about 250 to 700 tokens."""
    chance = random.Random(prefix)
    words = ["day", "order", "Please", "nice", "Thanks", "send"]
    return [
        case.model_copy(
            update={
                "input": " ".join([*chance.choices(words, k=chance.randint(200, 600)), case.input])
            }
        )
        for case in cases(count, prefix=prefix)
    ]


def recipe_for(files: BaseFiles, **changes: Any) -> Recipe:
    method = changes.pop("method", "lora")
    plan = {
        "batch_size": 8, "max_tokens": 4096, "dtype": "bfloat16",
        "attention": usable_attention()[0],
        "learning_rate": 1e-3, "validate_every": 4, "max_steps": 8, "epochs": 4,
    }  # fmt: skip
    document = tiny_model.recipe_document(files.folder, **(plan | changes)) | {"method": method}
    document["lora"] |= {"r": 16, "alpha": 32}
    document["inference"] |= {"merge_adapter": False, "attention": "sdpa"}
    return Recipe.model_validate(document)


def trained(
    files: BaseFiles, out: Path, memory: float | None = None, work: Path | None = None,
    **changes: Any,
) -> tuple[Summary, RunRecord]:  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    recipe = recipe_for(files, **changes)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    there = Budget(memory, "a test's") if memory else None
    kept = Checkpoints(work, {"recipe": recipe.digest()}) if work else None
    rows, held_out = long_rows(32), long_rows(8, prefix="v")
    return train(MINI, recipe, files, rows, held_out, out, kept, there)


@pytest.mark.parametrize("changes", [{}, QLORA], ids=["lora in bf16", "qlora, paged"])
def test_a_run_learns_and_its_adapter_loads(
    files: BaseFiles, tmp_path: Path, changes: dict[str, Any]
) -> None:
    summary, measured = trained(files, tmp_path / "out", **changes)
    assert measured.device == "cuda"
    assert summary.losses[-1][1] < 0.9 * summary.losses[0][1]
    assert (tmp_path / "out" / ADAPTER_WEIGHTS).is_file()
    four_bit = bool(changes)
    base = load_base(files, dtype="bfloat16", attention="sdpa", four_bit=four_bit)
    write_manifest(tmp_path / "out", files.digests())
    ids = torch.tensor([[5, 6, 7, 8]], device="cuda")
    with torch.no_grad():
        before = base(input_ids=ids).logits
        after = load_adapter(base, tmp_path / "out", merge=False)(input_ids=ids).logits
    assert (after - before).abs().max() > 1e-3


@pytest.mark.parametrize(
    "changes",
    [{}, {"gradient_checkpointing": True}, QLORA, QLORA | {"gradient_checkpointing": True}],
    ids=["lora", "lora again", "qlora", "qlora again"],
)
def test_memory_is_predicted_within_a_tenth(
    files: BaseFiles, tmp_path: Path, changes: dict[str, Any]
) -> None:
    _, measured = trained(files, tmp_path, **changes)
    assert measured.predicted_memory_gb is not None
    assert measured.probed_memory_gb == pytest.approx(measured.peak_memory_gb, rel=0.05)
    assert measured.predicted_memory_gb == pytest.approx(measured.peak_memory_gb, rel=0.1)


def test_rows_end_to_end_have_the_loss_of_padded_ones(files: BaseFiles, tmp_path: Path) -> None:
    attention, why = usable_attention()
    if attention != "varlen":
        pytest.skip(why)
    packed, tight = trained(files, tmp_path / "packed")
    padded, loose = trained(files, tmp_path / "padded", attention="sdpa")
    assert tight.padding_share == 0.0 < 0.05 < loose.padding_share
    for (_, one), (_, other) in zip(packed.losses, padded.losses, strict=True):
        assert one == pytest.approx(other, rel=0.02)  # bfloat16
    assert packed.validation_losses[0][1] == pytest.approx(padded.validation_losses[0][1], rel=5e-3)


def test_a_killed_run_goes_on_from_its_checkpoint(
    files: BaseFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = trained(files, tmp_path / "whole")
    see = TrainingMonitor.see

    def killed(self: TrainingMonitor, step: int, loss: float) -> None:
        see(self, step, loss)
        if step == 5:
            raise RuntimeError("killed")

    monkeypatch.setattr(TrainingMonitor, "see", killed)
    with pytest.raises(RuntimeError, match="killed"):
        trained(files, tmp_path / "out", work=tmp_path / "kept")
    monkeypatch.setattr(TrainingMonitor, "see", see)
    again, _ = trained(files, tmp_path / "out", work=tmp_path / "kept")
    assert [step for step, _ in again.losses] == [step for step, _ in whole.losses]
    for (_, one), (_, other) in zip(whole.losses, again.losses, strict=True):
        assert one == pytest.approx(other, rel=0.02)


def test_an_update_is_cut_to_the_memory_there_is(files: BaseFiles, tmp_path: Path) -> None:
    whole, large = trained(files, tmp_path / "whole")
    assert large.probed_memory_gb is not None
    cut, small = trained(files, tmp_path / "cut", memory=0.6 * large.probed_memory_gb * 1e9 + 1.2e9)
    assert cut.batch_size < whole.batch_size
    assert cut.batch_size * cut.accumulation == whole.batch_size
    assert small.peak_memory_gb < large.peak_memory_gb
    for (_, one), (_, other) in zip(whole.losses, cut.losses, strict=True):
        assert one == pytest.approx(other, rel=0.02)


@pytest.mark.parametrize("again", [False, True], ids=["kept", "computed again"])
def test_a_probe_that_runs_out_of_memory_cuts_the_update(
    files: BaseFiles, tmp_path: Path, again: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    # a checkpointed layer that fails leaves its hooks behind for as long as the error is held
    _, large = trained(files, tmp_path / "whole", gradient_checkpointing=again)
    assert large.probed_memory_gb is not None
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(0.7 * large.probed_memory_gb * 1e9 / total)
    try:
        cut, _ = trained(files, tmp_path / "cut", gradient_checkpointing=again)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert cut.batch_size < 8
    assert "8 rows at once do not fit: a step took more than there was" in capsys.readouterr().err
