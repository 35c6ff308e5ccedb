"""Gold that holds one case several times is refused; what is another case stays."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pytest
from support.repositories.scored_rows import MINI, cases

from dslm.contract.answers.field_equality import wrong_fields
from dslm.contract.cases.case_groups import folded
from dslm.curation.near_duplicate_search.text_similarity import (
    same_ends,
    same_grams,
    true_similarity,
)
from dslm.errors import InputError
from dslm.gating.evidence.repeated_gold import refuse_repeated_gold, repeats_in_gold
from dslm.records import Case

GOLD = cases(60)
LONG = "Dear all, as said on the telephone this morning, kindly see to it that we get order {}."


def under(case: Case, number: int, text: str | None = None) -> Case:
    """The same case under another id and group."""
    meta = case.meta | {"sender": f"{case.meta['sender']}-{number}"}
    changes = {"id": f"{case.id}-{number}", "meta": meta, "input": text or case.input}
    return case.model_copy(update=changes)


def test_the_same_cases_three_times_under_new_ids_and_groups_are_refused() -> None:
    tripled = [*GOLD, *(under(case, n) for n in (1, 2) for case in GOLD)]
    assert repeats_in_gold(MINI, GOLD) == []
    assert len(repeats_in_gold(MINI, tripled)) == 120
    with pytest.raises(InputError, match=r"at least 20 cases repeat one of another group.*g-0"):
        refuse_repeated_gold(MINI, tripled, Path("gold.jsonl"))


@pytest.mark.parametrize(
    "edit",
    [str.upper, "  {} ".format, "{}!".format, "Hello, {}".format, "{} Thanks".format,
     lambda text: text.replace("kindly", "please")],
)  # fmt: skip
def test_a_case_edited_a_little_is_still_that_case(edit) -> None:
    one = GOLD[1].model_copy(update={"input": LONG.format("A-1")})
    assert repeats_in_gold(MINI, [one, under(one, 1, edit(one.input))]) == [("g-001", "g-001-1")]


def test_nearly_the_same_text_with_another_answer_or_of_the_same_group_is_no_repeat() -> None:
    one, two = (
        case.model_copy(update={"input": LONG.format(case.target["number"])}) for case in GOLD[1:3]
    )
    assert repeats_in_gold(MINI, [one, two]) == []
    again = under(one, 1).model_copy(update={"meta": one.meta})
    assert repeats_in_gold(MINI, [one, again]) == []
    data = MINI.data.model_copy(update={"group_by": None})
    alone = MINI.model_copy(update={"data": data})
    assert repeats_in_gold(alone, [one, again]) == [("g-001", "g-001-1")]
    with pytest.raises(InputError, match=r"1 case repeats one .* name a data.group_by"):
        refuse_repeated_gold(alone, [one, again], Path("gold.jsonl"))


@pytest.mark.parametrize("seed", range(4))
def test_it_finds_what_comparing_all_with_all_finds(seed: int) -> None:
    """Texts of few words, some of them edits of others; two of three kinds are crowded."""
    draw = random.Random(seed)
    words = ["order", "please", "send", "the", "parts", "again", "now", "A-7", "tomorrow", "bitte"]
    gold = []
    for number in range(150):
        text = " ".join(draw.choices(words, k=draw.randint(1, 9)))
        if number > 50 and draw.random() < 0.4:
            text = f"{draw.choice(gold).input} {draw.choice(words)}"
        number_of = draw.choice(["A-7", "A-7", "a-7", "B-1"])
        gold.append(Case(id=f"d{number}", input=text, meta={"sender": f"s{draw.randint(0, 90)}"},
                         target={"kind": "order", "number": number_of}))  # fmt: skip
    texts = [folded(case) for case in gold]
    left, right = np.triu_indices(len(gold), 1)

    def pairs(measure) -> set[tuple[str, str]]:
        near = true_similarity(texts, left, right, measure, 0.8)
        return {
            (one.id, other.id)
            for a, b in zip(left[near].tolist(), right[near].tolist(), strict=True)
            if (one := gold[a]).meta != (other := gold[b]).meta
            and not wrong_fields(MINI, one.target, other.target)
        }

    found, grams = set(repeats_in_gold(MINI, gold)), pairs(same_grams)
    assert found <= grams | pairs(same_ends)
    assert {later for _, later in grams} <= {later for _, later in found}
    assert len(grams) > 10


def test_a_thousand_cases_of_one_answer_take_no_time() -> None:
    draw = random.Random(1)
    words = [f"{draw.getrandbits(20):x}" for _ in range(400)]
    meta = [{"sender": str(n)} for n in range(1000)]
    target = {"kind": "other", "number": None}
    gold = [
        Case(id=f"t{n}", input=" ".join(draw.choices(words, k=30)), target=target, meta=meta[n])
        for n in range(1000)
    ]
    before = time.process_time()
    assert repeats_in_gold(MINI, gold) == []
    assert time.process_time() - before < 5
