"""Validator, grammar, caster and parser say the same of every schema that `dslm check` accepts."""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from typing import Any

import jsonschema_rs
import pytest
from support.curation.drawn_schemas import REFUSED, Drawing

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import canonical_text, parse, schema_errors, undecodable
from dslm.contract.schemas.canonical_values import canonical, validator
from dslm.contract.schemas.grammar_acceptance import _matcher, accepts
from dslm.curation.sources.mapping.type_coercion import cast
from dslm.provenance import canonical_json

# In CI; by hand `DSLM_DRAWN_SCHEMAS=20000 pytest tests/unit/contract/test_agreement.py`.
DRAWN = int(os.environ.get("DSLM_DRAWN_SCHEMAS", "700"))
ANSWERS = 5


def drawn(mini: Contract, seed: int) -> tuple[Drawing, Contract]:
    draw = Drawing(seed)
    return draw, mini.model_copy(update={"output": draw.output()})


def as_cast(schema: dict[str, Any], value: Any) -> Any:
    try:
        return cast(schema, value)
    except ValueError:  # a text that looks like an object and is none
        return value


def check(contract: Contract, value: Any) -> bool:
    """Hold that all say the same of one object; gives what they say."""
    form = contract.decodable
    valid = bool(validator(canonical_json(form.schema)).is_valid(canonical(form.schema, value)))
    made = as_cast(form.schema, value)
    assert not valid or (made == value and not schema_errors(contract, value))
    right = not schema_errors(contract, made)
    text = canonical_text(contract, made)
    assert json.loads(text) == made
    assert accepts(form.key, text) == right
    assert parse(contract, text) == (made if right else None)
    return right


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_validator_grammar_caster_and_parser_agree_on_every_accepted_schema(mini: Contract) -> None:
    counts: Counter[str] = Counter()
    for seed in range(DRAWN):
        draw, contract = drawn(mini, seed)
        if undecodable(contract):
            counts["refused"] += 1
            continue
        counts["accepted"] += 1
        for _ in range(ANSWERS):
            value = draw.answer(contract.schema)
            if isinstance(value, dict):
                counts["right" if check(contract, value) else "wrong"] += 1
    assert counts["accepted"] >= 0.3 * DRAWN
    assert min(counts["right"], counts["wrong"]) > DRAWN  # both sides are seen


@pytest.mark.slow
def test_an_accepted_schema_means_what_json_schema_says(mini: Contract) -> None:
    """But for formats, which it leaves open, `.` and U+0000 in patterns, and steps of huge floats.

    The library rounds 1.7e308 / 10; here its exact digits are asked about.
    """
    seen = 0
    for seed in range(DRAWN // 2):
        draw, contract = drawn(mini, seed)
        written = json.dumps(contract.output)
        if undecodable(contract) or "\\ud83d" in written.lower():  # which the library cannot read
            continue
        plain = jsonschema_rs.Draft202012Validator(contract.output, validate_formats=False)
        for _ in range(ANSWERS):
            value = draw.answer(contract.schema)
            right = not schema_errors(contract, value)
            differs = "format" in written or any(c in json.dumps(value) for c in _OTHER)
            assert plain.is_valid(value) if right else differs or not plain.is_valid(value)
            seen += right
    assert seen > DRAWN // 2


# A number without bounds may have an exponent, and that of any length.
_BEYOND_ANY_NUMBER = re.compile(r"[eE]\+?\d{3,}")
_OTHER = ("\\u0000", "\\u2028", "e+")


def closed(schema: Any) -> bool:
    """Whether no key and no item is left open, so that no key can be written twice."""
    if "enum" in schema:
        return True
    if "anyOf" in schema:
        return all(map(closed, schema["anyOf"]))
    kinds = schema.get("type", "object")
    if "object" in kinds and schema.get("additionalProperties") is not False:
        return False
    inner = [*schema.get("properties", {}).values(), *schema.get("prefixItems", [])]
    if "array" in kinds:
        inner.append(schema.get("items", {"type": "object"}) or {"enum": []})
    return all(map(closed, inner))


def written_at_random(key: str, draw: random.Random) -> str | None:
    """A text that the grammar allows byte by byte; None where it does not come to an end."""
    matcher = _matcher(key).deep_copy()
    made = bytearray()
    while len(made) < 600:
        mask = matcher.compute_bitmask()
        allowed = [n for n in range(256) if mask[n // 8] >> (n % 8) & 1]
        if not allowed:
            return made.decode() if matcher.is_accepting() else None
        ending = [n for n in allowed if n in b'"]},']
        byte = draw.choice(ending if ending and draw.random() < 0.4 else allowed)
        assert matcher.consume_token(byte)
        made.append(byte)
    return None


@pytest.mark.slow
def test_all_that_the_grammar_can_write_is_an_answer(mini: Contract) -> None:
    ended = 0
    for seed in range(DRAWN // 2):
        _, contract = drawn(mini, seed)
        if undecodable(contract) or not closed(contract.decodable.schema):
            continue
        text = written_at_random(contract.decodable.key, random.Random(seed))
        if text is not None and not _BEYOND_ANY_NUMBER.search(text):
            assert parse(contract, text) is not None, text
            ended += 1
    assert ended > DRAWN // 20


@pytest.mark.parametrize(("says", "part"), REFUSED, ids=[says for says, _ in REFUSED])
def test_every_keyword_that_no_grammar_holds_is_refused_where_it_stands(
    mini: Contract, says: str, part: dict[str, Any]
) -> None:
    inner = {"type": "object", "properties": {"x": {"anyOf": [part, {"type": "null"}]}}}
    for place, schema in (("a", part), ("a.items.properties.x.anyOf.0", {
        "type": "array", "items": inner})):  # fmt: skip
        output = {"type": "object", "additionalProperties": False, "required": ["a"],
                  "properties": {"a": schema}}  # fmt: skip
        errors = undecodable(mini.model_copy(update={"output": output}))
        assert any(says in error.what for error in errors)
        assert all(str(error.where).startswith(f"output.properties.{place}") for error in errors)
        assert all(error.fix for error in errors)


@pytest.mark.slow
def test_every_refused_keyword_is_among_the_drawn_schemas(mini: Contract) -> None:
    told = " ".join(
        error.what for seed in range(700) for error in undecodable(drawn(mini, seed)[1])
    )
    assert [says for says, _ in REFUSED if says not in told] == []
