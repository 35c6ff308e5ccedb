from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from ruamel.yaml.error import MarkedYAMLError

from dslm.errors import DslmError, InputError
from dslm.settings.files.document_loading import load_document, read_yaml
from dslm.settings.files.strict_yaml import DEEPEST, strict_yaml


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


LAUGHS = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
# (document, line of its fault, what is said)
FAULTY: dict[str, tuple[str, int, str]] = {
    "a key twice": ("a: 1\nb: 2\na: 3\n", 3, "duplicate key"),
    "a key twice, once in quotes": ('a: {x: 1,\n  "x": 2}\n', 2, "duplicate key"),
    "a control character": ("a: 1\nb: \x00\n", 2, "U+0000"),
    "a tab": ("a:\n\tb: 1\n", 2, "\\t"),
    "a number as key": ("a: 1\nb: {1: x}\n", 2, "a key has to be text"),
    "nothing as key": ("null: x\n", 1, "a key has to be text"),
    "a truth as key": ("true: x\n", 1, "a key has to be text"),
    "a date as key": ("a: {2030-01-01: x}\n", 1, "a key has to be text"),
    "a list as key": ("a: 1\n? [b]\n: c\n", 2, "a key has to be text"),
    "a mapping as key": ("a: {{b: c}: d}\n", 1, "a key has to be text"),
    "a tag of Python": ("a: !!python/object/apply:os.system [true]\n", 1, "a tag"),
    "a tag of one's own": ("a: 1\nb: !mine 3\n", 2, "a tag (!mine)"),
    "a tag of YAML": ("a: !!binary aGk=\n", 1, "a tag (!!binary)"),
    "lists in lists": ("a: " + "[" * 4000, 1, f"more than {DEEPEST} deep"),
    "mappings in mappings": ("\n".join(f"{' ' * n}a:" for n in range(999)), DEEPEST, "deep"),
    "keys in keys": ("? " * 2000, 1, "deep"),
    "a list that holds itself": ("a: 1\nb: &b [*b]\n", 2, "holds itself"),
    "a mapping that merges itself": ("a: &a\n  <<: *a\n", 1, "holds itself"),
    "a billion laughs": (LAUGHS, 6, "more than 200,000 values"),
    "an alias of nothing": ("a: 1\nb: *c\n", 2, "undefined alias"),
    "two documents": ("a: 1\n---\na: 2\n", 2, "another document"),
    "a day that is none": ("a: 1\nb: 2030-13-01\n", 2, "month must be in"),
    "a number without end": ("a: " + "9" * 5000, 1, "5000 digits"),
    "a number with zeros before it": ("a: 1\nb: [007]\n", 2, "007 is one number here"),
    "a number in parts": ("a: 1_000\n", 1, "1_000 is one number here"),
    "a number to the base of 16": ("a: 0x1F\n", 1, "0x1F is one number here"),
    "a number to the base of 8": ("a: 0o17\n", 1, "0o17 is one number here"),
    "a number with a point and zeros before": ("a: 09.5\n", 1, "09.5 is one number here"),
    "Norway": ("%YAML 1.1\n---\na: [se, no]\n", 3, "no is true or false to some readers"),
    "an hour": ("%YAML 1.1\n---\na: 1:30\n", 3, "1:30 is one number here"),
    "half of a character": ('a: 1\nb: "\\ud83d"\n', 2, "half of a character"),
    "a character beyond Unicode": ('a: 1\nb: "\\UFFFFFFFF"\n', 2, "no text"),
    "YAML 2.0": ("%YAML 2.0\n---\na: 1\n", 1, "version"),
    "no end": ("a: 'b\n", 2, "end of stream"),
}


@pytest.mark.parametrize("name", sorted(FAULTY))
def test_what_is_no_document_of_settings_is_refused_with_its_line(
    name: str, tmp_path: Path
) -> None:
    text, line, says = FAULTY[name]
    path = tmp_path / "d.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    assert caught.value.where == f"{path}:{line}"
    assert says in caught.value.what
    assert len(caught.value.what) < 300


def test_an_endless_number_is_refused_however_deep_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    for number in (".inf", "-.inf", ".nan", "1e999"):
        path.write_text(f"a: 1\nb:\n  - {{c: {number}}}\n")
        with pytest.raises(InputError, match=r"d\.yaml:3: b\.0\.c: is no finite number"):
            load_document(path, Anything)


def test_plain_numbers_and_texts_are_read_as_they_are_everywhere() -> None:
    text = "[0, -0, +5, 1., .5, -0.25, 1e3, 2.5E-4, no, 12:30, 1.2.3, 0-7, '007', True]"
    assert list(strict_yaml(text)) == [
        0, 0, 5, 1.0, 0.5, -0.25, 1000.0, 0.00025, "no", "12:30", "1.2.3", "0-7", "007", True,
    ]  # fmt: skip


def test_true_is_no_number(tmp_path: Path) -> None:
    class Inner(BaseModel):
        sizes: list[float]
        free: dict[str, Any]
        on: bool

    class Outer(BaseModel):
        inner: tuple[Inner, ...]

    path = tmp_path / "d.yaml"
    path.write_text("inner:\n  - {sizes: [1, 2.5], free: {a: true}, on: false}\n")
    assert load_document(path, Outer).inner[0].free == {"a": True}
    path.write_text("inner:\n  - free: {}\n    on: true\n    sizes: [1, true]\n")
    with pytest.raises(InputError, match=r"d\.yaml:4: inner\.0\.sizes\.1: a number was expected"):
        load_document(path, Outer)


def test_anchors_merges_and_a_name_given_anew_are_fine() -> None:
    text = "a: &x {b: 1}\nc: {<<: *x, d: 2}\ne: &x [3]\nf: *x\n"
    found: Any = strict_yaml(text)
    assert dict(found["c"]) == {"b": 1, "d": 2}
    assert list(found["f"]) == [3]


def test_a_mistake_in_what_was_merged_in_is_named(tmp_path: Path) -> None:
    class Inner(BaseModel):
        size: int

    class Outer(BaseModel):
        base: dict[str, Any]
        inner: Inner

    path = tmp_path / "d.yaml"
    path.write_text("base: &b {size: x}\ninner:\n  <<: *b\n")
    with pytest.raises(InputError, match=r"d\.yaml:2: inner\.size: "):
        load_document(path, Outer)
    path.write_text("<<: {inner: {}}\nbase: {}\n")
    with pytest.raises(InputError, match=r"d\.yaml:1: 'inner\.size' is missing"):
        load_document(path, Outer)


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "d.yaml")
    with pytest.raises(InputError, match="is a pipe or a device"):
        read_yaml(tmp_path / "d.yaml")


PARTS = st.sampled_from([
    "a", "b", ":", ": ", "- ", "? ", "\n", "\n  ", "{", "}", "[", "]", ",", "&x ", "*x", "<<: ",
    "!t ", "!!int ", "'", '"', "|\n", ">\n", "#", "%YAML 1.1\n", "---\n", "...\n", "1", ".5", "-",
    "2030-02-30", "null", "~", "\\", "\t", "\x85", "\ufeff", "\U0001f44d", "0x", "e", "true", "@",
])  # fmt: skip


@given(st.lists(PARTS, max_size=30).map("".join) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MarkedYAMLError):
        strict_yaml(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(raw)
    with contextlib.suppress(DslmError):
        load_document(path, Anything)
