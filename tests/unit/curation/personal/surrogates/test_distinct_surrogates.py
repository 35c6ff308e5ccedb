"""Two values of one case or group never become one text, and none what stands there already."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from support.curation.curated_runs import curated

from dslm.contract import Contract
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.gold_with_surrogates import gold_with_surrogates
from dslm.curation.personal.known_values import rows_by_group
from dslm.curation.personal.replacement import replace_everywhere
from dslm.curation.personal.replacement.replace_in_case import BROKEN_LABEL, Replacer
from dslm.curation.personal.replacement.replace_in_group import names_mistaken
from dslm.curation.personal.surrogates.distinct_surrogates import (
    CROWDED,
    distinct_surrogates,
    standing_in,
)
from dslm.curation.personal.surrogates.surrogates import Surrogates
from dslm.curation.sources.daft_engine import Engine
from dslm.records import Case

KEY = b"a secret of thirty-two characters"
DRAWS = Surrogates(KEY)


def number(value: str) -> Identity:
    return Identity("id", "free", value)


def name(words: str) -> Identity:
    return Identity("name", "", words)


@pytest.fixture
def asking(build_contract):
    """A contract whose label has a reference, personal as told."""

    def build(mode: str = "surrogate", **fields: str) -> Contract:
        plain = build_contract().model_dump(mode="json", by_alias=True)
        ref = {"type": ["string", "null"], "maxLength": 60}
        plain["output"]["properties"]["ref"] = ref
        plain["output"]["required"].append("ref")
        plain["grounded"] = ["ref"]
        told = {place.replace("_", "."): kind for place, kind in fields.items()}
        demonstration = mode == "surrogate"
        plain["data"]["personal"] = {"mode": mode, "fields": told,
                                     "demonstration_key": demonstration}  # fmt: skip
        return Contract.model_validate(plain)

    return build


def of(case: Case, words: str = "") -> Case:
    return case.model_copy(update={"target": (case.target or {}) | {"ref": None}})


@pytest.mark.parametrize("values", [
    [number(f"inv{n}") for n in range(300, 900)],
    [number(f"{n}") for n in range(20, 60)],
    [Identity("phone", "49", f"171{n:07d}") for n in range(60)],
    [Identity("email", "", f"{a}{b}@x.de") for a in "abcdefghij" for b in "klmnopqrst"],
    [Identity("card", "", f"41111111{n:08d}") for n in range(900)],
    [name(f"{a}{b} weber") for a in ("an", "be", "ka", "lo") for b in ("na", "la", "ri", "to")],
    [name(f"x{chr(97 + n)}q") for n in range(26)],
    [Identity("company", "hotel", f"hotel w{chr(97 + n)}ck{chr(97 + m)}")
     for n in range(26) for m in range(26)],
])  # fmt: skip
def test_values_that_stand_together_get_surrogates_of_their_own(values: list[Identity]) -> None:
    moved = distinct_surrogates(DRAWS, values, None)
    made = {DRAWS.of(one, one.value, moved).casefold() for one in values}
    assert len(made) == len(values)
    assert CROWDED not in moved.values()
    assert moved == distinct_surrogates(DRAWS, values[::-1], None)
    first = [one for one in values if moved.keys().isdisjoint(DRAWS.units(one))]
    assert [DRAWS.of(one, one.value, moved) for one in first] == [
        DRAWS.of(one, one.value) for one in first
    ]


def test_parts_that_are_told_alone_are_told_apart() -> None:
    cards = [Identity("card", "", f"4111111{n:09d}") for n in range(1500)]
    moved = distinct_surrogates(DRAWS, cards, None)
    assert len({DRAWS.of(one, one.value[-4:], moved) for one in cards}) == len(cards)
    assert moved


def test_what_stands_there_is_passed_over_unless_everything_does() -> None:
    robin, seven = name("robin"), number("7")
    drawn, digit = DRAWS.of(robin, "robin"), DRAWS.of(seven, "7")
    there = standing_in([f"{drawn.upper()} wrote, {digit} times"])
    moved = distinct_surrogates(DRAWS, [robin, seven], there)
    assert DRAWS.of(robin, "robin", moved) != drawn
    assert DRAWS.of(seven, "7", moved) != digit
    all_digits = standing_in(["0 1 2 3 4 5 6 7 8 9"])
    assert distinct_surrogates(DRAWS, [seven], all_digits) == {}  # no other would be better
    everybody = distinct_surrogates(DRAWS, [number(str(n)) for n in range(10)], all_digits)
    left = [number(str(n)) for n in range(10) if everybody.get(number(str(n))) != CROWDED]
    assert len({DRAWS.of(one, one.value, everybody) for one in left}) == len(left) >= 8


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row has six numbers of three digits in text and meta, one of them its label."""
    for place, row in enumerate(rows):
        refs = [f"INV-{300 + (place * 31 + n * 7) % 500}" for n in range(6)]
        row["target"]["ref"], row["meta"]["refs"] = refs[0], refs
        row["input"] += f" Ref {' '.join(refs)}"
    return rows


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_two_numbers_of_a_group_become_one_and_a_number_stays_one(
    asking, rows, gold, write_source, tmp_path, monkeypatch
):
    contract, told = asking(target_ref="id", meta_refs="id"), []
    folder = write_source(numbered(rows))
    for workers, size, at_once in ((1, 50_000, 5_000), (2, 80, 45)):
        monkeypatch.setattr(rows_by_group, "ROWS_A_PART", size)
        monkeypatch.setattr(replace_everywhere, "AT_ONCE", at_once)
        out = tmp_path / f"out-{workers}"
        answered = [of(case) for case in gold]
        done = curated(contract, folder, answered, out, Engine(workers=workers))
        told.append({path.name: path.read_text() for path in out.iterdir() if path.is_file()})
    assert told[0] == told[1]
    assert done.ledger.dropped == {}
    made: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    came = {row["id"]: row for row in rows}
    for case in done.kept:
        before = came[case.id]
        said = [t.rpartition(" Ref ")[2].split(" ") for t in (before["input"], case.input)]
        assert case.target["ref"] == said[1][0]
        assert case.meta["refs"] == said[1]
        for old, new in zip(*said, strict=True):
            made[before["meta"]["sender"]][new].add(old)
        assert not set(said[0]) & set(said[1])
    assert len(made) == 40
    assert [olds for group in made.values() for olds in group.values() if len(olds) > 1] == []


