from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.models import tiny_model

from dslm.settings.recipe import BaseModelSource
from dslm.training.memory.model_shapes import shapes_of

OWN = BaseModelSource(folder="models/my-own")


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [*tiny_model.ARCHITECTURES, "gemma3_vision"])
def test_shapes_of_a_folder_are_those_of_the_model_in_it(architecture: str) -> None:
    found = shapes_of(OWN, tiny_model.base_folder(architecture))
    assert found is not None
    model = tiny_model.model(architecture).get_decoder()
    linear = {
        name.rsplit(".", 1)[-1]: (layer.in_features, layer.out_features)
        for name, layer in model.named_modules()
        if hasattr(layer, "in_features")
    }
    assert found.linear_shapes() == linear
    assert (found.layers, found.vocabulary, found.tied) == (2, tiny_model.VOCABULARY, True)


def test_an_unknown_family_has_no_shapes_unless_it_is_listed(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mixtral", "hidden_size": 8}))
    assert shapes_of(OWN, tmp_path) is None
    listed = shapes_of(BaseModelSource(hub="Qwen/Qwen3-4B"), tmp_path)
    assert listed is not None
    assert listed.layers == 36


def test_a_folder_without_a_configuration_is_known_by_its_name_alone(tmp_path: Path) -> None:
    assert shapes_of(OWN, tmp_path) is None
    assert shapes_of(BaseModelSource(folder="x/Qwen3-4B"), tmp_path) is not None
