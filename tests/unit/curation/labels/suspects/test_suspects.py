import gzip
import json
import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dslm.curation.answer_fields import finite_labels, finite_parts, free_fields
from dslm.curation.labels.label_as_text import label_text, read_label
from dslm.curation.labels.suspects import suspects_of
from dslm.curation.labels.suspects.confident_learning import by_cleanlab, by_confident_learning
from dslm.curation.labels.suspects.out_of_fold import FOLDS, folds
from dslm.errors import EnvironmentFault, InputError
from dslm.records import Case

ROOT = Path(__file__).parents[5]
DATASETS = Path(os.environ.get("DSLM_DATASETS", ROOT / ".." / "shared" / "datasets"))
TOPICS = {
    "claim": ["parcel", "broken", "refund", "damaged", "torn", "wet", "money back"],
    "other": ["holiday", "greetings", "newsletter", "meeting", "party", "lunch", "office"],
}


def chatter(count, seed=3, groups=40):
    """Cases whose words tell their label, in groups."""
    rng = random.Random(seed)
    filler = [f"word{n}" for n in range(60)]
    cases = []
    for place in range(count):
        kind = rng.choice(sorted(TOPICS))
        words = rng.choices(TOPICS[kind], k=4) + rng.choices(filler, k=6)
        rng.shuffle(words)
        cases.append(Case(
            id=f"c-{place:04d}", input=" ".join(words), target={"kind": kind, "amount": None},
            meta={"sender": f"s{place % groups}"},
        ))  # fmt: skip
    return cases


def relabelled(cases, share, seed=5):
    """The cases with some labels turned, and the ids of those."""
    wrong = {c.id for c in random.Random(seed).sample(cases, round(share * len(cases)))}
    turned = {"claim": "other", "other": "claim"}
    return [
        c.model_copy(update={"target": c.target | {"kind": turned[c.target["kind"]]}})
        if c.id in wrong else c
        for c in cases
    ], wrong  # fmt: skip


def with_output(contract, properties, **other):
    output = {"type": "object", "additionalProperties": False, "required": sorted(properties),
              "properties": properties}  # fmt: skip
    return contract.model_copy(update={"output": output | other})


def test_planted_wrong_labels_are_listed_first_with_the_right_one(contract):
    cases, wrong = relabelled(chatter(600), 0.05)
    found = suspects_of(contract, cases)
    assert len(found) >= 0.9 * len(wrong)
    first = found[: len(wrong)]
    assert np.mean([one.id in wrong for one in first]) >= 0.9
    turned = {"claim": "other", "other": "claim"}
    assert all(one.suggested == turned[one.label] for one in first)
    assert all(one.kind == "doubted_label" and one.field == "kind" for one in first)


def test_clean_labels_are_hardly_doubted(contract):
    assert len(suspects_of(contract, chatter(600))) <= 3


def test_the_same_cases_in_any_order_give_the_same_list(contract):
    cases, _ = relabelled(chatter(300), 0.05)
    assert suspects_of(contract, cases) == suspects_of(contract, cases[::-1])


def test_a_value_that_is_not_in_the_input_is_suspect(contract):
    grounded = contract.model_copy(update={"grounded": ["amount"]})
    cases = chatter(100)
    cases[7] = cases[7].model_copy(update={"target": {"kind": "claim", "amount": "12.34"}})
    [one] = [s for s in suspects_of(grounded, cases) if s.kind == "not_in_input"]
    assert (one.id, one.field, one.label, one.suggested) == (cases[7].id, "amount", "12.34", None)


@pytest.mark.slow
def test_a_case_and_field_is_listed_once(contract):
    grounded = contract.model_copy(update={"grounded": ["kind"]})
    cases, _ = relabelled(chatter(300), 0.05)
    keys = [(one.id, one.field) for one in suspects_of(grounded, cases)]
    assert len(keys) == len(set(keys)) >= 300


def test_a_label_too_rare_to_learn_is_not_doubted(contract):
    wide = with_output(contract, {"kind": {"enum": ["claim", "other", "rare"]}, "amount": {}})
    cases = chatter(200)
    cases[3] = cases[3].model_copy(update={"target": {"kind": "rare", "amount": None}})
    assert cases[3].id not in {one.id for one in suspects_of(wide, cases)}


def test_cases_of_one_group_cannot_be_judged(contract):
    with pytest.raises(InputError, match="all cases are of one group"):
        suspects_of(contract, chatter(50, groups=1))


