"""Every kind of copy, planted one by one: listed, erased, and nothing is left."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import os
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.repositories.small_repository import CONTRACT

from dslm.curation.labels.review_csv import ReviewRow, write_review
from dslm.erasure import forget, listing
from dslm.erasure.exclusive_access import STAGES
from dslm.errors import InputError, Problems
from dslm.provenance import write_atomic
from dslm.releasing.package.erasure_register import read_register
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive

WHY = "letter 12"
GROUP = "Zoë 7"
THEIRS = "The Ravensworths ask\nfor “the grey lamp” of lot 99812; urgent & \\new, says Zoë."
OTHERS = "Somebody else asks for a red chair; it can wait, says Tom of the office."
CURATED = {"id": "s1", "input": THEIRS, "target": {"kind": "other", "number": None},
           "meta": {"sender": GROUP}}  # fmt: skip
ROW = {"id": "s1", "group": GROUP, "slices": {}, "outcome": {}, "decision": {},
       "prediction": {"object": {"kind": "order", "number": "A-99812"}, "text": ""}}  # fmt: skip


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A workflow with one case of the group in its sources, and some of others."""
    made = Workspace(tmp_path, "mini")
    write_atomic(made.contract, CONTRACT)
    write_atomic(tmp_path / "params.yaml", "workflows: {}\n")
    cases = [CURATED, *(CURATED | {"id": f"o{n}", "input": f"{OTHERS} {n}",
                                   "meta": {"sender": f"Tom {n}"}} for n in range(3))]  # fmt: skip
    write_atomic(made.data / "sources" / "a.jsonl", jsonl(*cases))
    return made


def jsonl(*values: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in values)


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/a.jsonl", data)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"text": [OTHERS, THEIRS]}), out, compression="zstd")
    return out.getvalue()


def page() -> bytes:
    blob = base64.b64encode(gzip.compress(json.dumps([{"input": THEIRS[:60]}]).encode()))
    return b"<html><script>unpack('" + blob + b"')</script></html>"


def table() -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(["x", THEIRS, '"'])
    return out.getvalue().encode()


