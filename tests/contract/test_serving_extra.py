"""`pip install 'dslm[serve]'` brings all that a release needs to be loaded and to answer."""

from __future__ import annotations

import importlib.metadata
import re
import sys

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.documents.code_reader import modules
from support.processes.fresh_environment import asked_for, brought_by

from dslm.inference.decoding.varlen_attention import FLOOR

# What transformers imports by itself where it is asked for this by the name on the left.
ON_REQUEST = {"BitsAndBytesConfig": "bitsandbytes", "device_map": "accelerate", "gguf_file": "gguf"}
LOADING = [*modules("dslm/inference"), *modules("dslm/releasing")]


def needed() -> dict[frozenset[str], str]:
    """Packages that loading code imports or has imported, any of some, and where."""
    distributions = importlib.metadata.packages_distributions()
    found: dict[frozenset[str], str] = {}
    for module in LOADING:
        tops = {one.name.split(".")[0] for one in module.imports()}
        for top in tops - set(sys.stdlib_module_names) - {"dslm"}:
            names = map(canonicalize_name, distributions.get(top, [top]))
            found[frozenset(names)] = module.name
        for word, package in ON_REQUEST.items():
            if re.search(rf"\b{word}\b", module.text):
                found[frozenset({package})] = module.name
    return found


# Looked for and done without: only training measures the machine, only a release's maker signs.
OPTIONAL = {"psutil", "nvidia-ml-py", "pynvml", "model-signing"}


def test_the_serving_extra_has_every_package_that_loading_a_release_imports() -> None:
    wanted = needed()
    for package in (*ON_REQUEST.values(), "torch", "transformers", "peft"):
        assert frozenset({package}) in wanted
    there = brought_by(set(asked_for("serve"))) | OPTIONAL
    assert {tuple(one): where for one, where in wanted.items() if not one & there} == {}


@pytest.mark.parametrize("package", ["accelerate", "bitsandbytes", "gguf", "peft", "transformers"])
def test_serving_and_training_ask_for_the_same_versions(package: str) -> None:
    assert asked_for("serve")[package].specifier == asked_for("train")[package].specifier


def test_training_asks_for_the_torch_that_varlen_attention_needs() -> None:
    (least,) = asked_for("train")["torch"].specifier
    assert least.operator == ">="
    assert Version(least.version) == Version(FLOOR)
