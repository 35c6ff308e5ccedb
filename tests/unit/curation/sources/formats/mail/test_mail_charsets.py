"""Charsets of mail: by every name that programs give them, and never guessed into other letters."""

import base64
import codecs
import re

import pytest
import webencodings
from hypothesis import given
from hypothesis import strategies as st

from dslm.curation.sources.formats.mail import mail_text
from dslm.curation.sources.formats.mail.mail_charsets import text_in
from dslm.curation.sources.formats.mail.mail_headers import in_utf8
from dslm.curation.sources.formats.source_rows import Unreadable
from dslm.settings.files.text_encodings import text_encoding

SAMPLES = {
    "iso-8859-8-i": ("שלום, החשבונית 4471", "iso8859-8"),
    "ISO_8859-8-E": ("שלום", "iso8859-8"),
    "logical": ("שלום", "iso8859-8"),
    "windows-874": ("เรียนฝ่ายบัญชี 4471", "cp874"),
    "tis-620": ("เรียน", "cp874"),
    "iso-8859-11": ("เรียน", "cp874"),
    "cp-1251": ("Добрый день", "cp1251"),
    "win-1251": ("Добрый день", "cp1251"),
    "x-cp1251": ("Добрый день", "cp1251"),
    "koi8-ru": ("Добрий день", "koi8-u"),
    "x-mac-cyrillic": ("Добрый", "mac-cyrillic"),
    "x-sjis": ("荷物①が壊れた", "cp932"),
    "shift_jis": ("荷物①髙", "cp932"),
    "windows-31j": ("荷物①", "cp932"),
    "ks_c_5601-1987": ("소포가 파손 똠", "cp949"),
    "euc-kr": ("똠방각하", "cp949"),
    "iso-2022-kr": ("소포", "iso2022_kr"),
    "gb2312": ("包裹坏了 镕 €", "gb18030"),
    "x-gbk": ("包裹", "gbk"),
    "big5": ("包裹壞了", "big5"),
    "x-x-big5": ("包裹壞了", "big5"),
    "iso-8859-1": ("Grüße – “Köln” 5 €", "cp1252"),
    "latin1": ("Grüße", "latin-1"),
    "iso-8859-15": ("Grüße 5 € Šœ", "iso8859-15"),
    "iso-8859-9": ("Günaydın – şeker", "cp1254"),
    "iso-8859-2": ("Zażółć gęślą", "iso8859-2"),
    "cp1250": ("Zażółć – gęślą", "cp1250"),
    "windows-1256": ("مرحبا", "cp1256"),
    "x-unicode-2-0-utf-7": ("Gr", "ascii"),
    "unicode-1-1-utf-8": ("Grüße", "utf-8"),
    "utf8": ("Grüße", "utf-8"),
    "cp65001": ("Grüße", "utf-8"),
    '"utf-8"': ("Grüße", "utf-8"),
    "utf-16": ("Grüße 包裹", "utf-16"),
    "macintosh": ("Grüße", "mac-roman"),
    "cp850": ("Grüße", "cp850"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_charset_is_read_by_every_name_it_goes_by(name):
    text, codec = SAMPLES[name]
    raw = text.encode(codec)
    assert text_in(raw, name, "utf-8") == text
    assert text_in(raw, name.upper(), "utf-8") == text
    word = f"=?{name.strip(chr(34))}?B?{base64.b64encode(raw).decode()}?="
    decoded = base64.b64decode(in_utf8(word, "utf-8").split("?")[3]).decode()
    assert decoded == text


@given(st.sampled_from(sorted(webencodings.LABELS)), st.data())
def test_text_in_an_encoding_of_the_standard_is_read_or_refused(label, data):
    """Only Latin-1 and what is wholly UTF-8 may be read as UTF-8 instead."""
    known = text_encoding(label)
    if known is None:
        assert webencodings.LABELS[label] in ("replacement", "x-user-defined")
    if known in (None, "ascii"):
        return
    codec = webencodings.lookup(label).codec_info.name
    if codec in ("replacement", "x-user-defined"):
        return
    if codec == "big5hkscs" and known != codec:  # under Big5's name Windows sends its own cp950
        codec = "cp950"
    letters = bytes(range(0x80, 0x100)).decode(codec, "ignore") + "aé表가中"
    text = data.draw(st.text(st.sampled_from(sorted(set(letters) - set(map(chr, range(160)))))))
    text = re.sub("(..)", r"\1 ", text)  # words of accents alone are refused, below
    try:
        raw = text.encode(codec)
    except UnicodeEncodeError:
        return
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):  # a mark says more than the label
        return
    try:
        as_utf8 = raw.decode()
    except UnicodeDecodeError:
        as_utf8 = None
    assert text_in(raw, label, "utf-8") in (text, as_utf8)


@pytest.mark.parametrize("name", ["x-klingon", "unknown-8bit", "x-user-defined", "base64", "idna",
                                  "iso-8859-12", "default", "8bit", "x" * 900])  # fmt: skip
@given(st.binary(min_size=1, max_size=30))
def test_an_unknown_charset_is_never_guessed(name, raw):
    """UTF-8 proves itself; anything else is a reject that names it."""
    try:
        as_utf8 = raw.decode()
    except UnicodeDecodeError:
        as_utf8 = None
    if as_utf8 is None or {"\x1b", "\x0e", "\x0f"} & set(as_utf8):
        with pytest.raises(Unreadable, match=f"declared {name[:60]}, which is not known"):
            text_in(raw, name, "utf-8")
    else:
        assert text_in(raw, name, "utf-8") == as_utf8


@pytest.mark.parametrize("declared", ["", "; charset=utf-8", "; charset=us-ascii"])
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("שלום, מצורפת החשבונית", "cp1255"),
        ("Добрый день, заказ 4471", "cp1251"),
        ("Kettle order Чайник", "koi8-r"),
        ("เรียนฝ่ายบัญชี", "cp874"),
        ("Καλημέρα σας", "cp1253"),
        ("مرحبا", "cp1256"),
        ("荷物が壊れた", "cp932"),
        ("包裹坏了", "gb18030"),
        ("Proszę o zwrot, łóżko", "cp1250"),
        ("Günaydın, şeker", "cp1254"),
        ("Grüße aus Köln", "cp437"),
        ("Grüße aus Köln", "mac-roman"),
    ],
)
def test_text_of_no_charset_is_never_read_in_other_letters(text, codec, declared):
    message = b"From: a@b.example\r\nContent-Type: text/plain" + declared.encode() + b"\r\n\r\n"
    raw = message + text.encode(codec)
    with pytest.raises(Unreadable, match="text of no charset that can be told"):
        mail_text(raw, "utf-8")
    if not declared:
        assert mail_text(raw, codec).input.endswith(text)  # as the source's `encoding` says


