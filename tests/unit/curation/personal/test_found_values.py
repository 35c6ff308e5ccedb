"""What is found, and what only looks like it."""

from __future__ import annotations

import gzip
import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from dslm.cases import read_records
from dslm.contract.model.personal_fields import Personal
from dslm.curation.personal.detectors.all_detectors import Detectors
from dslm.records import Case

ROOT = Path(__file__).parents[4]
DATASETS = Path(os.environ.get("DSLM_DATASETS", ROOT.parent / "shared" / "datasets"))
SETS = ("clinc150", "nlupp", "star_single", "sroie")
FIND = Detectors(
    Personal(kinds=["email", "iban", "card", "tax", "phone"], regions=["DE", "FR", "GB", "US"])
)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in FIND(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Mail to Anna.Weber+x@mail.weber.co.uk.", "email", "Anna.Weber+x@mail.weber.co.uk"),
        ("<eva@steinbach.example>", "email", "eva@steinbach.example"),
        ("E-mail....eva@steinbach.example", "email", "eva@steinbach.example"),
        ("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFF", "iban", "DE89 3704 0044 0532 0130 00"),
        ("gb29nwbk60161331926819", "iban", "gb29nwbk60161331926819"),
        ("IBAN: DE893704004405320130\n00", "iban", "DE893704004405320130\n00"),
        ("IBAN\nDE89\n3704\n0044\n0532\n0130\n00", "iban", "DE89\n3704\n0044\n0532\n0130\n00"),
        ("FR14\u202f2004\u202f1010\u202f0505\u202f0001\u202f3M02\u202f606", "iban", "606"),
        ("card 4111 1111 1111 1111 12/27", "card", "4111 1111 1111 1111"),
        ("Card No.4111\u00a01111\u00a01111\u00a01111", "card", "\u00a01111\u00a01111"),
        ("Amex 378282246310005", "card", "378282246310005"),
        ("USt-IdNr. DE136695976", "tax", "DE136695976"),
        ("VAT GB 980 7806 84", "tax", "980 7806 84"),
        ("TVA FR 61 954 506 077", "tax", "61 954 506 077"),
        ("Steuer-ID: 36 574 261 809", "tax", "36 574 261 809"),
        ("numéro fiscal 0701987765493", "tax", "0701987765493"),
        ("SIREN 552 008 443 RCS Paris", "tax", "552 008 443"),
        ("SIRET 732 829 320 00074", "tax", "732 829 320 00074"),
        ("my UTR is 1955839661", "tax", "1955839661"),
        ("NINO AB 12 34 56 C", "tax", "AB 12 34 56 C"),
        ("SSN 536-90-4399", "tax", "536-90-4399"),
        ("call +49 (0)30 901820 now", "phone", "+49 (0)30 901820"),
        ("Tel. 030/901820", "phone", "030/901820"),
        ("ring me 020 7946 0018 or so", "phone", "020 7946 0018"),
        ("write or (212) 736-5000", "phone", "(212) 736-5000"),
        ("Tél. : 01 42 68 53 00.", "phone", "01 42 68 53 00"),
        ("card 4539\u20111488\u20110343\u20116467", "card", "\u20116467"),
        ("SSN 536–90–4399", "tax", "536–90–4399"),
        ("٤٥٣٩ ١٤٨٨ ٠٣٤٣ ٦٤٦٧", "card", "٦٤٦٧"),
        ("＋４９　１５１　２３４５６７８９", "phone", "２３４５６７８９"),
        (r"a\nDE89370400440532013000\nb", "iban", "DE89370400440532013000"),
        (r"Tel.:\t030 901820\r\n", "phone", "030 901820"),
        ("Mobil 0171-5551234, Fax 030 901820", "phone", "0171-5551234"),
    ],
)
def test_a_planted_value_is_found_as_spelled(text: str, kind: str, value: str) -> None:
    spelled = [one for k, one in found(text) if k == kind]
    assert spelled
    assert spelled[0].endswith(value)


