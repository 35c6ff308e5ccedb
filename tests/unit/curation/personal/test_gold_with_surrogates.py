"""Gold as people see it: surrogates for personal values, the reason where there are none."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from dslm.contract import Contract
from dslm.curation.personal.gold_with_surrogates import (
    NOT_SHOWN,
    GoldWithSurrogates,
    gold_with_surrogates,
    in_words,
)
from dslm.curation.personal.surrogates.surrogate_key import fingerprint
from dslm.records import Case

KEY = {"DSLM_PERSONAL_KEY": "a secret of thirty-two characters"}
SURROGATES: dict[str, Any] = {
    "mode": "surrogate", "kinds": ["email", "iban", "phone", "name"], "regions": ["US"],
    "fields": {"target.name": "name", "target.ssn": "ssn", "target.policy": "id"},
}  # fmt: skip
TEXT = {"type": ["string", "null"], "maxLength": 60}
# Everything that tells of Robin Crusoe or Esther Fairbeck, folded.
TELLING = ("robin", "crusoe", "esther", "fairbeck", "1234567", "12345678", "hz88", "lindt")


def contract(personal: dict[str, Any] | None) -> Contract:
    fields = {"kind": {"enum": ["claim", "other"]}, "name": TEXT, "ssn": TEXT, "policy": TEXT}
    data = {"sources": [{"path": "s.jsonl", "licence": "x", "origin": "x"}], "group_by": "caller"}
    return Contract.model_validate({
        "name": "chats", "version": 1, "summary": "s", "task": "t",
        "output": {"type": "object", "additionalProperties": False, "required": list(fields),
                   "properties": fields},
        "decision": {"max_selective_risk": 0.1, "confidence": 0.9},
        "costs": {"currency": "EUR", "wrong_proceed": 1.0, "review": 1.0, "escalation": 1.0},
        "slo": {"p95_ms": 1, "p99_ms": 1},
        "data": data | ({"personal": personal} if personal else {}),
    })  # fmt: skip


def case(number: int, text: str, caller: str, **target: Any) -> Case:
    blank = {"kind": "claim", "name": None, "ssn": None, "policy": None}
    return Case(id=f"g-{number}", input=text, target=blank | target, meta={"caller": caller})


GOLD = (
    case(1, "hi this is robin, ROBIN CRUSOE, ssn 123 45 6789, policy hz 88", "a",
         name="Robin Crusoe", ssn="123-45-6789", policy="HZ-88"),
    case(2, "one two three, four five, six seven eight nine. it is robincrusoe again", "a"),
    case(3, "esther fairbeck here, esther@lindt.com, tell Robin Crusoe", "b",
         name="Esther Fairbeck"),
    case(4, "robin hoods and price lists", "c"),
)  # fmt: skip


def shown(
    personal: dict[str, Any] | None, environment: dict[str, str], **how: bool
) -> GoldWithSurrogates:
    return gold_with_surrogates(contract(personal), GOLD, environment, **how)


def text_of(showing: GoldWithSurrogates) -> str:
    cases = (showing.case(one) for one in GOLD)
    return "\n".join(
        f"{one.input} {json.dumps(one.target)} {json.dumps(one.meta)}" for one in cases
    )


def test_no_value_of_gold_is_shown_in_any_spelling() -> None:
    said = text_of(shown(SURROGATES, KEY)).casefold()
    assert [word for word in TELLING if word in said.replace(" ", "").replace("-", "")] == []
    assert "one two three" not in said
    assert '"kind": "claim"' in said
    assert "price lists" in said


def test_surrogates_are_those_of_curation_and_labels_stay_true() -> None:
    from dslm.curation.personal.replacement.replace_in_case import Replacer

    showing = shown(SURROGATES, KEY)
    curated = Replacer(contract(SURROGATES), KEY["DSLM_PERSONAL_KEY"].encode()).case(GOLD[0])
    one = showing.case(GOLD[0])
    assert one == curated.case
    assert one.target is not None
    assert one.target["name"].casefold() in one.input.casefold()
    assert one.id == "g-1"


def test_an_answer_has_the_surrogates_of_its_case_and_hides_what_it_got_wrong() -> None:
    showing = shown(SURROGATES, KEY)
    right = showing.answer("g-1", GOLD[0].target or {})
    assert right == showing.case(GOLD[0]).target
    wrong = showing.answer("g-1", {"kind": "claim", "name": "Robin Cruso", "ssn": "123-45-678"})
    assert wrong["kind"] == "claim"
    assert "cruso" not in str(wrong).casefold()
    assert "123" not in wrong["ssn"]
    cut = showing.quoting("g-1", '{"kind":"claim","name":"Robin Crus')
    assert cut.startswith('{"kind":"claim","name":"')
    assert "crus" not in cut.casefold()


def test_a_message_names_kinds_and_needs_no_key() -> None:
    showing = gold_with_surrogates(contract(SURROGATES), GOLD, None)
    assert showing.message("g-1: policy 'HZ 88' of Robin") == "g-1: policy '[id]' of [name]"


@pytest.mark.parametrize(("environment", "told"), [
    ({}, "DSLM_PERSONAL_KEY is not set; set it"),
    ({"DSLM_PERSONAL_KEY": "short"}, "has 5 bytes, fewer than 16; take a longer one"),
])  # fmt: skip
def test_without_a_key_kinds_are_shown_and_it_is_said_what_to_do(
    environment: dict[str, str], told: str
) -> None:
    showing = shown(SURROGATES, environment)
    assert showing.how == "kinds"
    assert "hi this is [name], [name], ssn [tax], policy [id]" in text_of(showing)
    words = in_words(showing, curated_with=None, raw_by="dslm report chats --raw")
    assert told in words
    assert "dslm report chats --raw" in words


def test_without_the_finders_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    showing = shown(SURROGATES, KEY)
    assert showing.how == "nothing"
    one = showing.case(GOLD[0])
    assert (one.input, one.meta) == (NOT_SHOWN, {"caller": NOT_SHOWN})
    assert one.target == {"kind": "claim", "name": NOT_SHOWN, "ssn": NOT_SHOWN, "policy": NOT_SHOWN}
    assert showing.answer("g-1", {"name": "Robin"}) == {"name": NOT_SHOWN}
    assert showing.quoting("g-1", '{"name": "Robi') == NOT_SHOWN
    words = in_words(showing, curated_with=None, raw_by="x")
    assert "phonenumbers is not installed; pip install 'dslm[train]'" in words


@pytest.mark.parametrize(("personal", "how", "words"), [
    (None, "as it is", "the contract names no personal data"),
    (SURROGATES | {"mode": "keep"}, "as it is", "counts personal data and keeps it"),
    (SURROGATES | {"mode": "mask"}, "kinds", "as their kind in brackets. Gold"),
    (SURROGATES | {"mode": "drop"}, "kinds", "as their kind in brackets. Gold"),
    (SURROGATES, "surrogates", f"another key ({fingerprint(KEY['DSLM_PERSONAL_KEY'].encode())})"),
    (SURROGATES | {"demonstration_key": True}, "surrogates", "which hides nothing"),
])  # fmt: skip
def test_what_is_shown_follows_the_contract(personal: Any, how: str, words: str) -> None:
    showing = shown(personal, KEY)
    assert showing.how == how
    assert words in in_words(showing, curated_with="0123456789abcdef", raw_by="x")
    if how == "as it is":
        assert showing.case(GOLD[0]) == GOLD[0]


def test_raw_is_raw_only_where_something_would_be_hidden() -> None:
    showing = shown(SURROGATES, {}, raw=True)
    assert showing.how == "raw"
    assert [showing.case(one) for one in GOLD] == list(GOLD)
    assert "do not pass this on" in in_words(showing, curated_with=None, raw_by="x")
    assert shown(None, {}, raw=True).how == "as it is"
