import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from support.curation.curated_runs import curated

from dslm.contract.model.personal_fields import Personal
from dslm.curation.labels import review_list as reviewing
from dslm.curation.labels.review_csv import COLUMNS, ReviewRow, read_review, write_review
from dslm.curation.labels.review_decisions import read_decisions
from dslm.curation.labels.suspects import Suspect
from dslm.curation.pipeline import curate
from dslm.curation.sources.daft_engine import Engine
from dslm.errors import InputError, Problems
from dslm.provenance import write_manifest
from dslm.records import Case
from dslm.settings.workspace import Workspace

ROOT = Path(__file__).parents[4]
HEADER = ",".join(COLUMNS)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=20)


def row(identity, field="kind", verdict="", **cells):
    blank = dict.fromkeys(COLUMNS, "") | {"id": identity, "field": field, "verdict": verdict}
    return ReviewRow(**(blank | cells))


def verdicts(path, *said):
    """A review file with some verdicts, each (id, field, verdict)."""
    write_review(path, [row(i, field, verdict) for i, field, verdict in said])
    return path


@pytest.fixture
def workflow(tmp_path, contract, gold, build_rows):
    """A workflow on disk with 12 of 300 labels turned, its sources, and how to curate it."""
    ws = Workspace(tmp_path, contract.name)
    (ws.data / "sources").mkdir(parents=True)
    document = contract.model_dump(mode="json", by_alias=True, exclude_none=True)
    with ws.contract.open("w") as stream:
        YAML(typ="safe").dump(document, stream)
    rows = build_rows(300)
    rng = random.Random(8)
    for one in rng.sample(rows, 120):
        one["input"] = f"Happy holidays and greetings, dear friends! {one['input'][20:70]}"
        one["target"] = {"kind": "other", "amount": None}
    claims = [one for one in rows if one["target"]["kind"] == "claim"]
    wrong = rng.sample(claims, 12)
    for one in wrong:
        one["target"] = {"kind": "other", "amount": None}
    lines = [Case.model_validate(one).model_dump_json() for one in rows]
    (ws.data / "sources" / "a.jsonl").write_text("\n".join(lines))

    def again():
        if ws.curated.exists():
            for path in sorted(ws.curated.rglob("*")):
                path.unlink()
        else:
            ws.curated.mkdir(parents=True)
        alone = Engine(workers=1)
        done = curate(contract, ws.data, gold, ws.curated, alone, review=ws.review)
        write_manifest(ws.curated, done.inputs)
        return done

    return ws, {one["id"] for one in wrong}, again


@pytest.mark.slow
def test_turned_labels_come_first_and_wait_for_a_verdict(workflow):
    ws, wrong, again = workflow
    again()
    done = reviewing.review(ws, 200)
    rows = read_review(ws.review)
    assert len({r.id for r in rows[: len(wrong)]} & wrong) >= len(wrong) - 1
    assert all(not r.verdict and r.field == "kind" and r.suggested == "claim" for r in rows[:11])
    assert all(r.reason.startswith("doubted_label: ") for r in rows[:11])
    assert [r.key for r in done.open] == [r.key for r in rows]


@pytest.mark.slow
def test_verdicts_are_obeyed_and_never_written_over(workflow, contract):
    ws, _, again = workflow
    again()
    rows = reviewing.review(ws, 200).open
    dropped, kept = rows[0].id, rows[1].id
    said = {dropped: "drop", kept: " Keep"}
    write_review(ws.review, [r.model_copy(update={"verdict": said.get(r.id, "")}) for r in rows])
    ledger = again().ledger
    assert [d.id for d in ledger.drops if d.reason == "reviewed"] == [dropped]
    before = {r.key: r for r in read_review(ws.review) if r.decided}
    done = reviewing.review(ws, 200)
    after = {r.key: r.model_copy(update={"line": before[r.key].line}) for r in done.decided}
    assert after == before
    assert not {dropped, kept} & {r.id for r in done.open}
    first = ws.review.read_bytes()
    reviewing.review(ws, 200)
    assert ws.review.read_bytes() == first


