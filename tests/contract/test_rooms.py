"""The floor plan: how many files a floor has, and how curation's rooms call each other."""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import TopologicalSorter

import pytest
from support.documents.code_reader import ROOT, modules

MOST_FILES = 15
GROUND = 8  # of curation: the pipeline, and what all of its rooms share
CURATION = "dslm.curation"
ROOMS = {"sources", "imports", "near_duplicate_search", "filters", "labels", "personal", "books"}
# Which room may call which; each one's `__init__` hands out what others may use.
ARROWS = {
    "sources": {"near_duplicate_search"},
    "personal": {"sources"},
    "filters": {"labels", "near_duplicate_search"},
    "labels": {"near_duplicate_search"},
    "imports": {"sources", "filters", "labels"},
    "books": {"labels", "sources"},
    "near_duplicate_search": set[str](),
}
# Who of a room reads the contract; the others are handed the few values that they need.
READERS = {
    "near_duplicate_search": set[str](),
    "filters": {"filter_order", "rule_breaks"},  # the latter hands it on, to the contract's rules
}
EVERYWHERE = modules("dslm", "pipelines")


def room_of(dotted: str) -> str | None:
    """The room of curation that a module is in."""
    words = dotted.split(".")
    return words[2] if dotted.startswith(f"{CURATION}.") and words[2] in ROOMS else None


def entries() -> list[tuple[str, str, str]]:
    """Each import into a room from outside of it: who, which room, which module of it."""
    found = []
    for module in EVERYWHERE:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                room = room_of(node.module)
                if room and room_of(module.name) != room:
                    inside = node.module.removeprefix(f"{CURATION}.{room}").lstrip(".")
                    found.append((module.name, room, inside))
    return found


def names_the_contract(tree: ast.AST) -> bool:
    """Whether a module speaks of the whole contract."""
    return any(isinstance(node, ast.Name) and node.id == "Contract" for node in ast.walk(tree))


def test_no_floor_has_more_files_than_a_newcomer_can_look_over() -> None:
    files = Counter(m.path.parent for m in modules("dslm", "tests", "pipelines"))
    del files[ROOT / "tests" / "bench"]  # one script a question; documents name them by their paths
    assert {str(p.relative_to(ROOT)): n for p, n in files.items() if n > MOST_FILES} == {}


def test_the_ground_floor_of_curation_holds_the_pipeline_and_what_all_rooms_share() -> None:
    here = ROOT / "dslm" / "curation"
    assert {p.name for p in here.iterdir() if (p / "__init__.py").exists()} == ROOMS
    assert len(list(here.glob("*.py"))) <= GROUND


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_is_entered_through_its_face_alone(room: str) -> None:
    assert [(who, inside) for who, of, inside in entries() if of == room and inside] == []


def test_rooms_call_each_other_in_the_directions_that_are_drawn() -> None:
    drawn = {(here, there) for here, others in ARROWS.items() for there in others}
    called = {(room_of(who), room) for who, room, _ in entries() if room_of(who)}
    assert called == drawn
    assert tuple(TopologicalSorter(ARROWS).static_order())  # raises where arrows run in a circle


@pytest.mark.parametrize("room", sorted(READERS))
def test_the_contract_is_read_at_the_door_of_a_room(room: str) -> None:
    here = f"{CURATION}.{room}."
    inside = [m for m in EVERYWHERE if m.name.startswith(here)]
    assert len(inside) > 3
    readers = {m.name.removeprefix(here) for m in inside if names_the_contract(m.tree)}
    assert readers == READERS[room]


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_says_what_comes_in_what_goes_out_and_who_calls(room: str) -> None:
    (face,) = (m for m in EVERYWHERE if m.name == f"{CURATION}.{room}")
    said = ast.get_docstring(face.tree) or ""
    assert len(said.splitlines()) <= 6
    assert "Called by" in said
    assert "out come" in said
