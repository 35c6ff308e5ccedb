import gzip
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.curation.curated_runs import curated

from dslm.cases import read_labelled
from dslm.contract import load_contract
from dslm.curation.case_rows import CaseRows
from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop, LeakageCheck, Ledger, SourceCount
from dslm.curation.near_duplicate_search.minhash_signatures import Marks
from dslm.curation.near_duplicate_search.prefix_suffix_keys import END_COLUMNS
from dslm.curation.near_duplicate_search.text_similarity import HASHES
from dslm.curation.sources.daft_engine import STOP, Engine, Tally, _read, stopped
from dslm.curation.sources.formats import json_lines
from dslm.curation.sources.source_chunks import chunks_of, files_of
from dslm.curation.sources.source_table import RowReader, row_schema
from dslm.curation.splits import SPLITS
from dslm.errors import EnvironmentFault, InputError, Problems
from dslm.records import Case

ROOT = Path(__file__).parents[4]
FILES = [
    "calibration.jsonl", "contradictions.jsonl", "ledger.json", "near-disagreements.jsonl",
    "rejects.jsonl", "train.jsonl", "validation.jsonl",
]  # fmt: skip


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def flawed(rows):
    """Rows with an exact and a near duplicate, a contradiction, and a wrong label."""
    contradiction = rows[2]["target"] | {"amount": "0.01"}
    wrong = rows[3] | {"target": {"kind": "other", "amount": "5.00"}}
    return [
        *rows[:3], wrong, *rows[4:],
        rows[0] | {"id": "z-exact", "input": rows[0]["input"].upper()},
        rows[1] | {"id": "z-near", "input": rows[1]["input"] + " Thanks"},
        rows[2] | {"id": "z-contra", "target": contradiction},
    ]  # fmt: skip


def test_planted_flaws_are_dropped_each_with_its_reason(contract, rows, gold, write_source):
    done = curated(contract, write_source(flawed(rows)), gold)
    assert [(d.id, d.reason) for d in done.ledger.drops] == [
        ("s-0002", "contradictory_label"),
        ("s-0003", "breaks:other_is_empty"),
        ("z-contra", "contradictory_label"),
        ("z-exact", "exact_duplicate"),
        ("z-near", "near_duplicate"),
    ]
    assert sorted([c.id for c in done.kept]) == [r["id"] for r in rows if r["id"][-4:] not in
                                         ("0002", "0003")]  # fmt: skip


def test_clean_data_is_kept_whole(contract, rows, gold, write_source):
    done = curated(contract, write_source(rows), gold)
    assert sorted([c.id for c in done.kept]) == [row["id"] for row in rows]
    assert done.ledger.dropped == {}


def test_the_files_are_those_that_later_stages_read(contract, rows, gold, write_source, tmp_path):
    out = tmp_path / "out"
    curated(contract, write_source([*flawed(rows), b"{"]), gold, out)
    assert [path.name for path in sorted(out.iterdir())] == FILES
    book = json.loads((out / "ledger.json").read_text())
    assert book["read"] == 204
    assert book["rejected"] == 1
    assert book["dropped"] == {
        "breaks:other_is_empty": 1, "contradictory_label": 2, "exact_duplicate": 1,
        "near_duplicate": 1,
    }  # fmt: skip
    assert sum(book["kept"].values()) == 198
    assert book["cases"][0] == ["s-0002", "contradictory_label"]
    assert ["z-near", "s-0001"] in book["matches"]
    assert book["sources"] == {
        "sources/a.jsonl": {"read": 204, "rejected": 1, "dropped": 5, "kept": 198}
    }
    [reject] = map(json.loads, (out / "rejects.jsonl").read_text().splitlines())
    assert reject["source"] == "sources/a.jsonl"
    assert reject["line"] == 204
    for name in SPLITS:
        cases = read_labelled(out / f"{name}.jsonl", contract)
        assert len(cases) == book["kept"][name]
        assert [c.id for c in cases] == sorted(c.id for c in cases)


@pytest.mark.slow
def test_shuffled_sources_give_the_same_bytes(build_contract, rows, gold, write_source, tmp_path):
    rows = flawed(rows)
    halves = {"a.jsonl": rows[:90], "b.jsonl": rows[90:]}
    wanted = None
    for seed in range(3):
        rng = random.Random(seed)
        for name, part in halves.items():
            write_source(rng.sample(part, len(part)), name)
        paths = rng.sample(["sources/a.jsonl", "sources/b.jsonl"], 2)
        sources = [{"path": path, "licence": "CC0", "origin": "o"} for path in paths]
        out = tmp_path / f"out{seed}"
        contract = build_contract(sources=sources)
        done = curated(contract, tmp_path, rng.sample(gold, len(gold)), out)
        wanted = wanted or (bytes_of(out), done.inputs)
        assert (bytes_of(out), done.inputs) == wanted