LINE = jsonl(CURATED).encode()
LABEL = json.dumps({"target": {}, "meta": {"sender": GROUP}}, indent=1).encode()
BARE = jsonl({"text": "short", "sender": "zoë 7"}).encode()
CACHE = ".dvc/cache/files/md5/ab/0123"
PLANTED: dict[str, tuple[str, bytes, str, str]] = {
    "a curated split": ("artifacts/mini/curated/train.jsonl", LINE, "curated",
                        "artifacts/mini/curated"),
    "a list of curation": ("artifacts/mini/curated/contradictions.jsonl",
                           jsonl({"cases": [CURATED["input"]]}).encode(), "curated",
                           "artifacts/mini/curated"),
    "answers": ("artifacts/mini/scores/base/rows.jsonl", jsonl(ROW).encode(), "scores",
                "artifacts/mini/scores/base"),
    "a report": ("artifacts/mini/report.html", page(), "report", "artifacts/mini/report.html"),
    "half of an output": ("artifacts/mini/.curated.77.partial/train.jsonl", LINE, "output",
                          "artifacts/mini/.curated.77.partial"),
    "a result": ("eval/mini/results/gate.md", f"> {THEIRS}".encode(), "results",
                 "eval/mini/results/gate.md"),
    "the cache": (CACHE, LINE, "cache", CACHE),
    "the cache, a label": (CACHE, LABEL, "cache", CACHE),
    "the cache, a row of other columns": (CACHE, BARE, "cache", CACHE),
    "the cache, answers": (CACHE, jsonl(ROW).encode(), "cache", CACHE),
    "the cache, escaped": (CACHE, json.dumps(json.dumps(THEIRS)).encode(), "cache", CACHE),
    "the cache, gzip": (CACHE, gzip.compress(LINE), "cache", CACHE),
    "the cache, zip": (CACHE, zipped(LINE), "cache", CACHE),
    "the cache, zip in gzip": (CACHE, gzip.compress(zipped(LINE)), "cache", CACHE),
    "the cache, Parquet": (CACHE, parquet(), "cache", CACHE),
    "the cache, CSV": (CACHE, table(), "cache", CACHE),
    "the cache, UTF-16": (CACHE, THEIRS.encode("utf-16"), "cache", CACHE),
    "an experiment": (".dvc/tmp/exps/tmp1/data/mini/sources/a.jsonl", LINE, "cache",
                      ".dvc/tmp/exps/tmp1/data/mini/sources/a.jsonl"),
    "a checkpoint": (".dslm/checkpoints/mini/step-8/batch.json", LINE, "checkpoints",
                     ".dslm/checkpoints/mini/step-8/batch.json"),
    "a traceback": (".dslm/traceback-1.txt", f"ValueError: {THEIRS!r}".encode(), "working files",
                    ".dslm/traceback-1.txt"),
    "a half-written source": ("data/mini/sources/.a.jsonl.9.partial", LINE, "working files",
                              "data/mini/sources/.a.jsonl.9.partial"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_copy_is_listed_and_removed(ws, name) -> None:
    place, data, kind, unit = PLANTED[name]
    write_atomic(ws.root / place, data)
    found = {one.place: one for one in listing(ws, GROUP).copies}
    assert found[unit].kind == kind
    assert (ws.root / place).read_bytes() == data  # a list changes nothing
    forget(ws, GROUP, "ann", WHY)
    assert not (ws.root / unit).exists()
    assert ws.data.joinpath("sources", "a.jsonl").read_text().count("\n") == 3
    (entry,) = read_register(ws).erasures
    assert entry.erased[kind] == 1


@pytest.mark.parametrize(
    "place", ["notes/answers.jsonl", "data/other/sources/a.jsonl", ".mlflow/artifacts/mini/r/x.txt"]
)
def test_what_is_somebodys_own_is_told_and_holds_up_the_rest(ws, place) -> None:
    write_atomic(ws.root / place, LINE)
    sources = (ws.data / "sources" / "a.jsonl").read_bytes()
    assert listing(ws, GROUP).by_hand == [place]
    with pytest.raises(Problems, match=f"{place}.*by hand"):
        forget(ws, GROUP, "ann", WHY)
    assert (ws.data / "sources" / "a.jsonl").read_bytes() == sources
    assert read_register(ws).erasures[0].done is False
    (ws.root / place).unlink()
    forget(ws, GROUP, "ann", WHY)
    (entry,) = read_register(ws).erasures  # the one that was begun
    assert entry.done is True


def test_a_database_with_a_text_over_several_pages_is_told(ws) -> None:
    long = THEIRS * 200
    path = ws.data / "sources" / "a.jsonl"
    path.write_text(path.read_text() + jsonl(CURATED | {"id": "s2", "input": long}))
    database = ws.root / "notes.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE t (x TEXT)")
    connection.execute("INSERT INTO t VALUES (?)", [long])
    connection.commit()
    connection.close()
    assert listing(ws, GROUP).by_hand == ["notes.db"]


def test_gold_and_review_files_lose_the_rows(ws) -> None:
    gold = [{"id": "g1", "input": THEIRS, "target": CURATED["target"], "meta": {"sender": "ZOË 7"}},
            {"id": "s1", "input": OTHERS, "target": CURATED["target"],
             "meta": {"sender": "Eve"}}]  # fmt: skip
    write_atomic(ws.gold, jsonl(*gold))
    for path, ids in ((ws.review, ("s1", "o1")), (ws.gold_review, ("g1", "s1"))):
        write_review(path, [
            ReviewRow(id=id_, field="kind", label="other", suggested="order", score="0.9",
                      reason="said\nso", input=THEIRS if id_ == ids[0] else OTHERS)
            for id_ in ids
        ])  # fmt: skip
    kinds = [(one.kind, one.found) for one in listing(ws, GROUP).copies]
    assert sorted(kinds) == [("gold", 1), ("review", 1), ("review", 1), ("sources", 1)]
    done = forget(ws, GROUP, "ann", WHY)
    assert ws.gold.read_text() == jsonl(gold[1])
    assert "o1" in ws.review.read_text()
    assert "s1" not in ws.review.read_text()
    assert ws.gold_review.read_text().splitlines()[1].startswith("s1,")
    assert any("gold has 1 fewer cases" in one for one in done.to_do)


def test_what_others_wrote_too_is_not_taken_for_the_persons(ws) -> None:
    """The same text of two people, and the same id in another workflow's rows."""
    path = ws.data / "sources" / "a.jsonl"
    path.write_text(path.read_text() + jsonl(CURATED | {"id": "t1", "meta": {"sender": "Tom"}}))
    write_atomic(ws.root / CACHE, jsonl(CURATED | {"id": "t1", "meta": {"sender": "Tom 1"}}))
    other = ws.root / ".dvc/cache/files/md5/ab/4567"
    write_atomic(other, jsonl(ROW | {"group": "somebody else"}))
    found = listing(ws, GROUP)
    assert [one.kind for one in found.copies] == ["sources"]
    assert any("word for word in others' cases" in one for one in found.notes)
    forget(ws, GROUP, "ann", WHY)
    assert '"t1"' in path.read_text()
    assert other.exists()
    assert (ws.root / CACHE).exists()


@pytest.mark.parametrize("whose", ["the repository's", "the user's", "a link"])
def test_a_cache_that_lies_elsewhere_is_looked_through(
    ws, tmp_path_factory, monkeypatch, whose
) -> None:
    cache, user = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("user")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(user))
    folder = user / "dvc" if whose == "the user's" else ws.root / ".dvc"
    if whose == "a link":
        folder.mkdir()
        (folder / "cache").symlink_to(cache)
    else:
        write_atomic(folder / "config", f"[cache]\n    dir = {cache}\n")
    write_atomic(cache / "files" / "md5" / "ab" / "01", LINE)
    assert [one.found for one in listing(ws, GROUP).copies if one.kind == "cache"] == [1]
    forget(ws, GROUP, "ann", WHY)
    assert not (cache / "files" / "md5" / "ab" / "01").exists()


