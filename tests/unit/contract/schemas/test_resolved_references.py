from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dslm.contract import Contract
from dslm.contract.schemas.output_schema import schema_problems
from dslm.contract.schemas.resolved_references import UnresolvableError, resolved

ZIP = {"type": "integer", "title": "Zip"}
ADDRESS = {"type": "object", "title": "Address", "additionalProperties": False,
           "required": ["zip"], "properties": {"zip": ZIP}}  # fmt: skip
PLAIN_ADDRESS = {"type": "object", "additionalProperties": False, "required": ["zip"],
                 "properties": {"zip": {"type": "integer"}}}  # fmt: skip


def within(part: Any, **more: Any) -> dict[str, Any]:
    """A schema with one field."""
    return {"type": "object", "additionalProperties": False, "required": ["a"],
            "properties": {"a": part}, **more}  # fmt: skip


def field(part: Any, **defs: Any) -> Any:
    """What a field's schema becomes, under some definitions."""
    made = resolved(within(part, **{"$defs": defs}))
    assert "$defs" not in made
    return made["properties"]["a"]


@pytest.mark.parametrize("keyword", ["$defs", "definitions"])
def test_a_reference_is_replaced_by_what_it_names(keyword: str) -> None:
    ref = {"$ref": f"#/{keyword}/Address"}
    made = resolved(within({"anyOf": [ref, {"type": "null"}]}, **{keyword: {"Address": ADDRESS}}))
    assert made == within({"anyOf": [PLAIN_ADDRESS, {"type": "null"}]})


def test_references_are_followed_at_every_depth_and_through_each_other() -> None:
    deep = {"type": "array", "prefixItems": [{"$ref": "#/$defs/B"}], "items": {"$ref": "#/$defs/A"}}
    assert field(deep, A={"$ref": "#/$defs/B"}, B={"type": "null", "description": "none"}) == {
        "type": "array", "prefixItems": [{"type": "null"}], "items": {"type": "null"},
    }  # fmt: skip


def test_a_pointer_may_be_escaped_and_may_go_anywhere_in_the_document() -> None:
    assert field({"$ref": "#/$defs/a~1b%20c~0~01"}, **{"a/b c~~1": {"const": 1}}) == {"const": 1}
    made = resolved(within({"enum": [1, 2]}, **{"$id": "https://example.com/s"}) | {
        "properties": {"a": {"enum": [1, 2]}, "b": {"$ref": "#/properties/a"},
                       "c": {"$ref": "https://example.com/s#/properties/a"}}})  # fmt: skip
    assert made["properties"]["b"] == made["properties"]["c"] == {"enum": [1, 2]}
    assert "$id" not in made


def test_an_anchor_is_followed() -> None:
    assert field({"$ref": "#here"}, X={"$anchor": "here", "type": "null"}) == {"type": "null"}


def test_the_root_may_be_a_reference_as_pydantic_writes_it(mini: Contract) -> None:
    made = mini.model_copy(
        update={"output": {"$ref": "#/$defs/M", "$defs": {"M": within({"type": "null"})}}}
    )
    assert made.schema == within({"type": "null"})
    assert made.fields == ("a",)


def test_remarks_are_left_out_but_not_what_is_called_like_one() -> None:
    part = {"type": "string", "title": "x", "x-order": 3, "deprecated": True, "default": ""}
    named: Any = {"type": "object", "properties": {"title": part, "$ref": part, "$defs": part}}
    assert field(named) == {
        "type": "object", "properties": {key: {"type": "string"} for key in named["properties"]}
    }  # fmt: skip


def test_what_is_no_schema_is_left_as_it_is() -> None:
    part = {"enum": [{"$ref": "#/nowhere"}, {"title": "x"}]}
    assert field(part) == part


def test_what_stands_beside_a_reference_counts_too() -> None:
    ref = {"$ref": "#/$defs/T", "description": "why", "maxLength": 3, "type": "string"}
    assert field(ref, T={"type": "string", "minLength": 1}) == {
        "type": "string", "minLength": 1, "maxLength": 3
    }  # fmt: skip
    assert field({"allOf": [{"$ref": "#/$defs/T"}]}, T={"enum": [1]}) == {"enum": [1]}


def test_objects_that_inherit_from_each_other_become_one() -> None:
    base = {"type": "object", "required": ["x"], "properties": {"x": {"type": "null"}}}
    own = {"type": "object", "required": ["y"], "properties": {"y": {"type": "null"}}}
    assert field({"allOf": [{"$ref": "#/$defs/B"}, own]}, B=base) == {
        "type": "object", "required": ["x", "y"],
        "properties": {"x": {"type": "null"}, "y": {"type": "null"}},
    }  # fmt: skip


