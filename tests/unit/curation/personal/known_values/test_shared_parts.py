"""Parts of numbers and of companies' names that many groups share stay; what is somebody's goes."""

from __future__ import annotations

import json
import random
import re

import pytest
from support.curation.curated_runs import curated

from dslm.curation.personal.detectors.declared_fields import DeclaredFields
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.gold_with_surrogates import gold_with_surrogates
from dslm.curation.personal.known_values.known_values import known_of
from dslm.curation.personal.known_values.shared_part_counts import counted
from dslm.curation.personal.known_values.shared_parts import LEAST_GROUPS, PartCount, SharedParts
from dslm.curation.personal.proof.leftovers import Proof
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.personal.surrogates.surrogates import Surrogates
from dslm.curation.personal.variants.value_separators import joined
from dslm.curation.sources.daft_engine import Engine
from dslm.curation.sources.mapping.row_mapping import labels_of
from dslm.records import Case
from dslm.reporting.data_card.data_card_page import personal_facts

KEY = b"a secret of thirty-two characters"
FIELDS = {"meta.firm": "supplier", "meta.ref": "id"}
SHARED = SharedParts(frozenset({"fa", "f"}), frozenset({"hotel", "holz", "bäckerei"}))
# Of no list of names or of common words, and of no other word here.
RARE = ["Wyckau", "Zurgel", "Ombrak", "Tessuq", "Jarvoq", "Quizzel", "Hyptor", "Fenzog", "Drumbaz",
        "Vexholt", "Pyrgos", "Kwandi", "Nuxbert", "Ajduk", "Ribqua", "Olxen"]  # fmt: skip


def number(value: str) -> Identity:
    return Identity("id", "free", joined(value))


def company(text: str, build_contract, shared: SharedParts = SHARED) -> Identity:
    personal = build_contract(personal={"fields": FIELDS}).data.personal
    found = DeclaredFields(personal, shared=shared).identity("company", text)
    assert found
    return found


def shared_by(counts: list[tuple[str, Identity]]) -> SharedParts:
    count = PartCount()
    for group, identity in counts:
        count.add("meta.x", identity, group)
    return count.shared()


def test_letters_and_words_are_shared_by_ten_groups_with_other_rests_and_by_no_fewer(
    build_contract,
):
    def firm(text: str) -> Identity:
        return company(text, build_contract, SharedParts())

    firms = [(f"g{n}", firm(f"Hotel {word}")) for n, word in enumerate(RARE)]
    numbers = [(f"g{n}", number(f"FA-{n}")) for n in range(LEAST_GROUPS)]
    assert shared_by(firms[:LEAST_GROUPS]).words == {"hotel"}
    assert shared_by(firms[: LEAST_GROUPS - 1]).words == set()
    assert shared_by(numbers).letters == {"fa"}
    assert shared_by(numbers[1:]).letters == set()
    one_group = [("g", identity) for _, identity in firms + numbers]
    one_value = [(group, identity) for group, _ in firms for _, identity in (firms[0], numbers[0])]
    assert len(shared_by(one_group)) == len(shared_by(one_value)) == 0
    robins = [
        (f"g{n}", one)
        for n, word in enumerate(RARE)
        for one in (number(f"ROBIN-{n}"), firm(f"{word} Robin"), number("ROBIN"))
    ]
    assert len(shared_by(robins)) == 0  # one of the names that surrogates are made of
    somebody = [("g", Identity("name", "", "fa hotel"))]
    assert len(shared_by(firms + numbers)) == 2
    assert len(shared_by(firms + numbers + somebody)) == 0


def test_a_word_is_shared_only_beside_one_that_few_groups_have(build_contract):
    """Of "Müller Holz", "Kolbart Berlin" and "Zurgel Bau" the rarer word is whose it is."""
    trades = ["Dach", "Glas", "Optik", "Reisen", "Möbel", "Druck", "Garten", "Sanitär", "Elektro",
              "Uhren", "Moden"]  # fmt: skip
    towns = ["Berlin", "Hamburg", "Bremen", "Kiel", "Paris", "Madrid", "Rome", "Dublin", "Lisbon",
             "Oslo", "Vienna"]  # fmt: skip
    # each trade with as many owners of its own as make it shared
    named = [f"{trade} {chr(97 + n)}{word}" for n, trade in enumerate(trades) for word in RARE]
    named += [f"Kolbart {town}" for town in towns] + [f"{trade} Kolbart" for trade in trades]
    counts = [(f"g{n}", company(text, build_contract)) for n, text in enumerate(named)]
    assert shared_by(counts).words == {trade.casefold() for trade in trades}


@pytest.mark.parametrize("name", [
    "müller", "smith", "kim", "наталья", "иванов", "παπαδόπουλος", "محمد", "כהן", "शर्मा", "สมชาย",
    "王小明", "佐藤花子", "김철수",
])  # fmt: skip
def test_no_name_that_many_bear_is_shared_in_any_script(name, build_contract):
    firms = [(f"g{n}", company(f"{name} {word}", build_contract)) for n, word in enumerate(RARE)]
    users = [(f"g{n}", number(f"{name}{n + 10}")) for n in range(20)]
    assert len(shared_by(firms + users)) == 0


