"""A text is found in whatever form a file holds it, and what others wrote is not."""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import pickle
import quopri
import random
import tarfile
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.erasure.text.folded_text import plain
from dslm.erasure.text.text_search import TextSearch

TEXT = (
    "Zoë wants “the grey lamp”\n\tof lot 99812 & 3 chairs; 日本語の注文書です。 "
    "<b>It is in C:\\new\\things, thanks!</b>"
)
OTHER = "Somebody else wants a red chair, and Zoë is not asked."
SEARCH = TextSearch.of([TEXT, "short"], [OTHER])
NOISE = random.Random(7).randbytes(50_000)


def arrow(text: str) -> bytes:
    sink = io.BytesIO()
    table = pa.table({"input": [OTHER, text]})
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def tarred(data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("notes/a")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "capitals": lambda text: text[:60].upper().encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))).encode(),
    "JSON, not escaped": lambda text: json.dumps(text, ensure_ascii=False).encode(),
    "HTML": lambda text: html.escape(text).encode(),
    "one line": lambda text: " ".join(text.split()).encode(),
    "its beginning": lambda text: text[:60].encode(),
    "its end": lambda text: text[-60:].encode(),
    "quoted lines": lambda text: text.replace("\n", "\n> > ").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without its mark": lambda text: text.encode("utf-16-le"),
    "Windows": lambda text: text.encode("cp1252", "ignore"),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()),
    "base64": lambda text: base64.encodebytes(text.encode()),
    "gzip": lambda text: gzip.compress(text.encode()),
    "bzip2": lambda text: bz2.compress(text.encode()),
    "xz": lambda text: lzma.compress(text.encode()),
    "gzip, base64, in a page": lambda text: b"<p>" + base64.b64encode(gzip.compress(
        json.dumps(text).encode())) + b"</p>",
    "tar": lambda text: tarred(text.encode()),
    "tar, gzip": lambda text: gzip.compress(tarred(text.encode())),
    "xz in tar": lambda text: tarred(lzma.compress(text.encode())),
    "UTF-16 in tar": lambda text: tarred(text.encode("utf-16")),
    "a pickle, gzip": lambda text: gzip.compress(pickle.dumps([OTHER, text])),
    "Arrow, bzip2": lambda text: bz2.compress(arrow(text)),
    "Arrow": arrow,
    "a pickle": lambda text: pickle.dumps([OTHER, text]),
    "among noise": lambda text: NOISE + text.encode() + NOISE,
    "among noise, escaped": lambda text: NOISE + json.dumps(text).encode() + NOISE,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_text_is_found_in_every_form(form) -> None:
    assert SEARCH.in_bytes(FORMS[form](TEXT)) == 1
    assert SEARCH.in_bytes(FORMS[form](OTHER)) == 0


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"x", gzip.compress(b""), NOISE, b"\x1f\x8bcut", b"PK\x03\x04cut", b"PAR1cut",
     b"SQLite format 3\0cut", b"\0" * 257 + b"ustar", tarred(b"cut")[:520]],
)  # fmt: skip
def test_what_is_empty_or_damaged_holds_nothing(data) -> None:
    assert SEARCH.in_bytes(data) == 0
    assert TextSearch.of([], []).in_bytes(data) == 0


def test_a_text_over_two_blocks_of_a_file_is_found(tmp_path, monkeypatch) -> None:
    from dslm.erasure.text import text_search

    monkeypatch.setattr(text_search, "AT_ONCE", 100)
    monkeypatch.setattr(text_search, "OVERLAP", 80)
    path = tmp_path / "a"
    path.write_text("y" * 80 + TEXT[:60] + "z" * 300)
    assert SEARCH.in_file(path) == 1
    path.write_bytes(gzip.compress(random.Random(7).randbytes(500) + TEXT.encode()))
    assert SEARCH.in_file(path) == 1


def test_what_others_wrote_too_is_counted_and_not_looked_for() -> None:
    greeting = "Dear ladies and gentlemen, may I kindly ask you for the following: "
    search = TextSearch.of([greeting, f"{greeting}the grey lamp of lot 99812, the one at the back"],
                           [f"{greeting}a red chair"])  # fmt: skip
    assert (search.shared, search.too_short) == (1, 0)
    assert search.in_bytes(f"{greeting}a red chair".encode()) == 0
    assert search.in_bytes(f"{greeting}the grey lamp of lot 99812, the one at the".encode()) == 1


@given(st.text(min_size=40, max_size=200))
def test_whatever_a_text_is_json_hides_none_of_it(text) -> None:
    search = TextSearch.of([text], [])
    wanted = int(len(plain(text)) >= 16)
    assert search.in_bytes(text.encode()) == wanted
    assert search.in_bytes(json.dumps(text).encode()) == wanted
    assert search.in_bytes(json.dumps({"a": [text, "b"]}, ensure_ascii=False).encode()) == wanted
