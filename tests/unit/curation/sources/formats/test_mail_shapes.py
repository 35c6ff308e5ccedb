"""The shapes that mail programs really write: of each, every text is read, named, or refused."""

import base64
import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.curation.sources.formats.html_text import html_text
from dslm.curation.sources.formats.mail import mail_text
from dslm.curation.sources.formats.source_rows import Unreadable

HEAD = "From: Anna Weber <anna@x.example>\nTo: desk@y.example\nSubject: Kettle\n"
PDF = 'Content-Type: application/pdf; name="bill.pdf"\nContent-Disposition: attachment; ' \
      'filename="bill.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERi0='  # fmt: skip
IMAGE = "Content-Type: image/png; name=logo.png\nContent-ID: <i1>\n" \
        "Content-Transfer-Encoding: base64\n\niVBORw0KGgo="  # fmt: skip


def plain(text, more=""):
    return f"Content-Type: text/plain; charset=utf-8\n{more}\n{text}"


def html(text, more=""):
    return f"Content-Type: text/html; charset=utf-8\n{more}\n<html><body>{text}</body></html>"


COUNTER = itertools.count()


def multi(kind, *parts):
    mark = f"=_{next(COUNTER)}"
    inside = "".join(f"--{mark}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{inside}--{mark}--\n'


def said(message, encoding="utf-8"):
    """The body of a message as it is read."""
    raw = message if isinstance(message, bytes) else message.encode()
    raw = HEAD.encode() + b"MIME-Version: 1.0\n" + raw
    text = mail_text(raw.replace(b"\n", b"\r\n"), encoding).input
    return text.partition("Subject: Kettle")[2].strip()


SHAPES = {
    # blank plain parts, as banks and shops write them
    "empty plain": (multi("alternative", plain(""), html("<p>cracked</p>")), "cracked"),
    "no-break spaces": (multi("alternative", plain("\xa0\n \xa0"), html("cracked")), "cracked"),
    "zero-width": (multi("alternative", plain("\u200b\ufeff\u2060"), html("cracked")), "cracked"),
    "dashes": (multi("alternative", plain("-- \n"), html("cracked")), "cracked"),
    "html first": (multi("alternative", html("cracked"), plain(" ")), "cracked"),
    "both blank": (multi("alternative", plain(" "), html("<p>&nbsp;</p>")), ""),
    "both say a sign": (multi("alternative", plain("👍"), html("👍")), "👍"),
    "a stub beside all": (
        multi("alternative", plain("See the HTML"), html(
            "See the HTML: my kettle of order four came with a crack, so please take it back")),
        "See the HTML: my kettle of order four came with a crack, so please take it back"),
    "another text than the HTML": (
        multi("alternative", plain("Your program shows no pages."), html(
            "my kettle of order four came with a crack, so please take it back very soon")),
        "Your program shows no pages.\n\n"
        "my kettle of order four came with a crack, so please take it back very soon"),
    "a stub without a word of the HTML": (
        multi("alternative", plain("See HTML"), html("The router is broken since noon")),
        "See HTML\n\nThe router is broken since noon"),
    "two languages as pages": (
        multi("alternative", html("Der Router ist defekt"), html("My machine broke down")),
        "Der Router ist defekt\n\nMy machine broke down"),
    # alternatives with files inside
    "outlook": (multi("mixed", multi("related", multi("alternative", plain("hi"), html("hi")),
                      IMAGE), PDF), "hi\n\n[attachment: logo.png]\n\n[attachment: bill.pdf]"),
    "apple mail": (
        multi("alternative", plain("hi"), multi("mixed", html("hi"), PDF, html("bye"))),
        "hi\n\n[attachment: bill.pdf]\n\nbye"),
    "image in the unread form": (
        multi("alternative", plain("hi"), multi("related", html("hi"), IMAGE)),
        "hi\n\n[attachment: logo.png]"),
    "attachment among alternatives": (
        multi("alternative", plain("hi"), html("hi"), PDF), "hi\n\n[attachment: bill.pdf]"),
    "text attached among alternatives": (
        multi("alternative", plain("secret", "Content-Disposition: attachment; filename=n.txt\n"),
              html("hi")), "[attachment: n.txt]\n\nhi"),
    "text attached inside one": (
        multi("alternative", multi("mixed", plain(
            "secret", "Content-Disposition: attachment; filename=n.txt\n")), html("hi")),
        "[attachment: n.txt]\n\nhi"),
    "invitation": (
        multi("alternative", plain("Come"), html("Come"),
              "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR"),
        "Come\n\n[attachment: text/calendar]"),
    "an invitation alone": (
        "Content-Type: text/calendar; name=call.ics\n\nBEGIN:VCALENDAR", "[attachment: call.ics]"),
    "gmail's moving page": (
        multi("alternative", plain("hi"),
              "Content-Type: text/x-amp-html\n\n<html amp4email>hi</html>", html("hi")),
        "hi"),
    "two plain texts among alternatives": (
        multi("alternative", plain("first"), plain("second"), html("first")), "first\n\nsecond"),
    "nested alternatives": (
        multi("alternative", multi("alternative", plain(""), html("in")), html("out")),
        "in\n\nout"),
    "nothing but a file": (multi("mixed", PDF), "[attachment: bill.pdf]"),
    # several parts
    "several texts": (multi("mixed", plain("one"), IMAGE, plain("two"), html("<p>three")),
                      "one\n\n[attachment: logo.png]\n\ntwo\n\nthree"),
    "a list's footer": (multi("mixed", plain("one"), plain("-- \nfooter of the list")),
                        "one\n\n-- \nfooter of the list"),
    "signed": (multi("signed; protocol=x; micalg=sha-256", plain("one"),
                     'Content-Type: application/pkcs7-signature; name="smime.p7s"\n\nMIIF'),
               "one\n\n[attachment: smime.p7s]"),
    "signed and sealed": ('Content-Type: application/pkcs7-mime; name="smime.p7m"\n\nMIIF',
                          "[attachment: smime.p7m]"),
    "winmail.dat": (multi("mixed", plain("one"), 'Content-Type: application/ms-tnef; '
                          'name="winmail.dat"\n\neJ8+'), "one\n\n[attachment: winmail.dat]"),
    "bounce": (multi("report; report-type=delivery-status", plain("undeliverable"),
                     "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x",
                     "Content-Type: message/rfc822\n\nSubject: old\n\nold"),
               "undeliverable\n\n[attachment: message/delivery-status]"
               "\n\n[attachment: message/rfc822]"),
    "digest": (multi("mixed", plain("Today's topics"), multi(
        "digest", "\nSubject: a\n\nfirst", "\nSubject: b\n\nsecond")),
        "Today's topics\n\n[attachment: message/rfc822]\n\n[attachment: message/rfc822]"),
    "forwarded with a name": (multi("mixed", plain("see"), "Content-Type: message/rfc822; "
                              'name="Old claim.eml"\n\nSubject: old\n\nold'),
                              "see\n\n[attachment: Old claim.eml]"),
    # boundaries
    "no boundary told": ("Content-Type: multipart/alternative\n\n--b1\n" + plain("hi") +
                         "\n--b1\n" + html("hi") + "\n--b1--\n", "hi"),
    "another boundary told": ('Content-Type: multipart/mixed; boundary="other"\n\n--b1\n' +
                              plain("hi") + "\n--b1\n" + PDF + "\n--b1--\n",
                              "hi\n\n[attachment: bill.pdf]"),
    "no boundary anywhere": ("Content-Type: multipart/mixed\n\njust text", "just text"),
    "never closed": ("Content-Type: multipart/mixed; boundary=b\n\n--b\n" + plain("hi"), "hi"),
    # transfer encodings
    "soft breaks": (plain("a long li=\nne=20=C3=A9 =\nends",
                          "Content-Transfer-Encoding: quoted-printable\n"), "a long line é ends"),
    "base64 with blanks": (plain("  aGVs\t\n\nbG8g\n d29y  \nbGQ\n",
                                 "Content-Transfer-Encoding: BASE64\n"), "hello world"),
    "base64 and a footer": (plain(base64.b64encode(b"hello list").decode() + "\n_______\nthe list",
                                  "Content-Transfer-Encoding: base64\n"),
                            "hello list\n\n_______\nthe list"),
    "named 8-bit": (plain("Grüße", "Content-Transfer-Encoding: 8-bit\n"), "Grüße"),
    "no headers at all in a part": (multi("mixed", "\nhi"), "hi"),
    "a mark": ("Content-Type: text/plain; charset=utf-8\n\n\ufeffhi", "hi"),
    "flowed": (plain("Dear all, my \nkettle", "X: y\n").replace(
        "charset=utf-8", "charset=utf-8; format=flowed; delsp=yes"), "Dear all, my \nkettle"),
    "a page that names its charset": (
        b'Content-Type: text/html\n\n<html><head><meta http-equiv="Content-Type" '
        b'content="text/html; charset=windows-1251"></head>' + "Чайник".encode("cp1251"), "Чайник"),
    "markdown": ("Content-Type: text/markdown\n\n# hi", "# hi"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_text_of_a_mail_is_read_or_named(shape):
    message, expected = SHAPES[shape]
    assert said(message) == expected


REFUSED = {
    "empty boundary": ('Content-Type: multipart/mixed; boundary=""\n\n--\n\nhi\n----\n',
                       "whose boundary is empty"),
    "base64 that goes on": (plain("aGVsbG8=\naGVsbG8=", "Content-Transfer-Encoding: base64\n"),
                            "says it is base64 and is not"),
    "base64 with a hole": (plain("aGVs!\n" + "aGVsbG8g" * 9,
                                 "Content-Transfer-Encoding: base64\n"),
                           "says it is base64 and is not"),
    "unknown transfer": (plain("hi", "Content-Transfer-Encoding: x-gzip64\n"),
                         r"transfer encoding that is not known \(x-gzip64\)"),
    "wide text that says it is not": (plain("hi".encode("utf-16-le").decode()), "holds NUL bytes"),
    "unknown charset": ("Content-Type: text/plain; charset=x-klingon\n\ncaf\xe9".encode("latin-1"),
                        "declared x-klingon, which is not known"),
    "blank plain, unreadable HTML": (
        (multi("alternative", plain(""), "Content-Type: text/html; charset=x-klingon\n\n@@"))
        .encode().replace(b"@@", b"caf\xe9"), "declared x-klingon"),
}  # fmt: skip


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_reason(shape):
    message, reason = REFUSED[shape]
    with pytest.raises(Unreadable, match=reason):
        said(message)


@pytest.mark.parametrize(
    "written",
    [
        'filename="Rechnung M\u00e4rz.pdf"',
        "filename*=utf-8''Rechnung%20M%C3%A4rz.pdf",
        "filename*=utf-8'de'Rechnung%20M%C3%A4rz.pdf",
        "filename*0*=iso-8859-1''Rechnung%20M; filename*1*=%E4rz; filename*2=.pdf",
        "filename*=cp-1252''Rechnung%20M%E4rz.pdf",
        'filename="=?utf-8?Q?Rechnung_M=C3=A4rz.pdf?="',
        "filename==?utf-8?Q?Rechnung_M=C3=A4rz.pdf?=",
        'filename="=?utf-8?B?UmVjaG51bmcgTcM=?= =?utf-8?B?pHJ6LnBkZg==?="',  # cut in a character
        "filename=Rechnung M\u00e4rz.pdf",
    ],
)
def test_a_files_name_is_read_however_it_is_written(written):
    part = f"Content-Type: application/pdf\nContent-Disposition: attachment; {written}\n\nx"
    assert said(multi("mixed", plain("hi"), part)) == "hi\n\n[attachment: Rechnung März.pdf]"


def test_a_header_in_the_mails_own_charset_is_read_by_it():
    raw = HEAD.encode().replace(b"Kettle", "Заказ".encode("cp1251"))
    body = b"Content-Type: text/plain; charset=windows-1251\n\n" + "Чайник".encode("cp1251")
    text = mail_text(raw + body, "utf-8")
    assert text.meta["subject"] == "Заказ"
    assert text.input.endswith("Чайник")


# Trees of parts: each text bears a word of its own, and so does each file.
LEAVES = st.sampled_from(["plain", "html", "blank", "file", "attached text", "calendar"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(
        st.sampled_from(["mixed", "related", "alternative", "signed", "report"]),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=10,
)


def built(tree, words):
    """A tree of parts as a message."""
    if isinstance(tree, tuple):
        return multi(tree[0], *(built(one, words) for one in tree[1]))
    word = f"word{next(words)}"
    return {
        "plain": plain(word),
        "html": html(f"<p>{word}</p>"),
        "blank": plain("\xa0"),
        "file": f"Content-Type: application/zip; name={word}.zip\n\nUEsDBA",
        "attached text": plain("unseen", f"Content-Disposition: attachment; filename={word}.txt\n"),
        "calendar": f"Content-Type: text/calendar; name={word}.ics\n\nBEGIN:VCALENDAR",
    }[tree]


def texts_of(tree):
    """The kinds of leaves in the order in which they are numbered."""
    return [tree] if isinstance(tree, str) else [leaf for one in tree[1] for leaf in texts_of(one)]


@given(TREES)
def test_no_part_of_any_nesting_is_lost(tree):
    body = said(built(tree, itertools.count()))
    for number, leaf in enumerate(texts_of(tree)):
        word = f"word{number}"
        if leaf in ("file", "attached text", "calendar"):
            assert f"[attachment: {word}." in body
        elif leaf != "blank":
            assert word in body.split()
    if {"plain", "html"} & set(texts_of(tree)):
        assert "unseen" not in body


WORDS = st.lists(
    st.sampled_from(["We", "not", "accept", "offer", "R-17", "49,90", "Huber", "3月5日"])
)


@given(WORDS, WORDS)
def test_a_word_that_only_one_form_has_is_read_and_told(plainly, richly):
    message = multi("alternative", plain(" ".join(plainly)), html(" ".join(richly)))
    text = mail_text((HEAD + message).encode(), "utf-8")
    body = text.input.partition("Subject: Kettle")[2].split()
    assert {*plainly, *richly} == {*body}
    told = text.meta.get("body")
    if not {*richly} - {*plainly}:
        assert body == plainly
    elif {*richly} > {*plainly}:
        assert body == richly
        assert told == ("html" if plainly else None)
    else:
        assert body == plainly + richly
        assert told == "plain and html"
    assert (told is None) == ({*plainly} == {*richly} or not plainly or not richly)


@pytest.mark.parametrize(
    "written",
    ["See <https://x.example/a?b=7> the offer", "See the\noffer [cid:image001.png@01DB]",
     "*See* the _offer_<mailto:anna@x.example>", "> See the offer", "SEE THE OFFER"],
)  # fmt: skip
def test_how_a_plain_form_writes_links_and_marks_is_no_other_text(written):
    message = multi("alternative", plain(written), html('See <a href="x">the</a> <i>offer</i>'))
    assert said(message) == written


@pytest.mark.parametrize(
    ("written", "page", "expected"),
    [
        ("Pay: https://x.example/R-77", "Pay: <a href=x>here</a>",
         "Pay: https://x.example/R-77\n\nPay: here"),
        ("Pay", "Pay https://x.example/R-77", "Pay https://x.example/R-77"),
        ("Pay at https://x.example/R-77", "Pay at <a>https://x.example/R-77</a>",
         "Pay at https://x.example/R-77"),
    ],
)  # fmt: skip
def test_an_address_that_only_one_form_shows_is_read(written, page, expected):
    assert said(multi("alternative", plain(written), html(page))) == expected


def test_a_sign_of_a_currency_that_only_one_form_has_is_read():
    for sign in filter(lambda c: unicodedata.category(c) == "Sc", map(chr, range(0x10000))):
        told = said(multi("alternative", plain("Pay 5 ?"), html(f"Pay 5 {sign}")))
        assert told == f"Pay 5 {sign}"


@pytest.mark.parametrize("unseen", ["&shy;", "&#8203;", "&zwnj;", "&#8288;"])
def test_where_a_page_lets_a_word_be_parted_is_no_other_word(unseen):
    page = html(f"Donau{unseen}dampf{unseen}schiff")
    assert said(multi("alternative", plain("Donaudampfschiff"), page)) == "Donaudampfschiff"


def test_of_several_forms_the_fullest_is_read():
    message = multi("alternative", plain("a"), html("a b"), html("a b c"))
    assert said(message) == "a b c"


def test_an_alternative_that_cannot_be_read_is_named():
    message = multi("alternative", plain("See the page"), html("Gr\xfc\xdfe")).encode("latin-1")
    unheard = message.replace(b"html; charset=utf-8", b"html; charset=x-unheard")
    assert said(unheard).startswith("See the page\n\n[attachment: unreadable, text of no charset")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<img src=x alt="Invoice R-77">', "[image: Invoice R-77]"),
        ('one<img src=x alt=""><img src=y alt=" ">', "one"),
        ("<center>one</center><center>two</center>", "one\ntwo"),
        ("<table><caption>one</caption><tr><td>two</td></tr></table>", "one\ntwo"),
        ("<p>write to <Anna@x.example> or <https://x.example/a></p>",
         "write to <Anna@x.example> or <https://x.example/a>"),
        ("<o:p>one</o:p><br/><img alt='two'/>", "one\n[image: two]"),
    ],
)  # fmt: skip
def test_what_a_page_shows_is_read(page, expected):
    assert html_text(page) == expected


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\r\n", b"\xef\xbb\xbf\r\n\r\n"])
def test_what_an_editor_puts_before_a_mail_does_not_hide_its_headers(start):
    raw = start + b"From: Anna <anna@x.example>\r\nSubject: Kettle\r\n\r\ncracked"
    assert mail_text(raw, "utf-8").meta["sender"] == "anna@x.example"


@pytest.mark.parametrize(
    "comment", ["<!-->", "<!--->", "<!-- x -->", "<!-- x --!>", "<!-- x", "<!--"]
)
def test_a_comment_ends_where_a_browser_ends_it(comment):
    assert html_text(f"<p>one</p>{comment}<p>two <b>three</b></p>").endswith("two three")


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("1.250,00<sup>1</sup> EUR", "1.250,00^1 EUR"), ("$12<sup>99</sup>", "$12^99"),
        ("10<SUP>3</SUP>/l", "10^3/l"), ("10<sup>-3</sup> g", "10^-3 g"),
        ("12<small>50</small>", "12^50"),
        ("H<sub>2</sub>O", "H2O"),
        ("<small>DE<b>89</b><i>37</i></small>", "DE8937"), ("5 <small>kg</small>", "5 kg"),
        ("4<sup>th</sup> March", "4th March"),
        ("5 m<sup>2</sup>", "5 m2"), ("<del>100</del><ins>90</ins>", "100 90"),
        ("90<s>100</s>", "90 100"), ("<ruby>漢<rt>かん</rt></ruby>", "漢 かん"),
    ],
)  # fmt: skip
def test_what_stands_above_or_is_struck_is_no_digit_of_the_number_beside_it(page, seen):
    assert html_text(f"<p>{page}</p>") == seen


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ('<span style="display:block">12</span><span style="display: block">34</span>', "12\n34"),
        ('<a STYLE="DISPLAY:TABLE-ROW">12</a>34', "12\n34"),
        ('<span style="text-decoration: line-through">100</span>90', "100 90"),
        ('<span style="display:none">Only 5</span>0 left', "Only 5 0 left"),
        ('<span style="display:inline-block">12</span>,50', "12,50"),
        ('<b style="color:red">12</b>,<b>50</b>', "12,50"),
        ('<span style="display:block">1<span>2</span>3</span>4', "123\n4"),
        ('Coffee x2<span style="float:right">5.00</span>', "Coffee x2 5.00"),
        ('<a style="position: absolute">2</a>5.00', "2 5.00"),
        ('<i style="background-position:fixed">2</i>5.00', "25.00"),
        ('<b style="display:flex"><i>Tea 2</i><i>5<u>.0</u>0</i>7</b>8', "Tea 2 5.00 7\n8"),
        ('<b style="display:inline-grid">2<br/><i>5</i><wbr><i>6</i></b>7', "2\n5 6 7"),
        ('<b style="display:flex"><i>2<u>3</b><i>5</i><i>6</i>', "23\n56"),
        ('$19<span style="vertical-align:super; font-size:60%">99</span>', "$19^99"),
        ('19<b style="vertical-align: top"></b>99<i style="vertical-align:middle">0</i>', "19990"),
        ('19<img src="x" style="vertical-align:top">99', "1999"),
    ],
)  # fmt: skip
def test_what_a_style_sets_apart_is_no_digit_of_the_number_beside_it(page, seen):
    assert html_text(f"<p>{page}</p>") == seen


@pytest.mark.parametrize("between", [b"!!", b"\n!!\n", b"\n-- \n", b"!!\n"])
def test_base64_with_something_else_in_it_is_a_reject_and_never_text(between):
    letters = base64.b64encode(b"hello world, the 17 kettles are broken")
    for cut in (16, 24, 32):
        raw = letters[:cut] + between + letters[cut:]
        message = plain(raw.decode(), "Content-Transfer-Encoding: base64\n")
        with pytest.raises(Unreadable, match="says it is base64 and is not"):
            said(message)