@pytest.mark.parametrize("linked", ["artifacts", "artifacts/mini", "artifacts/mini/curated"])
def test_what_lies_behind_a_link_goes_with_it(ws, tmp_path_factory, linked) -> None:
    elsewhere, place = tmp_path_factory.mktemp("disk") / "there", ws.root / linked
    train = "artifacts/mini/curated/train.jsonl"
    write_atomic(elsewhere / Path(train).relative_to(linked), LINE)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(elsewhere)
    (ws.root / "above").symlink_to(ws.root.parent)
    (ws.root / "a-name-of-itself").symlink_to(ws.root)
    found = listing(ws, GROUP)
    assert [one.place for one in found.copies] == ["data/mini/sources/a.jsonl",
                                                   "artifacts/mini/curated"]  # fmt: skip
    forget(ws, GROUP, "ann", WHY)
    assert not (ws.root / train).exists()
    assert not any(path.is_file() for path in elsewhere.rglob("*"))


def test_a_folder_that_cannot_be_listed_is_no_folder_without_copies(ws, monkeypatch) -> None:
    closed, scandir = ws.root / "notes", os.scandir
    write_atomic(closed / "mail.txt", LINE)

    def listed(path: Any = ".") -> Any:
        if not isinstance(path, int) and Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", listed)
    with pytest.raises(InputError, match="notes: cannot be listed: Permission denied"):
        listing(ws, GROUP)


def test_what_lies_beyond_reach_is_named(ws) -> None:
    config = "[core]\n    autostage = false\n['remote \"storage\"']\n    url = /mnt\n"
    write_atomic(ws.root / ".dvc" / "config", config)
    write_atomic(ws.data / "sources.dvc", "outs: []\n")
    write_atomic(ws.curated / "train.jsonl", LINE)
    found = listing(ws, GROUP)
    told = "\n".join(found.beyond)
    assert "DVC remote 'storage'" in told
    assert "trained on 1 of the cases: retrain (`dvc repro gate@mini`)" in told
    assert "`dvc add data/mini/sources`" in found.to_do


