"""Mailboxes: many messages in one `.mbox`, their labels in one file beside it."""

import json

import pytest
from support.curation.curated_runs import read
from support.curation.source_files import TARGET, mail, mailbox, mailbox_labels

from dslm.curation.sources.formats import format_of, mailboxes

MBOX = {"path": "mail/*.mbox", "licence": "CC0", "origin": "o"}


@pytest.fixture
def write(tmp_path):
    def put(raw, labels):
        (tmp_path / "mail").mkdir(exist_ok=True)
        path = tmp_path / "mail" / "a.mbox"
        path.write_bytes(raw)
        if labels is not None:
            path.with_name("a.labels.jsonl").write_text(labels)
        return path

    return put


def rows_of(path):
    return list(format_of(path).rows(path))


def test_each_message_is_a_row_by_its_number(write):
    path = write(mailbox([mail(n, body=f"body {n}") for n in (1, 2, 3)]), mailbox_labels(3))
    rows = rows_of(path)
    assert [row.line for row in rows] == [1, 2, 3]
    assert [row.value["input"].splitlines()[-1] for row in rows] == ["body 1", "body 2", "body 3"]
    assert [row.value["meta"]["message_id"] for row in rows] == [f"m{n}@example.org"
                                                                 for n in (1, 2, 3)]  # fmt: skip


def test_lines_of_a_message_that_begin_with_from_do_not_part_it(write):
    body = "Hello,\n\nFrom Monday on we are closed.\nFrom then on, too.\n>From quoted twice\n"
    message = mail(1, body=body)
    raw = b"From a@b Tue Mar  4 10:11:12 2025\n" + bytes(message)  # by a program that quotes none
    (row,) = rows_of(write(raw, mailbox_labels(1)))
    assert "From Monday on we are closed.\nFrom then on, too.\nFrom quoted" in row.value["input"]
    (again,) = rows_of(write(mailbox([message]), mailbox_labels(1)))
    assert "\n\nFrom Monday on" in again.value["input"]


@pytest.mark.parametrize("parting", ["From - Tue Mar 04 10:11:12 2025", "From anna@example.org",
                                     "From 17@xxx Tue Mar 04 10:11:12 +0000 2025"])  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_lines_between_messages_of_many_programs_are_known(write, parting, end):
    texts = [parting + end + bytes(mail(n)).decode().replace("\n", end) + end for n in (1, 2)]
    rows = rows_of(write("".join(texts).encode(), mailbox_labels(2)))
    assert [row.fault for row in rows] == [None, None]


def test_a_message_without_label_or_id_is_a_reject_with_its_number(write):
    nameless = mail(2)
    del nameless["Message-ID"]
    path = write(mailbox([mail(1), nameless, mail(3)]), mailbox_labels(1))
    assert [(row.line, row.fault) for row in rows_of(path)] == [
        (1, None),
        (2, "no message id, so no label can name it"),
        (3, "no label: a.labels.jsonl has none for m3@example.org"),
    ]
    (path.with_name("a.labels.jsonl")).unlink()
    assert rows_of(path)[0].fault == "no label: a.mbox needs a.labels.jsonl beside it"


def test_labels_that_no_message_asks_for_are_rejects_in_their_own_file(
    build_contract, write, tmp_path
):
    labels = mailbox_labels(4) + mailbox_labels(1) + '{"target": {}}\n{\n'
    write(mailbox([mail(n, body=f"text {n}") for n in (1, 2, 3)]), labels)
    reading = read(build_contract(sources=[MBOX], max_rejects=0.6), tmp_path)
    assert len(reading.cases) == 3
    assert [(r.source, r.line) for r in reading.rejects] == [
        ("mail/a.labels.jsonl", n) for n in (4, 5, 6, 7)
    ]
    reasons = [reject.reason for reject in reading.rejects]
    assert reasons[0] == "a label without message: a.mbox has none with id m4@example.org"
    assert reasons[1] == "message m1@example.org is also labelled in line 1"
    assert reasons[2] == "no 'message_id'"
    assert reasons[3].startswith("not JSON")
    assert reading.read == {"mail/a.mbox": 3, "mail/a.labels.jsonl": 4}


def test_labels_are_found_with_and_without_brackets(write):
    labels = json.dumps({"message_id": "m1@example.org", "target": TARGET, "id": "own"})
    (row,) = rows_of(write(mailbox([mail(1)]), labels))
    assert row.value["id"] == "own"


def test_a_glob_that_matches_the_labels_too_reads_them_once(build_contract, write, tmp_path):
    write(mailbox([mail(1)]), mailbox_labels(1))
    source = MBOX | {"path": "mail/*"}
    reading = read(build_contract(sources=[source]), tmp_path)
    assert reading.read == {"mail/a.mbox": 1}


def test_what_stands_before_the_first_message_is_counted(write):
    rows = rows_of(write(b"\nnoise\nnoise\n\n" + mailbox([mail(1)]), mailbox_labels(1)))
    assert [(row.line, row.value is None) for row in rows] == [(1, True), (2, False)]


@pytest.mark.slow
def test_a_cut_mailbox_reads_the_same_in_parts(write, monkeypatch):
    messages = [mail(n, body=f"{n} " * n) for n in range(1, 40)]
    path = write(b"noise\n\n" + mailbox(messages), mailbox_labels(39))
    whole = rows_of(path)
    assert len(whole) == 40
    monkeypatch.setattr(mailboxes, "MAILBOX_BYTES", 900)
    kind = format_of(path)
    parts = kind.parts(path, "utf-8")
    assert len(parts) > 5
    assert [row for part in parts for row in kind.rows(path, part)] == whole


@pytest.mark.slow
def test_a_message_beyond_bounds_is_lost_alone(write, monkeypatch):
    monkeypatch.setattr(mailboxes, "LONGEST_MAIL", 2 << 20)
    long = mail(2, body="x" * 60 + "\n" + "y " * (3 << 20))
    path = write(mailbox([mail(1), long, mail(3)]), mailbox_labels(3))
    assert [row.fault for row in rows_of(path)] == [None, "longer than 2 MiB", None]
