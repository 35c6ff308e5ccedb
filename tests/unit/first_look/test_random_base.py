"""Random models of real shapes: the same in every process, loaded as files would be."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from support.models import random_base, tiny_model
from support.models.four_bit import four_bit_works
from support.models.random_base import RandomTensor
from support.training import asked_run
from support.training.asked_run import Asked, lengths, rows_of, usable_attention

from dslm.errors import InputError
from dslm.inference.base_models.base_files import BaseFiles, locate
from dslm.inference.base_models.model_loading import load_base
from dslm.settings.bases import known_bases
from dslm.settings.recipe import BaseModelSource

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> BaseFiles:
    folder = tmp_path_factory.mktemp("base") / "tiny"
    random_base.write_shapes("tiny", folder)
    return locate(BaseModelSource(folder=str(folder)), folder)


@pytest.mark.parametrize("size", list(random_base.SIZES))
def test_a_size_has_the_tensors_and_parameters_of_its_base(size: str) -> None:
    tensors = random_base.random_tensors(random_base.config_of(size), torch.bfloat16, "cpu")
    facts = known_bases()[random_base.SIZES[size]]
    count = sum(math.prod(one.get_shape()) for one in tensors.values()) / 1e9
    assert count == pytest.approx(facts.parameters, rel=0.01)
    assert ("lm_head.weight" in tensors) is not facts.tied


def test_a_weight_depends_on_its_name_alone() -> None:
    def drawn(name: str) -> torch.Tensor:
        return RandomTensor(name, (64, 64), torch.float32, "cpu", 0.02)[...]

    first = drawn("a.weight")
    assert not torch.equal(drawn("b.weight"), first)
    assert torch.equal(drawn("a.weight"), first)
    assert float(first.std()) == pytest.approx(0.02, rel=0.1)


def test_a_model_without_files_is_loaded_as_one_with_files(files: BaseFiles) -> None:
    assert not random_base.has_weights(files.folder)
    with random_base.weights_from_nowhere():
        model = load_base(files, dtype="float32", attention="sdpa")
    name = "model.layers.1.mlp.up_proj.weight"
    weights = model.state_dict()
    wanted = RandomTensor(name, tuple(weights[name].shape), torch.float32, "cpu", 0.2)[...]
    assert torch.equal(weights[name], wanted)
    assert torch.equal(weights["model.norm.weight"], torch.ones(64))
    assert model.lm_head.weight is model.model.embed_tokens.weight
    like = tiny_model.model("llama")
    assert weights.keys() == like.state_dict().keys()
    assert torch.equal(model.model.rotary_emb.inv_freq, like.model.rotary_emb.inv_freq)
    assert not model.training


@pytest.mark.skipif(bool(four_bit_works()), reason=four_bit_works())
def test_four_bits_are_packed_as_from_files(files: BaseFiles) -> None:
    with random_base.weights_from_nowhere():
        model = load_base(files, dtype="bfloat16", attention="sdpa", four_bit=True)
    assert model.is_loaded_in_4bit
    assert model.model.layers[0].mlp.up_proj.weight.dtype == torch.uint8


def test_files_are_read_where_there_are_some() -> None:
    there = tiny_model.base_files()
    with random_base.weights_from_nowhere():
        model = load_base(there, dtype="float32", attention="sdpa")
    name = "model.layers.1.mlp.up_proj.weight"
    assert torch.equal(model.state_dict()[name], tiny_model.model("llama").state_dict()[name])


def test_a_tokenizer_of_letters_has_as_many_tokens_as_asked_and_loses_nothing() -> None:
    made = random_base.letters_tokenizer(4096)
    assert len(made) == 4096
    text = 'Zahlen Sie 119,00 € bis 4.3. {"kind":"invoice"} 請求書'
    assert made.decode(made(text).input_ids) == text


@pytest.mark.parametrize("tokens", [128, 300, 2048])
def test_rows_that_are_alike_are_as_long_as_asked(tokens: int) -> None:
    found = lengths(rows_of(Asked(tokens=tokens, rows=12, alike=True)))
    assert max(found) <= tokens
    assert min(found) >= tokens - 8


def test_attention_is_varlen_where_its_kernel_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    usable_attention.cache_clear()
    assert usable_attention() == ("varlen", "")
    old = TypeError("varlen_attn() got an unexpected keyword argument 'enable_gqa'")
    for error in (old, ImportError("no module torch.nn.attention.varlen"), InputError("a T4")):

        def broken(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        usable_attention.cache_clear()
        monkeypatch.setattr("dslm.inference.decoding.varlen_attention.varlen_attention", broken)
        attention, why = usable_attention()
        assert attention == "sdpa"
        assert str(error) in why
    usable_attention.cache_clear()
    assert asked_run.recipe_for(Path("x"), Asked(), {}).training.attention == "sdpa"
    usable_attention.cache_clear()
