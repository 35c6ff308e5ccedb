"""Mailboxes: an `.mbox` of many messages, labelled by `NAME.labels.jsonl` beside it.

A label is one line, `{"message_id", "target", "meta"?, "id"?}`. A message without label is a row
with a fault; so is a label without message, which the labels' own file gives when it is read. Big
mailboxes are cut into parts between messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.curation.sources.formats.json_lines import JSON_LINES
from dslm.curation.sources.formats.mail import LONGEST_MAIL, mail_text
from dslm.curation.sources.formats.mail.mail_threads import bare_id, message_id
from dslm.curation.sources.formats.mail.message_parser import parsed
from dslm.curation.sources.formats.sidecar_labels import LABEL_KEYS, checked_label, labelled
from dslm.curation.sources.formats.source_rows import Format, Part, Row, Unreadable, too_long
from dslm.settings.files.file_names import writable_name

MAILBOX_BYTES = 32 << 20  # of a part; each reads the labels anew
LABELS = ".labels.jsonl"
_DATED = re.compile(rb"From \S*.*\b[A-Z][a-z]{2} +[A-Z][a-z]{2} +\d+ +\d+:\d\d.*\d{4}")
_HEADER = re.compile(rb"[!-9;-~]+:[ \t\r\n]")
_BLANK = re.compile(rb"\r?\n\r?\n")
_QUOTED = re.compile(rb"(?m)^>(>*From )")


def labels_beside(path: Path) -> Path:
    """Where the labels of a mailbox lie."""
    return path.with_name(path.stem + LABELS)


def mailbox_of(labels: Path) -> Path:
    """The mailbox that a file of labels is for."""
    return labels.with_name(labels.name[: -len(LABELS)] + ".mbox")


def _parts_messages(line: bytes, following: bytes, *, after_blank: bool) -> bool:
    """Whether a line parts two messages, rather than being one's own that begins with From."""
    if not line.startswith(b"From "):
        return False
    return bool(_DATED.match(line) or (after_blank and _HEADER.match(following)))


@dataclass(frozen=True)
class _Line:
    """A line or a stretch of a long one, and where it starts.

    Attributes:
        begins: Whether a message begins here.
        parts: Whether it only parts messages and is of neither.
    """

    at: int
    raw: bytes
    begins: bool
    parts: bool


def _lines(path: Path, start: int, end: int | None) -> Iterator[_Line]:
    """The lines of a stretch; none longer than a MiB is held."""
    with path.open("rb") as stream:
        stream.seek(start)
        at, whole, after_blank, before_all = start, True, True, True
        raw = stream.readline(1 << 20)
        while raw and (end is None or at < end):
            following = stream.readline(1 << 20)
            parts = whole and _parts_messages(raw, following, after_blank=after_blank)
            begins = parts or (before_all and bool(raw.strip()))
            before_all = before_all and not begins
            yield _Line(at, raw, begins, parts)
            after_blank = whole and not raw.strip()
            at, whole, raw = at + len(raw), raw.endswith(b"\n"), following


def _messages(path: Path, part: Part | None = None) -> Iterator[tuple[int, bytes | None]]:
    """The messages with their numbers; None for one that is too long."""
    number, size = part.first - 1 if part else 0, 0
    held: list[bytes] | None = None

    def message() -> bytes | None:
        joined = b"".join(held or ())
        return None if size > LONGEST_MAIL else _QUOTED.sub(rb"\1", joined)

    for line in _lines(path, part.start if part else 0, part.end if part else None):
        if line.begins:
            if held is not None:
                yield number, message()
            number, held, size = number + 1, [], 0
        if held is None or line.parts:
            continue
        size += len(line.raw)
        if size <= LONGEST_MAIL:
            held.append(line.raw)
        else:
            held.clear()
    if held is not None:
        yield number, message()


def _parts(path: Path, _encoding: str) -> list[Part]:
    """Stretches of whole messages, each of about `MAILBOX_BYTES`."""
    parts: list[Part] = []
    begin, first, number = 0, 1, 0
    for line in _lines(path, 0, None):
        if line.begins:
            number += 1
            if line.at - begin >= MAILBOX_BYTES and line.parts:
                parts.append(Part(begin, line.at, first))
                begin, first = line.at, number
    return [*parts, Part(begin, path.stat().st_size, first)]


def message_spans(path: Path) -> dict[int, tuple[int, int]]:
    """Where each message of a mailbox begins and ends in its file, by its number."""
    begins = [line.at for line in _lines(path, 0, None) if line.begins]
    return dict(enumerate(zip(begins, [*begins[1:], path.stat().st_size], strict=False), start=1))


@dataclass(frozen=True)
class _Labels:
    """The labels of a mailbox by message id, each with its line, and the lines that are none."""

    by_id: dict[str, tuple[int, dict[str, Any]]]
    broken: list[Row]


def _labels(path: Path) -> _Labels:
    found = _Labels({}, [])
    for row in JSON_LINES.rows(path):
        try:
            if row.value is None:
                raise Unreadable(row.fault or "no row")
            label = checked_label(row.value, ("message_id", *LABEL_KEYS))
            given = label.get("message_id")
            name = bare_id(given) if isinstance(given, str) else None
            if name is None:
                raise Unreadable("no 'message_id'")
            if name in found.by_id:
                raise Unreadable(f"message {name} is also labelled in line {found.by_id[name][0]}")
            found.by_id[name] = row.line, label
        except Unreadable as error:
            found.broken.append(Row(row.line, fault=str(error)))
    return found


def _rows(path: Path, part: Part | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    beside = labels_beside(path)
    labels = _labels(beside).by_id if beside.is_file() else None
    for number, raw in _messages(path, part):
        try:
            if raw is None:
                raise Unreadable(too_long(LONGEST_MAIL))
            if labels is None:
                raise Unreadable(
                    f"no label: {writable_name(path.name)} needs "
                    f"{writable_name(beside.name)} beside it"
                )
            text = mail_text(raw, encoding)
            name = text.meta.get("message_id")
            if name is None:
                raise Unreadable("no message id, so no label can name it")
            if name not in labels:
                raise Unreadable(f"no label: {writable_name(beside.name)} has none for {name}")
            yield Row(number, labelled(text, labels[name][1], None))
        except Unreadable as error:
            yield Row(number, fault=str(error))


def _ids(path: Path, encoding: str) -> Iterator[str]:
    """The ids of all messages that have one."""
    for _, raw in _messages(path):
        try:
            head = _BLANK.split(raw or b"", maxsplit=1)[0]
            name = message_id(parsed(head, head_only=True), encoding)
        except Unreadable:
            continue  # the mailbox's own rows say so
        if name:
            yield name


def _unclaimed(path: Path, part: Part | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    """The lines of a mailbox's labels that are none, or that no message asks for."""
    del part
    mailbox = mailbox_of(path)
    labels = _labels(path)
    known = set(_ids(mailbox, encoding)) if mailbox.is_file() else set()
    lone = [
        Row(
            line,
            fault=f"a label without message: {writable_name(mailbox.name)} has none with id {name}",
        )
        for name, (line, _) in labels.by_id.items()
        if name not in known
    ]
    yield from sorted([*labels.broken, *lone], key=lambda row: row.line)


MBOX = Format(_rows, _parts)
MBOX_LABELS = Format(_unclaimed, labels=True)
