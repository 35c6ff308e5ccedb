import csv
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.curation.curated_runs import curated

from dslm.cases import read_labelled
from dslm.curation.imports import file_import as module
from dslm.curation.imports.file_import import import_cases
from dslm.curation.imports.import_mapping import Keys
from dslm.errors import InputError, Problems
from dslm.settings.workspace import Workspace


@pytest.fixture
def ws(tmp_path):
    return Workspace(tmp_path / "repo", "parcels")


@pytest.fixture
def write_file(tmp_path):
    def write(rows, name="given.jsonl"):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path = tmp_path / name
        raw = "".join(line + "\n" for line in lines).encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return write


@pytest.fixture
def foreign(build_rows):
    """Rows as another collection has them: `text`, other fields, numbers as numbers."""
    return [
        {"id": r["id"], "text": r["input"], "source": "somewhere",
         "target": {"kind": "claim", "amount": float(r["target"]["amount"]), "colour": "red",
                    "company": r["meta"]["sender"].upper() + "."},
         "meta": {"page": 3}}
        for r in build_rows(200)
    ]  # fmt: skip


def files_of(ws):
    return {p.relative_to(ws.root) for p in ws.root.rglob("*") if p.is_file()}


def test_sources_and_gold_are_parted_by_group(ws, contract, foreign, write_file):
    path = write_file(foreign, "given.jsonl.gz")
    done = import_cases(path, ws, contract, gold_share=0.25, group_by="target.company")
    gold = read_labelled(ws.gold, contract)
    sources = read_labelled(ws.data / "sources" / "imported.jsonl", contract)
    assert {c.id for c in gold} | {c.id for c in sources} == {row["id"] for row in foreign}
    assert (done.read, done.gold, done.sources) == (200, len(gold), len(sources))
    held = {c.meta["sender"] for c in gold}
    assert not held & {c.meta["sender"] for c in sources}
    assert (done.gold_groups, done.source_groups) == (len(held), 40 - len(held))
    assert 4 <= len(held) <= 18
    assert all(c.meta["page"] == 3 for c in gold)
    assert curated(contract, ws.data, gold, ws.root / "out").ledger.leakage.found["leak_group"] == 0


def test_targets_get_exactly_the_contracts_fields(ws, contract, foreign, write_file):
    del foreign[0]["target"]["amount"]
    done = import_cases(
        write_file(foreign), ws, contract, gold_share=0.25, group_by="target.company"
    )
    cases = read_labelled(ws.gold, contract)
    cases += read_labelled(ws.data / "sources" / "imported.jsonl", contract)
    targets = {c.id: c.target for c in cases}
    assert targets["s-0000"] == {"kind": "claim", "amount": None}
    assert all(isinstance(t["amount"], str) for i, t in targets.items() if i != "s-0000")
    assert done.extra_fields == {"colour": 200, "company": 200}
    assert done.missing_fields == {"amount": 1}


def test_spellings_of_a_group_are_one_group(ws, contract, foreign, write_file):
    spellings = ["BLUE LAMP (M) SDN. BHD", "Blue  Lamp (M) Sdn Bhd.", "blue lamp m sdn bhd"]
    for row, name in zip(foreign, spellings, strict=False):
        row["target"]["company"] = name
    import_cases(write_file(foreign), ws, contract, gold_share=0.25, group_by="target.company")
    gold = {c.id for c in read_labelled(ws.gold, contract)}
    assert len(gold & {row["id"] for row in foreign[:3]}) in (0, 3)


@pytest.mark.parametrize("group_by", [None, "sender", "meta.sender"])
def test_the_contracts_own_group_is_kept_as_it_is_written(
    ws, contract, foreign, write_file, group_by
):
    names = {f"n-{number}" for number in range(len(foreign))}
    for row, name in zip(foreign, sorted(names), strict=True):
        row["meta"]["sender"] = name
    import_cases(write_file(foreign), ws, contract, gold_share=0.25, group_by=group_by)
    imported = [*read_labelled(ws.gold, contract)]
    imported += [*read_labelled(ws.data / "sources/imported.jsonl", contract)]
    assert {case.meta["sender"] for case in imported} == names


