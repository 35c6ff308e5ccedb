"""The header of a safetensors file, read without trust: sizes and places that fit the file.

The file says itself how long its header is and where each tensor lies. Takes a path; gives the
shape of each tensor. Called where a base or adapter is looked at before it is loaded. The format:
https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.strict_json import strict_json

LONGEST = 100_000_000  # bytes of a header, as the library has it
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E5M2FNUZ": 8,
    "F8_E4M3FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32,
    "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of a file.

    Raises:
        InputError: The header is longer than the file, no JSON, or names tensors that overlap,
            leave gaps, have another size than their type and shape, or lie outside of the file.
    """
    try:
        return _shapes(path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        fix = "fetch or restore it: its header is broken or was edited"
        raise InputError(f"cannot be read as safetensors ({error})", where=path, fix=fix) from None


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(size - 8, LONGEST):
            raise ValueError(f"a header of {length} bytes in a file of {size}")
        header = strict_json(stream.read(length))
    named = {name: one for name, one in header.items() if name != "__metadata__"}
    at = 0
    for name, one in sorted(named.items(), key=lambda pair: pair[1]["data_offsets"]):
        begin, end = one["data_offsets"]
        if begin != at or end - begin != _bytes(one):
            raise ValueError(f"tensor {name[:80]!r} does not lie where it says")
        at = end
    if at != size - 8 - length:
        raise ValueError("more or less bytes than its tensors have")
    return {name: tuple(one["shape"]) for name, one in named.items()}


def _bytes(one: dict[str, Any]) -> int:
    """How many bytes a tensor of this type and shape takes."""
    shape: list[int] = one["shape"]
    if not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("a shape that is none")
    return -(-math.prod(shape) * _BITS[one["dtype"]] // 8)
