"""Files of one text each: labels beside them, thousands of them, and nothing lost on the way."""

import json

import pytest
from support.curation.curated_runs import curated, read
from support.curation.source_files import SRT, TARGET, VTT, label, mail

from dslm.curation.sources import source_chunks
from dslm.curation.sources.source_chunks import chunks_of, files_of
from dslm.errors import InputError

SOURCE = {"path": "texts/*.txt", "licence": "CC0", "origin": "o"}


@pytest.fixture
def write(tmp_path):
    (tmp_path / "texts").mkdir()

    def put(**files):
        for name, text in files.items():
            (tmp_path / "texts" / name.replace("_", ".")).write_text(text)
        return tmp_path

    return put


def test_a_text_takes_its_target_meta_and_id_from_the_label(build_contract, write):
    folder = write(a_txt="Parcel broken.\r\nPlease help.", a_json=label(id="own", meta={"n": 1}),
                   b_txt="Another one.", b_json=label())  # fmt: skip
    cases = read(build_contract(sources=[SOURCE]), folder).cases
    assert [case.model_dump() for case in cases] == [
        {"id": "b", "input": "Another one.", "target": TARGET, "meta": {}},
        {"id": "own", "input": "Parcel broken.\nPlease help.", "target": TARGET, "meta": {"n": 1}},
    ]


def test_texts_without_labels_and_labels_without_texts_are_rejects(build_contract, write):
    folder = write(a_txt="a", a_json=label(), b_txt="b", c_json=label())
    reading = read(build_contract(sources=[SOURCE], max_rejects=0.7), folder)
    assert [(r.source, r.line, r.reason) for r in reading.rejects] == [
        ("texts/b.txt", 1, "no label: b.txt needs b.json beside it"),
        ("texts/c.json", 1, "a label without text: none of c.eml, c.vtt, c.srt, c.txt lies "
                            "beside it"),
    ]  # fmt: skip
    assert reading.read == {"texts/a.txt": 1, "texts/b.txt": 1, "texts/c.json": 1}


def test_a_label_of_a_text_that_no_source_matches_is_not_missed(build_contract, write):
    folder = write(a_txt="a", a_json=label(), b_eml=bytes(mail()).decode(), b_json=label())
    assert read(build_contract(sources=[SOURCE]), folder).read == {"texts/a.txt": 1}


def test_a_glob_over_all_kinds_reads_each_once_with_its_label(build_contract, write):
    folder = write(a_txt="a", a_json=label(), b_eml=bytes(mail()).decode(), b_json=label(),
                   c_vtt=VTT, c_json=label(), d_srt=SRT.replace("parcel", "box"),
                   d_json=label())  # fmt: skip
    reading = read(build_contract(sources=[SOURCE | {"path": "texts/*"}]), folder)
    assert [case.id for case in reading.cases] == ["a", "b", "c", "d"]
    assert reading.rejects == []


def test_a_source_that_matches_only_labels_is_refused(build_contract, write):
    folder = write(a_txt="a", a_json=label())
    with pytest.raises(InputError, match="matches only labels"):
        read(build_contract(sources=[SOURCE | {"path": "texts/*.json"}]), folder)


@pytest.mark.slow
def test_an_id_from_two_folders_names_both_places(build_contract, write):
    folder = write(a_txt="a", a_json=label())
    (folder / "more").mkdir()
    (folder / "more" / "a.txt").write_text("b")
    (folder / "more" / "a.json").write_text(label())
    with pytest.raises(InputError, match=r"texts/a\.txt:1: id 'a' is also at more/a\.txt:1"):
        read(build_contract(sources=[SOURCE | {"path": "*/*.txt"}]), folder)


@pytest.mark.slow
def test_many_small_files_are_few_pieces_and_keep_their_names(build_contract, write):
    texts = {f"t{n:04d}_txt": f"Parcel {n} is broken." for n in range(1000)}
    labels = {f"t{n:04d}_json": label() for n in range(1000) if n not in (7, 600)}
    folder = write(**texts, **labels)
    contract = build_contract(sources=[SOURCE])
    planned = chunks_of(files_of(contract.data.sources, folder))
    assert len(planned) == 4
    assert sum(len(piece.files) for piece in planned) == 1000
    reading = read(contract, folder)
    assert [r.source for r in reading.rejects] == ["texts/t0007.txt", "texts/t0600.txt"]
    assert len(reading.cases) == 998


def test_a_bundle_ends_where_it_is_as_big_as_a_part(build_contract, write, monkeypatch):
    monkeypatch.setattr(source_chunks, "PART_BYTES", 25)
    folder = write(**{f"t{n}_txt": "ten bytes." for n in range(7)})
    planned = chunks_of(files_of(build_contract(sources=[SOURCE]).data.sources, folder))
    assert [len(piece.files) for piece in planned] == [3, 3, 1]


def test_a_whole_curation_of_texts_and_rows_reconciles(
    build_contract, rows, gold, write, write_source
):
    for row in rows[:80]:
        (write() / "texts" / f"{row['id']}.txt").write_text(row["input"])
        text = json.dumps({"target": row["target"], "meta": row["meta"]})
        (write() / "texts" / f"{row['id']}.json").write_text(text)
    folder = write(zz_json=label(), zy_txt="never labelled")
    write_source(rows[80:])
    both = [SOURCE, SOURCE | {"path": "sources/*.jsonl"}]
    done = curated(build_contract(sources=both, max_rejects=0.05), folder, gold)
    assert {case.id for case in done.kept} == {row["id"] for row in rows}
    assert [r.source for r in done.rejects] == ["texts/zy.txt", "texts/zz.json"]
    assert done.ledger.read == len(rows) + 2
    assert done.ledger.sources["sources/a.jsonl"].kept == 120
    assert done.ledger.sources["texts/zz.json"].rejected == 1
