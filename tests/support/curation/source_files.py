"""Valid source files of every kind, for tests that read them, break them and mix them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TARGET = {"kind": "claim", "amount": "12.50"}
VTT = """WEBVTT - a call
Kind: captions

NOTE recorded
by a machine

STYLE
::cue { color: lime }

intro
00:00.000 --> 00:02.500 align:start position:10%
<v.loud Anna Berg>Good <i>morning</i>, Berg &amp; Co.

2
00:00:02.500 --> 00:00:04.000
<v Anna Berg>How can I help?</v>

3
00:00:04.000 --> 00:00:06.000
<v Tom>My parcel
is <00:00:05.000>broken.</v>
"""
SRT = """1
00:00:00,000 --> 00:00:02,500
Anna Berg: Good morning.

2
00:00:02,500 --> 00:00:04,000
Anna Berg: How can I help?

3
00:00:04,000 --> 00:00:06,000
Tom: My <i>parcel</i>
is broken.
"""


def label(target: dict[str, Any] = TARGET, **more: Any) -> str:
    """The text of a label beside a file."""
    return json.dumps({"target": target} | more)


def mail(number: int = 1, body: str = "My parcel is broken.") -> EmailMessage:
    """A mail with plain text, as programs write them today."""
    message = EmailMessage()
    message["From"] = "Anna Berg <Anna.Berg@Example.ORG>"
    message["To"] = "claims@parcels.example"
    message["Subject"] = f"Claim {number}"
    message["Date"] = "Tue, 04 Mar 2025 10:11:12 +0100"
    message["Message-ID"] = f"<m{number}@example.org>"
    message.set_content(body)
    return message


def mailbox(messages: Sequence[EmailMessage]) -> bytes:
    """An mbox of messages; lines that begin with From are quoted."""
    texts = []
    for message in messages:
        raw = bytes(message).replace(b"\nFrom ", b"\n>From ")
        texts.append(b"From anna@example.org Tue Mar  4 10:11:12 2025\n" + raw + b"\n")
    return b"".join(texts)


def mailbox_labels(count: int) -> str:
    """Labels for the messages 1 to `count`."""
    return "".join(
        json.dumps({"message_id": f"<m{n}@example.org>", "target": TARGET}) + "\n"
        for n in range(1, count + 1)
    )


def rows(count: int = 6) -> list[dict[str, Any]]:
    """Rows with the default columns."""
    made: list[dict[str, Any]] = [
        {"id": f"r{n}", "input": f'Parcel {n} is "really"\nbroken, café', "target": TARGET}
        for n in range(count)
    ]  # fmt: skip
    return made


def table(given: Sequence[dict[str, Any]], separator: str) -> bytes:
    """Rows as a CSV of id, input and target."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["id", "input", "target"])
    writer.writerows([r["id"], r["input"], json.dumps(r["target"])] for r in given)
    return text.getvalue().encode()


def write_samples(folder: Path) -> dict[str, Path]:
    """One valid file of each kind, with its labels beside it, by its ending."""
    given = rows()
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in given).encode()
    written = {
        ".jsonl": lines,
        ".jsonl.gz": gzip.compress(lines, mtime=0),
        ".csv": table(given, ","),
        ".tsv": table(given, "\t"),
        ".eml": bytes(mail()),
        ".mbox": mailbox([mail(n) for n in range(1, 4)]),
        ".vtt": VTT.encode(),
        ".srt": SRT.encode(),
        ".txt": b"Parcel 7 is broken.\n",
    }
    paths = {}
    for ending, raw in written.items():
        paths[ending] = folder / ending[1:].replace(".", "_") / f"a{ending}"
        paths[ending].parent.mkdir(parents=True, exist_ok=True)
        paths[ending].write_bytes(raw)
        if ending in (".eml", ".vtt", ".srt", ".txt"):
            paths[ending].with_name("a.json").write_text(label(id=f"a{ending}"))
    paths[".mbox"].with_name("a.labels.jsonl").write_text(mailbox_labels(3))
    paths[".parquet"] = folder / "parquet" / "a.parquet"
    paths[".parquet"].parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(given), paths[".parquet"])
    return paths
