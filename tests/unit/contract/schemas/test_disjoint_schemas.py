from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field
from support.curation.drawn_schemas import Drawing

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import canonical_text, parse, undecodable
from dslm.contract.schemas.canonical_values import validator
from dslm.contract.schemas.decodable_schema import decodable
from dslm.contract.schemas.disjoint_schemas import disjoint
from dslm.contract.schemas.resolved_references import resolved
from dslm.curation.sources.mapping.type_coercion import cast
from dslm.provenance import canonical_json

TEXT, NOTHING = {"type": "string"}, {"type": "null"}


def obj(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


CLOSED = {"additionalProperties": False}
APART = [
    (TEXT, NOTHING), ({"type": "array"}, {"type": "object"}), ({"const": 1}, {"const": True}),
    ({"enum": ["a", "b"]}, {"enum": ["c"]}), ({"const": 1}, {"type": "integer", "minimum": 2}),
    ({"const": "a"}, {"type": "string", "pattern": "^b"}),
    (obj(["k"], k={"const": 1}), obj(["k"], k={"const": 2})),
    (obj(["k"], k={"const": 1}), obj([], k={"const": 2})),
    (obj(["k"], k={"const": 1}), {"properties": {"k": {"const": 2}}}),
    (obj(["k"], k=obj(["l"], l={"const": 1})), obj(["k"], k=obj(["l"], l=TEXT))),
    (obj(["k"], k=TEXT), obj([], z=TEXT) | CLOSED),
    (obj(["k"], k=TEXT), {"type": "object", "additionalProperties": NOTHING}),
    ({"anyOf": [TEXT, NOTHING]}, {"type": "integer"}),
]  # fmt: skip
SHARED = [
    (TEXT, TEXT), (TEXT, {"maxLength": 3}), ({"type": "integer"}, {"type": "number"}), ({}, {}),
    ({"const": 1}, {"const": 1.0}), ({"enum": ["a", "b"]}, {"enum": ["b"]}),
    (obj([], k={"const": 1}), obj([], k={"const": 2})),
    (obj(["k"], k={"const": 1}) | CLOSED, obj([], l=TEXT)),
    ({"anyOf": [TEXT, NOTHING]}, {"type": ["null", "integer"]}),
]  # fmt: skip


def output(*options: dict[str, Any]) -> dict[str, Any]:
    return obj(["a"], a={"oneOf": list(options)}) | CLOSED


@pytest.mark.parametrize(("one", "other"), APART)
def test_one_of_alternatives_that_share_nothing_is_any_of_them(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    for options in ((one, other), (other, one)):
        form = decodable(output(*options))
        assert form.complaints == ()
        assert form.schema == decodable(obj(["a"], a={"anyOf": list(options)}) | CLOSED).schema


@pytest.mark.parametrize(("one", "other"), SHARED)
def test_one_of_alternatives_that_may_share_a_value_is_refused(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    for options in ((one, other), (other, one)):
        [told] = decodable(output(*options)).complaints
        assert (told.where, "const" in told.fix) == ("output.properties.a", True)


def test_no_value_is_allowed_by_two_schemas_that_are_disjoint() -> None:
    proved = 0
    for seed in range(400):
        draw = Drawing(seed)
        schemas = [decodable(resolved(draw.schema(2) | {"$defs": DEFS})).schema for _ in range(4)]
        valid = [validator(canonical_json(one)) for one in schemas]
        values = [draw.answer(one) for one in schemas for _ in range(3)]
        for n, one in enumerate(schemas):
            for m in range(n):
                if disjoint(one, schemas[m]):
                    proved += 1
                    assert not any(valid[n].is_valid(v) and valid[m].is_valid(v) for v in values)
    assert proved > 400


def test_many_alternatives_are_told_apart_quickly() -> None:
    many = [{"anyOf": [{"const": 20 * n + m} for m in range(20)]} for n in range(50)]
    tagged = [obj(["k"], k={"const": f"t{n}"}, v=TEXT) | CLOSED for n in range(100)]
    began = time.process_time()
    for options in (many, tagged):
        assert decodable(output(*options)).complaints == ()
        assert len(decodable(output(*options, options[0])).complaints) == 1
    assert time.process_time() - began < 2


DEFS = {"A": {"type": "boolean"}, "B": {"enum": ["u", "v"]}}


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


def test_what_pydantic_writes_for_a_discriminated_union_is_held(mini: Contract) -> None:
    from typing import Annotated, Literal

    class Transfer(_Closed):
        kind: Literal["transfer"]
        iban: str

    class Card(_Closed):
        kind: Literal["debit", "credit"]
        digits: int = 0

    class Paid(_Closed):
        by: list[Annotated[Transfer | Card, Field(discriminator="kind")]]

    written = Paid.model_json_schema(mode="serialization")
    assert "oneOf" in str(written)
    contract = mini.model_copy(update={"output": written})
    assert undecodable(contract) == []
    answer = {"by": [{"digits": 7, "kind": "credit"}, {"iban": "x", "kind": "transfer"}]}
    text = canonical_text(contract, answer)
    assert text == '{"by":[{"kind":"credit","digits":7},{"kind":"transfer","iban":"x"}]}'
    assert parse(contract, text) == answer
    assert parse(contract, text.replace("credit", "transfer")) is None
    spelled = '[{"kind": "credit", "digits": "7"}]'
    assert cast(contract.decodable.schema["properties"]["by"], spelled) == answer["by"][:1]
