"""How the code is laid out: who may import whom, how long things are, what is called what."""

from __future__ import annotations

import ast

import pytest
from support.documents.code_reader import ROOT, modules

BASE = {
    "contract",
    "record",
    "records",
    "settings",
    "provenance",
    "cases",
    "data_card",
    "evidence",
    "journal_entry",
    "looks",
    "prediction",
    "progress_line",
    "stage",
    "errors",
    "statistics",
    "strict_json",
    "uris",
}
ACTIVITIES = {
    "curation", "training", "inference", "scoring", "gating", "releasing", "reporting", "examples",
    "checking", "scaffolding", "pull_request", "erasure",
}  # fmt: skip
# Which activity may call which, beyond the base; everything else goes through records and files.
MAY_CALL = {
    # one prompt renderer, one place that knows base models; the doctor's findings are as a proof's
    "training": {"inference", "checking"},
    "examples": {"scoring"},  # recorded answers become rows by the functions that the stages call
    # the gate recomputes the scorecard from the rows, and knows repeated texts as curation does
    "gating": {"scoring", "curation"},
    # the smoke test answers with the decider that serves; its input is gold's, as it may be shown;
    # no verdict is believed: registration and promotion judge the rows by the gate's own function;
    # a dossier's page is drawn as the report is
    "releasing": {"inference", "curation", "gating", "scoring", "reporting"},
    # what is shown of gold has the surrogates that curation makes; a difference between two models
    # is the gate's own, and so is what this gold set can show; people are priced as outcomes are
    "reporting": {"curation", "gating", "scoring"},
    # rows are counted by the readers that curation reads them with, tokens as training counts them,
    # and the gold cases that a margin needs by the gate's own test
    "checking": {"curation", "inference", "gating"},
    # whose a row is, curation says; a release without some rows is sealed as releasing seals one
    "erasure": {"curation", "releasing"},
    # it lets the gate judge what it laid out, and reads how rows fared that were answered again
    "pull_request": {"gating", "scoring"},
    # it proposes only what the proofs accept, and reads a sample as curation reads sources
    "scaffolding": {"checking", "curation", "inference", "gating"},
}
HEAVY = {
    "torch", "transformers", "trl", "peft", "mlflow", "daft", "scipy", "datasets", "evaluate",
    "pandas", "sklearn", "cleanlab",
}  # fmt: skip
LONGEST_FUNCTION, LONGEST_MODULE = 60, 300
CONTENT = ("data", "recipes", "registry")
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}

OURS = modules("dslm", "pipelines")
LIBRARY = modules("dslm")
PARTS = BASE | ACTIVITIES | {"cli"}  # anything else below dslm is a name of its __init__


def part_of(dotted: str) -> str | None:
    """The part of the library that a dotted name belongs to."""
    words = dotted.split(".")
    return words[1] if words[0] == "dslm" and len(words) > 1 else None


def test_there_is_code_to_look_at() -> None:
    assert len(LIBRARY) > 50
    assert {part_of(m.name) for m in LIBRARY} - {None} == PARTS


@pytest.mark.slow
def test_the_library_never_imports_the_stages() -> None:
    assert [
        (m.name, i.line) for m in LIBRARY for i in m.imports() if i.name.startswith("pipelines")
    ] == []


@pytest.mark.slow
def test_imports_go_in_one_direction() -> None:
    wrong = []
    for module in LIBRARY:
        here = part_of(module.name)
        if here is None or here == "cli":
            continue
        allowed = BASE | {here}
        if here in ACTIVITIES:
            allowed |= MAY_CALL.get(here, set())
        for one in module.imports():
            there = part_of(one.name)
            if there in PARTS and there not in allowed:
                wrong.append(f"{module.path.relative_to(ROOT)}:{one.line} imports {one.name}")
    assert wrong == []


def test_the_release_code_imports_the_decider_only_when_it_needs_it() -> None:
    at_load = [
        f"{m.path.relative_to(ROOT)}:{i.line}"
        for m in modules("dslm/releasing")
        for i in m.imports()
        if i.at_load and part_of(i.name) == "inference"
    ]
    assert at_load == []


@pytest.mark.slow
def test_no_heavy_library_is_imported_at_load() -> None:
    heavy = [
        f"{m.path.relative_to(ROOT)}:{i.line} imports {i.name}"
        for m in OURS
        for i in m.imports()
        if i.at_load and i.name.split(".")[0] in HEAVY
    ]
    assert heavy == []


@pytest.mark.parametrize("folder", CONTENT)
def test_content_folders_hold_no_code(folder: str) -> None:
    assert [p for p in (ROOT / folder).rglob("*") if p.suffix in {".py", ".ipynb", ".sh"}] == []


@pytest.mark.slow
def test_functions_and_modules_are_short() -> None:
    long = [f"{m.name}.{f}: {n}" for m in OURS for f, n in m.functions() if n > LONGEST_FUNCTION]
    long += [f"{m.name}: {n}" for m in OURS if (n := len(m.text.splitlines())) > LONGEST_MODULE]
    assert long == []


def test_no_file_is_named_for_nothing() -> None:
    files = [*OURS, *modules("tests", "eval")]
    assert [m.name for m in files if m.path.stem in EMPTY_NAMES] == []


@pytest.mark.slow
def test_every_module_says_where_it_stands() -> None:
    assert [m.name for m in OURS if ast.get_docstring(m.tree) is None] == []
