"""Ids and groups have one form: text or a whole number, and nothing that was made of an object."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.curation.curated_runs import read

from dslm.contract.cases.case_groups import group_key, group_of
from dslm.contract.cases.identifiers import NoName, identifier
from dslm.errors import InputError
from dslm.records import Case

NAMELESS = [True, False, 1.5, 1e300, float("nan"), {"name": "Acme"}, {}, ["a"], []]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("a", "a"), (" a\n", "a"), ("", None), (" \t", None), (None, None), (7, "7"), (7.0, "7"),
        (-3, "-3"), ("7.0", "7.0"), (0, "0"), (10**40, str(10**40)), ("e\u0301", "é"),
    ],
)  # fmt: skip
def test_what_names_something_has_one_form(value, name):
    assert identifier(value) == name


@pytest.mark.parametrize("value", NAMELESS)
def test_what_names_nothing_is_told(value):
    with pytest.raises(NoName, match="and no text or whole number"):
        identifier(value)


@given(st.text())
def test_the_form_of_a_name_is_stable_and_the_same_in_every_composition(text):
    once = identifier(text)
    assert identifier(once) == once
    assert identifier(unicodedata.normalize("NFD", text)) == once
    assert once is None or once == once.strip()


@given(st.integers(-(2**52), 2**52))
def test_a_whole_number_is_one_name_however_it_is_written(number):
    assert identifier(number) == identifier(float(number)) == identifier(str(number))
    assert group_key(number) == group_key(float(number)) == group_key(f" {number}")


def row(**more):
    return {"input": f"a parcel {more}", "target": {"kind": "claim", "amount": None}} | more


@pytest.mark.parametrize("value", [v for v in NAMELESS if v == v and v != 1e300])
def test_a_row_with_such_an_id_or_group_is_a_reject_that_says_so(
    build_contract, write_source, value
):
    folder = write_source([row(id="good", meta={"supplier": "Acme"}),
                           row(id=value, meta={"supplier": "Acme"}),
                           row(id="bad", meta={"supplier": value})])  # fmt: skip
    reading = read(build_contract(max_rejects=0.9, group_by="supplier"), folder)
    assert [case.id for case in reading.cases] == ["good"]
    assert [reject.line for reject in reading.rejects] == [2, 3]
    assert reading.rejects[0].reason.startswith("'id' is ")
    assert reading.rejects[1].reason.startswith("'meta.supplier' is ")


def test_ids_that_differ_only_by_blanks_composition_or_point_zero_are_one(
    build_contract, write_source
):
    from dslm.errors import Problems

    for first, second in (("a", " a "), ("é", "e\u0301"), (7, "7"), (7.0, 7)):
        folder = write_source([row(id=first), row(id=second)])
        with pytest.raises(Problems, match="is also at"):
            read(build_contract(), folder)


def test_a_group_is_the_same_as_number_and_as_text():
    cases = [Case(id=str(n), input="x", meta={"g": g}) for n, g in enumerate([7, 7.0, "7", " 7"])]
    assert {group_of(case, "g") for case in cases} == {"7"}


def test_a_gold_case_whose_group_is_an_object_is_the_users_fault():
    case = Case(id="g1", input="x", meta={"g": {"name": "Acme"}})
    with pytest.raises(InputError, match=r"case g1: meta\.g is an object"):
        group_of(case, "g")
