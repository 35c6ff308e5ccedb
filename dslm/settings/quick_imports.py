"""Large libraries imported in four fifths of the time.

What an import makes stays, so that looking for garbage meanwhile, again and again among ever more
of it, finds next to nothing. Used around the imports of torch, transformers, PEFT and MLflow.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Iterator[None]:
    """Have Python look for no garbage as long as this lasts; where it does not anyway, nothing."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()