@pytest.mark.parametrize(
    ("text", "address"),
    [("電話は03、メールはanna.weber@web.deです。", "anna.weber@web.de"),
     ("邮箱是wei@qq.com谢谢", "wei@qq.com"),
     ("메일은 minsu@naver.com입니다", "minsu@naver.com"), ("לanna@web.de", "anna@web.de"),
     ("ราคาanna@web.deครับ", "anna@web.de"), ("почта@пример.рф", "почта@пример.рф"),
     ("田中@example.jp", "田中@example.jp"), ("jürgen.groß@web.de", "jürgen.groß@web.de")],
)  # fmt: skip
def test_an_address_ends_where_words_of_another_script_touch_it(text: str, address: str) -> None:
    assert found(text) == [("email", address)]


@pytest.mark.parametrize(
    "text",
    [
        "IBAN DE88 3704 0044 0532 0130 00",  # check digits
        "IBAN DE89 3704 0044 0532 0130",  # too short
        "card 4111 1111 1111 1112",  # Luhn
        "EAN 4006381333931",  # a barcode is in no card's range
        "USt-IdNr. DE136695977",
        "Steuer-ID 36 574 261 890",
        "SIREN 552 008 444",
        "UTR 1955839662",
        "SSN 666-00-0000",
        "NINO QQ123456C",  # never issued
        "ref 552 008 443",  # passes Luhn, but nothing says what it is
        "Tel. 12345",
        "+49 1 2",
    ],
)
def test_what_fails_its_check_is_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Rechnung Nr. 030-901820 vom 04.03.2025",
        "invoice no. 0203-4567890 of 2025-03-04",
        "Total 1,234,567.89 EUR, 20.000.000 EUR",
        "04.03.2025 14:30 / 04/03/2025 11",
        "Order 0176 12345678",
        "Kundennummer 0301234567",
        "9556655112694 1 HANDYCUTTER 9556655112694",
        "2025-03-04 2025-03-05 2025-03-06",
        "Facture n° 01 42 68 53 00",
    ],
)
def test_numbers_of_papers_dates_and_amounts_are_no_telephones(text: str) -> None:
    assert found(text) == []


def test_a_number_without_country_code_needs_a_region() -> None:
    bare = Detectors(Personal(kinds=["phone"]))
    assert [one.text for one in bare("Tel. 030/901820 or +49 30 901820")] == ["+49 30 901820"]


def test_one_value_has_one_identity_however_it_is_spelled() -> None:
    for spellings in (
        ("+49 30 901820", "Tel. 030/901820", "Tel. 0049 30 90 18 20"),
        ("DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("Eva@Host.example", "EVA@HOST.EXAMPLE"),
    ):
        assert len({one.identity for text in spellings for one in FIND(text)}) == 1


def test_findings_never_overlap_and_lie_where_they_say() -> None:
    text = "IBAN DE89370400440532013000, Tel. 030 901820, a.b@c.example +49 30 901820"
    findings = FIND(text)
    assert [one.kind for one in findings] == ["iban", "phone", "email", "phone"]
    assert all(text[one.start : one.end] == one.text for one in findings)
    assert all(a.end <= b.start for a, b in pairwise(findings))


def test_in_the_example_only_what_is_written_as_a_telephone_is_one() -> None:
    cases = read_records(ROOT / "data/invoice_intake/sources/cases.jsonl", Case)
    told = ("Tel", "Tél", "Phone", "Call", "Rückfragen", "Contact")
    wrong = []
    for case in cases:
        for one in FIND(case.input):
            before = case.input[max(0, one.start - 20) : one.start]
            if one.kind not in {"email", "iban"} and not any(
                word in before.title() for word in told
            ):
                wrong.append((one.kind, one.text))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_texts_without_personal_numbers_stay_without(name: str) -> None:
    path = DATASETS / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path} is not there; DSLM_DATASETS names the folder")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        texts = [json.loads(line)["text"] or "" for line in stream]
    held = sum(any(one.kind in {"iban", "tax", "card"} for one in FIND(text)) for text in texts)
    assert held / len(texts) < 0.01
    if name != "sroie":  # receipts do hold the shops' telephones
        assert sum(any(one.kind == "phone" for one in FIND(text)) for text in texts) == 0
