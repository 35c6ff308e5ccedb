"""What a curated target is: in the schema's types, order and form, or a reject that says why."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.contract.model.contract_model import Columns
from dslm.contract.schemas.grammar_acceptance import accepts
from dslm.curation.answer_fields import finite_labels, finite_parts, free_fields
from dslm.curation.pipeline import curate
from dslm.curation.sources.mapping.row_mapping import Misfit, to_case
from dslm.errors import Problems


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")
    street: str
    zip: int


class Order(BaseModel):
    """As a user writes it; the schema is Pydantic's own."""

    model_config = ConfigDict(extra="forbid")
    vendor: str
    quantity: int | None
    urgent: bool | None
    address: Address | None
    lines: list[Address]


def order(contract: Contract) -> Contract:
    return with_output(contract, Order.model_json_schema())


def with_output(contract: Contract, output: dict[str, Any]) -> Contract:
    plain = contract.model_dump(mode="json", by_alias=True)
    return Contract.model_validate(plain | {"output": output, "compare": {}, "rules": []})


def dated(contract: Contract) -> Contract:
    day = {"type": ["string", "null"], "format": "date"}
    return with_output(contract, {"type": "object", "additionalProperties": False,
                                  "required": ["day"], "properties": {"day": day}})  # fmt: skip


def target_of(contract: Contract, target: dict[str, Any]) -> Any:
    row = {"input": "text", "target": target}
    return to_case(contract, row, Columns(), textual=False)[0].target


def test_a_row_of_text_becomes_what_pydantics_schema_asks(contract: Contract) -> None:
    wide = order(contract)
    names = {f: f for f in wide.fields}
    row = {"input": "text", "vendor": "V", "quantity": "12", "urgent": "true", "address":
           '{"zip": "10000", "street": "Main street 1"}', "lines": "[]"}  # fmt: skip
    columns = Columns(target=names, meta=[])
    case, _ = to_case(wide, row, columns, textual=True)
    assert case.target == {"vendor": "V", "quantity": 12, "urgent": True, "lines": [],
                           "address": {"street": "Main street 1", "zip": 10000}}  # fmt: skip
    empty, _ = to_case(wide, row | {"quantity": "", "address": ""}, columns, textual=True)
    assert empty.target is not None
    assert empty.target["quantity"] is None
    assert empty.target["address"] is None


def test_what_training_writes_is_what_the_grammar_accepts(contract: Contract) -> None:
    wide = order(contract)
    made = target_of(wide, {
        "lines": [{"zip": 1.0, "street": "b"}], "address": {"zip": 10000, "street": "a\x7f"},
        "urgent": None, "quantity": 3.0, "vendor": "V",
    })  # fmt: skip
    text = canonical_text(wide, made)
    assert text == ('{"vendor":"V","quantity":3,"urgent":null,"address":{"street":"a\\u007f",'
                    '"zip":10000},"lines":[{"street":"b","zip":1}]}')  # fmt: skip
    assert accepts(wide.decodable.key, text)


def test_labels_are_found_behind_references_and_alternatives(contract: Contract) -> None:
    wide = order(contract)
    assert finite_labels(wide) == {"urgent": (False, True, None)}
    assert free_fields(wide) == ("vendor", "quantity", "address", "lines")
    assert [part.path for part in finite_parts(wide)] == [("urgent",)]


@pytest.mark.parametrize("day", ["04/03/2025", "2025-02-29", "2025-03-04 ", "٢٠٢٥-٠٣-٠٤", ""])
def test_a_day_that_the_grammar_never_writes_is_rejected(contract: Contract, day: str) -> None:
    with pytest.raises(Misfit, match=r"target\.day: .* is not of the format 'date'"):
        target_of(dated(contract), {"day": day})


def test_a_key_that_stands_twice_in_a_cell_is_a_fault(contract: Contract) -> None:
    wide = order(contract)
    address = '{"zip": 1, "street": "a", "zip": 2}'
    rest = {"vendor": "V", "quantity": 1, "urgent": None, "lines": []}
    with pytest.raises(Misfit, match="address"):
        target_of(wide, rest | {"address": address})


def test_a_schema_that_no_grammar_holds_is_refused_before_any_work(
    contract: Contract, gold, tmp_path
) -> None:
    kinds = {"kind": {"enum": ["a", "b"]}, "tags": {"type": "array", "uniqueItems": True}}
    output = {"type": "object", "additionalProperties": False, "required": [*kinds],
              "properties": kinds}  # fmt: skip
    with pytest.raises(Problems, match=r"output\.properties\.tags: 'uniqueItems' cannot be held"):
        curate(with_output(contract, output), tmp_path, gold, tmp_path / "out")
