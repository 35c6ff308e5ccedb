from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from support.models import tiny_model
from support.models.four_bit import four_bit_works
from support.repositories.scored_rows import MINI, cases

from dslm.errors import InputError, Problems
from dslm.inference.base_models.base_files import load_tokenizer
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS, load_adapter, load_base
from dslm.inference.prompts.prompt import answer_ids, tuned_prompt
from dslm.provenance import digest_file
from dslm.records import Case
from dslm.training.doctor.doctor_checks import CHECKS
from dslm.training.encoded_rows import IGNORED, encode
from dslm.training.run import lora_adapter
from dslm.training.run.lora_adapter import fresh_adapter
from dslm.training.run.run_record import RunRecord
from dslm.training.run.training_run import Summary, train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of trainer libraries, their own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
ROWS, HELD_OUT = cases(24), cases(8, prefix="v")
WRITTEN = {"adapter_config.json", "adapter_model.safetensors", "training.json"}


def trained(
    out: Path, *, base: str = "llama", rows: Sequence[Case] = ROWS, **changes: Any
) -> tuple[Summary, RunRecord]:
    out.mkdir(parents=True, exist_ok=True)
    files = tiny_model.base_files(base)
    return train(MINI, tiny_model.recipe(files.folder, **changes), files, rows, HELD_OUT, out)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary, RunRecord]:
    """One run that several tests look at."""
    out = tmp_path_factory.mktemp("first")
    summary, measured = trained(out)
    return out, summary, measured


def test_a_run_writes_safetensors_a_config_and_a_summary_and_nothing_else(first: Any) -> None:
    out, summary, measured = first
    assert {p.name for p in out.iterdir()} == WRITTEN
    assert summary.steps == measured.steps == 6
    assert (summary.rows, summary.validation_rows) == (24, 8)
    assert json.loads((out / "training.json").read_text())["rows"] == 24


def test_losses_are_kept_step_by_step_and_the_held_out_ones_apart(first: Any) -> None:
    _, summary, _ = first
    assert [step for step, _ in summary.losses] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in summary.validation_losses] == [0, 3, 6]
    assert summary.losses[-1][1] < summary.losses[0][1]


def test_tokens_are_counted_and_only_part_of_them_is_trained(first: Any) -> None:
    _, summary, _ = first
    assert 0 < summary.trained_tokens_per_epoch < summary.tokens_per_epoch
    assert summary.preview["learnt"].endswith("<|im_end|>")


def test_every_row_is_trained_and_none_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import SFTTrainer

    seen: list[tuple[int, ...]] = []
    step = SFTTrainer.training_step

    def watched(self: Any, model: Any, inputs: Any, *rest: Any) -> Any:
        seen.extend(tuple(x for x in line if x != IGNORED) for line in inputs["labels"].tolist())
        return step(self, model, inputs, *rest)

    monkeypatch.setattr(SFTTrainer, "training_step", watched)
    summary, _ = trained(tmp_path)  # one epoch
    assert summary.rows == len(ROWS)
    tokenizer = tiny_model.tokenizer()
    answers = [answer_ids(tokenizer, MINI, case.target or {}) for case in ROWS]
    learnt = sorted(label for line in seen for label in line)
    assert learnt == sorted(label for answer in answers for label in answer)


def test_the_adapter_s_config_is_sorted_and_knows_no_path_of_this_machine(first: Any) -> None:
    out, _, _ = first
    text = (out / "adapter_config.json").read_text()
    config = json.loads(text)
    assert config["target_modules"] == sorted(config["target_modules"])
    assert {name.split(".")[-1] for name in config["target_modules"]} >= {"q_proj", "down_proj"}
    assert str(out) not in text
    assert str(Path.cwd()) not in text


def test_the_adapter_fits_its_base_and_changes_it(first: Any) -> None:
    out, _, _ = first
    files = tiny_model.base_files()
    ids = torch.tensor([[5, 6, 7, 8]])
    plain = load_base(files, dtype="float32", attention="grouped")
    with torch.no_grad():
        before = plain(input_ids=ids).logits
        after = load_adapter(plain, out, merge=True)(input_ids=ids).logits
    assert (after - before).abs().max() > 1e-3


