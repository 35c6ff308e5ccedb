from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch

from dslm.inference.lazy_compile import lazy_compile


def test_what_is_decorated_meanwhile_is_compiled_once_at_its_first_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[dict[str, Any]] = []

    def compile_(function: Any, **options: Any) -> Any:
        compiled.append(options)
        return function

    monkeypatch.setattr(torch, "compile", compile_)
    with lazy_compile():

        @torch.compile(dynamic=False)
        def twice(number: int) -> int:
            return 2 * number

        thrice = torch.compile(lambda number: 3 * number)
    assert torch.compile is compile_
    assert compiled == []
    assert (twice(2), twice(3), thrice(1)) == (4, 6, 3)
    assert compiled == [{"dynamic": False}, {}]
    assert twice.__name__ == "twice"


def test_torch_compile_is_back_after_an_import_that_fails() -> None:
    whole = torch.compile

    def broken() -> None:
        with lazy_compile():
            raise ImportError

    with pytest.raises(ImportError):
        broken()
    assert torch.compile is whole


@pytest.mark.slow
def test_an_adapter_is_loaded_without_the_compiler() -> None:
    code = (
        "import sys; from dslm.inference.lazy_compile import lazy_compile\n"
        "with lazy_compile(): import peft\n"
        "sys.exit('torch._inductor.compile_fx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
