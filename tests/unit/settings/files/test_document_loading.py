from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from dslm.errors import DslmError, InputError, Problems
from dslm.settings.files.document_loading import load_document
from dslm.settings.waivers import load_waivers


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int
    rate: float = 0.1


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    parts: list[Part] = []


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    path = tmp_path / "d.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(DslmError) as caught:
        load_document(path, Document)
    error = caught.value
    found = error.problems if isinstance(error, Problems) else (error,)
    return [problem.message().replace(f"{tmp_path}/", "") for problem in found]


def test_every_mistake_is_reported_with_its_line_in_order(tmp_path: Path) -> None:
    text = "nmae: x\nparts:\n  - {size: 1}\n  - size: big\n    rat: 2\n"
    assert problems(tmp_path, text) == [
        "d.yaml:1: 'name' is missing — add it",
        "d.yaml:1: unknown key 'nmae' — did you mean 'name'?",
        "d.yaml:4: parts.1.size: Input should be a valid integer, unable to parse string as an "
        "integer (given: 'big')",
        "d.yaml:5: unknown key 'parts.1.rat' — did you mean 'rate'?",
    ]


def test_an_unknown_key_with_no_near_one_lists_the_valid(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "name: x\nzzz: 1\n")
    assert problem == "d.yaml:2: unknown key 'zzz' — valid keys: name, parts"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [x", "d.yaml:"),
        ("name: x\nname: y\n", "d.yaml:"),
        ("- a\n", "d.yaml:1: a mapping of keys was expected"),
        ("", "d.yaml:1: a mapping of keys was expected"),
        (b"name: x\nparts: caf\xe9\n", "d.yaml:2: not UTF-8 (byte 0xe9)"),
    ],
)
def test_what_is_no_document_is_one_line(tmp_path: Path, text: str | bytes, says: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert says in problem
    assert "\n" not in problem


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_document(tmp_path / "no.yaml", Document)
    with pytest.raises(InputError, match="is a folder"):
        load_document(tmp_path, Document)


def test_a_byte_order_mark_and_crlf_are_read(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\r\nparts: []\r\n")
    assert load_document(path, Document) == Document(name="x")


def test_scientific_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("name: x\nparts: [{size: 1, rate: 2e-4}]\n")
    assert load_document(path, Document).parts[0].rate == 2e-4


def test_a_date_without_quotes_is_refused_because_dvc_cannot_track_it(tmp_path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(
        "waivers:\n  - {check: a, reason: agreed, signed_off_by: K, until: 2030-01-01}\n"
    )
    with pytest.raises(Problems, match=r"waivers\.yaml:2: waivers\.0\.until: .*in quotes"):
        load_waivers(path)