def test_the_same_inputs_give_the_same_bytes(first: Any, tmp_path: Path) -> None:
    out, _, _ = first
    trained(tmp_path)
    assert {n: digest_file(tmp_path / n) for n in WRITTEN} == {
        n: digest_file(out / n) for n in WRITTEN
    }


def test_another_seed_gives_another_adapter(first: Any, tmp_path: Path) -> None:
    out, _, _ = first
    trained(tmp_path, seed=4)
    assert digest_file(tmp_path / ADAPTER_WEIGHTS) != digest_file(out / ADAPTER_WEIGHTS)


def test_one_batch_of_four_learns_what_four_of_one_learn(tmp_path: Path) -> None:
    plan = {"rows": cases(4), "epochs": 4, "max_steps": 4}
    whole, _ = trained(tmp_path / "whole", **plan, batch_size=4, accumulation=1)
    parts, _ = trained(tmp_path / "parts", **plan, batch_size=1, accumulation=4)
    assert parts.steps == whole.steps == 4
    for (_, one), (_, other) in zip(whole.losses, parts.losses, strict=True):
        assert one == pytest.approx(other, abs=1e-3)
    left, right = (load_file(tmp_path / n / ADAPTER_WEIGHTS) for n in ("whole", "parts"))
    for name, tensor in left.items():
        torch.testing.assert_close(tensor, right[name], rtol=1e-3, atol=1e-4)


def test_no_cases_are_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    files = tiny_model.base_files()
    with pytest.raises(InputError, match="no cases"):
        train(MINI, tiny_model.recipe(files.folder), files, [], HELD_OUT, tmp_path)
    with pytest.raises(InputError, match="no cases"):
        train(MINI, tiny_model.recipe(files.folder), files, ROWS, [], tmp_path)


def test_a_paged_optimizer_is_refused_where_there_is_no_gpu(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match=r"paged_adamw_8bit is for a GPU.*write adamw"):
        trained(tmp_path, optimizer="paged_adamw_8bit")
    assert list(tmp_path.iterdir()) == []


def test_an_adapter_that_did_not_move_is_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self, closure=None: None)
    with pytest.raises(InputError, match="did not move"):
        trained(tmp_path, max_steps=2)
    assert not (tmp_path / "adapter_model.safetensors").exists()


def test_a_run_whose_loss_is_nan_is_stopped_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(*arguments: Any, **settings: Any) -> Any:
        model = load_base(*arguments, **settings)
        with torch.no_grad():
            model.get_input_embeddings().weight.fill_(math.nan)
        return model

    monkeypatch.setattr(lora_adapter, "load_base", poisoned)
    with pytest.raises(InputError, match="step 0: the validation loss is nan"):
        trained(tmp_path)


def test_a_run_that_learns_nothing_is_stopped_at_its_share(tmp_path: Path) -> None:
    plan = {"learning_rate": 1e-9, "must_learn": {"share": 0.5, "margin": 0.01}}
    # the share ends at step 3, between two looks at the validation loss
    with pytest.raises(InputError, match=r"step 3: no learning: .*1\.0% lower by now.*raise"):
        trained(tmp_path, **plan, validate_every=100)
    assert not (tmp_path / ADAPTER_WEIGHTS).exists()


def test_a_run_that_learns_goes_on(tmp_path: Path) -> None:
    plan = {"must_learn": {"share": 0.5, "margin": 0.01}, "validate_every": 100}
    summary, _ = trained(tmp_path, **plan)
    assert [step for step, _ in summary.validation_losses] == [0, 3, 6]
    assert summary.steps == 6


def knowing(*arguments: Any, **settings: Any) -> Any:
    """A base that knows the rows already, so that there is something to lose."""
    model = load_base(*arguments, **settings).train()
    tokenizer = tiny_model.tokenizer()
    rows = [encode(tokenizer, tuned_prompt(MINI), case) for case in ROWS]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for row in rows * 3:
        ids, labels = torch.tensor([row.input_ids]), torch.tensor([row.labels])
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