def test_a_missing_library_is_named(contract, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(EnvironmentFault, match="scikit-learn is not installed — pip install"):
        suspects_of(contract, chatter(50))


def test_a_contract_without_finite_fields_has_nothing_to_doubt(contract):
    plain = with_output(contract, {"amount": {"type": ["string", "null"]}})
    assert suspects_of(plain, [Case(id="a", input="x", target={"amount": None})]) == []


@given(st.lists(st.sampled_from([f"g{n}" for n in range(12)]), min_size=2, max_size=60))
def test_a_group_is_in_one_fold_and_folds_are_even(groups):
    if len(set(groups)) < 2:
        return
    fold = folds(groups)
    by_group = {group: set() for group in groups}
    for group, number in zip(groups, fold.tolist(), strict=True):
        by_group[group].add(number)
    assert all(len(found) == 1 for found in by_group.values())
    sizes = np.bincount([min(found) for found in by_group.values()], minlength=FOLDS)
    assert sizes.max() - sizes.min() <= 1


def chances_and_labels(seed, cases=200, names=4):
    rng = np.random.default_rng(seed)
    labels = np.r_[np.arange(names), rng.integers(0, names, cases - names)]
    raw = rng.random((cases, names)) + 1.5 * np.eye(names)[labels] * rng.random((cases, 1))
    return raw / raw.sum(axis=1, keepdims=True), labels


def test_confident_learning_by_hand():
    labels = np.array([0, 0, 0, 1, 1, 1])
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9], [0.55, 0.45]])
    # thresholds 0.6 and 0.717: the third reaches that of 1, the last one that of neither
    assert by_confident_learning(chances, labels).tolist() == [2]
    chances[5] = [0.95, 0.05]
    assert by_confident_learning(chances, labels).tolist() == [5, 2]


@pytest.mark.parametrize("seed", range(20))
def test_cleanlab_finds_the_same_labels_in_the_same_order(seed):
    pytest.importorskip("cleanlab", reason="the extra `review` is not installed")
    chances, labels = chances_and_labels(seed)
    ours = by_confident_learning(chances, labels)
    assert len(ours) > 0
    assert by_cleanlab(chances, labels).tolist() == ours.tolist()


def test_finite_fields_are_those_whose_values_the_schema_lists(contract):
    wide = with_output(
        contract,
        {"a": {"enum": ["x", None]}, "b": {"type": "boolean"}, "c": {"type": ["boolean", "null"]},
         "d": {"anyOf": [{"const": 1}, {"const": 2}, {"type": "null"}]}, "e": {"$ref": "#/$defs/e"},
         "f": {"type": "string"}, "g": {"const": "one"}, "h": {"type": "array"},
         "i": {"anyOf": [{"const": 1}, {"type": "string"}]}},
        **{"$defs": {"e": {"enum": [1, 2]}}},
    )  # fmt: skip
    assert finite_labels(wide) == {
        "a": ("x", None), "b": (False, True), "c": (False, True, None), "d": (1, 2, None),
        "e": (1, 2),
    }  # fmt: skip
    assert free_fields(wide) == ("f", "h", "i")


@settings(max_examples=60)
@given(
    st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.text(max_size=8),
              st.sampled_from(["null", "true", "17", '"x"', "1.5", "[]"]),
              st.lists(st.integers(0, 9), max_size=3))
)  # fmt: skip
def test_a_value_is_read_back_from_its_text(contract, value):
    wide = with_output(
        contract, {"any": {"type": ["null", "boolean", "integer", "string", "array"]}}
    )
    found = read_label(wide, "any", label_text(wide, "any", value))
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [("kind", "claim", "claim"), ("rate", "19", "19"), ("rate", "null", None),
     ("paid", "true", True), ("amount", "12.30", "12.30"), ("amount", '"null"', "null")],
)  # fmt: skip
def test_what_a_person_types_is_read_by_the_fields_schema(contract, field, text, value):
    wide = with_output(
        contract,
        {"kind": {"enum": ["claim"]}, "rate": {"enum": ["19", None]}, "paid": {"type": "boolean"},
         "amount": {"type": ["string", "null"]}},
    )  # fmt: skip
    assert read_label(wide, field, text) == value


def test_a_value_that_the_schema_does_not_allow_names_what_it_allows(contract):
    with pytest.raises(InputError, match=r"'clam' is no value of kind.*claim.*other"):
        read_label(contract, "kind", "clam")


def intents(contract):
    """Chats with at most one intent as cases by domain, and the contract of each."""
    path = DATASETS / "multidogo.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {path}: set DSLM_DATASETS to the folder with multidogo.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [row for row in map(json.loads, stream) if len(row["target"]["intents"]) <= 1]
    cases: dict[str, list[Case]] = {}
    for row in rows:
        intent = (row["target"]["intents"] or ["none"])[0]
        case = Case(id=row["id"], input=row["text"], target={"intent": intent},
                    meta={"sender": row["id"]})  # fmt: skip
        cases.setdefault(row["meta"]["domain"], []).append(case)
    cases["all"] = [case for part in cases.values() for case in part][::2]  # half takes a third
    return {name: (_intent_contract(contract, part), part) for name, part in cases.items()}


