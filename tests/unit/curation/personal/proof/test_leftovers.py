"""The proof fails on each leftover, in every spelling, and on nothing that is nobody's."""

from __future__ import annotations

import json

import pytest
from support.curation.planted_personal_values import planted

from dslm.contract import Contract
from dslm.curation.personal.detectors.declared_fields import DeclaredFields
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.json_texts import texts_in, words_of_line
from dslm.curation.personal.known_values.known_values import KnownValues, known_of
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.personal.proof.leftovers import Proof
from dslm.curation.personal.proof.written_files import lines_of, refuse
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.personal.variants.letters_and_digits import folded_words
from dslm.errors import InputError

GROUP, OTHER = 7, 8
ROBIN = Identity("name", "", "robin crusoe")


@pytest.fixture
def prove(build_contract):
    def build(known: KnownValues, contract: Contract | None = None) -> Proof:
        personal = {"mode": "surrogate", "demonstration_key": True, "kinds": ["email"]}
        made = contract or build_contract(personal=personal, time="day")
        return Proof(Replacer(made, b"a key of enough characters"), known)

    return build


def known_by(*identities: tuple[Identity, str], everywhere: dict[str, Identity] | None = None):
    return KnownValues(WordIndex(everywhere or {}), {GROUP: frozenset(identities)})


def case(text: str, **more) -> dict:
    return {"id": "case-1", "input": text, "target": {"kind": "other"}, "meta": {}} | more


@pytest.mark.parametrize("one", planted(90, seed=5), ids=lambda one: f"{one.field}, {one.spelling}")
def test_each_planted_leftover_fails_in_its_group(prove, one, build_contract):
    contract = build_contract(personal={"fields": {"meta.x": {"kind": one.field}}})
    labelled = DeclaredFields(contract.data.personal)
    identity = labelled.identity(contract.data.personal.fields["meta.x"].kind, one.value)
    proof = prove(known_by((identity, one.value)))
    assert proof.left_in(case(f"it is {one.text} so"), CaseFindings(), GROUP) == {identity.kind}
    assert proof.left_in(case("", meta={"note": [one.text]}), CaseFindings(), GROUP) == {
        identity.kind
    }
    assert proof.left_in(case("it is nothing so"), CaseFindings(), GROUP) == set()


@pytest.mark.parametrize(
    "text",
    ["hi this is robin", "CRUSOE", "r. crusoe", "robincrusoe@mail.com", "xcrusoegmailcom",
     "mr Crusoe's", "crusoe, robin", "r o b i n"],
)  # fmt: skip
def test_a_part_of_a_name_fails_in_its_group_alone(prove, text):
    proof = prove(known_by((ROBIN, "Robin Crusoe")))
    assert proof.left_in(case(text), CaseFindings(), GROUP) == {"name"}
    assert proof.left_in(case(text), CaseFindings(), OTHER) == set()


@pytest.mark.parametrize("text", ["change later", "on a card", "a probi nic"])
def test_what_only_looks_alike_by_chance_is_no_leftover(prove, text):
    names = [Identity("name", "", "angela"), Identity("name", "", "nac"), ROBIN]
    proof = prove(known_by(*((name, name.value) for name in names)))
    assert proof.left_in(case(text), CaseFindings(), GROUP) == set()


def test_a_whole_value_fails_in_every_case(prove):
    number = Identity("national_id", "free", "3698")
    proof = prove(known_by(everywhere={"robincrusoe": ROBIN, "3698": number, "crusoe": ROBIN}))
    for text in ("Robin Crusoe", "robin-crusoe", "last four 3698", "ssn three six nine eight",
                 "ask crusoe"):  # fmt: skip
        assert proof.left_in(case(text), CaseFindings(), OTHER), text
    for text in ("36981", "3698.50", "12/3698", "a robin", "36 98"):
        assert not proof.left_in(case(text), CaseFindings(), OTHER), text


