from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.curation.grammar_walks import contract

from dslm.contract import Contract
from dslm.contract.answers.grounding import occurs
from dslm.contract.narrowing import uncopied
from dslm.contract.text.folding import fold, has_letters

STRING = {"type": "string"}
ITEMS = {"type": "array", "items": STRING}


@pytest.mark.parametrize(
    ("how", "part", "text", "value"),
    [
        ("text", STRING, "by Nord-Wind", "nord wind"),
        ("text", STRING, "ＡＢ１２ and so on", "AB12"),
        (None, STRING, "by Nord-Wind", "Nord-Wind"),
        (None, STRING, "ＡＢ１２", "ＡＢ１２"),
        ("decimal", STRING, "sum 1.309,50", "1309.50"),
        ("decimal", STRING, "sum 1309.50", "1.309,50"),
        ("decimal", STRING, "refund EUR -120,50", "-120.50"),
        ("decimal", STRING, "refund -120,50 EUR", "-120,50 EUR"),
        ("decimal", STRING, "Total $1,234. Thank you", "$1,234"),
        ("decimal", STRING, "für €\u00a01.234 netto", "€\u00a01.234"),
        ("decimal", STRING, "from $5-$10 each", "$5"),
        ("decimal", STRING, "3'50 € la caña", "3'50 €"),
        ("decimal", STRING, "合計 ¥12,345-（税込）", "¥12,345-"),
        ("decimal", STRING, '"Tea, green",12,EUR', "12"),
        ("date", STRING, "am 4. März 2025", "4. März 2025"),
        ("date", STRING, "4 mars 2025", "2025-03-04"),
        ("list", ITEMS, "red and BLUE", ["Blue", "red"]),
        ("set", ITEMS, "red and light-blue", ["light blue"]),
        ("text", {"type": "boolean"}, "true", True),  # keeps its schema
        ("text", STRING, "Hauptstr. 5\n12345 Ulm", "Hauptstr. 5, 12345 Ulm"),
        ("text", STRING, "Größe 38½, rot", "38½"),
        ("text", STRING, "㈱山田商店 御中", "㈱山田商店"),
        ("text", STRING, "㈱山田商店 御中", "(株)山田商店"),
        ("text", STRING, "請求先: 山田商店㈱", "山田商店㈱"),
        ("text", STRING, "⒈ Kaffee ⑵ Tee", "⒈ Kaffee ⑵"),
        ("text", STRING, "size 2 1/2.", "2 1/2"),
        ("text", STRING, "blood group O− only", "O−"),
        ("text", {"type": ["string", "null"]}, "x", None),
    ],
)
def test_a_value_that_equals_one_that_can_be_written_is_fine(
    mini: Contract, how: str | None, part: dict[str, Any], text: str, value: Any
) -> None:
    assert uncopied(contract(mini, part, how), text, {"kind": "order", "number": value}) == {}


@pytest.mark.parametrize(
    ("how", "part", "text", "value", "why"),
    [
        (None, STRING, "by Nord-Wind", "Nord Wind", "stands in the input as 'Nord-Wind'"),
        ("text", STRING | {"maxLength": 8}, "A-B-C-D-E", "ABCDE", "as 'A-B-C-D-E'"),
        ("text", STRING, "x", "", "is empty"),
        ("decimal", STRING | {"pattern": "^x"}, "9.00", "9.00", "its schema keeps"),
        ("list", ITEMS | {"maxItems": 1}, "red and blue", ["red", "blue"], "its schema keeps"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_written_is_named_with_the_reason(
    mini: Contract, how: str | None, part: dict[str, Any], text: str, value: Any, why: str
) -> None:
    found = uncopied(contract(mini, part, how), text, {"kind": "order", "number": value})
    assert why in found["number"]


def test_a_value_that_is_not_in_the_input_is_named_where_it_cannot_be_written(
    mini: Contract,
) -> None:
    answer = {"kind": "order", "number": "y"}
    found = uncopied(contract(mini, STRING), "x", answer)
    assert found == {"number": "does not stand in the input"}
    assert uncopied(contract(mini, STRING), "", answer) == {}  # it then keeps its schema


def is_mark(char: str) -> bool:
    return bool(char) and unicodedata.category(char)[0] == "M"


@given(
    st.lists(st.text("abcÄß19東चि̂-&+", min_size=1, max_size=5), min_size=1, max_size=8), st.data()
)
def test_every_right_answer_that_is_grounded_can_be_written_or_is_named(
    mini: Contract, words: list[str], data: Any
) -> None:
    text = data.draw(st.sampled_from([" ", "\n", ", "])).join(words)
    assume(not re.search(r"(?:^|[-&+\s,])[ि̂]", text))  # a mark that marks nothing
    places = [n for n in range(len(text) + 1) if not is_mark(text[n : n + 1])]
    assume(len(places) > 1)
    first, last = sorted(data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2)))
    value = text[first:last]
    made = contract(mini, STRING, "text")
    found = uncopied(made, text, {"kind": "order", "number": value})
    there = occurs("text", value, text)
    assert not (found and there) or not has_letters(fold(value), 1)
