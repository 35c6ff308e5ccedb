from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.releases.approving_people import People
from support.repositories.finished_run import Run
from support.repositories.small_repository import (
    asking_all,
    case,
    of_many_senders,
    texts_apart_from_gold,
    write_lines,
)

from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


def plant_line(ws: Workspace, number: int, line: bytes) -> None:
    lines = ws.gold.read_bytes().splitlines()
    lines[number - 1] = line
    ws.gold.write_bytes(b"\n".join(lines) + b"\n")


def replace_in_contract(ws: Workspace, old: str, new: str) -> int:
    """Replace once; gives the line it happened on."""
    text = ws.contract.read_text()
    assert text.count(old) == 1
    ws.contract.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def fail_lines(answer: object) -> list[str]:
    return [line.strip() for line in answer.out.splitlines() if "✗" in line]  # type: ignore[attr-defined]


def test_a_sound_workflow_passes(dslm: Call, repository: Workspace) -> None:
    texts_apart_from_gold(repository)
    of_many_senders(repository)
    asking_all(repository)
    People.with_keys(repository.root / "keys").policy(Run(repository))
    answer = dslm("check", "mini")
    assert answer.code == 0, answer.out
    assert "0 warnings, 0 fail" in answer.out


def test_all_workflows_of_params_are_checked_by_default(dslm: Call, repository: Workspace) -> None:
    texts_apart_from_gold(repository)
    of_many_senders(repository)
    asking_all(repository)
    People.with_keys(repository.root / "keys").policy(Run(repository))
    answer = dslm("check", "--json")
    assert answer.code == 0
    findings = json.loads(answer.out)
    assert list(findings) == ["mini"]
    assert {f["kind"] for f in findings["mini"]} == {"ok"}


def label(kind: str) -> bytes:
    return json.dumps(case(36) | {"target": {"kind": kind, "number": None}}).encode()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"id": "g-036", "input": "x', "not JSON"),
        (b'{"id": "g-036", "input": "caf\xe9"}', "not UTF-8 (byte 0xe9)"),
        (label("oder"), "target.kind"),
        (json.dumps(case(1)).encode(), "id is used twice, first on line 2"),
        (b'{"id": "g-036", "input": "x", "lable": {}}', "lable: Extra inputs are not permitted"),
        (b'{"id": 36, "input": "x"}', "id: Input should be a valid string"),
        (b'{"id": "g-036", "input": "x"}', "no target"),
        (b"[1, 2]", "valid dictionary"),
    ],
    ids=["json", "utf-8", "enum", "duplicate", "key", "type", "target", "array"],
)
def test_a_bad_gold_line_37_is_named(
    dslm: Call, repository: Workspace, line: bytes, says: str
) -> None:
    plant_line(repository, 37, line)
    answer = dslm("check", "mini")
    assert answer.code == 2
    (fault,) = fail_lines(answer)
    assert "eval/mini/gold.jsonl:37: " in fault
    assert says in fault
    assert "Traceback" not in answer.out + answer.err


def test_an_empty_gold_set_is_named(dslm: Call, repository: Workspace) -> None:
    repository.gold.write_text("")
    answer = dslm("check", "mini")
    assert answer.code == 2
    assert fail_lines(answer) == [
        "✗ gold           eval/mini/gold.jsonl: no cases in this file — add labelled cases"
    ]


@pytest.mark.parametrize("place", ["gold", "policy", "champion"])
def test_a_missing_file_is_named(dslm: Call, repository: Workspace, place: str) -> None:
    path = getattr(repository, place)
    path.unlink()
    answer = dslm("check", "mini")
    assert answer.code == 2
    (fault,) = fail_lines(answer)
    assert f"{path.relative_to(repository.root)}: no such file" in fault


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("summary:", "sumary:", "unknown key 'sumary' — did you mean 'summary'?"),
        ("version: 1", "version: one", "version: Input should be a valid integer"),
        ("review: 3.0", "review: .nan", "costs.review: "),
        ("grounded: [number]", "grounded: [numbr]", "did you mean 'number'?"),
        ("task: Extract", "task: [Extract", "expected"),
    ],
    ids=["key", "type", "nan", "field", "yaml"],
)
def test_a_bad_contract_key_is_named(
    dslm: Call, repository: Workspace, old: str, new: str, says: str
) -> None:
    replace_in_contract(repository, old, new)
    answer = dslm("check", "mini")
    assert answer.code == 2
    faults = fail_lines(answer)
    assert any("data/mini/workflow.yaml:" in f and says in f for f in faults), faults
    assert "Traceback" not in answer.out + answer.err


