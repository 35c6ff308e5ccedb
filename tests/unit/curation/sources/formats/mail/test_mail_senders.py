"""Who wrote a mail: always an address, never a name, whatever stands around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.curation.sources.formats.mail import mail_text
from dslm.curation.sources.formats.mail.mail_senders import sender_of


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Weber, Anna <anna@x.example>", "anna@x.example"),
        ("Weber, Anna (Sales, EU) <anna@x.example>", "anna@x.example"),
        ('"Weber, Anna" <Anna@X.Example>', "anna@x.example"),
        ('"Weber, Anna <anna@x.example>', "anna@x.example"),
        ('"Weber \\"AW\\", Anna" <anna@x.example>', "anna@x.example"),
        ("Weber, Anna <anna@x.example>, Berg, Tom <tom@y.example>", "anna@x.example"),
        ("anna@x.example, tom@y.example", "anna@x.example"),
        ("Sales: anna@x.example, tom@y.example;", "anna@x.example"),
        ("undisclosed-recipients:;", None),
        ("Anna: Weber <anna@x.example>", "anna@x.example"),
        ("Anna; Weber <anna@x.example>", "anna@x.example"),
        ("Anna [Sales] <anna@x.example>", "anna@x.example"),
        ("A. Weber. <anna@x.example>", "anna@x.example"),
        ("Anna @ Work <anna@x.example>", "anna@x.example"),
        ("anna@x.example (Anna (the boss) Weber)", "anna@x.example"),
        ('"anna@home.example" <real@x.example>', "real@x.example"),
        ("anna@home.example <real@x.example>", "real@x.example"),
        ("'anna@x.example' via List <list@y.example>", "list@y.example"),
        ("Anna <mailto:anna@x.example>", "anna@x.example"),
        ("<@r.example:anna@x.example>", "anna@x.example"),
        ("Anna Weber anna@x.example", "anna@x.example"),
        ("Anna <anna@x.example", "anna@x.example"),
        ("O'Neil, Pat <o'neil@x.example>", "o'neil@x.example"),
        ("Jörg <jörg@müller.example>", "jörg@müller.example"),
        ('"a b"@x.example', '"a b"@x.example'),
        ("a@[192.168.0.1]", "a@[192.168.0.1]"),
        ("Weber, Anna", None),
        ("MAILER-DAEMON (Mail Delivery System)", None),
        ("/O=EXCHANGE/OU=FIRST/CN=ANNA", None),
        ("", None),
        ("<>", None),
    ],
)
def test_the_sender_is_the_address(written, address):
    assert sender_of(written) == address


WORD = st.text(st.sampled_from("abcÄéж字 .,;:'-!()[]"), min_size=1, max_size=12)


@given(st.lists(WORD, max_size=4).map(",".join), st.integers(0, 9999))
def test_a_name_never_stands_for_an_address(name, number):
    address = f"anna{number}@x.example"
    assert sender_of(f"{name} <{address}>") == address


@given(st.text(st.sampled_from('ab@<>",;:()[]\\. ж='), max_size=25))
def test_what_is_no_address_is_none(written):
    found = sender_of(written)
    assert found is None or "@" in found


def test_eight_people_of_one_name_stay_eight():
    mails = [f"From: Weber, Anna{n} <anna{n}@x.example>\r\n\r\nhi".encode() for n in range(8)]
    read = [mail_text(raw, "utf-8") for raw in mails]
    assert {text.meta["sender"] for text in read} == {f"anna{n}@x.example" for n in range(8)}
    assert "Weber, Anna3 <anna3@x.example>" in read[3].input


def test_an_encoded_name_with_a_comma_is_no_other_person():
    raw = b"From: =?cp-1252?Q?J=F6rg=2C_Berg?= <J@X.example>\r\n\r\nhi"
    assert mail_text(raw, "utf-8").meta["sender"] == "j@x.example"
