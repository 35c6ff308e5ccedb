from __future__ import annotations

import pytest
import torch

from dslm.training.run.hardware_peak import measured, peak, specified


@pytest.mark.parametrize(
    ("name", "tera"),
    [
        ("NVIDIA H200", 989),
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA L4", 121),
        ("NVIDIA L40S", 362),
        ("NVIDIA A10G", 70),
        ("NVIDIA A10", 125),
        ("NVIDIA GeForce RTX 4090", 165.2),
    ],
)
def test_a_known_gpu_is_found_by_its_name(name: str, tera: float) -> None:
    found = specified(name)
    assert found is not None
    assert (found.flops, found.source) == (pytest.approx(tera * 1e12), "specified")


@pytest.mark.parametrize("name", ["Tesla V100-SXM2-16GB", "NVIDIA A1000", "x86_64", ""])
def test_an_unknown_one_is_not_guessed(name: str) -> None:
    assert specified(name) is None


def test_what_is_not_known_is_measured() -> None:
    found = measured("float32")
    assert found.source == "measured"
    assert 1e8 < found.flops < 1e16
    if not torch.cuda.is_available():
        assert peak("bfloat16").source == "measured"
