"""Mail: `.eml` files with a label beside each, as people's programs really write them."""

import base64
import json

import pytest
from support.curation.source_files import TARGET, label, mail

from dslm.curation.sources.formats import format_of
from dslm.curation.sources.formats.html_text import html_text


@pytest.fixture
def read_mail(tmp_path):
    """Writes `a.eml` with its label and gives its one row."""

    def read(message, labels=None, encoding="utf-8"):
        path = tmp_path / "a.eml"
        path.write_bytes(message if isinstance(message, bytes) else bytes(message))
        (tmp_path / "a.json").write_text(label() if labels is None else labels)
        (row,) = format_of(path).rows(path, None, encoding)
        assert row.line == 1
        return row

    return read


def raw(body, *headers):
    head = ("From: a@b.example", "Subject: s", *headers)
    text = "\r\n".join(head) + "\r\n\r\n"
    return text.encode() + (body if isinstance(body, bytes) else body.encode())


def body_of(row):
    assert row.fault is None
    return row.value["input"].split("\n\n", 1)[1]


def test_a_mail_is_its_headers_and_its_text(read_mail):
    row = read_mail(mail())
    assert row.value == {
        "id": "a",
        "target": TARGET,
        "input": "From: Anna Berg <Anna.Berg@Example.ORG>\nTo: claims@parcels.example\n"
        "Subject: Claim 1\nDate: Tue, 04 Mar 2025 10:11:12 +0100\n\nMy parcel is broken.",
        "meta": {
            "message_id": "m1@example.org", "thread": "m1@example.org", "subject": "Claim 1",
            "sender": "anna.berg@example.org", "received": "2025-03-04T10:11:12+01:00",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "thread"),
    [
        ({"References": "<root@x> <mid@x>", "In-Reply-To": "<mid@x>"}, "root@x"),
        ({"In-Reply-To": "<mid@x>"}, "mid@x"),
        ({"In-Reply-To": "your message of Monday <mid@x>"}, "mid@x"),
        ({}, "m1@example.org"),
    ],
)
def test_a_thread_is_named_by_the_message_it_began_with(read_mail, headers, thread):
    message = mail()
    for name, value in headers.items():
        message[name] = value
    assert read_mail(message).value["meta"]["thread"] == thread


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("quoted-printable", b"Gr=C3=BC=C3=9Fe=\r\n aus K=C3=B6ln"),
        ("base64", base64.encodebytes("Grüße aus Köln".encode())),
        ("8bit", "Grüße aus Köln".encode()),
    ],
)
def test_transfer_encodings_are_undone(read_mail, encoding, written):
    message = raw(written, "Content-Type: text/plain; charset=utf-8",
                  f"Content-Transfer-Encoding: {encoding}")  # fmt: skip
    assert body_of(read_mail(message)) == "Grüße aus Köln"


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("; charset=iso-8859-1", "Grüße – Köln".encode()),  # says Latin-1, is UTF-8
        ("; charset=iso-8859-1", "Grüße – Köln".encode("cp1252")),  # and its dash is Windows'
        ("; charset=us-ascii", "Grüße – Köln".encode()),
        ("; charset=utf-8", "Grüße – Köln".encode("cp1252")),
        ("; charset=no-such-charset", "Grüße – Köln".encode()),
        ("; charset=base64", "Grüße – Köln".encode()),
        ("", "Grüße – Köln".encode("cp1252")),
        ("", "Grüße – Köln".encode()),
    ],
)
def test_a_charset_declared_wrongly_or_not_at_all_is_found(read_mail, declared, written):
    message = raw(written, f"Content-Type: text/plain{declared}", "Content-Transfer-Encoding: 8bit")
    assert body_of(read_mail(message)) == "Grüße – Köln"


def test_charsets_of_the_east_are_read_as_declared(read_mail):
    for charset, text in (
        ("iso-2022-jp", "荷物が壊れた"),
        ("gb2312", "包裹坏了"),
        ("koi8-r", "Посылка"),
    ):
        message = raw(text.encode(charset), f"Content-Type: text/plain; charset={charset}",
                      "Content-Transfer-Encoding: 8bit")  # fmt: skip
        assert body_of(read_mail(message)) == text


def test_the_encoding_of_the_source_is_for_text_that_names_none(read_mail):
    written = "荷物が壊れた".encode("shift_jis")
    assert body_of(read_mail(raw(written), encoding="shift_jis")) == "荷物が壊れた"
    named = raw("Grüße".encode(), "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: 8bit")  # fmt: skip
    assert body_of(read_mail(named, encoding="shift_jis")) == "Grüße"


def test_text_that_no_charset_explains_is_a_reject(read_mail):
    message = raw(b"caf\x81\xe9", "Content-Type: text/plain; charset=utf-8",
                  "Content-Transfer-Encoding: 8bit")  # fmt: skip
    row = read_mail(message)
    assert row.value is None
    assert row.fault == "text of no charset that can be told, declared utf-8"


