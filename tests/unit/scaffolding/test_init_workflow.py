from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.repositories.small_repository import case, write_lines

from dslm.cases import read_records
from dslm.checking.check_workflow import prove
from dslm.contract import load_contract
from dslm.curation.labels.review_csv import read_review
from dslm.errors import InputError, Problems
from dslm.gating.power.detectable_differences import checks_reach, needed_words
from dslm.records import Case
from dslm.scaffolding.init_workflow import Request, Scaffolded, scaffold
from dslm.scaffolding.proposed_workflow import RISKS, attainable_risk
from dslm.settings.gate_policy import load_policy
from dslm.settings.params import load_params
from dslm.settings.waivers import load_waivers
from dslm.settings.workspace import Workspace

CITIES = ["Oslo", "Rome", "Lyon", "Bonn", "Kyiv", "Graz", "Cork", "Bath", "Gent", "Nice", "Riga"]


def orders(count: int) -> list[dict[str, Any]]:
    """Cases as a user may have them: nested, with gaps, under other names."""
    rows = []
    for n in range(count):
        city, day = f"{CITIES[n % 11]}{n}", f"2025-0{1 + n % 9}-1{n % 10}"
        slots = {"day": [day], "city": [city]} if n % 2 else {"city": [city]}
        target: dict[str, Any] = {
            "intents": ["book"] if n % 3 else ["book", "cancel"], "slots": slots,
            "total": f"{n}.50", "day": day, "urgent": n % 2 == 0, "seats": n, "weight": n / 2,
        }  # fmt: skip
        if n % 4:
            target["note"] = f"for {city}"
        text = f"to {city} on {day} for EUR {n}.50, {n / 2} kg, for {city}"
        meta = {"customer": n % 20, "channel": "mail" if n % 2 else "chat"}
        rows.append({"text": text, "label": target, "source": "crm", "meta": meta})
    return rows


def make(ws: Workspace, sample: Path, **options: Any) -> Scaffolded:
    return scaffold(ws.root, Request("orders", sample, **options))


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "crm.v2.jsonl"
    write_lines(path, orders(200))
    return path


def test_schema_comparators_and_grounding_are_guessed(repository: Workspace, sample: Path) -> None:
    contract = load_contract(make(repository, sample).workspace.contract)
    properties = contract.output["properties"]
    assert properties["intents"]["items"] == {"enum": ["book", "cancel"]}
    assert properties["total"]["pattern"] == r"^\d{1,4}\.\d{2}$"
    assert properties["day"]["pattern"] == r"^\d{4}-\d{2}-\d{2}$"
    assert properties["urgent"] == {"type": "boolean"}
    assert properties["seats"] == {"type": "integer"}
    assert properties["note"]["type"] == ["string", "null"]
    assert "slots" not in properties  # taken apart
    assert properties["slots_city"]["type"] == "array"
    assert properties["slots_day"]["type"] == ["array", "null"]
    hows = {field: compare.how for field, compare in contract.compare.items()}
    assert hows == {"intents": "set", "total": "decimal", "day": "date", "weight": "decimal",
                    "note": "text", "slots_city": "set", "slots_day": "set"}  # fmt: skip
    assert set(contract.grounded) == {
        "slots_city",
        "slots_day",
        "total",
        "day",
        "weight",
        "note",
        "seats",
    }
    assert contract.slices == ["channel"]


def test_what_is_made_is_proved(repository: Workspace, sample: Path) -> None:
    made = make(repository, sample, group_by="customer")
    findings = prove(made.workspace)
    assert [f for f in findings if f.kind == "fail"] == []
    assert load_params(repository.root).workflows["orders"].recipe == made.recipe
    assert json.loads(made.workspace.champion.read_text())["version"] == 0
    assert "TODO" in (made.workspace.data / "README.md").read_text()
    assert read_review(made.workspace.review) == []
    assert load_waivers(made.workspace.waivers) == ()


def test_no_case_is_lost_and_no_group_is_on_both_sides(repository: Workspace, sample: Path) -> None:
    made = make(repository, sample, group_by="customer")
    gold = read_records(made.workspace.gold, Case)
    sources = read_records(made.workspace.data / "sources" / "crm.jsonl", Case)
    assert len(gold) + len(sources) + made.draft.dropped == 200
    assert not {c.meta["customer"] for c in gold} & {c.meta["customer"] for c in sources}
    assert 0.2 <= len(gold) / 200 <= 0.3
    assert {c.meta["source"] for c in sources} == {"crm"}


def test_the_same_sample_gives_the_same_bytes(repository: Workspace, sample: Path) -> None:
    first = make(repository, sample)
    second = scaffold(repository.root, Request("again", sample))
    assert first.workspace.gold.read_bytes() == second.workspace.gold.read_bytes()
    ours = (
        first.workspace.contract.read_text().replace("orders", "again").replace("Orders", "Again")
    )
    assert ours == second.workspace.contract.read_text()