def test_the_line_of_an_unknown_key_is_named(dslm: Call, repository: Workspace) -> None:
    line = replace_in_contract(repository, "compare:", "comparison:")
    answer = dslm("check", "mini")
    assert f"data/mini/workflow.yaml:{line}: unknown key 'comparison'" in answer.out


def test_all_mistakes_are_reported_at_once(dslm: Call, repository: Workspace) -> None:
    replace_in_contract(repository, "summary:", "sumary:")
    replace_in_contract(repository, "breach: abstain", "breach: shrug")
    repository.champion.unlink()
    assert len(fail_lines(dslm("check", "mini"))) == 4  # unknown, missing, wrong value, no file


def test_no_finding_quotes_a_personal_value_of_gold(dslm: Call, repository: Workspace) -> None:
    text = repository.contract.read_text().replace("as: text", "as: exact")
    for line, number in ((1, "KX-77"), (2, "\u041aX-77")):
        value = case(line) | {"input": f"Please send {number}.", "id": f"g-{line:03d}"}
        value["target"]["number"] = number
        plant_line(repository, line + 1, json.dumps(value).encode())
    fields = "{target.number: id, meta.sender: name, meta.language: name}"
    personal = f"  personal: {{mode: MODE, kinds: [email, name], fields: {fields}}}\n"
    repository.contract.write_text(text + personal.replace("MODE", "keep"))
    assert "KX-77" in dslm("check", "mini", "--json").out
    repository.contract.write_text(text + personal.replace("MODE", "surrogate"))
    found = dslm("check", "mini", "--json").out
    assert "X-77" not in found
    said = [one["message"] for one in json.loads(found)["mini"] if one["kind"] != "ok"]
    told = "labels of number (personal, not quoted) differ in look-alike letters only"
    assert told in said
    assert any(one.startswith("slices has 'language', which data.personal calls") for one in said)


def test_gold_ids_and_sources_rejects_with_personal_values_are_told_without_them(
    dslm: Call, repository: Workspace
) -> None:
    text = repository.contract.read_text()
    fields = "fields: {target.number: id, meta.contact: name, target.kind: name}"
    gold = [case(n) for n in range(60)]
    gold[3]["meta"]["contact"], gold[4]["meta"]["contact"] = "Zelmora Quint", "Lu Abt"
    gold[6]["target"]["number"] = gold[6]["input"] = "471199"
    for place, name in ((3, "zelmora-3"), (7, "n 47-11-99"), (9, "lu3"), (10, "g-4711")):
        gold[place]["id"] = name  # the last two hold a value by chance
    gold[8]["meta"]["of quint"] = gold[11]["meta"]["a3"] = 1
    write_lines(repository.gold, gold)
    row = case(1) | {"input": "quint wrote", "target": {"kind": "zelmora quint", "number": None}}
    source = repository.data / "sources" / "cases.jsonl"
    write_lines(source, [*map(json.loads, source.read_text().splitlines()), row])
    for mode in ("surrogate", "keep"):
        repository.contract.write_text(f"{text}  personal: {{mode: {mode}, {fields}}}\n")
        said = dslm("check", "mini", "--json").out
        hides = mode == "surrogate"
        (listed,) = [f for f in json.loads(said)["mini"] if "lists its values" in f["message"]]
        assert listed["kind"] == ("fail" if hides else "warn")
        assert ("zelmora quint" in said) != hides
        assert ('target.kind: \\"[value]\\" is not one of' in said) == hides
        told = [
            one["message"] for one in json.loads(said)["mini"] if one["proof"] == "personal.ids"
        ]
        assert len(told) == hides
        if hides:
            assert "of 3 of 60 gold cases" in told[0]
            assert "the first is case 4 of the file (name)" in told[0]
