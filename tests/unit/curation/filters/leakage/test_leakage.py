import random
import sys

import pytest
from support.curation.curated_runs import curated
from support.curation.plain_similarity import alike

from dslm.curation.case_table import CaseTable
from dslm.curation.filters.leakage.leaked_exact import leaked_exact
from dslm.curation.filters.leakage.leaked_group import leaked_group
from dslm.curation.filters.leakage.leaked_near import leaked_near
from dslm.curation.filters.leakage.leaked_quote import leaked_quote
from dslm.curation.near_duplicate_search.minhash_signatures import Texts
from dslm.curation.near_duplicate_search.near_pairs import near_pairs
from dslm.errors import EnvironmentFault, InputError, Problems
from dslm.records import Case

NEAR = 0.8


def copied(gold, edit):
    """Copies of gold under other ids and groups, their text edited."""
    return [
        Case(id=f"leak-{c.id}", input=edit(c.input), target=c.target, meta={"sender": f"x{n}"})
        for n, c in enumerate(gold)
    ]


def with_other_amount(text):
    head, _, _ = text.rpartition(" Sum ")
    return f"{head} Sum {random.Random(text).randrange(10**4)}.95 EUR"


def in_a_longer_mail(text):
    quoted = "\n".join(f"> {line}" for line in text.split(": "))
    greeting = "Dear colleague, could you please look at what we got from them last week? "
    return f"{greeting * 3}\n{quoted}\nThank you very much, and have a good holiday. " + "x " * 40


@pytest.mark.parametrize(
    "edit", [str, str.upper, lambda text: text.replace(" ", "  \n"), lambda text: text + " !!"]
)
def test_copies_of_gold_are_found_whatever_their_case_and_blanks(gold, edit):
    found = leaked_exact(copied(gold, edit), gold)
    assert [(drop.id, drop.of) for drop in found] == [(f"leak-{c.id}", c.id) for c in gold]
    assert {drop.reason for drop in found} == {"leak_exact"}


@pytest.mark.parametrize("edit", [with_other_amount, lambda text: f"{text} Regards, Anna"])
def test_copies_of_gold_with_one_edited_field_are_found(contract, build_rows, edit):
    gold = [Case.model_validate(row) for row in build_rows(300, prefix="g")]
    leaks = copied(gold, edit)
    found = leaked_near(CaseTable.of(leaks, contract), gold, NEAR)
    assert len(found) >= 0.98 * len(leaks)
    assert all(drop.id == f"leak-{drop.of}" for drop in found.values())


def test_gold_quoted_in_a_longer_mail_is_found_and_the_other_way_round(gold):
    quoting = copied(gold, in_a_longer_mail)
    assert [drop.of for drop in leaked_quote(quoting, gold, NEAR)] == [c.id for c in gold]
    short = copied(gold, lambda text: text[8:])
    longer = [c.model_copy(update={"input": in_a_longer_mail(c.input)}) for c in gold]
    assert [drop.of for drop in leaked_quote(short, longer, NEAR)] == [c.id for c in gold]


def test_a_short_phrase_is_no_quotation():
    gold = [Case(id="g", input="Yes, please go ahead.", target={})]
    case = Case(id="s", input="Yes, please go ahead. We need the parts on Monday at the latest.")
    assert leaked_quote([case], gold, NEAR) == []


def test_every_case_of_a_gold_group_is_found(rows, gold):
    cases = [Case.model_validate(row) for row in rows]
    same = [c.model_copy(update={"meta": {"sender": " G  Sender 3 "}}) for c in cases[:7]]
    found = leaked_group([*same, *cases[7:]], gold, "sender")
    assert [drop.id for drop in found] == [c.id for c in same]
    assert leaked_group(same, gold, None) == []


def test_clean_data_is_not_flagged(contract, build_rows):
    gold = [Case.model_validate(row) for row in build_rows(300, prefix="g")]
    cases = [Case.model_validate(row) for row in build_rows(1000)]
    found = [
        *leaked_exact(cases, gold),
        *leaked_near(CaseTable.of(cases, contract), gold, NEAR),
        *leaked_quote(cases, gold, NEAR),
        *leaked_group(cases, gold, "sender"),
    ]
    assert found == []


def test_planted_leaks_never_reach_a_split(contract, rows, gold, write_source):
    planted = [
        *copied(gold[:6], str.swapcase),
        *copied(gold[6:12], with_other_amount),
        *copied(gold[12:18], in_a_longer_mail),
    ]
    group = Case.model_validate(rows[0] | {"id": "grp", "meta": gold[0].meta})
    folder = write_source([*rows[1:], *(c.model_dump() for c in [*planted, group])])
    done = curated(contract, folder, gold)
    assert {c.id for c in done.kept} == {row["id"] for row in rows[1:]}
    assert done.ledger.leakage.found == {
        "leak_exact": 6, "leak_near": 6, "leak_quoted": 6, "leak_group": 1,
    }  # fmt: skip
    assert done.ledger.leakage.compared == len(rows) + len(planted)


def test_gold_that_has_no_group_or_no_case_stops_curation(contract, rows, gold, write_source):
    folder = write_source(rows)
    with pytest.raises(InputError, match="no gold cases, so leakage cannot be checked"):
        curated(contract, folder, [])
    bare = gold[0].model_copy(update={"meta": {}})
    with pytest.raises(Problems, match=r"gold case g-0000: no meta\.sender"):
        curated(contract, folder, [bare, *gold[1:]])


def test_a_missing_library_stops_curation(contract, rows, gold, write_source, monkeypatch):
    monkeypatch.setitem(sys.modules, "daft", None)
    with pytest.raises(EnvironmentFault, match="daft is not installed"):
        curated(contract, write_source(rows), gold)


@pytest.mark.slow
def test_near_pairs_are_those_a_full_comparison_finds_from_twenty_characters_on():
    rng = random.Random(5)
    texts = ["".join(rng.choices("abcdefghij", k=rng.randrange(20, 90))) for _ in range(150)]
    for text in texts[:60]:
        cut = rng.randrange(len(text))
        texts.append(text[:cut] + "".join(rng.choices("xyz", k=rng.randrange(9))) + text[cut:])
    for threshold in (0.5, 0.8, 1.0):
        every = {
            (i, j)
            for j, other in enumerate(texts)
            for i, text in enumerate(texts[:j])
            if alike(text, other, threshold)
        }
        found = set(near_pairs(Texts.of(texts, threshold), None, threshold))
        assert found <= every
        assert len(found) >= 0.98 * len(every)
        halves = Texts.of(texts[:150], threshold), Texts.of(texts[150:], threshold)
        across = near_pairs(*halves, threshold)
        assert across == sorted((i, j - 150) for i, j in found if i < 150 <= j)