def test_the_contracts_own_words_and_the_time_of_arrival_are_nobodys(prove, tmp_path):
    other, year = Identity("name", "", "other"), Identity("id", "free", "2018")
    proof = prove(known_by((other, "other"), everywhere={"2018": year}))
    line = case("nothing", meta={"day": "2018"})
    assert proof.left_in(proof._untimed(line), CaseFindings(), GROUP) == set()
    assert proof.left_in(line | {"input": "the other"}, CaseFindings(), GROUP) == {"name", "id"}
    noted = case("nothing", meta={"day": "2018-03-04 by R. Other"})
    assert proof.left_in(proof._untimed(noted), CaseFindings(), GROUP) == {"name"}


def test_a_short_number_in_an_id_is_chance_and_a_long_one_is_none(prove):
    short, long = Identity("id", "free", "4507"), Identity("id", "free", "450712345")
    proof = prove(known_by(everywhere={"4507": short, "450712345": long}))
    assert proof.left_in(case("", id="9ab-4507"), CaseFindings(), OTHER) == set()
    assert proof.left_in(case("", id="9ab-450712345"), CaseFindings(), OTHER) == {"id"}


def test_keys_and_row_numbers_of_our_own_are_nobodys(prove):
    shop, pin = Identity("company", "", "target"), Identity("id", "free", "1004")
    meta = Identity("name", "", "meta")
    proof = prove(known_by((meta, "Meta"), everywhere={"target": shop, "1004": pin, "line": meta}))
    reject = {"source": "chats_1004.jsonl", "line": 1004, "reason": "no 'input'"}
    assert proof.left_in(case("nothing"), CaseFindings(), GROUP) == set()
    assert proof.left_in(reject, CaseFindings(), GROUP) == set()
    assert proof.left_in(reject | {"reason": "PIN 1004"}, CaseFindings(), GROUP) == {"id"}
    assert proof.left_in(case("", meta={"line": 1004}), CaseFindings(), OTHER) == {"id", "name"}
    assert proof.left_in(case("", meta={"target": ""}), CaseFindings(), OTHER) == {"company"}


def test_keys_of_meta_that_the_contract_names_are_nobodys(prove, build_contract):
    fields = {"meta.sender": "name", "meta.client.robin": "name"}
    contract = build_contract(personal={"fields": fields}, time="crusoe")
    sender = Identity("name", "", "sender crusoe")
    known = known_by((sender, "Sender Crusoe"), (ROBIN, "Robin"), everywhere={"sender": sender})
    meta = {"sender": "x", "client": {"robin": "y"}, "crusoe": 1}
    line = case("a", meta=meta)
    assert prove(known, contract).left_in(line, CaseFindings(), GROUP) == set()
    for more in (meta | {"crusoes": 1}, meta | {"sender": "Robin"}, {"x": {"of sender": 1}}):
        assert prove(known, contract).left_in(case("a", meta=more), CaseFindings(), GROUP) == {
            "name"
        }
    assert prove(known, contract).left_in(case("sender"), CaseFindings(), GROUP) == {"name"}


def test_what_was_given_is_no_leftover_though_it_be_anothers(prove):
    esther = Identity("name", "", "esther")
    proof = prove(known_by((ROBIN, "Robin Crusoe"), everywhere={"esther": esther}))
    given = CaseFindings(given=frozenset({"Esther"}))
    assert proof.left_in(case("Esther's"), given, GROUP) == set()
    assert proof.left_in(case("Esther and crusoe"), given, GROUP) == {"name"}
    touched = CaseFindings(given=frozenset({"n Mill5"}))  # what a surrogate only touches is none
    assert proof.left_in(case("Robin Mill5"), touched, GROUP) == {"name"}


