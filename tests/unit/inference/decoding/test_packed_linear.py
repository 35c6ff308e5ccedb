from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from support.models import tiny_model

from dslm.inference.base_models.model_loading import quieten
from dslm.inference.decoding.packed_linear import pack

IDS = torch.arange(3, 60).view(3, 19)


def logits(model: Any, ids: Any) -> Any:
    with torch.inference_mode():
        return model(input_ids=ids).logits


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["llama", "gemma3", "phi3"])
def test_a_packed_model_answers_the_same(architecture: str) -> None:
    model = tiny_model.model(architecture)
    plain = logits(model, IDS)
    linear = sum(type(m) is torch.nn.Linear for m in model.modules())
    assert pack(model) == linear > 8
    assert not any(type(m) is torch.nn.Linear for m in model.modules())
    torch.testing.assert_close(logits(model, IDS), plain, rtol=1e-4, atol=1e-4)


def test_layers_with_a_bias_keep_it() -> None:
    model = tiny_model.model("llama", attention_bias=True, mlp_bias=True)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_()
    plain = logits(model, IDS)
    pack(model)
    torch.testing.assert_close(logits(model, IDS), plain, rtol=1e-4, atol=1e-4)


def test_the_embedding_that_shares_its_weight_with_the_last_layer_stays() -> None:
    model = tiny_model.model("llama")
    before = model.get_input_embeddings().weight.clone()
    pack(model)
    assert torch.equal(model.get_input_embeddings().weight, before)


def test_other_number_formats_stay_as_they_are() -> None:
    assert pack(tiny_model.model("llama").bfloat16()) == 0


def test_a_model_with_an_adapter_beside_its_weights_stays_as_it_is() -> None:
    quieten()
    config = LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"])
    assert pack(get_peft_model(tiny_model.model("llama"), config)) == 0
