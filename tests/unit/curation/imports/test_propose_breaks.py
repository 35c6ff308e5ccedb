"""`meta.breaks` is proposed for right answers that break rules, and written where asked for."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repositories.small_repository import case, make_repository, write_lines

from dslm.curation.filters.rule_breaks import rule_fault
from dslm.curation.imports.propose_breaks import declare, proposals
from dslm.curation.labels.review_csv import COLUMNS, ReviewRow, write_review
from dslm.curation.sources.mapping.row_mapping import to_case
from dslm.settings.workspace import Workspace

WITHOUT = {"kind": "order", "number": None}  # breaks `numbered`


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return make_repository(tmp_path)


def source(ws: Workspace) -> Path:
    return ws.data / "sources" / "cases.jsonl"


def change(path: Path, number: int, **changes) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[number] |= changes
    write_lines(path, rows)


def test_a_sound_workflow_has_nothing_to_declare(ws):
    assert proposals(ws) == []


def test_sources_and_gold_are_proposed_with_file_line_and_rules(ws):
    change(source(ws), 7, target=WITHOUT)
    change(ws.gold, 3, target=WITHOUT)
    found = proposals(ws)
    assert [(p.path, p.line, p.id, p.breaks) for p in found] == [
        (source(ws), 8, "s-007", ("numbered",)), (ws.gold, 4, "g-003", ("numbered",)),
    ]  # fmt: skip


def test_what_is_written_is_proposed_no_longer_and_no_other_line_changes(ws):
    change(source(ws), 7, target=WITHOUT)
    change(source(ws), 9, meta=case(9)["meta"] | {"breaks": ["numbered"]})  # it breaks none
    before = source(ws).read_bytes().split(b"\n")
    done = declare(ws, proposals(ws))
    assert (done.cases, done.left) == (2, ())
    after = source(ws).read_bytes().split(b"\n")
    assert [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [7, 9]
    assert json.loads(after[7])["meta"]["breaks"] == ["numbered"]
    assert "breaks" not in json.loads(after[9])["meta"]
    assert proposals(ws) == []


def test_a_gzipped_source_is_written_too(ws):
    change(source(ws), 7, target=WITHOUT)
    zipped = source(ws).with_name("cases.jsonl.gz")
    zipped.write_bytes(gzip.compress(source(ws).read_bytes()))
    source(ws).unlink()
    ws.contract.write_text(ws.contract.read_text().replace("*.jsonl", "*.jsonl.gz"))
    assert declare(ws, proposals(ws)).cases == 1
    assert proposals(ws) == []


def test_a_file_of_another_kind_is_named_and_left_alone(ws):
    row = case(7, prefix="c")
    text = (
        f'id,input,target,meta\nc-1,{row["input"]},"{{""kind"": ""order"", ""number"": null}}",\n'
    )
    (ws.data / "sources" / "more.csv").write_text(text)
    ws.contract.write_text(ws.contract.read_text().replace("*.jsonl", "*"))
    (one,) = proposals(ws)
    assert "add a column" in one.not_writable
    assert declare(ws, [one]).left == (one,)
    assert (ws.data / "sources" / "more.csv").read_text() == text


def test_a_case_that_a_person_drops_or_mends_is_not_proposed(ws):
    change(source(ws), 7, target=WITHOUT)
    change(source(ws), 8, target=WITHOUT)
    blank = dict.fromkeys(COLUMNS, "")
    write_review(ws.review, [
        ReviewRow(**(blank | {"id": "s-007", "field": "kind", "verdict": "drop"})),
        ReviewRow(**(blank | {"id": "s-008", "field": "number", "verdict": "fix:A-8"})),
    ])  # fmt: skip
    assert proposals(ws) == []


METAS = st.dictionaries(st.sampled_from(["a", "ü", "breaks"]), st.just(["numbered"]) | st.just([]))


@given(meta=METAS, spelled=st.booleans(), wrong=st.booleans())
def test_whatever_meta_a_case_has_its_breaches_are_declared_and_the_rest_stays(
    tmp_path_factory, meta, spelled, wrong
):
    ws = make_repository(tmp_path_factory.mktemp("repository"))
    text = json.dumps(meta) if spelled and meta else meta
    row = case(7, prefix="s") | {"meta": text} | ({"target": WITHOUT} if wrong else {})
    write_lines(source(ws), [row])
    declare(ws, proposals(ws))
    from dslm.contract.model.contract_model import Columns, load_contract

    contract = load_contract(ws.contract)
    made, _ = to_case(contract, json.loads(source(ws).read_text()), Columns(), textual=False)
    assert rule_fault(contract, made) is None
    assert {k: v for k, v in made.meta.items() if k != "breaks"} == {
        k: v for k, v in meta.items() if k != "breaks"
    }