@pytest.mark.parametrize("group", [OTHER, None])
def test_a_strangers_name_is_proved_closely_where_it_stood(prove, tmp_path, group):
    proof, path = prove(known_by((ROBIN, "Robin Crusoe"))), tmp_path / "train.jsonl"
    path.write_text(json.dumps(case("of xcrusoe9")) + "\n")
    held = CaseFindings(values=frozenset({(ROBIN, "Robin Crusoe")}))
    with pytest.raises(InputError, match="personal data is left: name"):
        refuse(proof.left(lines_of([(path, [(held.to_json(), group)])])))
    refuse(proof.left(lines_of([(path, [(None, group)])])))


def test_a_name_in_an_id_of_its_group_fails_also_within_a_longer_word(prove):
    proof = prove(known_by((ROBIN, "Robin Crusoe")))
    assert proof.left_in(case("", id="c-xcrusoe9"), CaseFindings(), GROUP) == {"name"}
    assert proof.left_in(case("", id="c-xcrusoe9"), CaseFindings(), OTHER) == set()


@pytest.mark.parametrize(
    ("sources", "cases", "said"),
    [(["crusoe/48151623.eml"], [], "the name of a source holds personal data: id"),
     (["cases.jsonl"], [["c-48151623", "near_train"]], "personal data is left: id")],
)  # fmt: skip
def test_the_ledger_names_no_value(prove, tmp_path, sources, cases, said):
    proof = prove(known_by(everywhere={"48151623": Identity("id", "free", "48151623")}))
    book = {"sources": {name: {} for name in sources}, "cases": cases, "matches": []}
    (tmp_path / "ledger.json").write_text(json.dumps(book))
    with pytest.raises(InputError, match=said):
        proof.refuse_left_in_ledger(tmp_path / "ledger.json")


@pytest.mark.parametrize(
    "line",
    ['{"a": "x\\nKavi Sri\\t48151623"}', '{"a": "\\u006bavi \\\\ sri"}', '{"kavi": [48151623.0]}'],
)
def test_the_words_of_a_line_are_those_of_its_texts(line):
    texts = [text for text, _ in texts_in(json.loads(line))]
    whole = [word for text in texts for word in folded_words(text)]
    assert [word for word in words_of_line(line) if word not in ("a", "0", "x")] == [
        word for word in whole if word not in ("a", "x")
    ]


@pytest.mark.parametrize(
    ("value", "turns"),
    [("48260", ["it is four eight two sixty", "one moment"]),
     ("6789123", ["it is double", "six seven eight nine one two three"]),
     ("48260", ["a \\ b four eight two sixty", "one moment"])],
)  # fmt: skip
def test_digits_are_not_heard_over_the_end_of_a_text(prove, tmp_path, value, turns):
    known = {value: Identity("id", "free", value)}
    line = json.dumps(case("", meta={"turns": turns}), separators=(",", ":"))
    (tmp_path / "train.jsonl").write_text(f"{line}\n")
    lines = lines_of([(tmp_path / "train.jsonl", [(None, OTHER)])])
    with pytest.raises(InputError, match="personal data is left: id"):
        refuse(prove(known_by(everywhere=known)).left(lines))


@pytest.mark.parametrize("name", ["วิชัย ใจดี", "佐藤 さくら", "प्रिया शर्मा"])
def test_a_name_is_not_common_because_its_letters_are(name):
    values = frozenset({(Identity("name", "", name), name)})
    letters = [dict.fromkeys(folded_words(" ".join(name)), 1)] * 100
    known = known_of([(GROUP, values)], lambda: letters, 1_000)
    assert [known.index.known[hit.key].value for hit in known.index.hits(f"x {name} y")] == [name]


def test_which_values_are_common_words_is_the_same_in_every_order_of_the_cases():
    spelled = ["mary ann", "maryann"]
    values = [(None, [(Identity("id", "free", "maryann"), text)]) for text in spelled]
    words = [{"mary": 100, "ann": 100}]
    told = [known_of(held, lambda: words, 1_000) for held in (values, values[::-1])]
    assert [one.exempted for one in told] == [{"maryann"}] * 2