def test_a_learning_rate_that_is_far_too_high_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lora_adapter, "load_base", knowing)
    plan = {"learning_rate": 1.0, "max_grad_norm": 1e9, "warmup_share": 0.9, "max_steps": 40}
    with pytest.raises(InputError, match=r"step \d+: the loss exploded to"):
        trained(tmp_path, **plan, epochs=9, schedule="linear")


def test_a_loss_that_becomes_nan_on_the_way_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, closure: Any = None) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.data.fill_(math.nan)

    monkeypatch.setattr(torch.optim.AdamW, "step", broken)
    with pytest.raises(InputError, match="step 2: the loss is nan"):
        trained(tmp_path)


def test_the_loss_before_the_first_step_is_the_untrained_base_s(first: Any) -> None:
    _, summary, _ = first
    files = tiny_model.base_files()
    tokenizer, model = load_tokenizer(files), load_base(files, dtype="float32", attention="eager")
    total = count = 0.0
    for case in HELD_OUT:
        row = encode(tokenizer, tuned_prompt(MINI), case)
        ids, labels = torch.tensor([row.input_ids]), torch.tensor([row.labels])
        with torch.no_grad():
            total += model(input_ids=ids, labels=labels).loss.item() * row.trained
        count += row.trained
    step, loss = summary.validation_losses[0]
    assert step == 0
    assert loss == pytest.approx(total / count, rel=0.02)  # the trainer takes a mean over batches


def test_what_the_doctor_found_is_kept_with_the_adapter(first: Any) -> None:
    out, _, _ = first
    kept = json.loads((out / "training.json").read_text())["doctor"]
    files = tiny_model.base_files()
    assert [c["check"] for c in kept["checks"]] == [check.__name__ for check in CHECKS]
    assert (kept["tokenizer"], kept["template"]) == (files.tokenizer, files.template)
    assert kept["checks"][-1]["message"].endswith("carries no loss in a batch")


def test_a_run_that_the_doctor_refuses_loads_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lora_adapter, "load_base", None)
    with pytest.raises(Problems, match=r"length: 32 of 32 rows exceed 16 tokens"):
        trained(tmp_path, max_tokens=16)


def test_a_run_leaves_no_tokenised_cache_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    changed = [r.model_copy(update={"input": f"{r.input} At once."}) for r in ROWS]
    old, _ = trained(tmp_path / "old")
    new, _ = trained(tmp_path / "new", rows=changed)
    assert "At once." in new.preview["prompt"]
    assert new.losses != old.losses
    assert list(cache.iterdir()) == []


def test_qlora_trains_on_four_bit_weights_on_cpu_too(tmp_path: Path) -> None:
    if reason := four_bit_works():
        pytest.skip(reason)
    files = tiny_model.base_files()
    recipe = tiny_model.recipe(files.folder, max_steps=2, attention="eager")
    document = recipe.model_dump(mode="json") | {"method": "qlora"}
    document["inference"]["merge_adapter"] = False
    qlora = type(recipe).model_validate(document)
    summary, _ = train(MINI, qlora, files, ROWS, HELD_OUT, tmp_path)
    assert summary.steps == 2
    assert {p.name for p in tmp_path.iterdir()} == WRITTEN
    # what is not in four bits has the type that it will answer in
    narrow = qlora.training.model_copy(update={"dtype": "bfloat16"})
    model = fresh_adapter(qlora.model_copy(update={"training": narrow}), files)
    frozen = {p.dtype for p in model.parameters() if not p.requires_grad}
    assert frozen == {torch.uint8, torch.bfloat16}


@pytest.mark.parametrize("base", ["gemma3", "qwen3", "phi3"])
def test_other_families_train_as_well(tmp_path: Path, base: str) -> None:
    summary, _ = trained(tmp_path, base=base)
    assert summary.losses[-1][1] < summary.losses[0][1]
