"""Values planted in over 20 spellings: gone from their case and group, labels grounded, proved."""

from __future__ import annotations

import json
import random
import re
import time
import unicodedata

import pytest
from support.curation.curated_runs import curated
from support.curation.planted_personal_values import (
    CODE_SPELLINGS,
    KINDS,
    NAME_SPELLINGS,
    left_of,
    planted,
)

from dslm.contract import Contract
from dslm.contract.answers.grounding import ungrounded
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.personal.variants.escaped_characters import placed_chars, unescaped
from dslm.curation.personal.variants.letters_and_digits import heard
from dslm.errors import InputError
from dslm.records import Case

KEY = "a secret of thirty-two characters"
FIELDS = {**KINDS, "name": "name"}


@pytest.fixture
def people(build_contract):
    """A contract whose output is people's numbers and names."""

    def build(**given) -> Contract:
        fields = {f"target.{name}": {"kind": kind} for name, kind in FIELDS.items()}
        plain = build_contract().model_dump(mode="json", by_alias=True)
        plain["data"]["personal"] = {"mode": "surrogate", "fields": fields} | given
        for name in FIELDS:
            plain["output"]["properties"][name] = {"type": ["string", "null"], "maxLength": 60}
            plain["output"]["required"].append(name)
        plain["grounded"] = list(FIELDS)
        return Contract.model_validate(plain)

    return build


def row(number: int, group: str, text: str, **target) -> dict:
    blank = dict.fromkeys(FIELDS)
    rng = random.Random(number)
    filler = " ".join("".join(rng.choices("bdfgklmnprstv", k=5)) for _ in range(14))
    return {
        "id": f"case-{number:05d}", "input": f"{filler} {text}",
        "target": {"kind": "claim", "amount": None, **blank, **target}, "meta": {"sender": group},
    }  # fmt: skip


def slot(text: str) -> str:
    found = re.search(r"qqq(.*)zzz", text, re.DOTALL)
    assert found, text
    return found[1]


@pytest.mark.parametrize("one", planted(140), ids=lambda one: f"{one.field}, {one.spelling}")
def test_a_value_is_gone_from_its_own_case_in_every_spelling(people, one):
    label = one.value.split()[0] if one.spelling.startswith("given") else one.value
    text = f"qqq {one.text} zzz, that is {label}"
    case = Case.model_validate(row(1, "g", text, **{one.field: label}))
    contract = people()
    done = Replacer(contract, KEY.encode()).case(case)
    assert done.reason is None
    assert not left_of(one, slot(done.case.input)), slot(done.case.input)
    assert done.case.target[one.field] != label
    assert ungrounded(contract, done.case.input, done.case.target) == ()