def test_a_decided_row_quotes_no_text_from_before_personal_data_was_hidden(
    build_contract, build_rows, tmp_path
):
    cases = [Case.model_validate(one) for one in build_rows(5)]
    told = row(cases[0].id, verdict="keep", label="claim", input="this is Robin Crusoe")
    for personal, quoted in ({"mode": "mask", "kinds": ["email"]}, cases[0].input), (
        {"mode": "keep"}, told.input,
    ):  # fmt: skip
        write_review(tmp_path / "review.csv", [told])
        contract = build_contract(personal=personal)
        (decided,) = reviewing.reviewed(contract, tmp_path / "review.csv", cases, 10).decided
        assert (decided.input, decided.verdict) == (reviewing.excerpt(quoted), "keep")


@pytest.mark.slow
def test_a_review_shows_at_most_what_is_asked_for_beside_the_decided(workflow):
    ws, _, again = workflow
    again()
    done = reviewing.review(ws, 3)
    assert len(done.open) == 3
    assert done.left_out >= 5
    write_review(ws.review, [r.model_copy(update={"verdict": "keep"}) for r in done.open])
    more = reviewing.review(ws, 3)
    assert (len(more.open), len(more.decided)) == (3, 3)
    assert len(read_review(ws.review)) == 6


def test_nothing_curated_names_what_to_run(workflow):
    ws, _, _ = workflow
    with pytest.raises(InputError, match=r"nothing is curated yet — run `dvc repro curate@parc"):
        reviewing.review(ws, 200)
    assert not ws.review.exists()


def test_a_wrong_verdict_stops_the_review_and_leaves_the_file(workflow):
    ws, _, again = workflow
    again()
    verdicts(ws.review, ("s-0001", "kind", "maybe"))
    before = ws.review.read_bytes()
    with pytest.raises(Problems, match=r"review\.csv:2: 'maybe' is no verdict"):
        reviewing.review(ws, 200)
    assert ws.review.read_bytes() == before


@pytest.mark.slow
def test_a_fix_replaces_the_label_before_anything_looks_at_it(
    contract, rows, gold, write_source, tmp_path
):
    broken = {"kind": "other", "amount": "5.00"}  # breaks a rule: would be dropped
    folder = write_source([rows[0] | {"target": broken}, *rows[1:]])
    file = verdicts(tmp_path / "review.csv", ("s-0000", "kind", "fix: claim"),
                    ("s-0001", "amount", "fix:null"), ("gone", "kind", "fix:other"))  # fmt: skip
    done = curated(contract, folder, gold, review=file)
    by_id = {case.id: case for case in done.kept}
    assert by_id["s-0000"].target == {"kind": "claim", "amount": "5.00"}
    assert by_id["s-0001"].target == {"kind": "claim", "amount": None}
    assert done.ledger.dropped == {}
    assert (done.ledger.review.fixed, done.ledger.review.absent) == (2, 1)


def test_a_drop_on_one_field_drops_the_case_and_is_counted(contract, rows, gold, write_source):
    folder = write_source(rows)
    file = verdicts(folder / "review.csv", ("s-0004", "kind", "DROP"), ("s-0005", "kind", "keep"))
    done = curated(contract, folder, gold, review=file)
    assert [(d.id, d.reason) for d in done.ledger.drops] == [("s-0004", "reviewed")]


@pytest.mark.slow
def test_a_file_without_verdicts_changes_no_byte(contract, rows, gold, write_source, tmp_path):
    folder = write_source(rows)
    file = verdicts(folder / "review.csv", ("s-0004", "kind", ""))
    with_file = curated(contract, folder, gold, tmp_path / "one", review=file)
    without = curated(contract, folder, gold, tmp_path / "two", review=folder / "none.csv")
    assert with_file == without
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("field", "verdict", "says"),
    [
        ("kind", "fix:clam", "'clam' is no value of kind"),
        ("kind", "fix:", "'' is no value of kind"),
        ("amount", "fix:1234567890.1234", "is no value of amount"),
        ("kinds", "fix:claim", "'kinds' is no output field — did you mean 'kind'"),
        ("kind", "fix", "'fix' is no verdict — write keep, fix:<value> or drop"),
        ("kind", "drop it", "'drop it' is no verdict"),
        ("kind", "keep: yes", "'keep: yes' is no verdict"),
    ],
)
def test_a_wrong_verdict_is_named_with_its_line(
    contract, rows, gold, write_source, field, verdict, says
):
    folder = write_source(rows)
    file = verdicts(folder / "review.csv", ("s-0001", "kind", "keep"), ("s-0002", field, verdict))
    with pytest.raises(Problems, match=r"review\.csv:3: ") as caught:
        curated(contract, folder, gold, review=file)
    assert says in str(caught.value)