# Daft leaves the sockets of its worker processes to the garbage collector
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("workers", [1, 2])
def test_parts_and_workers_change_no_byte(
    contract, rows, gold, write_source, tmp_path, monkeypatch, workers
):
    lines = [json.dumps(row).encode() for row in flawed(rows)]
    folder = write_source([*lines[:90], b"{", *lines[90:]])
    curated(contract, folder, gold, tmp_path / "whole")
    monkeypatch.setattr(json_lines, "PART_BYTES", 2000)
    assert len(chunks_of(files_of(contract.data.sources, folder))) > 10
    curated(contract, folder, gold, tmp_path / "parts", Engine(workers=workers))
    assert bytes_of(tmp_path / "parts") == bytes_of(tmp_path / "whole")


def test_parts_of_a_file_are_about_as_long_as_each_other(contract, rows, write_source, monkeypatch):
    folder = write_source(rows)
    files = files_of(contract.data.sources, folder)
    size = files[0].path.stat().st_size
    monkeypatch.setattr(json_lines, "PART_BYTES", int(size / 1.2))
    parts = [piece.part for piece in chunks_of(files)]
    assert [parts[0].start, parts[0].end, parts[1].end] == [0, parts[1].start, size]
    longest = max(len(line) + 1 for line in files[0].path.read_bytes().splitlines())
    assert [abs(part.end - part.start - size / 2) <= longest for part in parts] == [True, True]


def test_a_gold_case_that_leaks_nowhere_changes_no_byte(
    contract, rows, gold, write_source, tmp_path
):
    folder = write_source(rows)
    changed = [gold[0].model_copy(update={"input": "New"}), *gold[1:]]
    one = curated(contract, folder, gold, tmp_path / "one")
    other = curated(contract, folder, changed, tmp_path / "other")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "other")
    assert one.inputs["sources"] == other.inputs["sources"]
    assert one.inputs["gold_compared"] != other.inputs["gold_compared"]


@pytest.mark.slow
@settings(max_examples=15)
@given(data=st.data())
def test_in_is_kept_plus_dropped_and_no_case_is_twice(
    build_contract, build_rows, gold, tmp_path, data
):
    contract = build_contract(max_rejects=0.9)
    rows = build_rows(60)
    texts = [row["input"] for row in rows] + [gold[0].input, gold[1].input.upper(), "short"]
    extra = [
        {"input": data.draw(st.sampled_from(texts)),
         "target": {"kind": data.draw(st.sampled_from(["claim", "other", "no label"])),
                    "amount": data.draw(st.sampled_from([None, "1.00"]))},
         "meta": {"sender": data.draw(st.sampled_from(["s sender 1", "g sender 2", "", "new"]))}}
        for _ in range(data.draw(st.integers(0, 12)))
    ]  # fmt: skip
    (tmp_path / "sources").mkdir(exist_ok=True)
    lines = [json.dumps(row) for row in [*rows, *extra]]
    (tmp_path / "sources" / "a.jsonl").write_text("\n".join(lines))
    done = curated(contract, tmp_path, gold)
    kept, drops = [c.id for c in done.kept], [drop.id for drop in done.ledger.drops]
    assert len(set(kept) | set(drops)) == len(kept) + len(drops)
    assert len(kept) + len(drops) + len(done.rejects) == len(lines) == done.ledger.read
    groups = {c.meta["sender"] for c in done.kept}
    assert not groups & {c.meta["sender"] for c in gold}


def test_a_ledger_that_does_not_add_up_cannot_be_made():
    count = SourceCount(read=3, rejected=1, dropped=1, kept=1)
    good = {
        "read": 3, "rejected": 1, "dropped": {"no_group": 1}, "kept": {"train": 1}, "groups": {},
        "sources": {"a": count}, "leakage": LeakageCheck(compared=2, found={}),
        "drops": (Drop(id="x", reason="no_group"),),
    }  # fmt: skip
    Ledger(**good)
    for wrong in (
        {"read": 4},
        {"kept": {"train": 2}},
        {"dropped": {"leak_near": 1}},
        {"drops": ()},
        {"sources": {"a": count.model_copy(update={"kept": 0})}},
        {"sources": {}},
    ):
        with pytest.raises(ValueError, match=r"add|read|drops|kept"):
            Ledger(**(good | wrong))


