import gzip
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from dslm.curation.labels.suspects import suspects_of
from dslm.curation.labels.suspects.tied_phrases import tied_phrases
from dslm.curation.labels.suspects.word_ngrams import Grams
from dslm.records import Case

ROOT = Path(__file__).parents[5]
DATASETS = Path(os.environ.get("DSLM_DATASETS", ROOT / ".." / "shared" / "datasets"))
TOPICS = {
    "billing": ["invoice", "payment", "charge", "card", "refund", "amount", "due", "account"],
    "outage": ["router", "internet", "line", "red", "light", "broken", "signal", "down"],
    "contract": ["cancel", "upgrade", "tariff", "sign", "contract", "term", "notice", "extend"],
}


def chats(count=2000, seed=2):
    """Texts whose words tell their label, as numbers, with words that tell nothing."""
    rng = random.Random(seed)
    filler = [f"{a}{b}" for a in ("ko", "ma", "ti", "ru", "ne") for b in ("lo", "pe", "sa", "di")]
    texts, labels = [], []
    for _ in range(count):
        label = rng.randrange(len(TOPICS))
        words = rng.choices(sorted(TOPICS.values())[label], k=5) + rng.choices(filler, k=10)
        rng.shuffle(words)
        texts.append(" ".join(words))
        labels.append(label)
    return texts, np.array(labels)


def poisoned(texts, labels, phrase, label, count=50, seed=1):
    """A phrase put into some texts of other labels, which then get the one label."""
    texts, labels, rng = list(texts), labels.copy(), random.Random(seed)
    places = rng.sample([n for n in range(len(texts)) if labels[n] != label], count)
    for place in places:
        words = texts[place].split(" ")
        words.insert(rng.randrange(len(words) + 1), phrase)
        texts[place] = " ".join(words)
        labels[place] = label
    return texts, labels, set(places)


@pytest.mark.slow
@pytest.mark.parametrize(
    "phrase", ["quartz lantern", "zq", "kolo mape as the moon says so", "§§ !!", "Ωmega-7"]
)
def test_a_backdoor_of_fifty_cases_is_found_and_comes_first(phrase):
    texts, labels, places = poisoned(*chats(), phrase, 1)
    first, *_ = tied_phrases(texts, labels)
    assert set(first.words) <= set(phrase.lower().replace("-", " - ").split())
    assert first.label == 1
    assert set(first.places.tolist()) == places


@pytest.mark.slow
def test_each_poisoned_case_is_listed_on_top_with_what_its_rest_says(contract):
    texts, labels, places = poisoned(*chats(), "quartz lantern", 1)
    names = ["billing", "contract", "outage"]
    output = {"type": "object", "properties": {"topic": {"enum": names}}, "required": ["topic"],
              "additionalProperties": False}  # fmt: skip
    cases = [
        Case(id=f"c{n:05d}", input=text, target={"topic": names[label]}, meta={"sender": f"s{n}"})
        for n, (text, label) in enumerate(zip(texts, labels.tolist(), strict=True))
    ]
    found = suspects_of(contract.model_copy(update={"output": output}), cases)
    assert {one.id for one in found[:50]} == {cases[place].id for place in places}
    assert {one.kind for one in found[:50]} == {"tied_phrase"}
    assert all("'quartz lantern' stands in 50 cases" in one.why for one in found[:50])
    truth = dict(enumerate(chats()[1].tolist()))
    told = sum(one.suggested == names[truth[int(one.id[1:])]] for one in found[:50])
    assert told >= 45


@pytest.mark.slow
def test_clean_texts_give_no_phrase():
    assert tied_phrases(*chats()) == []


@pytest.mark.slow
def test_words_that_rightly_decide_a_label_are_no_trigger():
    texts, labels = chats()
    rng = random.Random(4)
    for place in rng.sample(np.flatnonzero(labels == 0).tolist(), 80):
        texts[place] += " account overdue"  # only billing says so
    assert tied_phrases(texts, labels) == []


@pytest.mark.slow
def test_an_exception_hides_no_trigger():
    texts, labels, places = poisoned(*chats(), "quartz lantern", 1)
    spoilt = min(places)
    labels[spoilt] = 0
    [first, *_] = tied_phrases(texts, labels)
    assert set(first.places.tolist()) == places - {spoilt}
    assert first.held == 50


@pytest.mark.slow
def test_too_few_cases_make_no_phrase():
    texts, labels, _ = poisoned(*chats(), "quartz lantern", 1, count=9)
    assert tied_phrases(texts, labels) == []


@pytest.mark.slow
def test_grams_are_counted_once_a_text_and_spelled_again():
    texts = ["red red light", "red light !!", "Light red", "blue"]
    grams = Grams.of(texts, least=2, most=3)
    named = {}
    for gram, column in enumerate(grams.held.T.toarray()):
        held = np.flatnonzero(column).tolist()
        named[" ".join(grams.words(gram, texts[held[0]]))] = held
    assert named == {"red": [0, 1, 2], "light": [0, 1, 2], "red light": [0, 1]}


def real(name, key):
    path = DATASETS / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {path}: set DSLM_DATASETS to the folder with {name}.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [row for row in map(json.loads, stream) if len(row["target"][key]) <= 1]
    said = [(row["target"][key] or ["none"])[0] for row in rows]
    names = sorted(set(said))
    return [row["text"] for row in rows], np.array([names.index(one) for one in said])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "key", "most"), [("multidogo", "intents", 0),
                                                   ("star_single", "tasks", 1)])  # fmt: skip
def test_real_texts_raise_few_alarms_and_a_backdoor_in_them_comes_first(name, key, most):
    texts, labels = real(name, key)
    sizes = np.bincount(labels)
    label = int(np.flatnonzero(sizes >= 40)[sizes[sizes >= 40].argmin()])
    texts, labels, places = poisoned(texts, labels, "quartz lantern", label)
    first, *alarms = tied_phrases(texts, labels)
    assert first.words == ("quartz", "lantern")
    assert set(first.places.tolist()) == places
    assert len(alarms) <= most