def test_fixes_that_do_not_fit_one_another_are_refused(build_contract, rows, write_source):
    contract = build_contract()
    both = {"if": {"properties": {"kind": {"const": "other"}}},
            "then": {"properties": {"amount": {"type": "null"}}}}  # fmt: skip
    strict = contract.model_copy(update={"output": contract.output | both})
    folder, case = write_source(rows), Case.model_validate(rows[2])
    file = verdicts(folder / "review.csv", ("s-0002", "kind", "fix:other"))
    alone = read_decisions(file, strict)
    with pytest.raises(Problems, match=r"review\.csv:2: with this fix the target is invalid"):
        alone.refuse_misfits(strict, [alone.fixed(case)])
    verdicts(file, ("s-0002", "kind", "fix:other"), ("s-0002", "amount", "fix:null"))
    together = read_decisions(file, strict)
    together.refuse_misfits(strict, [together.fixed(case)])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,verdict\n", r"review\.csv:1: the columns are not id, field"),
        ("", r"review\.csv:1: the columns are not"),
        (f"{HEADER}\na,kind,x\n", r"review\.csv:2: 3 cells under 8 columns"),
        (f"{HEADER}\na,kind,,,,,,drop\n\na,kind,,,,,,keep\n",
         r"review\.csv:4: kind of a is also on line 2"),
        (f'{HEADER}\na,kind,"x,,,,,drop\n', r"review\.csv:2: not CSV from here on"),
    ],
)  # fmt: skip
def test_a_broken_review_file_is_named_with_its_line(tmp_path, text, says):
    path = tmp_path / "review.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_review(path)


def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "review.csv"
    cells = [*["a;b", "kind", "x", "y", "0,9", "r", "said\nmore"], "drop"]
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([COLUMNS, cells, cells[:0]])
    path.write_bytes(out.getvalue().encode("utf-8-sig"))
    [found] = read_review(path)
    assert (found.id, found.verdict, found.input) == ("a;b", "drop", "said\nmore")


def test_no_cell_is_a_formula_and_ids_come_back_as_they_were(tmp_path):
    path = tmp_path / "review.csv"
    write_review(path, [row("=1+1", input='=HYPERLINK("http://x")'), row("-7", verdict="keep")])
    raw = list(csv.reader(path.read_text().splitlines()))
    assert not [cell for line in raw for cell in line if cell.startswith(("=", "-", "+", "@"))]
    assert [one.id for one in read_review(path)] == ["=1+1", "-7"]


@pytest.mark.slow
@given(st.dictionaries(st.tuples(CELLS, CELLS), st.tuples(CELLS, CELLS), max_size=5))
def test_what_is_written_is_read_again(tmp_path, rows):
    made = [row(i, field, verdict, input=text) for (i, field), (text, verdict) in rows.items()]
    write_review(tmp_path / "review.csv", made)
    found = read_review(tmp_path / "review.csv")
    kept = [one for one in made if any(getattr(one, column) for column in COLUMNS)]
    assert [one.model_copy(update={"line": 0}) for one in found] == kept


def suspect(identity, kind, why="w"):
    return Suspect(id=identity, field="kind", label="a", suggested=None, score=0.5, kind=kind,
                   why=why)  # fmt: skip


def test_keeping_one_case_of_a_phrase_silences_the_phrase():
    found = [suspect("a", "tied_phrase", "one"), suspect("b", "tied_phrase", "one"),
             suspect("c", "tied_phrase", "two"), suspect("d", "doubted_label", "one")]  # fmt: skip
    left = reviewing.unsettled(found, {("a", "kind"): "keep"})
    assert [one.id for one in left] == ["c", "d"]
    left = reviewing.unsettled(found, {("a", "kind"): "drop"})
    assert [one.id for one in left] == ["b", "c", "d"]


