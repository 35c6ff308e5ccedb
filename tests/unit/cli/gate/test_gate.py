"""`dslm gate`: one verdict in four forms, and `dslm gate explain` without any run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from support.repositories.scored_repository import finish_scoring
from support.repositories.scored_rows import first

from dslm.cases import read_labelled
from dslm.contract import load_contract
from dslm.gating.checks.paired_difference import compare
from dslm.gating.gate_explanation import explained
from dslm.gating.power.power_curve import _passes, power_curve
from dslm.records import Verdict
from dslm.scoring.intervals import by_group, ints
from dslm.settings.gate_policy import load_policy
from dslm.settings.workspace import Workspace

Call = Callable[..., Any]


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    ws = finish_scoring(tmp_path, champion=first(188, 200))
    monkeypatch.setenv("DSLM_ROOT", str(tmp_path))
    return ws


def test_one_verdict_is_printed_and_written_in_every_form(
    scored: Workspace, dslm: Call, tmp_path: Path
) -> None:
    files = [tmp_path / "out" / name for name in ("c.md", "j.xml", "v.json")]
    options = ("--comment", files[0], "--junit", files[1], "--json-file", files[2])
    done = dslm("gate", "mini", "--json", *options)
    printed = Verdict.model_validate_json(done.out)
    assert done.code == {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}[printed.status]
    assert Verdict.model_validate_json(files[2].read_bytes()) == printed
    comment = files[0].read_text()
    assert comment.startswith(f"<!-- dslm gate mini -->\n## ✅ mini: {printed.status}\n")
    assert "Of 200 cases 160 go through" in comment
    assert "Newly right: 2 cases" in comment
    suite = Xml.fromstring(files[1].read_text())[0]
    assert [case.attrib["name"] for case in suite] == [check.id for check in printed.checks]
    assert not (scored.results / "gate.json").exists()  # the command writes what it is asked to


def test_the_terminal_says_first_what_it_means(scored: Workspace, dslm: Call) -> None:
    lines = dslm("gate", "mini").out.splitlines()
    assert lines[0].startswith("✓ PASS  All 3 checks passed")
    assert lines[1].startswith("Of 200 cases 160 go through, ")
    assert "a case against people alone" in lines[1].replace("\u00a0", " ")


def test_a_run_that_cannot_be_believed_still_has_a_comment(
    scored: Workspace, dslm: Call, tmp_path: Path
) -> None:
    rows = scored.scores("candidate") / "rows.jsonl"
    rows.write_text(rows.read_text() + "\n")
    done = dslm("gate", "mini", "--comment", tmp_path / "c.md")
    assert done.code == 1
    text = (tmp_path / "c.md").read_text()
    assert "❌ mini: FAIL" in text
    assert "The run itself cannot be shown" in text
    assert "MANIFEST" in text or "manifest" in text


def test_a_pull_request_that_other_code_would_judge_is_not_judged_and_says_so(
    repository: Workspace, dslm: Call, tmp_path: Path
) -> None:
    path = tmp_path / "c.md"
    done = dslm("gate", "pull-request", "mini", "--head", repository.root, "--comment", path)
    assert done.code == 2
    assert "not that of the target branch" in done.err
    assert path.read_text().startswith("<!-- dslm gate mini -->\n## ❌ mini: not judged\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gate", "explain", "mini", "--junit", "x.xml"), "--junit is of a verdict"),
        (("gate", "mini", "mini"), "one workflow at a time"),
        (("gate", "explain"), "no workflow 'explain'"),
        (("gate", "mini", "--head", "."), "are of a pull request"),
        (("gate", "pull-request", "mini"), "--head is missing"),
        (("gate", "pull-request", "mini", "--head", ".", "--junit", "/"), "is no file"),
        (("gate", "mini", "--comment", "/"), "is no file"),
        (("gate", "mini", "--junit", "/dev/null"), "is no file"),
        (("gate",), "Missing argument"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    repository: Workspace, dslm: Call, arguments: Sequence[str], said: str
) -> None:
    done = dslm(*arguments)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    "name", ["eval/mini/gate.yaml", "eval/mini/new.md", "artifacts/mini/x", "dvc.lock",
             "data/mini/workflow.yaml", "registry/mini/champion.json"],
)  # fmt: skip
def test_the_workflow_s_own_files_are_not_written_over(
    repository: Workspace, dslm: Call, name: str
) -> None:
    path = repository.root / name
    before = path.read_bytes() if path.exists() else None
    done = dslm("gate", "mini", "--json-file", path)
    assert done.code == 2
    assert "is where mini itself lies" in done.err
    assert before == (path.read_bytes() if path.exists() else None)


def test_two_options_have_two_files(repository: Workspace, dslm: Call, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "a")
    done = dslm("gate", "mini", "--comment", tmp_path / "a", "--junit", link)
    assert done.code == 2
    assert "is the file of --comment too" in done.err


def test_explain_tells_why_each_check_is_there_and_what_gold_can_tell(
    scored: Workspace, dslm: Call
) -> None:
    policy = scored.policy.read_text().replace("checks:", "checks:\n  - id: stays\n    kind: "
                "non_inferior\n    metric: case_exact_match\n    to: champion\n    margin: 0.05\n"
                "    means: Clerks notice five points.\n")  # fmt: skip
    scored.policy.write_text(policy)
    done = dslm("gate", "explain", "mini")
    assert done.code == 0
    for said in ("Clerks notice five points.", "200 gold cases", "cases needed", "chance to pass",
                 "A model as good as the champion passes stays"):  # fmt: skip
        assert said in done.out, said
    found = json.loads(dslm("gate", "explain", "mini", "--json").out)
    assert (found["cases"], found["groups"], found["largest_group"]) == (200, 100, 2)
    (curve,) = [c for c in found["curves"] if c["margin"] == 0.05]
    assert [p["loss"] for p in curve["points"]] == sorted(p["loss"] for p in curve["points"])
    assert curve["points"][0]["chance"] > curve["points"][-1]["chance"]
    assert curve["points"][0]["together"] is not None


def test_explain_counts_groups_as_the_gate_does(scored: Workspace) -> None:
    contract = load_contract(scored.contract)
    gold = read_labelled(scored.gold, contract)
    data = contract.data.model_copy(update={"group_by": "supplier"})
    grouped = contract.model_copy(update={"data": data})
    cases = [c.model_copy(update={"meta": {"supplier": f"s{i // 4}"}}) for i, c in enumerate(gold)]
    found = explained(grouped, cases, load_policy(scored.policy))
    assert (found.groups, found.largest_group) == (50, 4)


@pytest.mark.parametrize("lost", [0, 1, 3, 8])
def test_the_power_curve_judges_a_drawn_gold_set_as_the_gate_does(
    scored: Workspace, lost: int
) -> None:
    """One gold set of groups of four, judged by `compare` and by the curve."""
    from dslm.scoring.scorecard_verification import read_rows

    rows = [
        row.model_copy(update={"group": f"g{i // 4}"})
        for i, row in enumerate(read_rows(scored, "candidate")[0])
    ]

    def with_wrong(wrong: range) -> list[Any]:
        outcomes = [
            row.outcome.model_copy(update={"exact": i not in wrong}) for i, row in enumerate(rows)
        ]
        return [r.model_copy(update={"outcome": o}) for r, o in zip(rows, outcomes, strict=True)]

    mine, theirs = with_wrong(range(lost)), with_wrong(range(190, 192))
    found = compare("case_exact_match", mine, theirs, 0.05, 1.0)
    better = ints([int(a.outcome.exact) - int(b.outcome.exact)
                   for a, b in zip(mine, theirs, strict=True)])  # fmt: skip
    sums = by_group([row.group for row in mine], better, ints([1] * len(rows)))
    for margin in (found.low - 1e-4, found.low + 1e-4):
        assert _passes(sums[:, 0], sums[:, 1], -margin, 0.05) == (found.low >= margin)


def test_a_loss_of_the_margin_passes_at_most_as_often_as_is_allowed() -> None:
    for sizes in ([1] * 200, [4] * 40):
        points = power_curve(sizes, 0.1, 0.05, 0.05)
        beyond = [p for p in points if p.loss >= 0.1 - 1e-9]
        assert beyond
        assert all(max(p.chance, p.together or 0.0) <= 0.08 for p in beyond)  # 0.05, and drawing
    alone = [p.chance for p in power_curve([1] * 200, 0.1, 0.05, 0.05)]
    assert alone == sorted(alone, reverse=True)
    assert alone[0] > 0.9
