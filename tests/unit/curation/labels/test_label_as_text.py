from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from support.repositories.scored_rows import MINI

from dslm.contract import Contract
from dslm.curation.labels.label_as_text import label_text
from dslm.curation.labels.review_csv import read_review
from dslm.curation.labels.review_decisions import parsed
from dslm.errors import InputError

OUTPUT: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "required": ["intents", "slots", "note"],
    "properties": {
        "intents": {"type": "array", "items": {"enum": ["book", "cancel"]}},
        "slots": {"type": "object", "additionalProperties": False, "required": ["city"],
                  "properties": {"city": {"type": ["string", "null"]}}},
        "note": {"type": ["string", "null"]},
    },
}  # fmt: skip
CELLS = [
    ("intents", 'fix:["book", "cancel"]', ["book", "cancel"]), ("intents", "fix:[]", []),
    ("slots", 'fix:{"city": "Oslo"}', {"city": "Oslo"}), ("note", "fix:Oslo", "Oslo"),
    ("note", "fix:null", None), ("note", 'fix:"null"', "null"),
]  # fmt: skip


@pytest.fixture
def contract() -> Contract:
    told = MINI.model_dump(mode="json", by_alias=True)
    told |= {"output": OUTPUT, "compare": {}, "grounded": [], "rules": [], "out_of_scope": {}}
    told["costs"]["by_field"] = {}
    return Contract.model_validate(told)


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_lists_and_objects_are_fixed_as_the_docs_say(
    contract: Contract, tmp_path: Path, quoting: int
) -> None:
    path = tmp_path / "review.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file, quoting=quoting)  # type: ignore[arg-type]
        written.writerow(
            ["id", "field", "label", "suggested", "score", "reason", "input", "verdict"]
        )
        written.writerows([f"c{n}", field, "", "", "", "", "", cell]
                          for n, (field, cell, _) in enumerate(CELLS))  # fmt: skip
    found = [parsed(contract, row) for row in read_review(path)]
    assert found == [("fix", value) for _, _, value in CELLS]


def test_the_label_that_is_shown_can_be_copied_into_a_fix(contract: Contract) -> None:
    assert label_text(contract, "intents", ["book"]) == '["book"]'
    assert label_text(contract, "slots", {"city": None}) == '{"city": null}'


@pytest.mark.parametrize(
    ("field", "cell", "example"),
    [("intents", "fix:book", '["one", "two"]'), ("slots", "fix:Oslo", '{"part": "value"}')],
)
def test_a_bare_word_for_a_list_or_an_object_is_told_how_to_write_it(
    contract: Contract, tmp_path: Path, field: str, cell: str, example: str
) -> None:
    path = tmp_path / "review.csv"
    path.write_text("id,field,label,suggested,score,reason,input,verdict\n"
                    f"c1,{field},,,,,,{cell}\n")  # fmt: skip
    with pytest.raises(InputError) as refused:
        parsed(contract, read_review(path)[0])
    assert f"write the whole value as JSON, such as {example}" in refused.value.message()