@pytest.mark.slow
def test_somebody_else_who_stands_beside_a_name_goes_too(
    asking, rows, gold, write_source, tmp_path
):
    """The surrogate of the one who is labelled is the name of another, labelled elsewhere."""
    for row in rows:
        row["target"]["ref"] = None
    from dslm.curation.personal.surrogates.surrogate_key import DEMONSTRATION_KEY

    other = Surrogates(DEMONSTRATION_KEY).of(name("zelmora"), "Zelmora")
    rows[3]["meta"]["contact"], rows[4]["meta"]["contact"] = "Zelmora", other
    rows[3]["input"] += f" Zelmora asks {other} to call"
    rows[5]["input"] += f" so says {other}"
    out = tmp_path / "out"
    done = curated(asking(meta_contact="name"), write_source(rows), [of(c) for c in gold], out)
    said = next(case.input for case in done.kept if case.id == "s-0003").split()[-5:]
    assert other not in said
    assert said[0] != said[2]
    assert other not in (out / "train.jsonl").read_text() + (out / "validation.jsonl").read_text()


@pytest.mark.parametrize(
    ("held", "taken"),
    [((Identity("email", "", "annareyes@x.de"),), True), ((name("reyes"),), True),
     ((name("anna"),), False), ((Identity("email", "", "bo@x.de"),), False), ((), False),
     ((Identity("email", "", "annareyes@x.de"), name("reyes anna")), False)],
)  # fmt: skip
def test_a_name_is_mistaken_for_a_mailbox_of_its_letters_or_for_a_given_name_of_its_last_word(
    held, taken
):
    of_group = frozenset({(name("anna reyes"), "Anna Reyes"), (name("li wu"), "Li Wu")})
    mistaken = names_mistaken(frozenset((one, one.value) for one in held), of_group)
    assert mistaken == ({(name("anna reyes"), "Anna Reyes")} if taken else set())


