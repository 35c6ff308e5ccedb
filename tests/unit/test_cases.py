"""Gold and other files of cases: what is wrong in a line is told with file and line."""

import gzip
import json

import pytest

from dslm.cases import MOST_REPORTED, json_lines, read_record, read_records
from dslm.errors import InputError, Problems
from dslm.records import Baseline, Case

GOOD = '{"id": "g1", "input": "a parcel", "target": {"kind": "claim"}}'


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"id": "g2", "input": "x", "target": {}, "target": {}}', "key 'target' stands twice"),
        ('{"id": "g2", "input": "x", "target": {"k": 1, "k": 1}}', "key 'k' stands twice"),
        ('{"id": "g2", "input": "x", "meta": {"a": [{"b": 1, "b": 2}]}}', "key 'b' stands twice"),
        ('{"id": "g2", "input": "half \\ud83d", "target": {}}', "\\ud83d is half of a character"),
        ('{"id": "g2", "input": "x", "target": {"k": "\\ude00"}}', "\\ude00 is half of a"),
        ('{"id": "g2", "input": "x", "meta": {"\\ud83d": 1}}', "\\ud83d is half of a character"),
        ('{"id": "g2", "input": "x", "meta": {"a": NaN}}', "NaN is not JSON"),
        ("[" * 3000, "nested too deeply"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["gold.jsonl", "gold.jsonl.gz"])
def test_a_line_that_says_two_things_is_a_fault_with_its_line(tmp_path, name, line, fault):
    raw = f"{GOOD}\n\n{line}\n".encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    with pytest.raises(InputError) as error:
        read_records(tmp_path / name, Case)
    assert error.value.where == f"{tmp_path / name}:3"
    assert fault in error.value.what


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"version": 0,\n"digest": null,\n"version": 3}', "key 'version' stands twice (line 3)"),
        ('{"version": 0', "not JSON"),
        ('{"version": "x"}', "version: "),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_registered_file_that_says_two_things_is_refused(tmp_path, text, fault):
    path = tmp_path / "champion.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as error:
        read_record(path, Baseline, missing="no champion", fix="restore it")
    assert fault in error.value.what
    with pytest.raises(ValueError, match="validation error"):
        Baseline.model_validate_json(path.read_bytes())


def test_a_record_survives_its_own_json():
    case = Case(id="a", input="é😀", target={"k": [1.5, None]}, meta={"x": {"y": True}})
    assert Case.model_validate_json(case.model_dump_json()) == case
    assert Case.model_validate_json(case.model_dump_json().encode()) == case
    assert Case.from_own_json(json.dumps(case.model_dump())) == case


def test_a_folder_a_cut_gzip_and_no_file_are_told_in_words(tmp_path):
    (tmp_path / "folder.jsonl").mkdir()
    whole = gzip.compress((GOOD + "\n").encode() * 100)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-12])
    (tmp_path / "none.jsonl.gz").write_bytes(b"plain")
    for name, fault in (
        ("folder.jsonl", "is a folder"), ("cut.jsonl.gz", "broken gzip"),
        ("none.jsonl.gz", "is not gzip"), ("absent.jsonl", "no such file"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=fault):
            list(json_lines(tmp_path / name))


def test_lines_with_other_keys_are_told_with_what_to_rename(tmp_path):
    path = tmp_path / "chats.jsonl"
    path.write_text('{"chat_id": "a", "text": "x", "target": {}}\n' * (MOST_REPORTED + 10))
    with pytest.raises(Problems) as caught:
        read_records(path, Case)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith(
        ":1: has no id and no input — its other keys are chat_id, text: rename what is meant"
    )
    assert lines[-1].endswith("10 more lines do not fit")
