from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories.small_repository import case, write_lines

from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


@pytest.mark.slow
def test_an_import_accounts_for_every_row(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    sample = tmp_path / "more.jsonl"
    write_lines(sample, [case(n, prefix="m") for n in range(100)])
    refused = dslm("import", "mini", sample)
    assert refused.code == 2
    assert "gold is frozen" in refused.err
    answer = dslm("import", "mini", sample, "--overwrite", "--gold-share", 0.5, "--json")
    assert answer.code == 0, answer.err
    made = json.loads(answer.out)
    assert made["read"] == 100
    assert made["sources"] + made["gold"] + len(made["rejects"]) + len(made["dropped"]) == 100


def test_a_missing_file_is_one_line(dslm: Call, repository: Workspace, tmp_path: Path) -> None:
    answer = dslm("import", "mini", tmp_path / "no.jsonl", "--overwrite")
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert "no such file" in answer.err
    answer = dslm("import", "mini", "https://ann:word@host/cases.csv", "--overwrite", "--json")
    assert answer.code == 2
    assert "no such file" in answer.err
    assert "word" not in answer.err


def test_an_import_takes_the_keys_that_init_takes(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    sample = tmp_path / "own.jsonl"
    rows = [case(n, prefix="m") for n in range(60)]
    write_lines(sample, [{"mail": r["input"], **r["target"], "meta": r["meta"]} for r in rows])
    refused = dslm("import", "mini", sample, "--overwrite")
    assert refused.code == 2
    assert len(refused.err.splitlines()) == 1
    assert "`--input` names the key of the text (and 59 more rows)" in refused.err
    keys = ("--input", "mail", "--target", "kind", "--target", "number")
    answer = dslm("import", "mini", sample, "--overwrite", *keys, "--gold-share", 0.5)
    assert answer.code == 0, answer.err
    assert "60 rows read" in answer.out
    assert "beside it: sources/cases.jsonl" in answer.out.replace("\n", " ")
