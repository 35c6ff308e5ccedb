from __future__ import annotations

import gc

import pytest

from dslm.settings.quick_imports import quick_imports


def test_garbage_is_looked_for_again_after_an_import_even_one_that_fails() -> None:
    with quick_imports(), quick_imports():
        assert not gc.isenabled()
    assert gc.isenabled()

    def broken() -> None:
        with quick_imports():
            raise ImportError

    with pytest.raises(ImportError):
        broken()
    assert gc.isenabled()


def test_who_has_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with quick_imports():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