@pytest.mark.parametrize(
    "beside",
    [
        {"maxLength": 3},
        {"type": ["string", "null"]},
        {"enum": [True]},
    ],
)
def test_what_contradicts_the_reference_is_kept_apart(beside: dict[str, Any]) -> None:
    target = {"maxLength": 2, "type": "string", "enum": [1]}
    made = field({"$ref": "#/$defs/T", **beside}, T=target)
    assert made == {**target, "allOf": [beside]}


def test_keywords_that_look_at_each_other_are_kept_apart() -> None:
    """Merged, `additionalProperties: false` would come to know the properties of the other."""
    target = {"properties": {"x": {}}}
    made = field({"$ref": "#/$defs/T", "additionalProperties": False}, T=target)
    assert made == {**target, "allOf": [{"additionalProperties": False}]}


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (
            {"$ref": "#/$defs/None"},
            "output.properties.a: `$ref` '#/$defs/None' names no schema here",
        ),
        ({"$ref": "#nowhere"}, "names no schema here"),
        ({"$ref": "other.json#/x"}, "leads out of this document"),
        ({"$ref": "other.json"}, "leads out of this document"),
        ({"$ref": "file:///etc/passwd"}, "leads out of this document"),
        ({"$ref": "https://example.com/s"}, "leads out of this document"),
        ({"$ref": "#"}, "nested without end"),
        ({"$ref": "#/$defs/Node"}, "nested without end"),
        ({"$ref": "#/$defs/A"}, "nested without end"),
        ({"$ref": "#/required"}, "names no schema here"),
        ({"$dynamicRef": "#x"}, "write `$ref`"),
        ({"$id": "https://example.com/inner", "$ref": "#/$defs/A"}, "a document of its own"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_told(part: Any, says: str) -> None:
    node = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"},
                                                               {"type": "null"}]}}}  # fmt: skip
    ring = {"A": {"items": {"$ref": "#/$defs/B"}}, "B": {"items": {"$ref": "#/$defs/A"}}}
    with pytest.raises(UnresolvableError) as caught:
        field(part, Node=node, **ring)
    assert says in str(caught.value)


def test_definitions_that_double_each_other_do_not_fill_the_memory() -> None:
    defs = {
        f"D{n}": {"prefixItems": [{"$ref": f"#/$defs/D{n + 1}"}, {"$ref": f"#/$defs/D{n + 1}"}]}
        for n in range(40)
    }
    with pytest.raises(UnresolvableError, match="more than 20,000 parts"):
        field({"$ref": "#/$defs/D0"}, **defs, D40={"type": "null"})
    deep: dict[str, Any] = {}
    for _ in range(3000):
        deep = {"items": deep}
    with pytest.raises(UnresolvableError, match="too deeply"):
        field(deep)


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server's address, and the paths it was asked for."""
    paths: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "string"}')

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("levels", [130, 300, 600])
def test_a_schema_that_is_nested_too_deeply_is_told(levels: int) -> None:
    listed: dict[str, Any] = {"type": "string"}
    keyed = optional = listed
    for _ in range(levels):
        listed = {"type": "array", "items": listed}
        keyed = within(keyed)
        optional = {"anyOf": [optional, {"type": "null"}]}
    assert schema_problems(within(keyed)) == ["output is nested too deeply"]
    for part in (listed, optional):  # of 130 levels the grammar is asked
        assert schema_problems(within(part)) in (["output is nested too deeply"], [])


@pytest.mark.parametrize("key", ["$ref", "$dynamicRef", "$id", "$schema"])
def test_nothing_is_ever_fetched(
    mini: Contract, asked: tuple[str, list[str]], key: str, tmp_path: Path
) -> None:
    home, paths = asked
    (tmp_path / "here.json").write_text('{"type": "string"}')
    written = mini.model_dump(mode="json", by_alias=True)
    for target in (f"{home}/s", (tmp_path / "here.json").as_uri()):
        written["output"]["properties"]["number"] = {key: target}
        for root in ({}, {"$schema": f"{home}/meta"}, {"$id": f"{home}/root"}):
            with pytest.raises(ValueError, match="output") if key != "$schema" else _nothing():
                Contract.model_validate({**written, "output": {**written["output"], **root}})
    assert paths == []


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def test_a_changed_copy_has_the_schema_of_its_own_output(mini: Contract) -> None:
    before = mini.schema
    changed = mini.model_copy(update={"output": within({"type": "null"})})
    assert changed.schema == within({"type": "null"})
    assert mini.schema is before