@pytest.mark.parametrize(
    ("kind", "label", "text", "told"),
    [("name", "Иван Петров", "сказал ИВАН Петрову", "иван петров"),
     ("name", "Семён Королёв", "семен королев", "семен королев"),
     ("name", "محمد علي", "اسمي مُحَمَّد محـــمد", "محمد حَمَّد حــ"),
     ("name", "王小明", "我是王小明。王 小明", "王 明"),
     ("name", "田中", "私は田中です", "田中"),
     ("name", "김철수", "저는 김철수입니다", "김철수"),
     ("name", "สมชาย ใจดี", "ผมชื่อสมชายครับ", "สมชาย"),
     ("name", "วิชัย ใจดี", "ผมชื่อวิชัยครับ", "วิชัย"),
     ("name", "प्रिया शर्मा", "नमस्ते प्रिया जी", "प्रिया"),
     ("name", "রহিম উদ্দিন", "আমি রহিম", "রহিম"),
     ("name", "மாரியப்பன் குமார்", "என் பெயர் மாரியப்பன்", "மாரியப்பன்"),
     ("name", "ກຸນ ບຸນມີ", "ຂ້ອຍຊື່ບຸນມີ", "ບຸນມີ"),
     ("name", "ကိုအောင်", "ကျွန်တော်ကိုအောင်ပါ", "ကိုအောင်"),
     ("name", "សុខ ចាន់", "ខ្ញុំឈ្មោះសុខចាន់", "សុខ ចាន់"),
     ("name", "佐々木 健", "佐々木です", "佐々木"),
     ("address", "गांधी मार्ग", "गांधी  मार्ग", "ी"),
     ("name", "Søren Kjær", "soren kjaer", "soren kjaer"),
     ("name", "Łukasz Yıldız", "lukasz, yildiz", "lukasz yildiz"),
     ("name", "İbrahim Weiß", "IBRAHIM WEISS", "ibrahim weiss"),
     ("name", "Jürgen Müller", "Juergen Mueller", "juergen mueller"),
     ("name", "Juergen Mueller", "jürgen müller", "jürgen müller"),
     ("name", "José Núñez", "Jose\u0301 Nu\u0301n\u0303ez", "jose núñez"),
     ("name", "Anna-Lena Groß", "annalena77", "anna lena"),
     ("name", "Дем'янчук", "це Демʼянчук", "демʼ янчук"),
     ("name", "Kaʻiulani", "kaiulani, Ka'iulani", "kaiulani ka'iulani"),
     ("name", "Robin O'Brien", "ｒｏｂｉｎ OBrien's", "ｒｏｂｉｎ brien"),
     ("name", "Jürgen Müller", "?q=m%C3%BCller&x, J&uuml;rgen&nbsp;M&#xfc;ller", "c3 uuml xfc"),
     ("name", "Jürgen Müller", r"J\u00fcrgen, M=C3=BCller", "u00fc c3 rgen"),
     ("name", "J&uuml;rgen M&uuml;ller", "Jürgen Müller", "jürgen müller"),
     ("name", "علی رضایی", "علي رضايى", "علي رضاي"), ("name", "محمد", "ﻣﺤﻤﺪ", "ﻣﺤﻤﺪ"),
     ("id", "415", "four-one-five", "four-one-five"),
     ("id", "415", "четыре один пять", "четыре пять"),
     ("id", "415", "vier eins fünf", "vier eins fünf"),
     ("id", "415", "quatre un cinq", "quatre cinq"),
     ("id", "415", "四一五", "四 五"),
     ("id", "415", "٤١٥ ④①⑤ 4\ufe0f\u20e31\ufe0f\u20e35", "٤ ④ ①"),
     ("date", "1984-03-07", "07.03.1984", "07 03 1984"),
     ("date", "1984-03-07", "March 7th, 1984", "march 7th 1984"),
     ("date", "1984-03-07", "geboren am 7. März 84, 19840307", "märz 84 07"),
     ("date", "07.03.1984", "1984/3/7", "1984 /3/7"),
     ("date", "1984-03-07", "เกิด 7 มีนาคม 2527, 昭和59年3月7日", "2527 มีนาคม 59年"),
     ("date", "1984-03-07", "一九八四年三月七日", "一九八四年 三月"),
     ("date", "1984-03-07", "born March 7th, the 7th of march, Mar 7", "march mar 7th"),
     ("date", "03/07/1984", "July 3rd, 3. Juli, 7 mars, 7 de marzo", "july juli mars marzo"),
     ("name", "خالد محمد", "لخالد ومحمد وبخالد", "خالد محمد"),
     ("name", "דני כהן", "לדני, וכהן", "דני כהן"),
     ("email", "anna.weber@web.de", "anna Punkt weber Ät web Punkt de", "anna weber"),
     ("email", "an_weber@web.fr", "an tiret bas weber arobase web point fr", "weber"),
     ("ssn", "19840307-1234", "840307-1234, 8403071234", "0307 1234"),
     ("address", "12 Elm Street, Springfield", "Elm St. 12 or elm 12 or ELM STREET 12", "elm"),
     ("address", "Elm Street 12", "12 Elm Street, 12 elm", "elm"),
     ("address", "Hauptstr. 12", "12 Hauptstraße", "haupt 12 five"),
     ("address", "Flat 3, 12 Elm Street, London", "12 Elm St or Elm Street 12", "elm"),
     ("address", "Hauptstra&szlig;e 12, Ulm; x", "Hauptstr. 12", "haupt 12"),
     ("address", "12 Elm St | Springfield 62701", "springfield 62701, 12 elm", "spring elm"),
     ("address", "10115 Berlin, Chausseestr. 5", "Chausseestraße 5, 5 Chausseestr.", "chaus"),
     ("address", "شارع التحرير 12، القاهرة", "شارع التحرير ١٢", "التحرير"),
     ("address", "ул. Ленина 12, Москва", "Ленина 12, УЛИЦА ЛЕНИНА 12", "ленина 12"),
     ("address", "Atatürk Cad. 12, Kadıköy", "ATATÜRK CAD. 12", "atatürk 12"),
     ("date", "1984-03-07", "७ मार्च १९८४, 7 марта 1984", "मार्च марта"),
     ("date", "1984-03-07", "am 7.&nbsp;März&nbsp;1984, 7 marzo\n> 1984", "märz marzo 1984"),
     ("date", "1984-03-07", "1984&#24180;3&#26376;7&#26085;, le 7\n> > mars 1984", "24180 1984"),
     ("date", "1982-05-19", "doğum 19 May&#305;s 1982, 19&nbsp;мая&nbsp;1982", "1982 мая 305"),
     ("email", "kavi.r@gmail.com", "kavi [at] x, mailto:kavi.r%40gmail.com", "kavi.r"),
     ("email", "bo@x.de", r"bo%40x.de, bo&#64;x.de, bo=40x.de, bo\u0040x.de", "bo x.de"),
     ("phone", "+49 151 23456789", "?t=%2B4915123456789&x", "151234567"),
     ("id", "AB-1234", "AB&#45;1234, AB%2D1234, n%3DAB1234", "1234"),
     ("id", "13800", "一三八零零 幺三八零零", "三八 幺"),
     ("name", "Jürgen Müller", "J%FCrgen M=FCller", "rgen ller"),
     ("name", "Jürgen Müller", "M&amp;uuml;ller, J%25C3%25BCrgen", "ller rgen"),
     ("name", "Jürgen Müller", r"J\xfcrgen M\xc3\xbcller, \\u004d\\u00fcller", "rgen ller"),
     ("name", "Jürgen Groß", "JÃ¼rgen GroÃŸ", "rgen gro"),
     ("name", "Nora Tanner", r"hi\nNora\nTanner\tbye\\nnora", "nora tanner"),
     ("name", "Nora Tanner", r"CORP\nora, C:\tanner\nora", "nora tanner"),
     ("name", r"Robin Crusoe\nEsther Fairbeck", "esther, crusoe", "esther crusoe"),
     ("id", "4711223", r"no\n4711223\tand\r\n4711 223", "4711"),
     ("iban", "DE89 3704 0044 0532 0130 00", r"\nDE89370400440532013000\n", "3704"),
     ("ssn", "321-45-9876", "last four 9876, nine eight seven six", "9876 eight"),
     ("card", "4539 1488 0343 6467", "ending in sixty-four sixty-seven", "sixty four 45"),
     ("id", "42", "pin 0042", "42"), ("id", "½", "½", "½"),
     ("id", "0314", "pin 314, oh three one four", "314"),
     ("id", "314", "pin 0314", "314"),
     ("ssn", "012-34-5678", "ssn 12345678", "345678"),
     ("ssn", "12345678", "ssn 012-34-5678", "345678 5678"),
     ("card", "4111111111111111", "ending 1111", "1111"),
     ("phone", "+1 202 555 0143", "call 555-0143", "0143"),
     ("address", "Hauptstraße 12, Berlin", "HAUPTSTR. 12, Haupt Str. 12", "haupt 12"),
     ("address", "Hauptstr. 12", "Hauptstraße 12, hauptstrasse 12", "haupt 12"),
     ("address", "Hauptstraße 12, 80331 München", "80331 München, Hauptstr. 12", "haupt 8033 mün"),
     ("address", "Hauptstraße 12, 80331 München", "Hauptstr. 12, 80331 MÜNCHEN", "haupt 8033 mün"),
     ("address", "Hauptstraße 12a", "Hauptstr. 12a, HAUPTSTR. 12 A", "haupt 12a"),
     ("address", "Königsallee 60", "KOENIGSALLEE 60", "nig sallee"),
     ("address", "Koenigsallee 60", "Königsallee 60", "königs sallee"),
     ("address", "221B Baker Street, London NW1 6XE", "221b baker st", "221b baker"),
     ("id", "ÄÖ-99123", "aeoe99123", "aeoe 99123"),
     ("address", "Rue de Rivoli 5, Paris", "r. de Rivoli 5, rivoli, 5", "rivoli 5"),
     ("address", "12 Elm Street, Springfield", "12, elm st", "12 elm")],
)  # fmt: skip
def test_a_value_is_gone_in_other_scripts_and_notations(people, kind, label, text, told):
    contract = people(fields={"target.name": {"kind": kind}})
    case = Case.model_validate(row(1, "g", f"qqq {text} zzz, that is {label}", name=label))
    done = Replacer(contract, KEY.encode()).case(case)
    assert done.reason is None
    said = unicodedata.normalize("NFC", slot(done.case.input)).casefold()
    assert [word for word in told.split() if word in said] == []
    assert ungrounded(contract, done.case.input, done.case.target) == ()