@pytest.mark.parametrize("group_by", ["meta.shop", "shop"])
def test_the_group_may_be_a_key_of_meta(ws, contract, foreign, write_file, group_by):
    for row in foreign:
        row["meta"]["shop"] = row["target"]["company"]
    import_cases(write_file(foreign), ws, contract, gold_share=0.25, group_by=group_by)
    assert {c.meta["sender"] for c in read_labelled(ws.gold, contract)} <= {
        f"ssender{n}" for n in range(40)
    }


def test_the_same_file_gives_the_same_gold_and_another_seed_another(
    ws, contract, foreign, write_file
):
    def gold_of(rows, **options):
        import_cases(write_file(rows), ws, contract, gold_share=0.25, overwrite=True,
                     group_by="target.company", **options)  # fmt: skip
        return ws.gold.read_bytes()

    assert gold_of(foreign) == gold_of(foreign[::-1]) != gold_of(foreign, seed=1)


def test_without_groups_texts_are_parted_and_gold_has_each_once(
    ws, build_contract, build_rows, write_file
):
    rows = build_rows(80)
    rows += [row | {"id": f"again-{row['id']}"} for row in rows]
    contract = build_contract(group_by=None)
    done = import_cases(write_file(rows), ws, contract, gold_share=0.5)
    gold = {c.input for c in read_labelled(ws.gold, contract)}
    sources = {c.input for c in read_labelled(ws.data / "sources" / "imported.jsonl", contract)}
    assert not gold & sources
    assert len(gold) == done.gold == len(done.dropped)
    assert done.read == done.gold + done.sources + len(done.dropped)


def test_gold_that_contradicts_itself_is_told_as_that(ws, build_contract, build_rows, write_file):
    rows = build_rows(20)
    again = [row | {"id": f"again-{row['id']}", "target": row["target"] | {"amount": "7.77"}}
             for row in rows]  # fmt: skip
    with pytest.raises(InputError, match="repeat or contradict others"):
        import_cases(write_file(rows + again), ws, build_contract(group_by=None), gold_share=0.5)


def test_rows_that_do_not_fit_are_listed_and_too_many_stop(
    ws, contract, build_contract, foreign, write_file
):
    foreign[6]["target"]["kind"] = "refund"
    foreign[7]["target"]["company"] = " - "
    foreign[8] = "{"
    path = write_file(foreign)
    with pytest.raises(Problems, match=r"given\.jsonl:7: target\.kind"):
        import_cases(path, ws, contract, gold_share=0.25, group_by="target.company")
    assert not ws.root.exists()
    done = import_cases(path, ws, build_contract(max_rejects=0.1), gold_share=0.25,
                        group_by="target.company")  # fmt: skip
    assert [reject.line for reject in done.rejects] == [7, 8, 9]
    assert done.rejects[1].reason == "no group: target.company is empty or missing"
    assert done.gold + done.sources + 3 == done.read == 200


def test_a_frozen_gold_set_is_not_overwritten_unless_told(ws, contract, foreign, write_file):
    ws.eval.mkdir(parents=True)
    ws.gold.write_text("frozen\n")
    path = write_file(foreign)
    with pytest.raises(InputError, match="gold is frozen") as caught:
        import_cases(path, ws, contract, gold_share=0.25, group_by="target.company")
    assert caught.value.where == str(ws.gold)
    assert ws.gold.read_text() == "frozen\n"
    assert len(files_of(ws)) == 1
    import_cases(path, ws, contract, gold_share=0.25, group_by="target.company", overwrite=True)
    assert len(files_of(ws)) == 2


def test_what_holds_no_rows_is_told_as_that(ws, contract, write_file, tmp_path):
    with pytest.raises(InputError, match="no rows in this file"):
        import_cases(write_file([]), ws, contract, gold_share=0.25)
    (tmp_path / "bare" / "inner").mkdir(parents=True)
    with pytest.raises(InputError, match="no files in this folder"):
        import_cases(tmp_path / "bare", ws, contract, gold_share=0.25)


