from __future__ import annotations

from typing import Any

import pytest
from support.models import tiny_model
from torch.utils.flop_counter import FlopCounterMode

from dslm.settings.bases import BaseFacts
from dslm.training.encoded_rows import IGNORED, Encoded
from dslm.training.memory.model_shapes import shapes_of
from dslm.training.run.answer_loss import answer_loss
from dslm.training.run.flops import ATTENTION, attended, flops_per_token, step_flops
from dslm.training.run.sequence_packing import end_to_end

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # of peft on transformers
TOKENS, ANSWER = 24, 9


def counted(architecture: str) -> int:
    """Operations of one step on one row, as torch counts them."""
    from peft import LoraConfig, get_peft_model

    model = tiny_model.model(architecture)
    model.set_attn_implementation("eager")
    lora = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear")
    model = get_peft_model(model, lora)
    model.enable_input_require_grads()  # the first block passes its gradient on, as all others do
    ids = list(range(5, 5 + TOKENS))
    labels = [IGNORED] * (TOKENS - ANSWER) + ids[-ANSWER:]
    with FlopCounterMode(display=False) as counter:
        answer_loss(model, end_to_end([{"input_ids": ids, "labels": labels}]), None).backward()
    return counter.get_total_flops()


def base(architecture: str) -> tuple[Any, BaseFacts]:
    files = tiny_model.base_files(architecture)
    recipe = tiny_model.recipe(files.folder)
    found = shapes_of(recipe.base, files.folder)
    assert found is not None
    return recipe, found


@pytest.mark.slow
@pytest.mark.parametrize("architecture", tiny_model.ARCHITECTURES)
def test_it_is_what_torch_counts_but_for_pairs_that_a_causal_kernel_leaves_out(
    architecture: str,
) -> None:
    recipe, facts = base(architecture)
    all_pairs = TOKENS * TOKENS - attended(TOKENS)
    left_out = ATTENTION * facts.layers * facts.heads * facts.width * all_pairs
    mine = step_flops(facts, recipe, [TOKENS], ANSWER) + left_out
    # rotary angles are products too, of no weights and without a gradient
    assert mine == pytest.approx(counted(architecture), rel=0.001)


def test_frozen_weights_take_four_operations_and_not_six() -> None:
    recipe, facts = base("llama")
    large = facts.model_copy(update={"hidden": 4096, "intermediate": 14336, "layers": 32,
                                     "heads": 32, "groups": 8, "width": 128})  # fmt: skip
    each = step_flops(large, recipe, [100] * 50, 0) / 5000
    assert each == pytest.approx(4 * large.linear_parameters, rel=0.02)


def test_longer_rows_take_more_a_token_and_untrained_tokens_less() -> None:
    recipe, facts = base("llama")

    def a_token(size: int, trained: int) -> float:
        labels = (IGNORED,) * (size - trained) + (7,) * trained
        return flops_per_token(facts, recipe, [Encoded("a", (7,) * size, labels)] * 3)

    assert a_token(200, 10) > a_token(100, 5)
    assert a_token(100, 90) > a_token(100, 10)


def test_the_published_ceiling_is_met() -> None:
    # 3.21 billion parameters at 790 TFLOP/s: 61.5 thousand tokens a second where all get logits
    from dslm.settings.bases import known_bases

    recipe, _ = base("llama")
    facts = known_bases()["Llama-3.2-3B-Instruct"]
    assert 790e12 / step_flops(facts, recipe, [1] * 100, 100) * 100 == pytest.approx(
        61.5e3, rel=0.02
    )
