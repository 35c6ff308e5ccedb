"""Names that are no more than a common word or one sign: told by how they are written, or dropped.

Every label of a personal field changes; what stays in the text is the word, or the case is gone.
"""

from __future__ import annotations

import pytest
from support.curation.curated_runs import curated

from dslm.contract import Contract
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import COMMON, Identity
from dslm.curation.personal.known_values.known_values import known_of
from dslm.curation.personal.names.ambiguous_names import CommonNames
from dslm.curation.personal.proof.leftovers import Proof
from dslm.curation.personal.replacement.replace_in_case import UNTOLD_NAME, Replacer
from dslm.records import Case

KEY = b"a secret of thirty-two characters"


@pytest.fixture
def named(build_contract):
    """A contract with a name in the target and one in meta."""

    def build(**given) -> Contract:
        plain = build_contract().model_dump(mode="json", by_alias=True)
        plain["output"]["properties"]["name"] = {"type": ["string", "null"], "maxLength": 60}
        plain["output"]["required"].append("name")
        fields = {"target.name": "name", "meta.contact": "name"}
        plain["data"]["personal"] = {"mode": "surrogate", "fields": fields} | given
        return Contract.model_validate(plain)

    return build


def of(text: str, name: str | None, contact: str | int | None = None) -> Case:
    target = {"kind": "claim", "amount": None, "name": name}
    meta = {"sender": "s", "contact": contact}
    return Case.model_validate({"id": "c", "input": text, "target": target, "meta": meta})


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [("Le", "I am Le, from le Mans", "I am {}, from le Mans"),
     ("Can", "Can you help? Can I ask? I am Can.", "Can you help? Can I ask? I am {}."),
     ("Can", "Can here, can you help", "{} here, can you help"),
     ("Can", "Customer: Can, yes I can", "Customer: {}, yes I can"),
     ("Can", "Can'ın evi. Can't you? Can", "{}'ın evi. Can't you? {}"),
     ("An", "Dr. An is in an office. An hour ago", "Dr. {} is in an office. An hour ago"),
     ("王", "我是王。国王说", "我是{}。国王说"), ("王", "王先生是国王", "{}先生是国王"),
     ("王", "老王说", "老{}说"), ("김", "김 씨, 김치", "{} 씨, 김치"),
     ("Anna Le", "Ms Le? Le said Anna Le", "Ms {2}? Le said {1} {2}"),
     ("王 芳", "王芳，芳さん、芳香", "{1}{2}，{2}さん、芳香")],
)  # fmt: skip
@pytest.mark.parametrize("place", ["target", "meta"])
def test_a_name_that_is_a_common_word_goes_where_it_is_written_as_the_name(
    named, name, text, left, place
):
    target = place == "target"
    done = Replacer(named(), KEY).case(of(text, *((name, None) if target else (None, name))))
    made = done.case.target["name"] if target else done.case.meta["contact"]
    assert done.reason is None
    assert not set(name.split()) & set(made.split())
    assert done.case.input == left.format(made, *made.split())


@pytest.mark.parametrize("name", ["Can Yilmaz", "Nguyen Van An"])
@pytest.mark.parametrize("said", ["{0} {1}. {2} {3}", "mr {1}, {2} {3}"])
def test_a_name_that_follows_itself_is_found_in_its_own_order(named, name, said):
    first, _, last = name.rpartition(" ")
    words = (first.lower(), last.capitalize(), first.upper(), last.upper())
    done = Replacer(named(), KEY).case(of(f"here is {said.format(*words)}", name))
    made, _, other = done.case.target["name"].rpartition(" ")
    new = (made.lower(), other.capitalize(), made.upper(), other.upper())
    assert done.case.input == f"here is {said.format(*new)}"


@pytest.mark.parametrize(
    ("name", "text"),
    [("can", "hi can here, can you"), ("Le", "I AM LE"), ("my name is", "my name is robin"),
     ("I", "I am here"), ("김", "저는 김입니다")],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["surrogate", "mask"])
def test_a_case_whose_name_cannot_be_told_from_the_word_is_dropped(named, name, text, mode):
    replacer = Replacer(named(mode=mode), KEY if mode == "surrogate" else None)
    for case in (of(text, name), of(text, None, name)):
        done = replacer.case(case)
        assert done.reason == UNTOLD_NAME
        assert name not in (done.case.target["name"], done.case.meta["contact"])
    assert Replacer(named(mode="keep"), None).case(of(text, name)).reason is None


@pytest.mark.parametrize("contact", ["7", 7, 4711, "le", "Zu", "me", "王", "company"])
def test_no_field_of_names_keeps_its_value(named, contact):
    done = Replacer(named(), KEY).case(of("nothing else", None, contact))
    assert done.case.meta["contact"] != contact
    assert done.case.input == "nothing else"
    assert done.reason is None
    firm = named(fields={"meta.contact": "company"})
    assert Replacer(firm, KEY).case(of("nothing", None, contact)).case.meta["contact"] != contact


def test_the_proof_fails_where_one_is_left_in_its_group_and_not_on_the_word(named):
    le = (Identity("name", COMMON, "le"), "Le")
    known = known_of([(7, [le])], lambda: [], 9)
    proof = Proof(Replacer(named(), KEY), known)
    for text in ("Mr. Le called", "ask Le", "le"):  # the last is all of a text
        assert proof.left_in({"note": text}, CaseFindings(), 7) == {"name"}, text
        assert proof.left_in({"note": text}, CaseFindings(), 8) == set()
    for text in ("vive le roi", "Le roi est", "I AM LE", "Leander"):
        assert proof.left_in({"note": text}, CaseFindings(), 7) == set(), text
    assert known.short == 1


def test_where_only_one_word_may_be_the_name_it_is_in_its_own_case_alone():
    names = CommonNames([(Identity("name", COMMON, "can"), "Can")])
    assert names.findings("Can you help?") == []
    assert [one.start for one in names.findings("Can you help?", own=True)] == [0]
    assert not CommonNames([(Identity("name", "", "anna weber"), "Anna Weber")])


@pytest.mark.slow
def test_curation_replaces_them_in_their_group_and_counts_what_it_drops(
    named, rows, gold, write_source, tmp_path, monkeypatch
):
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY.decode())
    for row in rows:
        row["target"]["name"] = None
    rows[0]["target"]["name"], rows[0]["input"] = "Le", rows[0]["input"] + " this is Le"
    rows[40]["input"] = "Le temps passe, Le wrote, Mr Le. " + rows[40]["input"]
    rows[1]["target"]["name"], rows[1]["input"] = "do", rows[1]["input"] + " i do it"
    answered = [c.model_copy(update={"target": c.target | {"name": None}}) for c in gold]
    done = curated(named(), write_source(rows), answered, tmp_path / "out")
    assert done.ledger.dropped == {UNTOLD_NAME: 1}
    cases = {case.id: case for case in done.kept}
    made = cases["s-0000"].target["name"]
    assert made != "Le"
    assert cases["s-0000"].input.endswith(f"this is {made}")
    assert cases["s-0040"].input.startswith(f"Le temps passe, {made} wrote, Mr {made}. ")