def test_a_target_field_may_be_the_group(repository: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    rows = [{"input": f"{n} Acme", "target": {"firm": "ACME!" if n < 9 else f"Firm {n % 9}"}}
            for n in range(40)]  # fmt: skip
    rows[0]["target"] = {"firm": "Acme"}
    write_lines(path, rows)
    made = make(repository, path, group_by="firm")
    both = (*made.draft.gold, *made.draft.sources)
    assert {c.meta["firm"] for c in both if c.input.startswith(("0 ", "1 "))} == {"acme"}


def test_identical_inputs_stay_on_one_side(repository: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    write_lines(path, [{"input": f"text {n // 4}", "label": f"k{n % 2}"} for n in range(80)])
    made = make(repository, path)
    gold = [c.input for c in made.draft.gold]
    assert len(set(gold)) == len(gold)
    assert not set(gold) & {c.input for c in made.draft.sources}
    assert made.draft.dropped == 3 * len(gold)


def test_a_csv_with_a_column_for_each_field(repository: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    lines = [f'"mail {n}, hello",{"yes" if n % 2 else "no"},{n}.25,de' for n in range(60)]
    path.write_text("\ufeffmail,paid,sum,language\n" + "\n".join(lines), encoding="utf-8")
    made = make(repository, path, input="mail", target=("paid", "sum"))
    contract = load_contract(made.workspace.contract)
    assert contract.fields == ("paid", "sum")
    assert contract.output["properties"]["paid"] == {"enum": ["no", "yes"]}
    assert made.draft.gold[0].meta == {"language": "de"}


def test_a_folder_of_captions_with_their_labels(repository: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    for n in range(60):
        said = f"1\n00:00:01,000 --> 00:00:02,000\nAgent: call number {n}\n"
        (folder / f"c{n}.srt").write_text(said)
        label = {"target": {"kind": ["bill", "oos"][n % 2]}}
        (folder / f"c{n}.json").write_text(json.dumps(label))
    made = make(repository, folder)
    assert load_contract(made.workspace.contract).fields == ("kind",)
    cases = [*made.draft.gold, *made.draft.sources]
    assert {case.id for case in cases} <= {f"c{n}" for n in range(60)}
    assert len(cases) + made.draft.dropped == 60  # "call number 7" repeats "call number 1"
    (folder / "c7.json").unlink()
    (folder / "c8.json").write_text('{"target": {}}')
    with pytest.raises(Problems) as caught:
        scaffold(repository.root, Request("again", folder))
    places = [str(p.where) for p in caught.value.problems]
    assert places == [f"{folder}/c7.srt:1", f"{folder}/c8.srt:1"]


def test_a_sample_in_parquet(repository: Workspace, tmp_path: Path) -> None:
    rows = [{"text": f"t {n}", "label": ["bill", "oos"][n % 2]} for n in range(60)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "s.parquet")
    contract = load_contract(make(repository, tmp_path / "s.parquet").workspace.contract)
    assert contract.output["properties"] == {"label": {"enum": ["bill", "oos"]}}


def test_bytes_of_parquet_are_text_or_left_out_or_told(
    repository: Workspace, tmp_path: Path
) -> None:
    """As Hive and Spark write text, and as scans lie beside it."""
    path = tmp_path / "s.parquet"
    rows = [
        {"text": f"t {n} ü".encode(), "label": ["bill", "oos"][n % 2].encode(), "scan": b"\xff\x00"}
        for n in range(60)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    made = make(repository, path)
    contract = load_contract(made.workspace.contract)
    assert contract.output["properties"] == {"label": {"enum": ["bill", "oos"]}}
    assert any("scan: a list, an object or bytes in 60 rows, left out" in n for n in made.notes)
    with pytest.raises(Problems, match="'scan' holds what JSON has no form for"):
        scaffold(repository.root, Request("scans", path, target=("label", "scan")))


def test_a_gzipped_sample_of_plain_labels(repository: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl.gz"
    rows = [{"text": f"t {n}", "label": ["bill", "oos"][n % 2]} for n in range(60)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    contract = load_contract(make(repository, path).workspace.contract)
    assert contract.output["properties"] == {"label": {"enum": ["bill", "oos"]}}
    assert contract.out_of_scope == {"label": ["oos"]}


def test_odd_names_and_values_survive_the_yaml(repository: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    odd = {"no": "yes", "a: b": "# x", 'q"\\': "null", "ünï": "\t|> é \u2028 \U0001f600"}
    write_lines(path, [{"text": f"t{n}", "target": odd} for n in range(40)])
    contract = load_contract(make(repository, path).workspace.contract)
    assert {k: v["enum"] for k, v in contract.output["properties"].items()} == {
        k: [v] for k, v in odd.items()
    }


def test_comments_of_params_are_kept(repository: Workspace, sample: Path) -> None:
    before = (repository.root / "params.yaml").read_text()
    made = make(repository, sample)
    after = (repository.root / "params.yaml").read_text()
    assert after == before + f"  orders:\n    recipe: {made.recipe}\n"


def test_the_commented_rule_is_one_that_works(repository: Workspace, sample: Path) -> None:
    made = make(repository, sample)
    text = made.workspace.contract.read_text()
    block = re.search(r"(?ms)^#   - id: .*?(?=^rules: \[\])", text)
    assert block
    rule = "".join(line[3:] + "\n" for line in block[0].splitlines())
    made.workspace.contract.write_text(text.replace(f"{block[0]}rules: []", f"rules:\n{rule}"))
    assert len(load_contract(made.workspace.contract).rules) == 1
    assert [f.kind for f in prove(made.workspace) if f.proof == "rules"] == ["ok"]


def test_the_commented_traffic_and_anchor_are_ones_that_work(
    repository: Workspace, sample: Path
) -> None:
    made = make(repository, sample).workspace
    told, asked = made.contract.read_text(), made.policy.read_text()
    (line,) = re.findall(r"(?m)^# (traffic: \{.*?\}\})", told)
    (check,) = re.findall(r"(?m)^  # (- \{id: .*\})$", asked)
    shares = line.replace("email", "mail")
    made.contract.write_text(told.replace(f"# {line}", shares))
    made.policy.write_text(asked.replace(f"# {check}", check))
    assert set(load_contract(made.contract).traffic["channel"]) == {"mail", "chat"}
    assert load_policy(made.policy).checks[-2].to == "anchor"


def test_columns_are_left_out_of_meta_and_answers(repository: Workspace, sample: Path) -> None:
    columns = ("customer", "source", "note", "slots")
    made = make(repository, sample, leave_out=columns)
    cases = (*made.draft.gold, *made.draft.sources)
    assert len(cases) + made.draft.dropped == 200
    assert {key for c in cases for key in c.meta} == {"channel"}
    assert set(made.draft.properties) == {"intents", "total", "day", "urgent", "seats", "weight"}
    assert "left out: customer, source, note, slots" in made.workspace.data.joinpath(
        "README.md").read_text()  # fmt: skip


@pytest.mark.parametrize(
    ("column", "said"),
    [("custmer", "did you mean 'customer'?"), ("slots_city", "did you mean 'slots'?")],
)
def test_a_column_that_is_none_cannot_be_left_out(
    repository: Workspace, sample: Path, column: str, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        make(repository, sample, leave_out=(column,))
    assert said in refused.value.message()


def test_another_seed_draws_other_gold_and_the_same_seed_the_same(
    repository: Workspace, sample: Path
) -> None:
    drawn = []
    for name, seed in (("one", 0), ("two", 7), ("three", 7)):
        made = scaffold(repository.root, Request(name, sample, group_by="customer", seed=seed))
        gold = {c.meta["customer"] for c in made.draft.gold}
        assert not gold & {c.meta["customer"] for c in made.draft.sources}
        drawn.append(gold)
    assert drawn[0] != drawn[1] == drawn[2]


def test_a_group_that_is_far_more_than_gold_is_to_be_stays_with_the_sources(
    repository: Workspace, tmp_path: Path
) -> None:
    path, rows = tmp_path / "s.jsonl", orders(200)
    for row in rows[:110]:
        row["meta"]["customer"] = "one of many"
    write_lines(path, rows)
    shares = []
    for seed in range(8):
        name = f"orders_{seed}"
        made = scaffold(repository.root, Request(name, path, group_by="customer", seed=seed))
        shares.append(len(made.draft.gold) / 200)
        assert any("one group has 5" in note for note in made.notes)
    assert all(0.1 <= share <= 0.3 for share in shares), shares


@pytest.mark.parametrize("taken", ["mini", "Bad-Name", "", "../x"])
def test_a_taken_or_bad_name_is_refused(repository: Workspace, sample: Path, taken: str) -> None:
    with pytest.raises(InputError):
        scaffold(repository.root, Request(taken, sample))


def test_an_existing_folder_is_never_touched(repository: Workspace, sample: Path) -> None:
    there = repository.root / "eval" / "orders"
    there.mkdir()
    with pytest.raises(InputError, match="is there already"):
        make(repository, sample)
    assert list(there.iterdir()) == []


def test_all_faulty_lines_are_reported_at_once(repository: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    rows: list[Any] = [case(n) for n in range(40)]
    rows[3] = rows[3] | {"input": " "}
    rows[7] = rows[7] | {"target": None}
    rows[9] = rows[9] | {"id": "g-001"}
    rows[11] = rows[11] | {"meta": [1]}
    write_lines(path, rows)
    with pytest.raises(Problems) as caught:
        make(repository, path)
    assert [str(p.where).rsplit(":", 1)[1] for p in caught.value.problems] == ["4", "8", "10", "12"]
    assert "is used on line 2 too" in caught.value.problems[2].what


def test_values_of_several_types_are_named_with_their_lines(
    repository: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "s.jsonl"
    rows: list[Any] = [{"text": f"t{n}", "target": {"a": n, "b": str(n)}} for n in range(40)]
    rows[4]["target"]["a"] = "four"
    rows[6]["target"]["b"] = [6]
    write_lines(path, rows)
    with pytest.raises(Problems) as caught:
        make(repository, path)
    assert [str(p.where) for p in caught.value.problems] == [f"{path}:5", f"{path}:7"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.jsonl", None, "no such file"),
        ("s.txt", b"x", "is one text, and so one case — give the folder"),
        ("s.pdf", b"x", "unsupported file type '.pdf'"),
        ("s.jsonl", b"", "no rows"),
        ("s.jsonl", b"[1]\n", "s.jsonl:1: "),
        ("s.jsonl", b'{"body": "x"}\n', "none of input, text in the first row — name it with"),
        ("s.jsonl", b'{"text": "x"}\n', "none of target, output, label"),
        ("s.jsonl", b'{"text": "x", "label": "a"}\n', "all cases are of one input"),
        ("s.jsonl", b'{"text": "caf\xe9"}\n', "not UTF-8"),
        ("s.csv", b"text,label\na,b,c\n", "s.csv:2: 3 cells under 2 columns"),
        ("s.csv", b'text,label\n"a,b\n', "s.csv:2: a quote is wrong"),
        ("s.csv", b"text,label\n,b\n", "'text' is empty"),
        ("s.csv", b"text,label\nt,{oops\n", "looks like JSON but is not"),
        ("s.jsonl.gz", b"x", "broken gzip"),
    ],
)  # fmt: skip
def test_a_bad_sample_is_one_clear_error_and_leaves_nothing(
    repository: Workspace, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    before = sorted(repository.root.rglob("*"))
    with pytest.raises(InputError) as caught:
        make(repository, path)
    assert says in caught.value.message()
    left = set(repository.root.rglob("*")) - set(before) - {repository.root / ".dslm"}
    assert left == set()


def test_a_failure_while_moving_leaves_nothing(
    repository: Workspace, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: str | bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    before = {p for p in repository.root.rglob("*") if ".dslm" not in p.parts}
    from dslm.scaffolding import init_workflow as module  # the last write of all

    real = module.write_atomic
    monkeypatch.setattr(
        module, "write_atomic", lambda p, d: (full if p.name == "params.yaml" else real)(p, d)
    )
    with pytest.raises(OSError, match="No space left"):
        make(repository, sample)
    assert {p for p in repository.root.rglob("*") if ".dslm" not in p.parts} == before


def test_a_text_of_many_short_tokens_is_too_long_for_the_recipe(
    repository: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "s.jsonl"
    ocr = "\n".join(f"WA45/2A-{n} 1 X 3.11 3.11" for n in range(20))  # 500 characters, 500 tokens
    write_lines(path, [{"text": f"{n} {ocr}", "label": ["bill", "oos"][n % 2]} for n in range(60)])
    assert any("rows of at most" in note for note in make(repository, path).notes)


def test_the_proposed_bound_is_one_that_the_groups_of_calibration_can_certify() -> None:
    """1,500 cases of 50 senders are as good as 50: what single cases certify they cannot."""
    assert attainable_risk([1] * 1500) == 0.02
    assert attainable_risk([30] * 50) == RISKS[-1]
    assert attainable_risk([1] * 1400 + [100]) == RISKS[-1]  # the next one may be as large


def test_the_proposed_margin_is_told_by_the_number_that_check_and_data_card_tell(
    repository: Workspace, sample: Path
) -> None:
    ws = make(repository, sample, group_by="customer").workspace
    told = re.search(r"margin: 0.2 +# about (.+) of gold decide it", ws.policy.read_text())
    gold, contract = read_records(ws.gold, Case), load_contract(ws.contract)
    assert contract.data.group_by == "customer"
    reach = {one.id: one for one in checks_reach(contract, gold, load_policy(ws.policy))}
    assert told is not None
    needs = needed_words(reach["holds_quality"].needed, reach["holds_quality"].needed_groups)
    assert f"about {told[1]}" == needs
    assert " groups" in told[1]