@pytest.mark.parametrize(
    ("text", "read"),
    [("100%25 off", "100%25 off"), ("a%20b &amp; n=20 x=FC", "a b & n=20 x=FC"), ("%FF", "%FF"),
     ("&notaname; &#49;&commat;", "&notaname; 1@"), (r"C:\users \u002", r"C:\users \u002"),
     ("%C3%BC&ouml;=C3=A4", "üöä"), ("%D0%90%D1%8F", "Ая"),
     ("M%FCller =FC M=FCller", "Müller =FC Müller"),
     ("a%40b a=40b a\\u0040b %2B49", "a@b a@b a@b +49"), ("%41%34", "%41%34")],
)  # fmt: skip
def test_what_is_no_plain_letter_or_digit_is_read_of_escapes(text, read):
    assert unescaped(text) == read
    places = [(start, end) for _, start, end in placed_chars(text)]
    assert [places[0][0], places[-1][1]] == [0, len(text)]


@pytest.mark.parametrize("text", ["il y en a un ou deux", "sei due", "tres", "one of dos", "三人"])
def test_a_word_that_says_a_digit_elsewhere_is_a_word(text):
    assert heard(text, "digits") == heard(text.replace("one", "1"), "letters")


@pytest.mark.parametrize(
    ("field", "label", "text"),
    [("name", "Anna Weber", "Anna Weber said "), ("id", "0101", "oh ")],
)
def test_a_case_that_names_somebody_many_times_takes_no_longer_for_each(people, field, label, text):
    contract = people(fields={"target.name": {"kind": field}})
    case = Case.model_validate(row(1, "g", text * (90_000 // len(text)), name=label))
    started = time.monotonic()
    Replacer(contract, KEY.encode()).case(case)
    assert time.monotonic() - started < 5


@pytest.mark.slow
def test_planted_values_are_gone_from_their_groups(
    people, gold, write_source, tmp_path, monkeypatch
):
    values = planted(300, seed=3)
    rows = []
    for number, one in enumerate(values):
        group, label = f"group {number}", {one.field: one.value}
        rows.append(row(2 * number, group, f"it is {one.value}", **label))
        rows.append(row(2 * number + 1, group, f"qqq {one.text} zzz"))
    done, _ = whole(people(), rows, gold, write_source, tmp_path, monkeypatch)
    assert set(done.ledger.dropped) <= {"hidden_text"}  # a zero-width blank
    cases = {case.id: case for case in done.kept}
    asked = [(one, cases.get(f"case-{2 * number + 1:05d}")) for number, one in enumerate(values)]
    left = [one for one, case in asked if case and left_of(one, slot(case.input))]
    assert left == []
    assert len({one.spelling for one in values}) > 20


def whole(contract, rows, gold, write_source, tmp_path, monkeypatch):
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY)
    answered = [
        c.model_copy(update={"target": {**dict.fromkeys(FIELDS), **c.target}}) for c in gold
    ]
    done = curated(contract, write_source(rows), answered, tmp_path / "out")
    return done, json.loads((tmp_path / "out" / "ledger.json").read_text())


def test_there_are_twenty_spellings():
    assert min(len(CODE_SPELLINGS), len(NAME_SPELLINGS)) >= 20
    assert InputError