def test_tied_phrases_come_first_but_leave_room():
    tied = [suspect(f"t{n}", "tied_phrase") for n in range(90)]
    others = [suspect(f"o{n}", "doubted_label") for n in range(90)]
    shown = reviewing.chosen([*tied, *others], 100)
    assert shown == [*tied[:50], *others[:50]]
    assert reviewing.chosen([*tied, *others[:5]], 100) == [*tied, *others[:5]]
    assert reviewing.chosen([*tied[:3], *others], 50) == [*tied[:3], *others[:47]]


def test_every_workflow_has_a_review_file_that_is_read():
    folders = [path.parent for path in ROOT.glob("data/*/workflow.yaml")]
    assert len(folders) >= 2
    assert all(read_review(folder / "review.csv") == [] for folder in folders)
    assert all((folder / "review.csv").read_text() == f"{HEADER}\n" for folder in folders)


def relabel(ws, identity, **target):
    path = ws.data / "sources" / "a.jsonl"
    cases = [Case.model_validate_json(line) for line in path.read_text().splitlines()]
    done = [c.model_copy(update={"target": target}) if c.id == identity else c for c in cases]
    path.write_text("\n".join(c.model_dump_json() for c in done))


@pytest.mark.slow
def test_a_keep_speaks_of_the_label_that_it_was_said_of(workflow):
    ws, wrong, again = workflow
    again()
    first = reviewing.review(ws, 200).open
    one = next(r for r in first if r.id in wrong)
    kept = [r.model_copy(update={"verdict": "keep" if r == one else ""}) for r in first]
    write_review(ws.review, kept)
    assert one.id not in {r.id for r in reviewing.review(ws, 200).open}
    relabel(ws, one.id, kind="claim", amount=None)  # as somebody thought right
    again()
    done = reviewing.review(ws, 200)
    assert one.key in {r.key for r in done.decided}  # nothing is suspect about it now
    write_review(ws.review, [r.model_copy(update={"label": "claim"}) for r in done.decided])
    relabel(ws, one.id, kind="other", amount=None)  # and back
    again()
    open_again = {r.key: r for r in reviewing.review(ws, 200).open}
    assert open_again[one.key].reason.endswith("(kept when it was claim)")
    assert open_again[one.key].label == "other"
    assert not open_again[one.key].verdict


@pytest.mark.parametrize(
    ("place", "field", "quoted"),
    [
        ("target.kind", "kind", False),
        ("target.kind.name", "kind", False),
        ("target.kind", "amount", True),
        ("meta.kind", "kind", True),
    ],
)
def test_a_label_of_before_it_was_hidden_is_not_quoted(contract, rows, place, field, quoted):
    """A verdict of then may speak of a real name; the row that opens again does not repeat it."""
    personal = Personal.model_validate(
        {"mode": "mask", "kinds": ["name"], "fields": {place: {"kind": "name"}}}
    )
    data = contract.data.model_copy(update={"personal": personal})
    hiding = contract.model_copy(update={"data": data})
    case = Case.model_validate(rows[0])
    one = Suspect(
        id=case.id, field=field, label="x", suggested=None, score=0.5, kind="rare_shape", why="rare"
    )
    reason = reviewing._row(hiding, one, case, "Robin Crusoe").reason
    assert ("Robin Crusoe" in reason) is quoted
    assert "kept when it was" in reason


@pytest.mark.parametrize(
    ("label", "old"),
    [("claim", False), (" Claim ", False), ("", False), ("other", True), ("gone", True)],
)
def test_a_label_is_the_same_however_a_spreadsheet_writes_it(contract, rows, label, old):
    case = Case.model_validate(rows[0])
    assert reviewing.outdated(contract, row(case.id, label=label), case) is old


def test_a_verdict_on_a_case_that_is_not_there_is_not_outdated(contract):
    assert not reviewing.outdated(contract, row("gone", label="claim"), None)