@given(st.text(st.sampled_from("abc äöüßé–“”’ §5,\n"), max_size=40))
def test_text_that_reads_the_same_in_all_latin_pages_is_no_guess(text):
    for page in ("cp1252", "cp1250", "cp1254", "cp1257"):
        try:
            read = text_in(text.encode(page), None, "utf-8")
        except Unreadable:
            continue
        assert read == text or read.encode() == text.encode(page)


def test_an_encoded_word_of_an_unknown_charset_is_a_reject_that_names_header_and_charset():
    raw = b"From: a@b.example\r\nSubject: =?x-klingon?Q?caf=E9?=\r\n\r\nhi"
    with pytest.raises(Unreadable, match=r"header Subject: .* declared x-klingon, which is not"):
        mail_text(raw, "utf-8")


def test_a_character_cut_between_two_encoded_words_is_whole_again():
    raw = "荷物が".encode("cp932")
    words = " ".join(
        f"=?Shift_JIS?B?{base64.b64encode(raw[at : at + 3]).decode()}?=" for at in (0, 3)
    )
    message = f"From: a@b.example\r\nSubject: Re: {words}\r\n\r\nhi".encode()
    assert mail_text(message, "utf-8").meta["subject"] == "Re: 荷物が"


@pytest.mark.parametrize("name", ["cp-1251", "iso-8859-8-i", "windows-874", "Latin-1", "x-sjis"])
def test_a_source_may_name_its_encoding_as_mails_do(build_contract, tmp_path, name):
    from support.curation.curated_runs import read

    text = "abc" if name == "Latin-1" else SAMPLES[name][0]
    line = f'{{"input": "{text}", "target": {{"kind": "claim", "amount": null}}}}\n'
    (tmp_path / "a.jsonl").write_bytes(line.encode(text_encoding(name)))
    source = {"path": "a.jsonl", "licence": "CC0", "origin": "o", "encoding": name}
    (case,) = read(build_contract(sources=[source]), tmp_path).cases
    assert case.input == text


LIES = {
    "koi8-r": "Привет мир", "windows-1251": "Привет – мир", "iso-8859-5": "Привет",
    "iso-8859-2": "Zażółć gęślą", "cp1250": "Zażółć", "iso-8859-7": "Καλημέρα",
    "iso-8859-9": "Günaydın şeker", "windows-1256": "مرحبا", "tis-620": "เรียนฝ่ายบัญชี",
    "gb2312": "包裹坏了", "gbk": "包裹", "big5": "包裹壞了", "shift_jis": "荷物が壊れた",
    "euc-jp": "荷物が壊れた", "euc-kr": "소포가 파손",
}  # fmt: skip


@pytest.mark.parametrize("named", LIES)
def test_utf_8_under_the_name_of_another_charset_is_not_read_as_that_one(named):
    assert text_in(LIES[named].encode(), named, "utf-8") == LIES[named]


@pytest.mark.parametrize(("text", "named"), [
    ("PÓŁNOC", "iso-8859-2"), ("围", "gb2312"), ("通", "gbk"), ("แดน", "tis-620"), ("سپ", "cp1256"),
])  # fmt: skip
def test_a_short_text_that_could_be_utf_8_by_chance_is_read_as_it_is_named(text, named):
    codec = text_encoding(named)
    raw = text.encode(codec)
    raw.decode()  # by chance
    assert text_in(raw, named, "utf-8") == text


OTHERS = {"cp1251": "Привет мир, где посылка", "cp1253": "Καλημέρα, που είναι το δέμα",
          "koi8-r": "Добрый день, посылка", "cp1255": "שלום עולם איפה החבילה"}  # fmt: skip


@pytest.mark.parametrize("named", ["iso-8859-1", "windows-1252", "iso-8859-15", "iso-8859-2"])
@pytest.mark.parametrize("codec", OTHERS)
def test_text_of_another_script_is_never_read_as_the_latin_letters_it_is_named(codec, named):
    raw = OTHERS[codec].encode(codec)
    with pytest.raises(Unreadable, match=f"{named}.*no text of Latin letters.*`encoding`"):
        text_in(raw, named, "utf-8")
    assert text_in(raw, named, codec) == OTHERS[codec]


@pytest.mark.parametrize("text", ["äöüß ÄÖÜ", "été à Öö", "Ærø på øen", "Þórður", "éé", "½ ÀÉ"])
def test_accented_words_stay_latin(text):
    assert text_in(text.encode("cp1252"), "iso-8859-1", "utf-8") == text