def test_base64_that_was_cut_is_a_reject_and_not_a_text_of_letters(read_mail):
    whole = base64.encodebytes("Grüße aus Köln".encode()).decode()
    kinds = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64")
    assert read_mail(raw(whole[:1], *kinds)).fault == "a part says it is base64 and is not"
    within = read_mail(raw(base64.b64encode("Grüße".encode()[:-2] + b"\xc3"), *kinds))
    assert within.fault == "text of no charset that can be told, declared utf-8"


def test_plain_text_is_read_rather_than_the_same_in_html(read_mail):
    message = mail(body="* said once")
    message.add_alternative("<ul><li>said <b>once</b></ul>", subtype="html")
    assert body_of(read_mail(message)) == "* said once"
    assert "body" not in read_mail(message).value["meta"]


def test_html_alone_becomes_text(read_mail):
    html = (
        "<html><head><title>T</title><style>p {color: red}</style></head><body>"
        "<!--[if mso]><p>never</p><![endif]--><![if !mso]><p>Dear&nbsp;all,<br>my <b>parcel</b> "
        "is\n broken &amp; wet.</p><![endif]><ul><li>one</li><li>two</li></ul>"
        "<table><tr><td>Sum</td><td>12.50</td></tr><tr><td>Tax</td><td>1</td></tr></table>"
        "<script>alert('x')</script></body></html>"
    )
    message = mail()
    message.set_content(html, subtype="html")
    assert body_of(read_mail(message)) == (
        "Dear all,\nmy parcel is broken & wet.\n\n- one\n- two\n\nSum 12.50\nTax 1"
    )


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "noise", ["<!--" * 50_000, "<a " * 20_000, "<a b='" * 20_000, "<![if" * 20_000, "<" * 50_000]
)
def test_a_page_whose_tags_never_end_is_read_at_once_and_keeps_its_text(noise):
    assert html_text(f"<p>before</p>{noise}").startswith("before")
    assert html_text(f"<p>before</p>{noise}><p>").startswith("before")


def test_attachments_are_named_and_not_read(read_mail):
    message = mail(body="See the invoice.")
    message.add_attachment(b"%PDF secret", maintype="application", subtype="pdf",
                           filename="Rechnung März.pdf")  # fmt: skip
    message.add_attachment("text secret", filename="notes.txt")
    message.add_attachment(mail(2, body="forwarded secret"))
    assert body_of(read_mail(message)) == (
        "See the invoice.\n\n[attachment: Rechnung März.pdf]\n\n[attachment: notes.txt]"
        "\n\n[attachment: message/rfc822]"
    )


def test_headers_in_encoded_words_or_bare_utf8_are_read(read_mail):
    message = (
        "From: =?utf-8?q?J=C3=B6rg=2C_Berg?= <J@X.example>\r\nSubject: Schöne Grüße\r\n\r\nhi"
    ).encode()
    row = read_mail(message)
    assert "Jörg, Berg" in row.value["input"]
    assert row.value["meta"] == {"sender": "j@x.example", "subject": "Schöne Grüße"}


def test_a_broken_date_or_header_leaves_the_rest(read_mail):
    row = read_mail(raw("hi", "Date: yesterday", "To: =?utf-8?q?=?=, <<>,,(((", "Message-ID: <>"))
    assert row.fault is None
    assert "Date: yesterday" in row.value["input"]
    assert set(row.value["meta"]) == {"sender", "subject"}


@pytest.mark.parametrize("noise", [b"", b"\x00\xff\xfe", b"just text\n", b"X-Spam: no\n\nhi"])
def test_what_is_no_mail_is_a_reject(read_mail, noise):
    assert read_mail(noise).fault == "not a mail: it has none of From, To, Subject, Date"


def test_the_label_outranks_what_the_mail_says_of_itself(read_mail):
    row = read_mail(mail(), label(id="own", meta={"sender": "Berg Ltd", "language": "en"}))
    assert row.value["id"] == "own"
    assert row.value["meta"]["sender"] == "Berg Ltd"
    assert row.value["meta"]["language"] == "en"
    assert row.value["meta"]["message_id"] == "m1@example.org"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "label a.json: not JSON"),
        ("[]", "label a.json: not a JSON object"),
        (json.dumps({"taget": {}}), "label a.json: unknown key 'taget', did you mean 'target'?"),
        ("{}", "label a.json: no 'target'"),
        (label(meta=3), "label a.json: 'meta' is not an object"),
        ("[" * 100_000, "label a.json: not JSON: nested too deeply"),
    ],
)
def test_a_broken_label_is_a_reject_of_its_mail(read_mail, text, reason):
    assert read_mail(mail(), text).fault.startswith(reason)


def test_a_mail_beyond_bounds_is_a_reject_that_is_not_held(tmp_path):
    with (tmp_path / "a.eml").open("wb") as stream:
        stream.write(bytes(mail()))
        stream.truncate(65 << 20)
    (tmp_path / "a.json").write_text(label())
    (row,) = format_of(tmp_path / "a.eml").rows(tmp_path / "a.eml")
    assert row.fault == "longer than 64 MiB"