def test_folders_of_killed_commands_are_named(ws, tmp_path_factory, monkeypatch) -> None:
    """All that keep releases meanwhile have a name by which they are found."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    with tempfile.TemporaryDirectory(prefix="dslm-") as folder:
        assert any(folder in one for one in listing(ws, GROUP).beyond)
    assert not any("killed" in one for one in listing(ws, GROUP).beyond)
    root = Path(__file__).parents[3]
    texts = [
        one.read_text() for part in ("dslm", "pipelines") for one in (root / part).rglob("*.py")
    ]
    made = re.findall(r"TemporaryDirectory\(([^)]*)", "".join(texts))
    assert made
    assert [one for one in made if "dir=" not in one and 'prefix="dslm-' not in one] == []


def test_nothing_that_is_kept_says_who_it_was(ws) -> None:
    forget(ws, GROUP, "ann", WHY)
    for path in ws.root.rglob("*"):
        if path.is_file():
            assert "zoë 7" not in path.read_text().casefold()
            assert "zoe 7" not in path.read_text().casefold()


@pytest.mark.parametrize("again", [GROUP, "zoe\u0308  7"])
def test_who_was_forgotten_is_known_by_the_record_alone(ws, again) -> None:
    forget(ws, GROUP, "ann", WHY)
    before = listing(ws, again).before
    assert before is not None
    assert (before.done, before.reason) == (True, WHY)
    assert forget(ws, again, "bob", "again").applied is False
    assert len(read_register(ws).erasures) == 1


def test_cases_that_came_back_are_another_erasure(ws) -> None:
    forget(ws, GROUP, "ann", WHY)
    write_atomic(ws.data / "sources" / "b.jsonl", LINE)
    forget(ws, GROUP, "bob", "came back with an old export")
    assert [one.done for one in read_register(ws).erasures] == [True, True]


@pytest.mark.parametrize("name", ["release-mini", *(f"mini-{stage}" for stage in STAGES)])
def test_it_is_refused_while_anything_runs(ws, name) -> None:
    with exclusive(ws.root, name), pytest.raises(InputError, match=f"another run of {name}"):
        forget(ws, GROUP, "ann", WHY)
    assert read_register(ws).erasures == ()


def test_the_locks_are_those_that_stages_take() -> None:
    root = Path(__file__).parents[3]
    texts = [path.read_text() for path in sorted((root / "pipelines").glob("[a-z]*.py"))]
    assert len(texts) == len(STAGES)
    assert all(any(f'stage_main("{stage}"' in text for text in texts) for stage in STAGES)


def test_it_is_refused_while_dvc_is_at_work(ws) -> None:
    write_atomic(ws.root / ".dvc/tmp/rwlock", json.dumps({"x": {"write": {"pid": 1, "cmd": ""}}}))
    with pytest.raises(InputError, match="DVC is at work"):
        forget(ws, GROUP, "ann", WHY)
    write_atomic(ws.root / ".dvc/tmp/rwlock", json.dumps({"x": {"write": {"pid": 2**22 + 1}}}))
    forget(ws, GROUP, "ann", WHY)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda ws: ws.contract.write_text(CONTRACT.replace("  group_by: sender\n", "")),
         "knows no groups"),
        (lambda ws: (ws.registry.mkdir(parents=True),
                     (ws.registry / "erasures.json").write_text("{")), "not JSON"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(ws, change: Callable[[Workspace], Any], why) -> None:
    change(ws)
    with pytest.raises(InputError, match=why):
        listing(ws, GROUP)


def test_a_group_that_is_not_there_has_its_neighbours_named(ws) -> None:
    with pytest.raises(InputError, match="no case of this group — did you mean 'Tom 2'"):
        listing(ws, "tom 22")
    with pytest.raises(InputError, match="names nobody"):
        listing(ws, "  ")
    assert not ws.registry.exists()


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (GROUP, "Zoe\u0308 7 asked for it"), (GROUP, "mail of (zoë 7), by post"), (GROUP, ""),
        (GROUP, "  "), ("4711", "letter of no. 4711."), ("s7", "case:S7"), ("x@y.zz", "by x@y.zz."),
    ],
)  # fmt: skip
def test_a_reason_names_nobody(ws, group, reason) -> None:
    write_atomic(ws.data / "sources" / "b.jsonl", jsonl(CURATED | {"meta": {"sender": group}}))
    with pytest.raises(InputError, match=r"names the group|no reason"):
        forget(ws, group, "ann", reason)
    assert read_register(ws).erasures == ()


@pytest.mark.parametrize(("group", "reason"), [("7", "letter of 7 May"), ("tom", "atom 4711")])
def test_a_reason_may_have_a_day_or_a_longer_word(ws, group, reason) -> None:
    write_atomic(ws.data / "sources" / "b.jsonl", jsonl(CURATED | {"meta": {"sender": group}}))
    forget(ws, group, "ann", reason)
    assert [one.reason for one in read_register(ws).erasures] == [reason]


TALK = [
    {"role": "user", "content": "The Ravensworths want the grey lamp of lot 99812."},
    {"role": "agent", "content": "Which of the two lamps of the catalogue would that be?"},
    {"role": "user", "content": "That one of the second page, for Zoë at the back door."},
]
CALL = "WEBVTT\n\n" + "".join(
    f"00:0{n}.000 --> 00:0{n + 1}.000\n<v Zoë>grey lamp {n} 99812</v>\n\n" for n in range(6)
)
MAIL = """From: zoe@example.org
Message-ID: <7@x>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

