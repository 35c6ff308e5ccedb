from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories.small_repository import case, write_lines

from dslm.settings.gate_policy import load_policy
from dslm.settings.release_policy import PATH, ReleasePolicy, load_release_policy
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


@pytest.mark.slow
def test_init_makes_a_workflow_that_check_accepts(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.jsonl"
    write_lines(sample, [case(n) for n in range(200)])
    answer = dslm("init", "orders", "--from", sample)
    assert answer.code == 0, answer.err
    assert "dslm check orders" in answer.out
    checked = dslm("check", "orders", "--json")
    assert checked.code == 0, checked.out
    findings = json.loads(checked.out)["orders"]
    assert {f["proof"] for f in findings if f["kind"] == "warn"} <= {
        "rules", "sources", "release_policy",
    }  # fmt: skip
    made = Workspace(repository.root, "orders")
    assert "demonstration_key: false" in (repository.root / PATH).read_text()
    assert load_release_policy(repository.root) == ReleasePolicy()
    (asked,) = (c for c in load_policy(made.policy).checks if c.metric == "cost_per_case")
    assert (asked.kind, asked.over, asked.at_least) == ("gain", "person", 0.0)


def test_a_sample_whose_name_holds_a_line_end_makes_a_workflow(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    sample = tmp_path / "a\n\x1b[31mb.jsonl"
    write_lines(sample, [case(n) for n in range(100)])
    assert dslm("init", "orders", "--from", sample).code == 0
    (source,) = (repository.root / "data/orders/sources").iterdir()
    assert source.name.isprintable()


def test_init_as_json_says_what_it_made(dslm: Call, repository: Workspace, tmp_path: Path) -> None:
    sample = tmp_path / "sample.jsonl"
    write_lines(sample, [case(n) for n in range(100)])
    made = json.loads(dslm("init", "orders", "--from", sample, "--json").out)
    assert made["sources"] + made["gold"] + made["duplicates_left_out"] == 100
    assert made["fields"] == ["kind", "number"]


def test_what_looks_personal_is_told_before_it_is_committed(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    sample, rows = tmp_path / "sample.jsonl", [case(n) for n in range(60)]
    write_lines(sample, rows)
    assert "before `git add`" not in dslm("init", "plain", "--from", sample).out
    for n, row in enumerate(rows):
        row["meta"] = {"email_address": f"a{n}@example.org"}
        row["input"] += f" write to b{n}@example.org"
    write_lines(sample, rows)
    told = dslm("init", "orders", "--from", sample).out
    added = told.index("git add params.yaml data/orders eval/orders registry/orders")
    warned = told.index("meta.email_address (email), email in 60 of 60 texts look personal")
    assert warned < added


def test_a_bad_sample_names_its_lines_and_leaves_nothing(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.jsonl"
    lines = [json.dumps(case(n)) for n in range(60)]
    lines[36] = lines[36][:-9]
    sample.write_text("\n".join(lines))
    before = (repository.root / "params.yaml").read_bytes()
    answer = dslm("init", "orders", "--from", sample)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert f"{sample}:37: not JSON" in answer.err
    assert not (repository.root / "data" / "orders").exists()
    assert (repository.root / "params.yaml").read_bytes() == before


def test_starting_over_shows_what_it_replaces(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.jsonl"
    write_lines(sample, [case(n) for n in range(100)])
    assert dslm("init", "orders", "--from", sample).code == 0
    refused = dslm("init", "orders", "--from", sample)
    assert (refused.code, "--again" in refused.err) == (2, True)
    write_lines(sample, [case(n) for n in range(120)])
    again = dslm("init", "orders", "--from", sample, "--again")
    assert again.code == 0, again.err
    lines = again.out.splitlines()
    assert any("replaced  data/orders/sources/sample.jsonl (" in line for line in lines)
    assert any("unchanged data/orders/review.csv (1 → 1 lines)" in line for line in lines)
    assert "the former files are kept in .dslm/replaced/orders-1" in again.out
