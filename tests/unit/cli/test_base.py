from __future__ import annotations

from collections.abc import Callable

import pytest

Call = Callable[..., "object"]


@pytest.mark.parametrize(
    "options",
    [["--hub", "a/b"], ["--revision", "0" * 40], ["--hub", "a/b", "--revision", "main"],
     ["--hub", "a/b", "--revision", "0" * 41]],
    ids=["no revision", "no hub", "a branch", "too long"],
)  # fmt: skip
def test_a_hub_model_needs_its_commit(dslm: Call, options: list[str]) -> None:
    answer = dslm("base", "prepare", *options)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert "--revision (40 hex digits)" in answer.err


def test_an_unknown_embedded_model_names_those_there_are(dslm: Call) -> None:
    answer = dslm("base", "prepare", "smallm")
    assert answer.code == 2
    assert "known: smollm2-135m-instruct" in answer.err