{}
"""


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", jsonl(CURATED | {"id": "s2", "input": TALK})),
        ("b.vtt", CALL),
        ("b.eml", MAIL.format(base64.encodebytes(THEIRS.encode()).decode())),
    ],
)
def test_an_earlier_version_of_a_source_is_known_in_its_own_form(ws, name, data) -> None:
    """As DVC keeps it: a talk by its turns, a call with its times, a mail in its encoding."""
    ws.contract.write_text(CONTRACT.replace("sources/*.jsonl", "sources/*"))
    path = ws.data / "sources" / name
    with path.open("a") as stream:
        stream.write(data)
    if name != "a.jsonl":
        label = {"target": CURATED["target"], "meta": {"sender": GROUP}}
        write_atomic(path.with_suffix(".json"), json.dumps(label, indent=2))
        write_atomic(ws.root / ".dvc/cache/files/md5/ab/02", json.dumps(label, indent=2))
    write_atomic(ws.root / CACHE, "# kept before\n" + data.replace('"meta"', '"told"'))
    kept = ws.root / ".dvc/cache/files/md5/ab/03"
    write_atomic(kept, f"From: tom@example.org\n\n{OTHERS}")
    forget(ws, GROUP, "ann", WHY)
    assert list(kept.parent.iterdir()) == [kept]


def test_a_case_that_sources_have_no_more_is_known_by_older_copies(ws) -> None:
    """The person has another case in them still."""
    old = "An order of the Ravensworths that was taken out of sources in May, for lot 11223."
    write_atomic(ws.root / CACHE, jsonl(CURATED | {"id": "s0", "input": old}))
    table = ws.root / CACHE.replace("0123", "4567")
    write_atomic(table, f"text,who\n{old},nobody\n")
    forget(ws, GROUP, "ann", WHY)
    assert not table.exists()


def test_a_person_that_only_older_copies_have_is_found_in_them(ws) -> None:
    """The sources were mended by hand before; what was made of them was not."""
    path = ws.data / "sources" / "a.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    write_atomic(ws.root / CACHE, LINE)
    write_atomic(ws.artifacts / "report.html", page())
    assert {one.kind for one in listing(ws, GROUP).copies} == {"cache", "report"}
    forget(ws, GROUP, "ann", WHY)
    assert not (ws.root / CACHE).exists()
    assert not (ws.artifacts / "report.html").exists()


def test_what_a_killed_run_left_of_releases_is_removed(ws) -> None:
    left = ws.root / ".dslm" / "forget" / "tmp1" / "recorded.jsonl"
    write_atomic(left, LINE)
    forget(ws, GROUP, "ann", WHY)
    assert not left.exists()


def test_a_torn_row_with_the_name_escaped_is_the_persons(ws) -> None:
    path = ws.data / "sources" / "a.jsonl"
    torn = '{"id": "x", "meta": {"sender": "Zoe\\u0308 7"}, "input": "torn'
    path.write_text(path.read_text() + torn + "\n")
    forget(ws, GROUP, "ann", WHY)
    assert "torn" not in path.read_text()
