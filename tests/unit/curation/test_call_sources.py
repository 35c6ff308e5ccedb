"""Calls: captions with a label beside them, and turns in a row; all become `Speaker: text`."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.curation.curated_runs import read
from support.curation.source_files import SRT, TARGET, VTT, label

from dslm.curation.sources.formats import format_of

TALK = "Anna Berg: Good morning{} How can I help?\nTom: My parcel is broken."
SOURCE = {"path": "a.jsonl", "licence": "CC0", "origin": "o"}


@pytest.fixture
def row_of(tmp_path):
    def row(text, name="a.vtt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        (tmp_path / "a.json").write_text(label(meta={"queue": "claims"}))
        (only,) = format_of(path).rows(path)
        return only

    return row


def test_webvtt_becomes_who_said_what(row_of):
    row = row_of(VTT)
    assert row.line == 1
    assert row.value == {"id": "a", "target": TARGET, "meta": {"queue": "claims"},
                         "input": TALK.format(", Berg & Co.")}  # fmt: skip


def test_subrip_becomes_who_said_what(row_of):
    assert row_of(SRT, "a.srt").value["input"] == TALK.format(".")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_a_mark_do_not_matter(row_of, end):
    assert row_of("\ufeff" + VTT.replace("\n", end)).value["input"].startswith("Anna Berg: Good")
    assert row_of(SRT.replace("\n", end).encode("utf-16"), "a.srt").value["input"].endswith(".")


def test_speakers_within_one_caption_take_turns(row_of):
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi.</v> <v Tom>Hello.</v>\n<v Ann>Bye."
    assert row_of(text).value["input"] == "Ann: Hi.\nTom: Hello.\nAnn: Bye."


def test_captions_without_speakers_are_one_text(row_of):
    first, second = "00:00:01,000 --> 00:00:02,000", "00:00:02,000 --> 00:00:03,000"
    text = f"1\n{first}\nat 10:30 we met\n\n2\n{second}\nthere"
    assert row_of(text, "a.srt").value["input"] == "at 10:30 we met there"


@pytest.mark.parametrize("number", ["1500", "7", "0"])
@pytest.mark.parametrize("numbered", [True, False])
def test_a_number_that_is_said_last_is_no_number_of_a_caption(row_of, number, numbered):
    times = "00:00:0{0},000 --> 00:00:0{0},900\n"
    said = [f"The total is\n{number}\n", "Right.\n", "Bye.\n"]
    cues = [(f"{n}\n" if numbered else "") + times.format(n) + text
            for n, text in enumerate(said, start=1)]  # fmt: skip
    assert row_of("".join(cues), "a.srt").value["input"] == f"The total is {number} Right. Bye."


def test_only_tags_of_captions_are_no_words(row_of):
    said = "<i>one</i><br>two<br/>three <unk> <laughter> <a@x.example> "
    said += "<c.red.big>x</c> 5 < 6 <b >y</b>"
    text = f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n"
    assert row_of(text, "a.srt").value["input"] == (
        "one two three <unk> <laughter> <a@x.example> x 5 < 6 y"
    )


def test_missing_and_extra_blank_lines_lose_nothing(row_of):
    text = ("1\n00:00:01,000 --> 00:00:02,000\nAnn: one\n2\n00:00:02,000 --> 00:00:03,000\n"
            "Ann: two\n\nand a half\n\n\n"
            "3\n00:00:03,000 --> 00:00:04,000\n\nAnn: three\n")  # fmt: skip
    assert row_of(text, "a.srt").value["input"] == "Ann: one two and a half three"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.vtt", "1\n00:01.000 --> 00:02.000\nhi", "not WebVTT: its first line is not WEBVTT"),
        ("a.vtt", "", "not WebVTT"),
        ("a.vtt", "WEBVTT\n\nNOTE nothing else\n", "no captions"),
        ("a.srt", "\n\n", "no captions"),
        ("a.srt", "1\n00:00:01,000 --> soon\nhi", "line 2: no times: '00:00:01,000 --> soon'"),
        ("a.srt", "hi there\nyou\n", "line 1: text before any times"),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n", "not UTF-8 (byte 0xe9)"),
    ],
)
def test_what_is_no_transcript_is_a_reject(row_of, name, text, reason):
    row = row_of(text, name)
    assert row.value is None
    assert row.fault.startswith(reason)


@pytest.mark.parametrize(
    "turns",
    [
        [{"speaker": "Ann", "text": "Hi."}, {"speaker": "Ann", "text": "Still\nme."},
         {"speaker": "Tom", "text": "Hello."}],
        [{"role": "Ann", "content": "Hi. Still me."}, {"role": "Tom", "content": "Hello."}],
        [{"from": "Ann", "utterance": "Hi. Still me."}, {"from": "Tom", "utterance": "Hello."}],
        [["Ann", "Hi. Still me."], ["Tom", "Hello."], ["Ann", " "]],
    ],
)  # fmt: skip
def test_turns_in_a_row_become_the_same_text(build_contract, tmp_path, turns):
    row = {"id": "t", "input": turns, "target": TARGET}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    for path in ("a.jsonl", "a.parquet"):
        (case,) = read(build_contract(sources=[SOURCE | {"path": path}]), tmp_path).cases
        assert case.input == "Ann: Hi. Still me.\nTom: Hello."


def test_a_turn_of_nobody_has_no_name(build_contract, tmp_path):
    turns = [{"text": "Hi."}, {"speaker": None, "text": "Hello."}, [None, "Bye."]]
    (tmp_path / "a.jsonl").write_text(json.dumps({"input": turns, "target": TARGET}))
    (case,) = read(build_contract(sources=[SOURCE]), tmp_path).cases
    assert case.input == "Hi. Hello. Bye."


@pytest.mark.slow
@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (["hi"], "'input', turn 1: neither an object nor a pair of speaker and text"),
        ([["Ann", "hi"], {"speaker": "Tom"}], "'input', turn 2: no text under text, content"),
        ([["Ann", "hi", 3]], "'input', turn 1: neither"),
        ([[3, "hi"]], "'input', turn 1: its speaker is no text"),
        ([], "'input' is empty or no text"),
        ([["Ann", " "]], "'input' is empty or no text"),
    ],
)
def test_what_are_no_turns_is_a_reject(build_contract, tmp_path, turns, reason):
    good = {"input": "fine", "target": TARGET}
    lines = [json.dumps(row) for row in ({"input": turns, "target": TARGET}, good)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    reading = read(build_contract(sources=[SOURCE], max_rejects=0.5), tmp_path)
    assert [reject.line for reject in reading.rejects] == [1]
    assert reading.rejects[0].reason.startswith(reason)