@pytest.mark.slow
def test_curation_opens_no_connection(contract, rows, gold, write_source):
    folder = write_source(rows)
    (folder / "contract.json").write_text(contract.model_dump_json(by_alias=True))
    (folder / "gold.json").write_text(json.dumps([c.model_dump() for c in gold]))
    code = """
import json, sys
from pathlib import Path
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("tried", event, args, flush=True)
sys.addaudithook(refuse)
from dslm.contract import Contract
from dslm.curation.pipeline import curate
from dslm.records import Case
folder = Path(sys.argv[1])
gold = [Case.model_validate(c) for c in json.loads((folder / "gold.json").read_text())]
contract = Contract.model_validate_json((folder / "contract.json").read_text())
print(curate(contract, folder, gold, folder / "out").ledger.read)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["200"]


@pytest.mark.slow
def test_the_example_workflow_loses_what_was_planted_in_it(tmp_path):
    path = ROOT / "data" / "invoice_intake" / "workflow.yaml"
    contract = load_contract(path)
    gold = read_labelled(ROOT / "eval" / "invoice_intake" / "gold.jsonl", contract)
    began = time.monotonic()
    ledger = curated(contract, path.parent, gold, tmp_path / "out").ledger
    assert time.monotonic() - began < 30
    assert ledger.rejected == 0
    assert ledger.dropped["contradictory_label"] == 24  # 12 pairs
    # 25 exact and 25 near ones: those that differ in blanks alone fold to exact
    assert ledger.dropped["exact_duplicate"] >= 25
    assert 45 <= ledger.dropped["exact_duplicate"] + ledger.dropped["near_duplicate"] <= 50
    assert sum(ledger.leakage.found.values()) == 0
    assert set(ledger.dropped) == {"contradictory_label", "exact_duplicate", "near_duplicate"}


def test_cases_are_not_changed_on_their_way(contract, rows, gold, write_source):
    done = curated(contract, write_source(rows), gold)
    by_id = {row["id"]: Case.model_validate(row) for row in rows}
    assert all(by_id[c.id] == c for c in done.kept)


def test_a_broken_row_does_not_round_the_numbers_cases_are_compared_by(
    contract, rows, write_source
):
    folder = write_source([*rows[:99], b"{"])
    files = files_of(contract.data.sources, folder)
    made = RowReader(contract, chunks_of(files), CaseRows(contract)).rows(0)
    table = pa.Table.from_pylist(made, schema=row_schema())
    marks = Marks(np.zeros((100, HASHES), np.uint32), np.zeros((100, END_COLUMNS), np.uint64))
    cases = CaseTable(table, marks, np.arange(99))
    assert cases.numbers("text_number").tolist() == [row["text_number"] for row in made[:99]]
    assert any(number % 2 for number in cases.numbers("text_number").tolist())


# Daft leaves the sockets of its worker processes to the garbage collector
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_is_the_same_clear_line(
    contract, build_contract, rows, gold, write_source, tmp_path, workers
):
    for name, part in {"a.jsonl": rows[:90], "b.jsonl": rows[90:]}.items():
        folder = write_source(part, name)
    bare = gold[0].model_copy(update={"meta": {}})
    with pytest.raises(Problems, match=r"gold case g-0000: no meta\.sender"):
        curated(contract, folder, [bare, *gold[1:]], tmp_path / "one", Engine(workers=workers))
    (folder / "sources" / "z.jsonl.gz").write_bytes(gzip.compress(b"{}")[:-9])
    source = {"path": "sources/*", "licence": "CC0", "origin": "o"}
    broken = build_contract(sources=[source])
    with pytest.raises(InputError, match=r"z\.jsonl\.gz:1: broken gzip.*fetch the file again"):
        curated(broken, folder, gold, tmp_path / "two", Engine(workers=workers))


def test_a_fault_of_the_machine_stays_one_on_its_way_from_a_worker() -> None:
    class Reader:
        pieces = ()

        def rows(self, number: int) -> list[dict[str, object]]:
            raise EnvironmentFault(
                "reading Parquet needs pyarrow", where="a.parquet", fix="install"
            )

    (row,) = _read(Reader(), 0)
    told = stopped(row[STOP])
    assert isinstance(told, EnvironmentFault)
    assert told.message() == "a.parquet: reading Parquet needs pyarrow — install"


def test_rows_that_did_not_come_are_missed() -> None:
    schema = pa.schema([("piece", pa.int64()), ("rows", pa.int64())])

    def tally(*rows: tuple[int, int | None]) -> tuple[bool, int]:
        made = Tally(2)
        pieces, counts = zip(*rows, strict=True)
        batch = pa.RecordBatch.from_arrays([pa.array(pieces), pa.array(counts, pa.int64())],
                                           schema=schema)  # fmt: skip
        return made.add(batch).num_rows == made.came.total(), made.whole

    assert tally((0, None), (0, None), (0, 2), (1, 0)) == (True, True)
    assert tally((0, None), (0, 2), (1, 0)) == (True, False)  # a row of the first piece
    assert tally((0, None), (0, 1), (1, None)) == (True, False)  # the end of the second
    assert tally((0, None), (0, 1)) == (True, False)  # all of it
