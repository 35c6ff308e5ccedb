"""Stops a chat template that goes on for ever: templates come with bases and releases of others.

Takes a function that renders one; gives what it gives, or raises once it took too long. Called by
`prompt`, the one place where templates are rendered. Jinja has no loop without an end, but loops
within loops and macros that call themselves come to the same. One thread watches all renderings: it
interrupts the one that is late at its next step, wherever that is.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
SECONDS = 10.0  # for one conversation; what real templates take is a thousandth of a second
_LOOK = 0.2  # seconds between two looks of the watcher
_IDLE = 5.0  # seconds without a rendering after which it ends

_lock = threading.Lock()
_due: dict[int, float] = {}  # by thread, when its rendering is late
_watcher: threading.Thread | None = None


class _Late(BaseException):
    """Raised in the thread that renders; no template and no library catches it."""


class RenderedTooLong(Exception):
    """A template was stopped."""


def in_time(render: Callable[[], Result]) -> Result:
    """What a function gives that renders a template.

    Raises:
        RenderedTooLong: It took longer than `SECONDS`.
    """
    try:
        try:
            _begin()
            return render()
        finally:
            _end()
    except _Late:
        what = f"it did not end within {SECONDS:g} seconds"
        raise RenderedTooLong(what) from None


def _begin() -> None:
    global _watcher
    with _lock:
        _due[threading.get_ident()] = time.monotonic() + SECONDS
        if _watcher is None or not _watcher.is_alive():
            _watcher = threading.Thread(target=_watch, name="chat templates", daemon=True)
            _watcher.start()


def _end() -> None:
    """From here on nothing is raised in this thread any more."""
    me = threading.get_ident()
    with _lock:
        _due.pop(me, None)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(me), None)


def _watch() -> None:
    global _watcher
    last = time.monotonic()
    while True:
        time.sleep(_LOOK)
        now = time.monotonic()
        with _lock:
            if _due:
                last = now
            elif now - last > _IDLE:
                _watcher = None
                return
            for thread in [thread for thread, due in _due.items() if due < now]:
                del _due[thread]
                late = ctypes.py_object(_Late)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), late)


def _forget() -> None:
    """A forked process has the thread's lock and not the thread."""
    global _lock, _watcher
    _lock, _watcher = threading.Lock(), None
    _due.clear()


os.register_at_fork(after_in_child=_forget)
