"""Whether this machine can hold weights in four bits."""

from __future__ import annotations

from functools import cache


@cache
def four_bit_works() -> str:
    """Why 4-bit weights cannot be had here; empty where they can."""
    import torch

    try:
        import bitsandbytes
    except ImportError:
        return "bitsandbytes is not installed"
    try:
        packed, state = bitsandbytes.functional.quantize_4bit(torch.ones(64, 64), quant_type="nf4")
        bitsandbytes.functional.dequantize_4bit(packed, state)
    except (RuntimeError, NotImplementedError) as error:
        return f"bitsandbytes cannot pack on this machine: {error}"
    return ""
