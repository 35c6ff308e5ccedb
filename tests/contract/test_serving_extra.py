"""`pip install 'dslm[serve]'` brings all that a release needs to be loaded and to answer."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from reading_code import ROOT, modules

from dslm.inference.varlen import FLOOR

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# What transformers imports by itself where it is asked for this by the name on the left.
ON_REQUEST = {"BitsAndBytesConfig": "bitsandbytes", "device_map": "accelerate", "gguf_file": "gguf"}
LOADING = [*modules("dslm/inference"), *modules("dslm/releasing")]


def asked_for(*extras: str) -> dict[str, Requirement]:
    lines = [
        *PROJECT["dependencies"],
        *(r for e in extras for r in PROJECT["optional-dependencies"][e]),
    ]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def brought_by(names: set[str]) -> set[str]:
    """Packages that come with these: what they require, and what that does."""
    found, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        needed = [Requirement(line) for line in lines]
        needed = [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
        waiting |= {canonicalize_name(r.name) for r in needed} - found
    return found


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


# Looked for and done without: only training measures the machine.
OPTIONAL = {"psutil", "nvidia-ml-py", "pynvml"}


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