@pytest.mark.parametrize("contact", [None, "Kowalczyk"])
def test_a_name_is_the_same_person_where_only_a_mailbox_or_the_last_word_tells_it(
    asking, rows, gold, write_source, tmp_path, contact
):
    """Chloe Kowalczyk has chloekowalczyk@web.de, and another case of hers gives her whole name."""
    for row in rows:
        row["target"]["ref"] = None
    of_one = [row for row in rows if row["meta"]["sender"] == rows[0]["meta"]["sender"]][:2]
    of_one[0]["meta"]["contact"] = "Chloe Kowalczyk"
    of_one[1]["meta"] |= {"contact": contact, "mail": "chloekowalczyk@web.de"}
    of_one[1]["input"] += " Chloe Kowalczyk writes as chloekowalczyk@web.de of Kowalczyk"
    contract = asking(meta_contact="name", meta_mail="email")
    done = curated(contract, write_source(rows), [of(c) for c in gold], tmp_path / "out")
    first, second = (next(c for c in done.kept if c.id == row["id"]) for row in of_one)
    said = second.input.split()[-7:]
    assert " ".join(said[:2]) == first.meta["contact"]
    assert said[-1] == said[1]
    assert said[4] == second.meta["mail"]
    assert second.meta.get("contact") == (contact and said[1])


def test_a_case_for_which_no_digit_is_left_is_dropped_and_mask_asks_nothing(asking):
    case = Case(id="a", input="x" * 40, target={"kind": "other", "amount": None, "ref": None},
                meta={"sender": "s", "pins": list("0123456789")})  # fmt: skip
    done = Replacer(asking(meta_pins="id"), KEY).case(case)
    assert done.reason == BROKEN_LABEL
    assert Replacer(asking("mask", meta_pins="id"), None).case(case).reason is None


def test_a_wrong_answer_is_never_shown_as_the_right_one(asking):
    refs = [f"INV-{n}" for n in range(100, 400)]
    gold = [Case(id=f"g-{n}", input=f"Ref {ref} of the claim", meta={"sender": f"s{n}"},
                 target={"kind": "claim", "amount": None, "ref": ref})
            for n, ref in enumerate(refs)]  # fmt: skip
    showing = gold_with_surrogates(asking(target_ref="id"), gold, {})
    right = showing.case(gold[0])
    assert showing.answer("g-0", gold[0].target or {}) == right.target
    shown = {showing.answer("g-0", {"ref": ref})["ref"] for ref in refs[1:]}
    assert (right.target or {})["ref"] not in shown
    assert json.dumps(right.target)[1:9] in showing.quoting("g-0", json.dumps(gold[0].target))


def test_an_initial_before_a_number_is_the_numbers(asking):
    """Of "Weber A-12" no part is Anna Weber's initial, or the number would keep its digits."""
    contract = asking(target_ref="id", meta_contact="name")
    for ref in ("A-12", "A12", "A 12", "A/12"):
        case = Case(id="a", input=f"Bill of Weber {ref}, paid", meta={"contact": "Anna Weber"},
                    target={"kind": "claim", "amount": None, "ref": ref})  # fmt: skip
        done = Replacer(contract, KEY).case(case)
        assert done.reason is None
        assert f" {(done.case.target or {})['ref']}, paid" in done.case.input
        assert "12" not in done.case.input


def test_a_label_that_no_longer_stands_where_it_stood_is_dropped(asking):
    """Two names run into one another: whose "Gasin" is, the text does not say."""
    contract = asking(target_ref="name", meta_contact="name")
    case = Case(id="a", input="Nipor, Gasin Sonen", meta={"contact": "Nipor Gasin"},
                target={"kind": "claim", "amount": None, "ref": "Gasin Sonen"})  # fmt: skip
    plain = contract.model_copy(update={"grounded": ()})
    done = Replacer(plain, KEY).case(case)
    assert done.case.target["ref"] not in done.case.input
    assert done.reason == BROKEN_LABEL