def test_a_full_disk_leaves_nothing_half_written(ws, contract, foreign, write_file, monkeypatch):
    ws.eval.mkdir(parents=True)
    ws.gold.write_text("before\n")
    whole = module.write_records

    def full(path, records):
        if "gold" in path.name:
            raise OSError(28, "No space left on device")
        whole(path, records)

    monkeypatch.setattr(module, "write_records", full)
    with pytest.raises(OSError, match="No space"):
        import_cases(write_file(foreign), ws, contract, gold_share=0.25, overwrite=True,
                     group_by="target.company")  # fmt: skip
    assert files_of(ws) == {ws.gold.relative_to(ws.root)}
    assert ws.gold.read_text() == "before\n"


def test_broken_rules_are_reported(ws, contract, foreign, write_file):
    foreign[0]["target"] |= {"kind": "other"}
    foreign[1]["target"] |= {"kind": "other"}
    foreign[1]["meta"]["breaks"] = ["other_is_empty"]
    done = import_cases(
        write_file(foreign), ws, contract, gold_share=0.25, group_by="target.company"
    )
    assert done.breaches == {"other_is_empty": 1}


def test_a_call_that_cannot_work_is_refused_before_anything_is_written(
    ws, contract, build_contract, foreign, write_file, tmp_path
):
    path = write_file(foreign)

    def refused(match, path=path, contract=contract, group_by="target.company", gold_share=0.25):
        with pytest.raises(InputError, match=match):
            import_cases(path, ws, contract, gold_share=gold_share, group_by=group_by)
        assert not ws.root.exists()

    refused("no such file", path=tmp_path / "none.jsonl")
    refused("unsupported file type '.pdf'", path=write_file(foreign, "given.pdf"))
    refused("is one text, and so one case — give the folder", path=write_file([], "a.vtt"))
    refused("not between 0 and 1", gold_share=1.0)
    refused("no data.group_by", contract=build_contract(group_by=None))
    refused("no group: meta.company", group_by="company")
    refused("id 's-0000' is also at", path=write_file([*foreign, foreign[0]], "twice.jsonl"))
    elsewhere = [{"path": "mails/*.jsonl", "licence": "CC0", "origin": "o"}]
    refused("no entry of data.sources reads", contract=build_contract(sources=elsewhere))
    for row in foreign:
        row["target"]["company"] = "one"
    refused("no case fell into", path=write_file(foreign, "one.jsonl"))


def imported_cases(ws, contract):
    cases = read_labelled(ws.gold, contract)
    cases += read_labelled(ws.data / "sources" / "imported.jsonl", contract)
    return sorted(cases, key=lambda case: case.id)


def flat(rows):
    return [{"id": r["id"], "text": r["input"], "sender": r["meta"]["sender"], "page": "",
             **r["target"]} for r in rows]  # fmt: skip


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "json.csv"])
def test_a_table_is_imported_by_the_names_of_its_columns(ws, contract, build_rows, tmp_path, name):
    rows = build_rows(80)
    table = pd_rows = flat(rows)
    if name == "json.csv":
        table = [{"id": r["id"], "input": r["input"], "target": json.dumps(r["target"]),
                  "meta": json.dumps(r["meta"])} for r in rows]  # fmt: skip
    if name.endswith(".csv"):
        with (tmp_path / name).open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    else:
        pq.write_table(pa.Table.from_pylist(pd_rows), tmp_path / name)
    done = import_cases(tmp_path / name, ws, contract, gold_share=0.25, group_by="sender")
    assert (done.read, done.rejects, done.extra_fields) == (80, (), {})
    cases = {case.id: case for case in imported_cases(ws, contract)}
    for row in rows:
        case = cases[row["id"]]
        assert (case.input, case.target) == (row["input"], row["target"])
        assert case.meta["sender"] == row["meta"]["sender"]


