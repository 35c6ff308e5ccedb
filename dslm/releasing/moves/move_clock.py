"""What time a move of the champion says it was made at.

Called by `champion_move`; a drill sets it wrong, since machines do, and nothing may go by it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar

_ahead: ContextVar[dt.timedelta | None] = ContextVar("ahead", default=None)


def now() -> dt.datetime:
    """By this machine's clock, in UTC."""
    return dt.datetime.now(tz=dt.UTC) + (_ahead.get() or dt.timedelta())


@contextlib.contextmanager
def skewed(ahead: dt.timedelta) -> Iterator[None]:
    """A clock that is wrong meanwhile, in this thread."""
    token = _ahead.set(ahead)
    try:
        yield
    finally:
        _ahead.reset(token)