def test_more_than_four_letters_of_a_number_are_shared_where_they_say_what_it_numbers():
    def letters(text: str) -> frozenset[str]:
        return shared_by([(f"g{n}", number(f"{text}-{n + 10}")) for n in range(20)]).letters

    assert [letters(text) for text in ("INV", "Rechnung", "INVOICE", "СЧЕТ")] == [
        {"inv"}, {"rechnung"}, {"invoice"}, {"счет"},
    ]  # fmt: skip
    assert letters("zwolbar") == letters("jsmith") == set()


def test_what_is_counted_in_pieces_is_the_same_in_any_order(build_contract):
    firms = [
        (f"g{n}", company(f"{trade} {word} GmbH", build_contract))
        for n, word in enumerate(RARE)
        for trade in ("Hotel", "Holz")[: 1 + n % 2]
    ]
    counts = [*firms, *((f"g{n}", number(f"FA-{n % 12}")) for n in range(60)),
              *((f"g{n}", number(f"LU-{n}")) for n in range(60)),
              ("g7", Identity("name", "", "lu weber"))]  # fmt: skip
    whole = shared_by(counts)
    assert (whole.letters, whole.words) == ({"fa"}, {"hotel"})
    for seed in range(5):
        mixed = random.Random(seed).sample(counts, len(counts))
        sums = PartCount()
        for first in range(0, len(mixed), 7):
            piece = PartCount()
            for group, identity in mixed[first : first + 7]:
                piece.add("meta.x", identity, group)
            sums.add_lines(piece.lines())
        assert sums.shared() == whole


def test_shared_letters_of_a_number_stay_and_all_else_of_it_changes():
    surrogates, before = Surrogates(KEY, SHARED), Surrogates(KEY)

    def of(text: str) -> str:
        return surrogates.of(number(text), text)

    for text in ("FA-81", "F8331", "fa 2024/815", "F-7"):
        made = of(text)
        assert re.sub(r"\d", "0", made) == re.sub(r"\d", "0", text)
        assert made != text
    assert of("FA-2024") == f"FA-{of('fa2024')[2:]}"
    for text in ("ROBIN-1", "FAB-81", "fa", "81-FA", "8fa"):
        assert of(text) == before.of(number(text), text) != text
    drawn = before.of(number("FA-8131"), "FA-8131")
    assert of("FA-8131")[-3:] == drawn[-3:]  # the same digits, whatever is shared


def test_shared_words_of_a_company_stay_and_the_others_become_like_names(build_contract):
    def of(text: str) -> str:
        return Surrogates(KEY, SHARED).of(company(text, build_contract), text)

    assert re.fullmatch(r"(?!Specht)[A-Z][a-z]+ Holz", of("Specht Holz"))
    assert re.fullmatch(r"HOTEL (?!FELDRODE)[A-Z]+", of("HOTEL FELDRODE"))
    assert re.fullmatch(r"Bäckerei (?!Mohn)[A-Z][a-z]+ GmbH", of("Bäckerei Mohn GmbH"))
    assert of("Specht Holz").split()[0] == of("Hotel Specht").split()[1]
    for text in ("Hotel Holz", "Hotel", "Hotel GmbH"):  # would else stay as they are
        made = of(text)
        assert not {"Hotel", "Holz"} & set(made.split())
        assert len(made.split()) == len(text.split())
    part = company("Specht Holz", build_contract)
    assert Surrogates(KEY, SHARED).of(part, "specht") == of("Specht Holz").split()[0].lower()


@pytest.mark.parametrize("form", ["S.A.R.L.", "S.p.A.", "B.V.", "A/S", "e.K."])
def test_the_letters_of_a_legal_form_stay(form, build_contract):
    made = Surrogates(KEY).of(company(f"Steinley {form}", build_contract), f"Steinley {form}")
    assert made.endswith(f" {form}")
    assert not made.startswith("Steinley")


def test_the_proof_fails_on_each_rare_word_and_on_no_shared_one(build_contract):
    contract = build_contract(personal={"fields": FIELDS, "mode": "mask"})
    texts = ("Zurgel Holz", "Hotel Wyckau Fenzog GmbH", "Hotel Holz", "Hotel")
    held = [(text, company(text, build_contract)) for text in texts]
    known = known_of(((n, [(one, text)]) for n, (text, one) in enumerate(held)), lambda: [], 4)
    proof = Proof(Replacer(contract, None, SHARED), known)

    def left(text: str, group: int) -> set[str]:
        case = {"id": "c", "input": text, "target": {"kind": "other"}, "meta": {}}
        return proof.left_in(case, CaseFindings(), group)

    for group in range(4):
        for text in ("of ZURGEL", "zurgel-holz", "the Wyckau", "fenzog's", "Hotel Holz",
                     "Wyckau Hotel"):  # fmt: skip
            assert left(text, group) == {"company"}, text
    for text in ("xzurgel9", "z-u-r-g-e-l"):
        assert (left(text, 0), left(text, 1)) == ({"company"}, set())
    for text in ("Holz", "any GmbH", "the holz hotel"):
        assert [left(text, group) for group in range(3)] == [set()] * 3, text
    assert (left("Hotel", 3), left("Hotel", 1)) == ({"company"}, set())  # its whole name
    assert known.short == 1