def test_a_folder_of_texts_is_imported_with_the_labels_beside_them(
    ws, build_contract, build_rows, tmp_path
):
    folder = tmp_path / "texts"
    folder.mkdir()
    rows = build_rows(60)
    for row in rows:
        (folder / f"{row['id']}.txt").write_text(row["input"])
        label = {"target": row["target"], "meta": row["meta"]}
        (folder / f"{row['id']}.json").write_text(json.dumps(label))
    (folder / "unlabelled.txt").write_text("nobody said what this is")
    contract = build_contract(max_rejects=0.1)
    done = import_cases(folder, ws, contract, gold_share=0.25)
    assert [(r.source, r.line) for r in done.rejects] == [("unlabelled.txt", 1)]
    assert "needs unlabelled.json beside it" in done.rejects[0].reason
    assert {c.id for c in imported_cases(ws, contract)} == {row["id"] for row in rows}


def test_a_mailbox_is_imported_with_its_labels(ws, contract, build_rows, tmp_path):
    rows = build_rows(60)
    mails = [f"From a@b.c Mon Mar  3 10:00:00 2025\nMessage-ID: <{r['id']}@x>\nSubject: s\n\n"
             f"{r['input']}\n\n" for r in rows]  # fmt: skip
    (tmp_path / "box.mbox").write_text("".join(mails))
    labels = [{"message_id": f"<{r['id']}@x>", "target": r["target"], "meta": r["meta"]}
              for r in rows]  # fmt: skip
    (tmp_path / "box.labels.jsonl").write_text("\n".join(map(json.dumps, labels)))
    done = import_cases(tmp_path / "box.mbox", ws, contract, gold_share=0.25)
    assert (done.read, done.rejects) == (60, ())
    assert len(imported_cases(ws, contract)) == 60


@pytest.mark.parametrize("name", ["own.jsonl", "own.csv"])
@pytest.mark.parametrize("several", [True, False], ids=["columns", "object"])
def test_keys_of_ones_own_are_read_as_init_reads_them(
    ws, contract, build_rows, tmp_path, name, several
):
    rows = [
        {"ref": row["id"], "mail": row["input"], "text": "a column of another kind",
         **(row["target"] if several else {"answer": json.dumps(row["target"])})}
        for row in build_rows(60)
    ]  # fmt: skip
    path = tmp_path / name
    with path.open("w", newline="") as file:
        if name.endswith("csv"):
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    bare = contract.model_copy(
        update={"data": contract.data.model_copy(update={"group_by": None}), "slices": ()}
    )
    keys = Keys("mail", tuple(contract.fields) if several else ("answer",))
    done = import_cases(path, ws, bare, gold_share=0.3, keys=keys)
    cases = [*read_labelled(ws.gold, bare), *read_labelled(ws.data / module.IMPORTED, bare)]
    assert (done.read, len(done.rejects)) == (60, 0)
    wanted = {row["input"]: row["target"]["kind"] for row in build_rows(60)}
    assert {c.input: c.target["kind"] for c in cases}.items() <= wanted.items()
    assert len(cases) == 60 - len(done.dropped)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (Keys(), "none of input, text: `--input` names the key of the text (and 19 more rows)"),
        (Keys("mial"), "no 'mial'; there are: mail, answer (and 19 more rows)"),
        (Keys("mail"), "none of target, output, label: `--target` names the key of what is right"),
    ],
    ids=["none", "typing error", "no target"],
)
def test_a_key_that_no_row_has_is_said_once(ws, contract, write_file, keys, says):
    path = write_file([{"mail": f"m {n}", "answer": {"kind": "claim"}} for n in range(20)])
    with pytest.raises(Problems) as refusal:
        import_cases(path, ws, contract, gold_share=0.25, group_by="target.kind", keys=keys)
    assert says in str(refusal.value)
    assert len(refusal.value.problems) == 1
    assert "20 of 20 rows are unusable" in str(refusal.value)


def test_an_older_draw_beside_an_import_is_named(ws, contract, foreign, write_file):
    path = write_file(foreign)
    older = ws.data / "sources" / "sample.jsonl"
    older.parent.mkdir(parents=True)
    older.write_text("")
    done = import_cases(path, ws, contract, gold_share=0.25, group_by="target.company")
    assert done.beside == ("sources/sample.jsonl",)
