from __future__ import annotations

import pytest

from dslm.errors.notices import notice, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\r\n  c", "a b c"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("ok\u202etxt.exe", r"ok\u202etxt.exe"),
        ("\u2066left\u2069", r"\u2066left\u2069"),
        ("tab\tand\u2028line", "tab and line"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner is part of the word
        ("Größe 王 👍", "Größe 王 👍"),
        ("file\udcff", "file\udcff"),  # written by the stream's own handler
    ],
)
def test_a_text_is_one_line_that_a_terminal_only_shows(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_notice_is_one_line_whatever_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    notice("flow version 1", "erased by x\ndslm: flow: is signed by bob\x1b[A")
    assert capsys.readouterr().err == (
        "dslm: flow version 1: erased by x dslm: flow: is signed by bob\\x1b[A\n"
    )
