"""Fields that a contract calls personal: in lists and objects, in whole groups, and what stays."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext

import pytest
from support.curation.curated_runs import curated

from dslm.contract import Contract
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.model.personal_fields import Personal
from dslm.contract.model.personal_kinds import kind_named, kind_suspected
from dslm.contract.schemas.schema_paths import nearest_place
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.known_values.known_values import group_index_of, known_of
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.personal.personal_pipeline import personal_pipeline
from dslm.curation.personal.replacement.replace_in_case import BROKEN_LABEL, Replacer
from dslm.errors import InputError
from dslm.records import Case
from dslm.settings.did_you_mean import nearest

KEY = "a secret of thirty-two characters"
FIELDS = {"target.slots.name": "name", "target.slots.ssn": "ssn", "target.code": "id",
          "target.calls.PIN": "pin", "meta.contact": "name"}  # fmt: skip
BLANK = {
    "kind": "claim",
    "amount": None,
    "slots": {"name": [], "ssn": []},
    "code": None,
    "calls": [],
}


@pytest.fixture
def chats(build_contract):
    """A contract with nested fields: lists of texts, and a list of objects."""

    def build(**given) -> Contract:
        plain = build_contract().model_dump(mode="json", by_alias=True)
        texts = {"type": "array", "items": {"type": "string"}}
        maybe = {"type": ["string", "null"]}
        call = {"type": "object", "additionalProperties": False, "required": ["api", "PIN"],
                "properties": {"api": {"type": "string"}, "PIN": maybe}}  # fmt: skip
        plain["output"]["properties"] |= {
            "slots": {"type": "object", "additionalProperties": False, "required": ["name", "ssn"],
                      "properties": {"name": texts, "ssn": texts}},
            "code": {"type": ["integer", "null"]}, "calls": {"type": "array", "items": call},
        }  # fmt: skip
        plain["output"]["required"] += ["slots", "code", "calls"]
        plain["grounded"] = ["slots"]
        plain["data"]["personal"] = {"mode": "surrogate", "fields": FIELDS, **given}
        return Contract.model_validate(plain)

    return build


def of(text: str, contact: str | None = None, **target) -> Case:
    meta = {"contact": contact, "sender": "s"}
    return Case.model_validate({"id": "c", "input": text, "target": BLANK | target, "meta": meta})


def test_a_name_within_another_label_goes_with_it(chats):
    contract = chats()
    case = of("hi this is robin\nrobin crusoe, mail kolbart robincrusoegmailcom",
              slots={"name": ["robin", "robin crusoe"], "ssn": []})  # fmt: skip
    done = Replacer(contract, KEY.encode()).case(case)
    assert "robin" not in done.case.input
    assert "crusoe" not in done.case.input
    assert "kolbart" in done.case.input
    first, both = done.case.target["slots"]["name"]
    assert both.split()[0] == first
    assert ungrounded(contract, done.case.input, done.case.target) == ()


def test_numbers_in_lists_objects_and_integers_keep_their_form(chats):
    calls = [{"api": "pay", "PIN": "0314"}, {"api": "stay", "PIN": None}]
    text = "ssn 3698 then 458-69-3256, pin oh three one four, code 71535"
    slots = {"name": [], "ssn": ["3698", "458693256"]}
    case = of(text, slots=slots, code=71535, calls=calls)
    done = Replacer(chats(), KEY.encode()).case(case).case
    short, long = done.target["slots"]["ssn"]
    assert (len(short), len(long)) == (4, 9)
    assert f"ssn {short} then {long[:3]}-{long[3:5]}-{long[5:]}" in done.input
    pin = done.target["calls"][0]["PIN"]
    assert len(pin) == 4
    assert pin != "0314"
    assert "oh three one four" not in done.input
    assert f"code {done.target['code']}" in done.input
    assert isinstance(done.target["code"], int)
    assert [call["api"] for call in done.target["calls"]] == ["pay", "stay"]


def test_a_whole_number_of_a_column_with_gaps_is_that_number(chats):
    contract = chats(fields={"meta.account": {"kind": "account"}})
    case = of("account 48151623 please").model_copy(update={"meta": {"account": 48151623.0}})
    done = Replacer(contract, KEY.encode()).case(case).case
    assert "48151623" not in done.input
    assert isinstance(done.meta["account"], float)
    assert f"account {done.meta['account']:.0f} please" == done.input


def test_a_word_of_the_contract_stays_in_the_label(chats):
    done = Replacer(chats(), KEY.encode()).case(of("the claim of mr claim", contact="Ann Claim"))
    assert done.case.target["kind"] == "claim"
    assert done.case.meta["contact"] != "Ann Claim"


def test_a_number_goes_without_the_letters_before_it(chats):
    contract = chats(fields={"target.slots.ssn": "policy"})
    case = of("it is 71172, or seven one one seven two: INV-71172", slots={"name": [], "ssn": [
        "INV-71172", "AB-417"]})  # fmt: skip
    done = Replacer(contract, KEY.encode()).case(case).case
    assert not re.search("71172|seven one one", done.input)
    assert done.input.split()[2][:-1] == done.input[-5:]
    few = of("417 pieces", slots=case.target["slots"])
    assert "417" in Replacer(contract, KEY.encode()).case(few).case.input


@pytest.mark.parametrize("label", ["-", ""])
def test_a_label_that_names_nobody_changes_nothing(chats, label):
    case = of("my name is - not told to me", slots={"name": [label], "ssn": []})
    assert Replacer(chats(), KEY.encode()).case(case).case == case


@pytest.mark.parametrize(
    ("name", "text"),
    [("Do Van An", "i am do van an"), ("Le An", "An Le"), ("王 芳", "我是王芳"),
     ("王 芳", "王 芳")],
)  # fmt: skip
def test_a_name_of_words_that_are_none_by_themselves_goes_as_a_whole(chats, name, text):
    done = Replacer(chats(), KEY.encode()).case(of(text, slots={"name": [name], "ssn": []})).case
    assert done.target["slots"]["name"] != [name]
    assert text not in done.input
    assert "no, an apple" in Replacer(chats(), KEY.encode()).case(
        of("no, an apple", slots={"name": [name], "ssn": []})
    ).case.input  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "label", "texts"),
    [("email", "Anna Weber <anna.weber@gmail.com>", ["anna.weber@gmail.com"]),
     ("email", "kavi@gmail.com; k.sri@web.de", ["KAVI@gmail.com", "k.sri@web.de"]),
     ("iban", "DE89370400440532013000 (Postbank)", ["DE89 3704 0044 0532 0130 00"]),
     ("phone", "030 90182012, 0171 5551234 (mobile)", ["030/90182012", "01715551234"]),
     ("phone", "+1 202-555-0143x12 (home)", ["2025550143"]),
     ("card", "Visa 4539 1488 0343 6467 exp 12/27", ["4539148803436467"]),
     ("id", "AB-1234; CD-5678", ["ab 1234", "CD-5678"]), ("id", "1234, 5678", ["5678"]),
     ("id", "AB123456 (old)", ["AB123456"]), ("id", "4711223 Weber", ["4711 223"]),
     ("id", "AB-1234,CD-5678", ["cd5678"]), ("id", "4711223 4711224", ["4711224", "4711223"]),
     ("id", "AB-1234/CD-5678", ["cd5678", "AB-1234/CD-5678"]),
     ("id", "2024/471122", ["2024471122"]),
     ("phone", "2025550143,2025550199", ["2025550143", "(202) 555-0199"]),
     ("id", "policy 471122 / claim 889911", ["889911", "471122"]),
     ("id", "Policy No. 4711-223", ["4711223"]), ("ssn", "SSN: 321-45-9876", ["321459876"]),
     ("date", "born 07.03.1984 in Köln", ["March 7, 1984"])],
)  # fmt: skip
def test_a_value_among_others_in_its_field_goes_from_the_text_and_the_group(
    chats, kind, label, texts
):
    regions = ["DE"] if kind == "phone" else []
    contract = chats(fields={"meta.contact": {"kind": kind}}, regions=regions)
    done = Replacer(contract, KEY.encode()).case(of(f"it is {' or '.join(texts)}", contact=label))
    assert not [text for text in texts if text in done.case.input]
    alone = Replacer(contract, KEY.encode()).case(of("nothing", contact=label))
    known = known_of([(1, alone.found.values)], lambda: [], 1)
    for text in texts:
        assert group_index_of(known.of_group(1, CaseFindings())).findings(text), text


@pytest.mark.parametrize(
    ("label", "shown"),
    [("AB-1234; CD-5678", r"\w\w-\d{4}; \w\w-\d{4}"), ("AB123456 (old)", r"\w\w\d{6} \(old\)"),
     ("Policy No. 4711-223", r"Policy No\. \d{4}-\d{3}"), ("sunshine; 4711", r"(?!sunshine).*")],
)  # fmt: skip
def test_a_note_beside_a_value_stays_and_the_label_says_what_the_text_says(chats, label, shown):
    contract = chats(fields={"meta.contact": {"kind": "id"}})
    done = Replacer(contract, KEY.encode()).case(of(f"it is {label}", contact=label)).case
    assert re.fullmatch(shown, done.meta["contact"])
    assert done.input == f"it is {done.meta['contact']}"


@pytest.mark.parametrize("label", ["unknown", "N/A", "not given", "keine Angabe", "none"])
@pytest.mark.parametrize("kind", ["id", "phone", "name", "dob", "email"])
def test_a_label_that_says_there_is_none_is_nobodys(chats, label, kind):
    contract = chats(fields={"meta.contact": {"kind": kind}})
    text = f"it is {label}, none of it, unknown error"
    done = Replacer(contract, KEY.encode()).case(of(text, contact=label))
    assert (done.reason, done.case.input, done.case.meta["contact"]) == (None, text, label)


def test_masked_and_dropped_as_the_mode_says(chats):
    case = of("ssn 3698", slots={"name": [], "ssn": ["3698"]})
    masked = Replacer(chats(mode="mask"), None).case(case).case
    assert masked.input == "ssn [national_id]"
    assert masked.target["slots"]["ssn"] == ["[national_id]"]
    assert Replacer(chats(mode="drop"), None).case(case).reason == "personal:national_id"
    kept = Replacer(chats(mode="keep"), None).case(case)
    assert (kept.case, dict(kept.found.counts)) == (case, {"national_id": 2})


UNSPACED = {
    "Chinese": ("我是{name}，请更改订单{ssn}的地址", "王小明"),
    "Japanese": ("こんにちは、{name}です。番号は{ssn}でした", "佐藤さくら"),
    "Thai": ("ผมชื่อ{name}ครับหมายเลข{ssn}ครับ", "Somchai"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name"), UNSPACED.values(), ids=UNSPACED)
def test_scripts_without_blanks_between_words_hide_nothing(chats, text, name):
    done = Replacer(chats(), KEY.encode()).case(
        of(text.format(name=name, ssn="HX-954370"), slots={"name": [name], "ssn": ["HX-954370"]})
    )
    assert name not in done.case.input
    assert "954370" not in done.case.input
    assert [done.case.target["slots"][key][0] in done.case.input for key in ("name", "ssn")] == [
        True, True,
    ]  # fmt: skip
    known = {key: Identity("name", "", key) for key in ("王小明", "李明")}
    index = WordIndex(known | {"hx954370": Identity("id", "free", "hx954370")})
    found = index.hits("请告诉王小明，李明 和订单HX-954370的客户，但桃李明天开")
    assert [hit.key for hit in found] == ["王小明", "李明", "hx954370"]


@pytest.mark.slow
def test_common_words_stay_elsewhere_and_are_counted_with_what_is_left(
    chats, rows, gold, write_source, tmp_path, monkeypatch
):
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY)
    for number, row in enumerate(rows):
        row["target"] = BLANK | row["target"]
        row["meta"]["customer_email"] = "nobody" if number < 3 else None
    numbers = ["12", "1234", "2500", "48151623"]
    rows[0]["target"] |= {"slots": {"name": ["will austin fairbeck"], "ssn": numbers}}
    rows[0]["input"] += " i am will austin fairbeck, 12, 1234, 2500 and 48151623"
    rows[40]["input"] += " will told me in Austin of 2500"  # the same sender
    rows[1]["input"] += " that will do, said fairbeck, twelve or 12 of 48151623 to x@y.example"
    rows[1]["input"] += " or fly to austin for 2500 with pin 1234"
    answered = [c.model_copy(update={"target": BLANK | c.target}) for c in gold]
    done = curated(chats(), write_source(rows), answered, tmp_path / "out")
    inputs = {case.id: case.input for case in done.kept}
    for word in ("will", "austin", "2500"):
        assert word not in (inputs["s-0000"] + inputs["s-0040"]).casefold()
    assert "or fly to austin for 2500 with pin 1234" in inputs["s-0001"]
    assert "that will do, said" in inputs["s-0001"]
    assert "12 of" in inputs["s-0001"]
    assert not {"fairbeck", "48151623"} & set(inputs["s-0001"].split())
    book = json.loads((tmp_path / "out" / "ledger.json").read_text())["personal"]
    assert (book["exempted"], book["short"]) == (2, 3)
    assert book["left"] == {"input: email": 1, "meta.customer_email": 3}


@pytest.mark.parametrize(
    ("label", "text", "shown"),
    [("Anna Weber <anna@web.de>", "anna@web.de; Weber, ANNA@WEB.DE. web", "{e}; {l}, {E}. web"),
     ("anna@web.de (Anna)", "anna@web.de, anna", "{e}, {f}"), ("anna@web.de", "Anna@web.de", "{e}"),
     ("Weber; <anna@web.de>", "weber anna@web.de", "{l} {e}")],
)  # fmt: skip
def test_an_address_beside_a_name_is_the_address_it_is_elsewhere(chats, label, text, shown):
    fields = FIELDS | {"meta.note": "email"}
    case = of(text, slots={"name": [label], "ssn": []})
    case = case.model_copy(update={"meta": case.meta | {"note": "anna@web.de"}})
    done = Replacer(chats(fields=fields), KEY.encode()).case(case).case
    made, address = done.target["slots"]["name"][0], done.meta["note"]
    assert address in made
    names = re.findall(r"[^\W_]+", made.replace(address, "")) or [""]
    said = shown.format(e=address, E=address.upper(), f=names[0], l=names[-1])
    assert done.input.casefold() == said.casefold()


@pytest.mark.slow
def test_what_went_with_its_group_is_not_left(
    chats, rows, gold, write_source, tmp_path, monkeypatch
):
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY)
    for row in rows:
        row["target"] = BLANK | row["target"]
    rows[0]["target"]["calls"] = [{"api": "call", "PIN": "+1 202 555 0143"}]
    rows[40]["input"] += " call 202-555-0143"  # the same sender
    rows[40]["meta"]["phone"] = "202 555 0143"
    rows[1]["meta"]["phone"] = rows[40]["meta"]["phone"]
    rows[2]["input"] += " call +1 202 555 0177"
    answered = [c.model_copy(update={"target": BLANK | c.target}) for c in gold]
    fields = FIELDS | {"target.calls.PIN": "phone"}
    contract = chats(fields=fields, regions=["US"])
    done = curated(contract, write_source(rows), answered, tmp_path / "out")
    phones = [case.meta["phone"] for case in done.kept if "phone" in case.meta]
    assert "202 555 0143" not in phones
    book = json.loads((tmp_path / "out" / "ledger.json").read_text())["personal"]
    assert book["left"] == {"input: phone": 1}  # nobody labels the last one


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ssn", "national_id"), ("SSN", "national_id"), ("iban", "iban"), ("card", "card"),
     ("credit card", "card"), ("passport", "id"), ("address", "address"), ("e-mail", "email"),
     ("dateOfBirth", "date"), ("policy", "id"), ("none", "none"), ("colour", None),
     *((name, "company") for name in ("organisation", "Organization", "supplier", "vendor", "firm",
                                      "employer", "company_name"))],
)  # fmt: skip
def test_kinds_have_the_names_that_people_try(name, kind):
    assert kind_named(name) == kind


@pytest.mark.parametrize(
    ("key", "kind"),
    [("customer_ssn", "national_id"), ("CustomerName", "name"), ("phoneNumber2", "phone"),
     ("billing_address", "address"), ("total", None), ("product_name", None),
     ("invoice_date", None),
     ("supplier", None), ("company_name", None), ("employer", "company"),
     ("policy_company", None), ("order_id", None), ("zip_code", "address"),
     ("name", "name"), ("slots_name", "name"), ("slots.name", "name"), ("customer.name", "name"),
     ("product.name", None), ("items.name", None), ("slots.claim", None)],
)  # fmt: skip
def test_a_field_is_suspected_by_its_name(key, kind):
    assert kind_suspected(key) == kind


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"target.slots.sn": "ssn"}, "did you mean 'target.slots.ssn'"),
     ({"target.cod": "id"}, "did you mean 'target.code'"),
     ({"target.code.x": "id"}, "no output field"), ({"code": "id"}, "pattern"),
     ({"target.code": "shoe size"}, "national_id")],
)  # fmt: skip
def test_a_field_that_is_none_is_refused_with_the_nearest(chats, fields, said):
    with pytest.raises(ValueError, match=said):
        chats(fields=fields)


@pytest.mark.parametrize(
    ("schema", "lists"),
    [({"enum": ["Anna", "Robin"]}, True), ({"const": "Anna"}, True),
     ({"type": ["string", "null"]}, False),
     ({"anyOf": [{"enum": ["Anna"]}, {"type": "null"}]}, True),
     ({"anyOf": [{"enum": ["Anna"]}, {"type": "string"}]}, False),
     ({"type": "array", "items": {"enum": ["Anna", None]}}, True)],
)  # fmt: skip
def test_a_field_whose_values_the_schema_lists_cannot_be_hidden(chats, schema, lists):
    for mode, refused in (("mask", lists), ("keep", False)):
        plain = chats(mode=mode).model_dump(mode="json", by_alias=True)
        plain["output"]["properties"]["agent"] = schema
        plain["output"]["required"].append("agent")
        plain["data"]["personal"]["fields"]["target.agent"] = "name"
        contract = Contract.model_validate(plain)
        listed = contract.data.personal.listed_places(contract.schema)
        assert listed == (["target.agent"] if lists else [])
        with pytest.raises(InputError, match="lists its values") if refused else nullcontext():
            personal_pipeline(contract, {})


def test_a_path_into_an_object_that_init_took_apart_is_named_as_its_field_is():
    schema = {"properties": {"slots_name": {"type": "array", "items": {"type": "string"}}}}
    assert nearest_place(schema, ["slots", "name"], nearest) == "slots_name"


def test_a_contract_without_fields_keeps_its_digest_and_none_is_a_word_of_its_own(contract, chats):
    assert "fields" not in json.dumps(contract.model_dump(mode="json")["data"]["personal"]) or (
        contract.digest() == contract.model_copy().digest()
    )
    looked = Personal(fields={"target.code": {"kind": "none"}})
    assert looked.places == {}
    assert looked.declares("target.code")
    assert chats().digest() != chats(fields={"target.code": "id"}).digest()


@pytest.mark.parametrize(
    ("text", "code", "quantity", "reason"),
    [("three pieces for policy 3", 3, 3, BROKEN_LABEL), ("3 for policy 3", 3, "3", BROKEN_LABEL),
     ("policy 415 of 3", 415, 3, None), ("-3, policy 3", 3, -3, BROKEN_LABEL),
     ("policy 48151623", 48151623, 48151623, None), ("4815 for 4815.00", 4815, 4815, None),
     ("policy 4815, 4,815.00", 4815, 4815, None)],
)  # fmt: skip
def test_a_number_that_nobody_declared_does_not_change_with_somebodys(
    chats, text, code, quantity, reason
):
    plain = chats(fields={"target.code": "id"}).model_dump(mode="json", by_alias=True)
    plain["output"]["properties"]["quantity"] = {"type": ["integer", "string"]}
    plain["output"]["required"].append("quantity")
    case = of(text, code=code, quantity=quantity)
    done = Replacer(Contract.model_validate(plain), KEY.encode()).case(case)
    assert done.reason == reason
    assert done.case.target["code"] != code


@pytest.mark.parametrize(
    ("kind", "label", "text", "reason"),
    [("address", "Hauptstraße 12, Ulm-Wiblingen", "Hauptstr. 12, Wiblingen", BROKEN_LABEL),
     ("address", "Am Markt 3", "Am Markt Nr. 3", BROKEN_LABEL),
     ("address", "Am Markt 3", "Ort", None), ("address", "Am Markt 3", "am markt 3", None),
     ("address", "Elm Street 4", "a street", None),
     ("address", "北京市海淀区中关村大街1号", "在中关村大街1号", BROKEN_LABEL),
     ("address", "35 Great Avenue, Ulm", "35 great avenue ulm\ngreat, thanks", None),
     ("address", "101 Lake Drive, Ulm", "not 101 Lake Drive, Ulm: 110 lake drive", BROKEN_LABEL),
     ("address", "Lange Straße 5, Ulm", "Es dauert lange: Lange Straße 5, Ulm", None),
     ("address", "lange straße 5, ulm", "es dauert lange: lange straße 5, ulm", BROKEN_LABEL),
     ("address", "5 Elm St, Toledo, OH", "in 5 Elm St, Toledo, OH 43604", None),
     ("date", "March 3, 1984", "March the third, nineteen eighty four", BROKEN_LABEL),
     ("date", "March 3, 1984", "born March 3rd, 1984", None),
     ("date", "1984-03-07", "on March 7th, 1985", None),
     ("date", "May 3, 1984", "I may 3 times", None)],
)  # fmt: skip
def test_a_label_of_which_a_part_stays_in_the_text_is_dropped(
    build_contract, kind, label, text, reason
):
    plain = build_contract().model_dump(mode="json", by_alias=True)
    plain["output"]["properties"]["held"] = {"type": "string"}
    plain["output"]["required"].append("held")
    plain["data"]["personal"] = {"mode": "surrogate", "fields": {"target.held": kind}}
    target = {"kind": "claim", "amount": None, "held": label}
    case = Case(id="c", input=text, target=target, meta={"sender": "s"})
    done = Replacer(Contract.model_validate(plain), KEY.encode()).case(case)
    assert done.reason == reason
    assert done.case.target["held"] != label


@pytest.mark.parametrize("label", ["street", "No", "ave."])
def test_a_label_that_says_of_what_kind_an_address_is_changes_nothing(chats, label):
    contract = chats(fields={"target.slots.ssn": "address"})
    case = of(f"{label} 12 Elmhurst Road", slots={"name": [], "ssn": [label, "12 Elmhurst Road"]})
    done = Replacer(contract, KEY.encode()).case(case)
    assert done.reason is None
    kept, other = done.case.target["slots"]["ssn"]
    assert (kept, done.case.input) == (label, f"{label} {other}")
    assert "Elmhurst" not in other


@pytest.mark.parametrize(
    ("code", "said"),
    [(150325, "15.03.25"), (20250315, "2025-03-15"), (1230, "12:30"), (15032025, "15/03/2025"),
     (123045, "12:30:45"), (2604, "26.04.2025"), (1504, "15/04/25")],
)  # fmt: skip
def test_a_number_made_of_a_day_or_time_is_not_the_day(chats, code, said):
    contract = chats(fields={"target.code": "id"})
    case = of(f"No. {code}, {said}", code=code, calls=[{"api": said, "PIN": None}])
    found = Replacer(contract, KEY.encode()).case(case)
    done = found.case
    assert found.reason is None
    assert done.input == f"No. {done.target['code']}, {said}"
    assert done.target["code"] != code
    assert done.target["calls"] == case.target["calls"]
    index = WordIndex({str(code): Identity("id", "free", str(code))})
    assert not index.hits(f"on {said}")
    assert [hit.key for hit in index.hits(f"No. {code}")] == [str(code)]
    born = chats(fields={"target.slots.ssn": "dob"})
    case = of(f"born {said}", slots={"name": [], "ssn": [f"{code}"]})
    assert said not in Replacer(born, KEY.encode()).case(case).case.input


@pytest.mark.parametrize("label", ["03/2025", "2025-03", "03/25", "15-03"])
def test_a_number_of_a_month_changes_no_day_of_it(chats, label):
    contract = chats(fields={"target.slots.ssn": "id"})
    days = "15.03.2025, 15.03.25, 2025-03-15"
    case = of(f"No. {label} of {days}", slots={"name": [], "ssn": [label]})
    done = Replacer(contract, KEY.encode()).case(case).case
    (made,) = done.target["slots"]["ssn"]
    assert (done.input, made == label) == (f"No. {made} of {days}", False)


@pytest.mark.parametrize("said", ["03.11.2025", "2025-11-03", "2025.50 EUR"])
def test_a_year_in_a_date_is_no_number_of_a_document(chats, said):
    contract = chats(fields={"target.code": "id"})
    done = Replacer(contract, KEY.encode()).case(of(f"No. 2025, {said}", code=2025)).case
    assert done.input == f"No. {done.target['code']}, {said}"
    assert done.target["code"] != 2025


@pytest.mark.parametrize(
    ("kind", "label", "said"),
    [("phone", "+44 20 7219 3000", "7219 3000"), ("phone", "030 219968", "219968"),
     ("phone", "030 9018 2012", "9018-2012"),
     ("phone", "090-1826-5388", "０９０ー１８２６ー５３８８"),
     ("iban", "DE89370400440532013000", "Kto. 0532013000"),
     ("iban", "DE89370400440532013000", "532 013 000"), ("dob", "1984-03-07", "07031984"),
     ("dob", "1984-03-07", "03071984"), ("dob", "1984-03-07", "070384"),
     ("dob", "7.3.1984", "3071984"), ("id", "１２ー３４", "12ー34"),
     ("name", "サトー", "サト様"), ("address", "西新宿2-8-1", "西新宿２ー８ー１")],
)  # fmt: skip
def test_parts_by_which_numbers_go_in_their_country_go_too(chats, kind, label, said):
    contract = chats(fields={"target.slots.ssn": kind}, kinds=["phone"], regions=["DE", "JP"])
    case = of(f"it is {said}.", slots={"name": [], "ssn": [label]})
    done = Replacer(contract, KEY.encode()).case(case)
    assert re.fullmatch(r"it is .*\.", done.case.input)
    assert (done.reason, said in done.case.input) == (None, False)
    assert not set(re.findall(r"\d{4,}", said)) & set(re.findall(r"\d{4,}", done.case.input))
    if kind == "dob":
        assert len(re.sub(r"\D", "", done.case.input)) in (len(said), len(said) + 1)


@pytest.mark.parametrize("said", ["31.12.2025", "2025-12-31", "at 14:31", "1,231.31 EUR", "7.31"])
def test_a_short_number_is_no_part_of_a_date_a_time_or_a_sum(chats, said):
    done = Replacer(chats(fields={"target.code": "id"}), KEY.encode()).case(
        of(f"policy 31, {said}", code=31)
    )
    assert done.reason is None
    assert done.case.input == f"policy {done.case.target['code']}, {said}"


@pytest.mark.parametrize(("listed", "reason"), [("20", None), ("7123", BROKEN_LABEL)])
def test_few_digits_of_a_listed_label_are_in_a_number_by_chance(build_contract, listed, reason):
    plain = build_contract().model_dump(mode="json", by_alias=True)
    plain["output"]["properties"] |= {"rate": {"enum": ["20", "7123", None]}}
    plain["output"]["required"].append("rate")
    plain["data"]["personal"] = {"mode": "surrogate", "kinds": ["phone"], "regions": ["GB"]}
    target = {"kind": "claim", "amount": None, "rate": listed}
    case = Case(id="c", input="Tel. +44 20 7123 4567", target=target, meta={"sender": "s"})
    assert Replacer(Contract.model_validate(plain), KEY.encode()).case(case).reason == reason


@pytest.mark.parametrize(
    ("text", "reason"), [("Mr Claim has a Claim", BROKEN_LABEL), ("Mr Claim has one", BROKEN_LABEL),
                         ("Mr Claim, a claimant", BROKEN_LABEL), ("it is Weber", None)],
)  # fmt: skip
def test_a_listed_label_whose_word_was_somebodys_name_is_dropped(chats, text, reason):
    name = re.findall("Claim|Weber", text)[:1]
    case = of(text, kind="claim", slots={"name": name, "ssn": []})
    assert Replacer(chats(), KEY.encode()).case(case).reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [("policy 4155, pay 4155.50 EUR", BROKEN_LABEL), ("policy 4155, pay 4,155.50", BROKEN_LABEL),
     ("policy 4155, pay 96.20", None), ("policy 4155", None)],
)  # fmt: skip
def test_a_sum_that_a_number_is_a_part_of_does_not_become_another_than_its_label(
    chats, text, reason
):
    plain = chats(fields={"target.code": "id"}).model_dump(mode="json", by_alias=True)
    plain["output"]["properties"]["amount"] = {"type": ["number", "null"]}
    case = of(text, code=4155, amount=96.2 if "96.20" in text else 4155.5)
    assert Replacer(Contract.model_validate(plain), KEY.encode()).case(case).reason == reason


@pytest.mark.parametrize("text", ["user AnnaWeber Anna Weber", "anna weberanna weber", "WeberAnna"])
def test_a_name_in_one_word_beside_the_name_leaves_no_half(chats, text):
    case = of(text, slots={"name": ["Anna Weber"], "ssn": []})
    done = Replacer(chats(), KEY.encode()).case(case).case
    assert not re.search("anna|weber", done.input, re.IGNORECASE)


@pytest.mark.parametrize(
    ("time", "stays"),
    [("2025-03-04T10:15:00.5+01:00", True), ("20250304T101500Z", True), (20250304, True),
     ("2025-03-04 10:15, by R. Crusoe", False), (["crusoe"], False)],
)  # fmt: skip
def test_the_time_of_arrival_stays_and_what_somebody_noted_there_does_not(chats, time, stays):
    plain = chats().model_dump(mode="json", by_alias=True)
    plain["data"]["time"] = "day"
    case = of("hi", slots={"name": ["Robin Crusoe", "20250304"], "ssn": ["20250304"]})
    case = case.model_copy(update={"meta": {"day": time}})
    done = Replacer(Contract.model_validate(plain), KEY.encode()).case(case).case
    assert (done.meta["day"] == time) == stays
    assert "crusoe" not in str(done.meta).casefold()
