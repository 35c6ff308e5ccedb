"""Curation as a whole with personal data planted: gone from all that is written, labels with it."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from support.curation.curated_runs import curated

from dslm.cases import read_labelled
from dslm.contract import Contract, load_contract
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.model.contract_model import Columns
from dslm.curation.labels.review_csv import COLUMNS, ReviewRow, write_review
from dslm.curation.ledger import PersonalBook, PersonalCount
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.known_values import rows_by_group
from dslm.curation.personal.known_values.known_values import KnownValues
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.personal.proof.leftovers import Proof
from dslm.curation.personal.proof.written_files import lines_of, refuse
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.personal.surrogates.surrogate_key import DEMONSTRATION_KEY, fingerprint, key_of
from dslm.curation.personal.surrogates.surrogates import Surrogates
from dslm.curation.sources.daft_engine import Engine
from dslm.curation.sources.mapping.row_mapping import Misfit, to_case
from dslm.errors import EXIT_BAD_INPUT, EnvironmentFault, InputError
from dslm.records import Case

ROOT = Path(__file__).parents[4]
KEY = "a secret of thirty-two characters"
EVERYTHING = ["email", "iban", "card", "tax", "phone", "name"]
# What is planted, kind by kind: in the text, and as the label has it.
PLANTED = {
    "email": ("Eva.Maurer@lindt.de", "eva.maurer@lindt.de"),
    "iban": ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
    "card": ("4111-1111-1111-1111", "4111111111111111"),
    "tax": ("FR 61 954 506 077", "FR61954506077"),
    "phone": ("030/9018 2012", "+493090182012"),
    "name": ("MAURER, Eva", "Eva Maurer"),
}


def personal(**given) -> dict:
    asked = {"mode": "surrogate", "kinds": EVERYTHING, "names": ["meta.contact"], "regions": ["DE"]}
    return asked | given


@pytest.fixture
def settle(build_contract):
    """A contract whose label is a reference beside its kind, found in the text."""

    def build(**given) -> Contract:
        plain = build_contract(personal=personal(**given)).model_dump(mode="json", by_alias=True)
        ref = {"type": ["string", "null"], "maxLength": 60}
        plain["output"]["properties"]["ref"] = ref
        plain["output"]["required"].append("ref")
        plain["grounded"] = ["ref"]
        return Contract.model_validate(plain)

    return build


@pytest.fixture
def planted(rows):
    """The first rows hold one value each; all rows get the field."""
    for row in rows:
        row["target"]["ref"] = None
    for row, (kind, (text, label)) in zip(rows, sorted(PLANTED.items()), strict=False):
        row["input"] += f" Tel. {text}" if kind == "phone" else f" Ref {text}"
        row["target"]["ref"] = label
        row["meta"] |= {"note": [label], "contact": "Eva Maurer" if kind == "name" else "Jo Abt"}
    return rows


def run(contract, folder, gold, out, monkeypatch, engine=None):
    monkeypatch.setenv("DSLM_PERSONAL_KEY", KEY)
    answered = [
        c.model_copy(update={"target": (c.target or {}) | {"ref": None}}) for c in gold
    ]  # fmt: skip
    done = curated(contract, folder, answered, out, engine)
    texts = {path.name: path.read_text() for path in out.iterdir() if path.is_file()}
    return done, texts


def compact(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def case_of(done, place: int) -> Case:
    return next(c for c in done.kept if c.id == f"s-{place:04d}")


@pytest.mark.slow
def test_what_is_planted_is_replaced_in_input_label_and_meta(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    contract = settle()
    done, texts = run(contract, write_source(planted), gold, tmp_path / "out", monkeypatch)
    assert done.ledger.dropped == {}
    for place, (kind, (text, label)) in enumerate(sorted(PLANTED.items())):
        case = case_of(done, place)
        assert case.target
        assert case.target["ref"] != label, kind
        assert case.meta["note"] == [case.target["ref"]], kind
        assert text not in case.input
        assert ungrounded(contract, case.input, case.target) == () or kind in {"phone", "name"}
        if kind == "name":
            first, last = case.target["ref"].split()
            assert f"{last.upper()}, {first}" in case.input
        if kind == "phone":
            assert compact(case.target["ref"])[2:] in compact(case.input)
        for name, written in texts.items():
            for value in (text, label):
                assert compact(value) not in compact(written), (kind, name)


@pytest.mark.slow
def test_cases_without_findings_stay_as_they_are(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    done, _ = run(settle(), write_source(planted), gold, tmp_path / "out", monkeypatch)
    for row in planted[len(PLANTED) :]:
        assert next(c for c in done.kept if c.id == row["id"]) == Case.model_validate(row)


def test_the_ledger_counts_and_the_manifest_names_the_key_by_its_fingerprint(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    done, texts = run(settle(), write_source(planted), gold, tmp_path / "out", monkeypatch)
    told = fingerprint(KEY.encode())
    assert len(told) == 16
    assert done.inputs["personal_key"] == told
    book = json.loads(texts["ledger.json"])["personal"]
    assert (book["mode"], book["key"]) == ("surrogate", told)
    assert book["kinds"]["iban"] == {"cases": 1, "findings": 3}  # input, label, note
    assert book["kinds"]["name"]["cases"] == len(PLANTED)  # each has a contact
    assert set(book["kinds"]) == set(PLANTED)
    assert not any(KEY in text for text in texts.values())


@pytest.mark.slow
def test_the_same_key_gives_the_same_bytes_and_another_key_others(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    folder = write_source(planted)
    one, two = (run(settle(), folder, gold, tmp_path / n, monkeypatch)[1] for n in "ab")
    assert one == two
    monkeypatch.setenv("OTHER_KEY", "another secret of enough characters")
    _, other = run(settle(key_env="OTHER_KEY"), folder, gold, tmp_path / "c", monkeypatch)
    assert other["train.jsonl"] != one["train.jsonl"]


@pytest.mark.slow
def test_a_worker_in_another_process_gives_the_same_surrogates(settle, planted):
    case = Case.model_validate(planted[0])
    here = Replacer(settle(), KEY.encode())
    code = (
        "import pickle, sys\nreplacer, case = pickle.load(sys.stdin.buffer)\n"
        "sys.stdout.buffer.write(pickle.dumps(replacer.case(case)))"
    )
    sent = pickle.dumps((here, case))
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True, check=True)
    there = pickle.loads(done.stdout)
    assert there == here.case(case)
    assert there.case != case
    assert KEY not in repr(here)


@pytest.mark.slow
def test_a_value_found_in_one_case_is_replaced_where_nothing_tells_it(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    planted[20]["input"] += " see Eva Maurer about 03090182012"
    done, _ = run(settle(), write_source(planted), gold, tmp_path / "out", monkeypatch)
    text = case_of(done, 20).input
    known = {kind: case_of(done, n) for n, kind in enumerate(sorted(PLANTED))}
    assert "Maurer" not in text
    assert known["name"].target["ref"] in text
    assert f"0{known['phone'].target['ref'][3:]}" in text


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_workers_replace_what_one_process_replaces(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    for number in (8, 20, 44):
        planted[number]["input"] += f" see Eva Maurer {number} about 03090182012"
    planted[30]["target"]["kind"] = {"maurer": "Eva Maurer"}
    folder, told = write_source(planted), []
    for size in (50_000, 16):
        monkeypatch.setattr(rows_by_group, "ROWS_A_PART", size)
        engine = Engine(workers=2)
        told.append(run(settle(), folder, gold, tmp_path / f"{size}", monkeypatch, engine)[1])
    assert told[0] == told[1]
    assert "Maurer" not in "".join(told[1].values())


@pytest.mark.slow
@pytest.mark.parametrize("word", ["Eva", "Maurer", "E. Maurer", "Eva Maurer", "maurer, eva"])
def test_a_contact_is_replaced_in_every_spelling_in_its_own_case(
    settle, planted, gold, write_source, tmp_path, monkeypatch, word
):
    planted[9]["input"] = f"Dear {word}, " + planted[9]["input"]
    planted[9]["meta"]["contact"] = "Eva Maurer"
    done, _ = run(settle(), write_source(planted), gold, tmp_path / "out", monkeypatch)
    assert not re.search(r"\beva\b|maurer", case_of(done, 9).input, re.IGNORECASE)


@pytest.mark.parametrize("contact", ["-", ""])
def test_a_contact_that_is_no_name_changes_nothing(settle, planted, contact):
    planted[30]["meta"]["contact"] = contact
    case = Case.model_validate(planted[30])
    assert Replacer(settle(), KEY.encode()).case(case).case == case


def test_mask_writes_the_kind_in_brackets(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    done, _ = run(settle(mode="mask"), write_source(planted), gold, tmp_path / "o", monkeypatch)
    for place, kind in enumerate(sorted(PLANTED)):
        case = case_of(done, place)
        assert f"[{kind}]" in case.input
        assert case.target["ref"] == case.meta["note"][0] == f"[{kind}]"
    assert "personal_key" not in done.inputs


def test_drop_leaves_the_case_out_and_says_for_what(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    contract = settle(mode="drop", kinds=["iban", "email"], names=[], regions=[])
    planted[30]["input"] += " and again DE89370400440532013000"
    done, texts = run(contract, write_source(planted), gold, tmp_path / "out", monkeypatch)
    assert done.ledger.dropped == {"personal:email": 1, "personal:iban": 2}
    assert len(done.kept) == len(planted) - 3
    assert "DE89" not in "".join(texts.values())


def test_keep_counts_and_changes_nothing(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    done, texts = run(settle(mode="keep"), write_source(planted), gold, tmp_path / "o", monkeypatch)
    assert [case_of(done, n) for n in range(len(planted))] == [
        Case.model_validate(row) for row in planted
    ]
    assert json.loads(texts["ledger.json"])["personal"]["kinds"]["card"]["cases"] == 1
    assert "personal_key" not in done.inputs


def test_a_contract_that_asks_for_nothing_gets_no_section(
    contract, rows, gold, write_source, tmp_path
):
    done = curated(contract, write_source(rows), gold, tmp_path / "out")
    assert "personal" not in json.loads((tmp_path / "out" / "ledger.json").read_text())
    assert "personal_key" not in done.inputs


@pytest.mark.slow
def test_a_leak_from_gold_is_found_though_the_text_is_replaced(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    gold[0] = gold[0].model_copy(update={"input": gold[0].input + " DE89 3704 0044 0532 0130 00"})
    planted[40]["input"] = gold[0].input
    done, _ = run(settle(), write_source(planted), gold, tmp_path / "out", monkeypatch)
    assert done.ledger.dropped == {"leak_exact": 1}


def test_a_label_that_has_no_room_for_the_mask_is_dropped(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    planted[0]["target"]["amount"] = "a@b.example"[:12]
    planted[0]["input"] += " a@b.example"
    contract = settle(mode="mask").model_dump(mode="json", by_alias=True)
    contract["output"]["properties"]["amount"]["pattern"] = "^[^\\[]*$"
    done, _ = run(
        Contract.model_validate(contract), write_source(planted), gold, tmp_path / "o", monkeypatch
    )
    assert [(d.id, d.reason) for d in done.ledger.drops] == [("s-0000", "personal:label")]


@pytest.mark.slow
def test_a_reject_quotes_no_personal_data(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    planted[50]["target"] |= {"kind": "of zelmora quint", "ref": "zelmora quint"}  # nobody else's
    planted[51]["meta"]["sender"] = {"zelmora": 1}
    del planted[52]["id"]
    told = hashlib.sha256(planted[52]["input"].encode()).hexdigest()[:12]
    done, texts = run(settle(), write_source(planted), gold, tmp_path / "out", monkeypatch)
    assert len(done.rejects) == 2
    assert 'target.kind: \\"[value]\\" is not one of' in texts["rejects.jsonl"]
    assert not [name for name, text in texts.items() if "quint" in text or told in text]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_values_are_gone_whatever_the_source_is_written_in(
    settle, planted, gold, tmp_path, monkeypatch, kind
):
    plain = settle(names=["meta.contact"]).model_dump(mode="json", by_alias=True)
    columns = {"target": {name: name.title() for name in planted[0]["target"]},
               "meta": ["sender", "contact"]}  # fmt: skip
    plain["data"]["sources"][0] |= {"path": f"a.{kind}", "columns": columns}
    plain["data"]["personal"]["fields"] = {"target.ref": "id"}
    planted[20]["target"]["ref"], planted[20]["input"] = "0314159", "Zelmora Quint, no 314159"
    planted[20]["meta"]["contact"] = "Zelmora Quint"
    planted[60]["input"] += " ask zelmora, oh three one four one five nine"  # of the same group
    rows = [
        {"id": row["id"], "input": row["input"], "sender": row["meta"]["sender"],
         "contact": row["meta"].get("contact")}
        | {name.title(): value for name, value in row["target"].items()}
        for row in planted
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows)
    write = pyarrow.csv.write_csv if kind == "csv" else pyarrow.parquet.write_table
    write(table, tmp_path / f"a.{kind}")
    out = tmp_path / "out"
    done, texts = run(Contract.model_validate(plain), tmp_path, gold, out, monkeypatch)
    assert done.ledger.personal.in_fields == {"meta.contact": 7, "target.ref": 7}
    for value in ("zelmora", "quint", "314159", "three one four"):
        assert not [name for name, text in texts.items() if value in text.casefold()], value


BROKEN = {
    "a label": lambda row: row["target"].update(kind="none such"),
    "no input": lambda row: row.pop("input"),
    "no target": lambda row: row.pop("target"),
    "no object": lambda row: row.update(target="{"),
    "a group that is none": lambda row: row["meta"].update(sender=[1]),
    "meta that is none": lambda row: row.update(meta=["Zelmora"]),
}


@pytest.mark.slow
def test_what_a_rejected_row_labels_is_gone_from_all_cases(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    plain = settle().model_dump(mode="json", by_alias=True)
    plain["data"]["personal"]["fields"] = {"target.ref": "id"}
    plain["data"]["max_rejects"] = 0.1
    for number, breaks in enumerate(BROKEN.values()):
        row = planted[50 + number]
        row["target"] = {"kind": "claim", "amount": None, "ref": f"48151{number}77"}
        row["meta"]["contact"] = f"Zelmora{number} Quint"
        planted[90 + number]["input"] += f" xzelmora{number}x"  # of the same group
        planted[111 + number]["input"] += f" Zelmora{number} said 48151{number}77"
        breaks(row)
    contract = Contract.model_validate(plain)
    done, texts = run(contract, write_source(planted), gold, tmp_path / "o", monkeypatch)
    assert len(done.rejects) == len(BROKEN)
    written = "".join(texts.values()).casefold()
    asked = [f"{how}{n}{end}" for n in range(len(BROKEN))
             for how, end in (("xzelmora", "x"), (" zelmora", " "), ("48151", "77"))]  # fmt: skip
    assert [value for value in asked if value in written] == [
        "48151277", "48151377",  # nobody can read that target
        "xzelmora4x",  # nor tell that group
        "xzelmora5x", " zelmora5 ",  # nor read that meta
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["zelmora", 'zelmora "q"\n' * 2, "zelmora quint, " * 40, 77])
def test_a_fault_is_told_without_what_the_row_holds(settle, value):
    contract = settle()
    row = {"id": "x", "input": "is", "target": {"kind": value, "amount": None, "ref": None}}
    with pytest.raises(Misfit) as caught:
        to_case(contract, row, Columns(), textual=False)
    assert str(value)[:7] in caught.value.what
    told = Replacer(contract, KEY.encode()).fault(caught.value.what, row)
    assert str(value)[:7] not in told
    assert told.startswith("target.kind: ")
    assert "[value]" in told


def test_an_id_made_of_content_cannot_be_tried_out(settle):
    case = Case(id="c-1", input="pin 4815, Tel. 030/9018 2012", target={"kind": "other"}, meta={})
    guess = hashlib.sha256(case.input.encode()).hexdigest()[:12]
    named = [Replacer(settle(), key.encode()).named(case).id for key in (KEY, KEY, KEY[::-1])]
    assert named[0] == named[1] != named[2]
    assert not [one for one in named if guess in one]
    assert guess not in Replacer(settle(mode="mask"), None).named(case).id
    assert Replacer(settle(mode="keep"), None).named(case) == case


@pytest.mark.slow
def test_a_value_in_an_id_stops_curation(
    settle, planted, gold, write_source, tmp_path, monkeypatch
):
    planted[3]["id"] = "eva.maurer@lindt.de"
    with pytest.raises(InputError, match=r"jsonl:\d+: personal data is left: email") as caught:
        run(settle(), write_source(planted), gold, tmp_path / "out", monkeypatch)
    assert "maurer" not in str(caught.value)
    assert caught.value.exit_code == EXIT_BAD_INPUT


def test_a_surrogate_that_is_anothers_value_is_no_leftover_in_a_list(
    settle, rows, gold, write_source, tmp_path, monkeypatch
):
    contract = settle(kinds=[], names=[], fields={"meta.n": "id"}, regions=[])
    numbers = Identity("id", "free", "inv5493"), Identity("id", "free", "inv2693")
    made = [Surrogates(KEY.encode()).of(one, f"INV-{one.value[3:]}") for one in numbers]
    said = ["INV-5493", "INV-2693", made[0]]
    text = "Which of INV-5493 and INV-2693 is to be paid, nobody could tell"
    for row, ref in zip(rows, [*said, *[None] * len(rows)], strict=False):
        row["target"]["ref"] = row["meta"]["n"] = ref
    rows[0]["input"] = rows[1]["input"] = text
    rows[2]["input"] += f" Ref {said[2]}"
    done, texts = run(contract, write_source(rows), gold, tmp_path / "out", monkeypatch)
    assert done.ledger.dropped == {"contradictory_label": 2}
    told = json.loads(texts["contradictions.jsonl"])["fields"]["ref"]
    assert sorted(told) == sorted(f'"{one}"' for one in made)
    assert "5493" not in "".join(texts.values())


def test_the_proof_sees_a_value_in_any_spelling_and_any_place(settle, tmp_path):
    path = tmp_path / "train.jsonl"
    index = WordIndex({"493090182012": Identity("phone", "49", "3090182012")})
    proof = Proof(Replacer(settle(), KEY.encode()), KnownValues(index))
    for held in ("+49 30 9018-2012", ["x", {"+493090182012": 1}], 493090182012):
        path.write_text(json.dumps({"meta": {"note": held}}) + "\n")
        with pytest.raises(InputError, match="phone"):
            refuse(proof.left(lines_of([(path, [(None, None)])])))
    path.write_text(json.dumps({"input": "+49 30 9018-2012"}) + "\n")
    own = CaseFindings(
        given=frozenset({"+49 30 9018-2012"})
    )  # another's surrogate may be this one's value
    refuse(proof.left(lines_of([(path, [(own.to_json(), None)])])))


@pytest.mark.parametrize("key", [None, "", "too short", DEMONSTRATION_KEY.decode()])
def test_without_a_proper_key_nothing_is_read(
    settle, planted, gold, write_source, tmp_path, monkeypatch, key
):
    monkeypatch.delenv("DSLM_PERSONAL_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("DSLM_PERSONAL_KEY", key)
    out = tmp_path / "out"
    with pytest.raises(InputError, match="DSLM_PERSONAL_KEY") as caught:
        curated(settle(), write_source(planted), gold, out)
    assert caught.value.exit_code == EXIT_BAD_INPUT
    assert not out.exists()


def test_the_demonstration_key_is_asked_for_by_name(settle):
    said = settle(demonstration_key=True).data.personal
    assert key_of(said, {"DSLM_PERSONAL_KEY": KEY}) == DEMONSTRATION_KEY


def test_a_key_of_random_bytes_is_a_key(settle):
    random_bytes = bytes(range(0x80, 0x90)) + b"\xff\xfe"
    given = {"DSLM_PERSONAL_KEY": os.fsdecode(random_bytes)}
    assert key_of(settle().data.personal, given) == random_bytes


def test_a_region_without_numbering_plan_is_refused(settle, planted, gold, write_source, tmp_path):
    contract = settle(regions=["DE", "XX"], mode="mask")
    with pytest.raises(InputError, match="XX"):
        curated(contract, write_source(planted), gold, tmp_path / "out")


def test_presidio_that_is_not_installed_is_said(settle, planted, gold, write_source, tmp_path):
    pytest.importorskip("phonenumbers")
    try:
        import presidio_analyzer  # noqa: F401
    except ImportError:
        contract = settle(presidio="en", mode="mask")
        with pytest.raises(EnvironmentFault, match="Presidio is not installed"):
            curated(contract, write_source(planted), gold, tmp_path / "out")
    else:
        pytest.skip("Presidio is installed")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kinds": []}, "kinds is empty"),
        ({"names": []}, "`name` if and only if"),
        ({"kinds": ["email"], "regions": []}, "`name` if and only if"),
        ({"kinds": ["name"]}, "regions needs `phone`"),
        ({"names": ["target.kynd"]}, "did you mean 'target.kind'"),
        ({"names": ["contact"]}, "pattern"),
        ({"regions": ["Germany"]}, "pattern"),
        ({"kinds": ["emial"]}, "kinds"),
        ({"mode": "mask", "demonstration_key": True}, "needs `mode: surrogate`"),
        ({"key": "x"}, "unknown key 'data.personal.key'"),
    ],
)
def test_a_contract_that_does_not_hang_together_is_refused(tmp_path, given, said):
    path = tmp_path / "workflow.yaml"
    text = (ROOT / "data/invoice_intake/workflow.yaml").read_text()
    head, _, tail = text.partition("  personal:")
    kept = tail[tail.index("  valid_until") :]
    path.write_text(f"{head}  personal: {json.dumps(personal(**given))}\n{kept}")
    with pytest.raises(InputError) as caught:
        load_contract(path)
    assert said in str(caught.value)
    assert caught.value.exit_code == EXIT_BAD_INPUT


def test_a_book_that_does_not_add_up_cannot_be_made(settle, planted, gold, write_source, tmp_path):
    done = curated(settle(mode="mask"), write_source(planted), gold, tmp_path / "out")
    plain = done.ledger.model_dump() | {"drops": done.ledger.drops}
    for count in (PersonalCount(cases=2, findings=1), PersonalCount(cases=999, findings=999)):
        book = PersonalBook(mode="mask", key=None, kinds={"email": count})
        with pytest.raises(ValueError, match="does not go with"):
            type(done.ledger).model_validate(plain | {"personal": book})


@pytest.mark.slow
def test_the_example_changes_only_where_something_was_found(tmp_path):
    path = ROOT / "data" / "invoice_intake" / "workflow.yaml"
    contract = load_contract(path)
    assert contract.data.personal.mode == "surrogate"
    personal = contract.data.personal.model_copy(update={"mode": "keep"})
    data = contract.data.model_copy(update={"personal": personal})
    counting = contract.model_copy(update={"data": data})
    gold = read_labelled(ROOT / "eval" / "invoice_intake" / "gold.jsonl", contract)
    kept_as_it_is = curated(counting, path.parent, gold, tmp_path / "kept")
    done = curated(contract, path.parent, gold, tmp_path / "out")
    sources = sorted((path.parent / "sources").glob("*.jsonl"))
    before = {c.id: c for one in sources for c in read_labelled(one, contract)}
    assert all(c == before[c.id] for c in kept_as_it_is.kept)
    changed = [c for c in done.kept if c != before[c.id]]
    book = done.ledger.personal
    assert book
    assert kept_as_it_is.ledger.personal
    assert kept_as_it_is.ledger.personal.kinds == book.kinds
    assert book.key == fingerprint(DEMONSTRATION_KEY)
    assert 0 < len(changed) <= sum(count.cases for count in book.kinds.values())
    assert not any(reason.startswith("personal") for reason in done.ledger.dropped)
    for case in changed:
        assert case.target == before[case.id].target
        assert ungrounded(contract, case.input, case.target or {}) == ()


@pytest.mark.slow
def test_a_reviewers_fix_leaves_no_value_and_may_be_a_surrogate_as_the_review_shows_it(
    settle, rows, gold, write_source, tmp_path, monkeypatch
):
    plain = settle().model_dump(mode="json", by_alias=True)
    plain["data"]["personal"]["fields"] = {"target.ref": {"kind": "name"}}
    contract = Contract.model_validate(plain)
    for row, name in zip(rows, ["Robin Crusoe", "Zoe Kolbart", "Esther Fairbeck"], strict=False):
        row["input"] += f" from {name} again"
        row["target"]["ref"] = name
    for row in rows[3:]:
        row["target"]["ref"] = None
    folder = write_source(rows)
    before, _ = run(contract, folder, gold, tmp_path / "before", monkeypatch)
    shown = [case_of(before, place).target["ref"] for place in range(3)]
    blank = dict.fromkeys(COLUMNS, "")
    said = ["fix:null", f"fix:{shown[1].split()[0]}", "fix:Esther"]
    write_review(tmp_path / "review.csv", [
        ReviewRow(**(blank | {"id": f"s-{n:04d}", "field": "ref", "verdict": verdict}))
        for n, verdict in enumerate(said)
    ])  # fmt: skip
    answered = [c.model_copy(update={"target": (c.target or {}) | {"ref": None}}) for c in gold]
    after = curated(contract, folder, answered, review=tmp_path / "review.csv")
    fixed = [case_of(after, place) for place in range(3)]
    assert [case.input for case in fixed] == [case_of(before, n).input for n in range(3)]
    assert [c.target["ref"] for c in fixed] == [None, shown[1].split()[0], shown[2].split()[0]]