@pytest.fixture
def planted(rows):
    """Sixteen hotels' numbers begin alike; one sender's begin with who it is, another has a bar."""
    for place, row in enumerate(rows):
        group = place % 40
        if group < len(RARE):
            row["meta"] |= {"firm": f"Hotel {RARE[group]}", "ref": f"FA-{place + 10}"}
        elif group == 20:
            row["meta"] |= {"firm": "Zwolbar Tavern", "ref": f"ZWO-{place + 10}"}
        if "firm" in row["meta"]:
            row["input"] += f" {row['meta']['firm']} {row['meta']['ref']}"
    rows[39]["input"] += " a hotel or a tavern, said Wyckau"
    return rows


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_curation_keeps_shared_parts_alone_with_any_number_of_workers(
    build_contract, planted, gold, write_source, tmp_path
):
    personal = {"mode": "surrogate", "fields": FIELDS, "demonstration_key": True}
    contract, told = build_contract(personal=personal), []
    for number_of, name in enumerate("abc"):
        write_source(planted[number_of::3], f"{name}.jsonl")
    for workers in (1, 2):
        out = tmp_path / f"out-{workers}"
        curated(contract, tmp_path, gold, out, Engine(workers=workers))
        told.append({path.name: path.read_text() for path in out.iterdir() if path.is_file()})
    assert told[0] == told[1]
    text = "".join(told[0].values()).casefold()
    assert not [word for word in (*RARE, "zwolbar", "zwo-") if word.casefold() in text]
    cases = [json.loads(line) for name in ("train", "validation", "calibration")
             for line in told[0][f"{name}.jsonl"].splitlines()]  # fmt: skip
    for case in cases:
        if "firm" in case["meta"]:
            firm, ref = case["meta"]["firm"], case["meta"]["ref"]
            assert case["input"].endswith(f" {firm} {ref}")
            hotel = firm.startswith("Hotel ") and re.fullmatch(r"FA-\d{2,3}", ref)
            assert hotel or int(case["id"][2:]) % 40 == 20
    assert any("a hotel or a" in case["input"] for case in cases)
    assert json.loads(told[0]["ledger.json"])["personal"]["shared"] == 2


def test_nothing_is_shared_without_groups_and_gold_counts_its_own(build_contract, planted):
    personal = {"mode": "surrogate", "fields": FIELDS, "demonstration_key": True}
    labels = [(row["target"], row["meta"]) for row in planted]
    contract = build_contract(personal=personal)
    assert len(counted(contract, labels).shared()) == 2
    assert len(counted(build_contract(personal=personal, group_by=None), labels).shared()) == 0
    masked = build_contract(personal=personal | {"mode": "mask", "demonstration_key": False})
    assert counted(masked, labels).shared() == SharedParts(words=frozenset({"hotel"}))
    shown = gold_with_surrogates(contract, [Case.model_validate(row) for row in planted], {})
    case = shown.case(Case.model_validate(planted[0]))
    assert re.search(r" Hotel (?!Wyckau)\w+ FA-(?!10)\d\d$", case.input)


def test_the_data_card_tells_how_many_parts_are_shared():
    told = {"shared": 2, "kinds": {"company": {"cases": 1, "findings": 3}}}
    listed = dict(personal_facts(told))
    assert listed["words and first letters that many groups share"] == "2 stay"
    assert listed["companies"] == "3 in 1 case"
    assert not [label for label, _ in personal_facts({"shared": 0}) if "share" in label]


def test_labels_are_read_as_the_columns_say(build_contract):
    source = build_contract().data.sources[0].model_dump()
    columns = {"input": "said", "target": {"amount": "sum"}, "meta": ["firm"]}
    mapped = build_contract(sources=[source | {"columns": columns}]).data.sources[0].columns
    row = {"said": "x", "sum": "12", "firm": "Hotel Wyckau"}
    told = labels_of(row, mapped, (), textual=True)
    assert told == ({"amount": "12"}, {"firm": "Hotel Wyckau"})
    plain = build_contract().data.sources[0].columns
    nested = {"input": "x", "target": '{"amount": "12"}', "meta": '{"firm": "Ombrak"}'}
    assert labels_of(nested, plain, (), textual=True) == ({"amount": "12"}, {"firm": "Ombrak"})
    broken = {"target": "[]", "meta": {"firm": "Ombrak"}}  # becomes a reject
    assert labels_of(broken, plain, (), textual=True) == ({}, {"firm": "Ombrak"})
    parts = {"target": {"slots": {"name": "Robin", "city": None}}, "meta": None}
    flat = {"slots_name": "Robin", "slots_city": None}
    assert labels_of(parts, plain, tuple(flat), textual=False) == (flat, {})