def _intent_contract(contract, cases):
    names = sorted({case.target["intent"] for case in cases})
    return with_output(contract, {"intent": {"enum": names}})


def precision_at_50(contract, cases):
    """Share of planted labels among the first 50, 5 % of all labels being changed at random."""
    rng = random.Random(0)
    names = sorted({case.target["intent"] for case in cases})
    wrong = set(rng.sample(range(len(cases)), round(0.05 * len(cases))))
    noisy = [
        case.model_copy(update={"target": {"intent": rng.choice(
            [name for name in names if name != case.target["intent"]])}})
        if place in wrong else case
        for place, case in enumerate(cases)
    ]  # fmt: skip
    planted = {cases[place].id for place in wrong}
    found = [one for one in suspects_of(contract, noisy) if one.kind == "doubted_label"]
    return float(np.mean([one.id in planted for one in found[:50]])), len(planted)


# The set has wrong labels of its own, which count against us here; fastfood has 30 planted ones,
# so that 0.60 is the most that can be reached.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("domain", "least"),
    [
        ("finance", 0.8), ("airline", 0.7), ("fastfood", 0.4), ("media", 0.8), ("software", 0.75),
        ("all", 0.9),
    ],
)  # fmt: skip
def test_changed_intents_of_real_chats_are_found(contract, domain, least, record_property):
    precision, planted = precision_at_50(*intents(contract)[domain])
    record_property("precision at 50", precision)
    assert planted >= 30
    assert precision >= least, f"{domain}: {precision:.2f}"


# --- parts of objects and lists -------------------------------------------------------------------

NESTED = {
    "about": {
        "anyOf": [{"type": "null"}, {"$ref": "#/$defs/topic"}],
    },
    "tags": {"type": "array", "items": {"enum": ["mail", "urgent"]}, "uniqueItems": True},
}


def topic(**inner):
    return {"type": "object", "additionalProperties": False, "required": ["kind", "note"],
            "properties": {"kind": {"enum": ["claim", "other"]}, "note": {"type": "string"},
                           **inner}}  # fmt: skip


TOPIC = {"topic": topic(inner={"$ref": "#/$defs/within"}), "within": topic()}


def nested(contract, cases):
    """The cases with their kind in an object, and in a list where it is a claim."""
    changed = with_output(contract, NESTED, **{"$defs": TOPIC})
    return changed.model_copy(update={"rules": [], "compare": {}}), [
        c.model_copy(update={"target": {
            "about": {"kind": c.target["kind"], "note": "n"},
            "tags": ["mail"] if c.target["kind"] == "other" else ["urgent", "mail"],
        }}) for c in cases
    ]  # fmt: skip


def test_a_wrong_label_in_an_object_is_doubted_and_the_whole_field_suggested(contract):
    deep, cases = nested(contract, chatter(400))
    wrong = cases[7].target["about"]
    turned = {"claim": "other", "other": "claim"}[wrong["kind"]]
    right, wrong["kind"] = label_text(deep, "about", wrong), turned
    found = suspects_of(deep, cases)[0]
    assert (found.id, found.field, found.suggested) == (cases[7].id, "about", right)
    assert found.label == label_text(deep, "about", wrong)
    assert found.why.startswith(f"about.kind is {turned!r}: a model of other groups")
    assert read_label(deep, "about", found.suggested) == {"kind": json.loads(right)["kind"],
                                                          "note": "n"}  # fmt: skip


def test_what_lacks_in_a_list_or_should_not_be_there_is_doubted(contract):
    deep, cases = nested(contract, chatter(400))
    full = next(c for c in cases if len(c.target["tags"]) == 2)
    short = next(c for c in cases if len(c.target["tags"]) == 1)
    full.target["tags"], short.target["tags"] = ["mail"], ["mail", "urgent"]
    found = {one.id: one for one in suspects_of(deep, cases)}
    assert set(found) == {full.id, short.id}
    assert (found[full.id].field, found[full.id].label) == ("tags", '["mail"]')
    assert found[full.id].suggested == '["mail", "urgent"]'
    assert found[full.id].why.startswith("'urgent' is not in tags: ")
    assert found[short.id].suggested == '["mail"]'
    assert found[short.id].why.startswith("'urgent' is in tags: ")


def test_an_object_that_is_not_there_has_no_part_to_doubt(contract):
    deep, cases = nested(contract, chatter(200))
    for case in cases[::3]:
        case.target["about"] = None
    assert [one for one in suspects_of(deep, cases) if one.field == "about"] == []


def test_parts_are_found_in_objects_and_lists(contract):
    deep, _ = nested(contract, [])
    parts = [(".".join(part.path), *part.item) for part in finite_parts(deep)]
    assert parts == [("about.kind",), ("about.inner.kind",), ("tags", "mail"), ("tags", "urgent")]
