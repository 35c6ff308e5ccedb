"""torch.compile, with the compiler imported where something is compiled and not before.

PEFT imports bitsandbytes wherever that is installed, which decorates a few functions of its own
with `torch.compile`; that alone imports all of torch's compiler, in more than a second of processor
time. Functions decorated here are compiled at their first call, as they would be anyway. Called
where PEFT is imported to load models.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def lazy_compile() -> Iterator[None]:
    """Have `torch.compile` do nothing but remember, as long as this lasts; for imports."""
    import torch

    whole = torch.compile

    def remember(function: Any = None, **options: Any) -> Any:
        if function is None:
            return functools.partial(remember, **options)
        return _compiled_when_called(function, lambda: whole(function, **options))

    torch.compile = remember  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.compile = whole


def _compiled_when_called(function: Any, compiled: Callable[[], Any]) -> Any:
    made = functools.cache(compiled)

    @functools.wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        return made()(*given, **named)

    return called
