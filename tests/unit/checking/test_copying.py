from __future__ import annotations

import pytest

from dslm.checking.check_workflow import prove
from dslm.checking.finding import Finding
from dslm.settings.params import recipe_path
from dslm.settings.workspace import Workspace

NUMBER = 'number: {type: [string, "null"], maxLength: 20}'


def found(ws: Workspace) -> list[Finding]:
    return [f for f in prove(ws) if f.proof == "copying"]


def give(ws: Workspace, part: str) -> None:
    text = ws.contract.read_text()
    assert text.count(NUMBER) == 1
    ws.contract.write_text(text.replace(NUMBER, f"number: {part}"))


def test_nothing_is_said_where_the_recipe_does_not_ask(repository: Workspace) -> None:
    recipe = recipe_path(repository)
    text = recipe.read_text()
    assert text.count("copy_grounded: true") == 1
    recipe.write_text(text.replace("copy_grounded: true", "copy_grounded: false"))
    give(repository, "{type: boolean}")
    assert found(repository) == []


def test_fields_that_are_held_to_the_input_are_named(repository: Workspace) -> None:
    assert [(f.kind, f.message) for f in found(repository)] == [
        ("ok", "copied from the input only: number")
    ]


@pytest.mark.parametrize(
    ("part", "place", "says"),
    [
        ('{type: [string, boolean, "null"]}', "number", "true or false"),
        ('{type: [array, "null"], items: {type: boolean}}', "number[]", "true or false"),
        ('{type: [object, "null"]}', "number", "any keys"),
        ('{type: [object, "null"], properties: {a: {type: string}}}', "number", "never written"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_held_is_named_with_the_reason(
    repository: Workspace, part: str, place: str, says: str
) -> None:
    give(repository, part)
    (warning,) = found(repository)
    assert warning.kind == "warn"
    assert warning.message.startswith(f"{place} ")
    assert says in warning.message
    assert str(warning.where).endswith(f"output.{place}")
