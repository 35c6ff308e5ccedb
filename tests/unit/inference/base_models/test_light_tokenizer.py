"""The light tokenizer counts what training counts, or says why it cannot."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.inference.base_models.base_files import load_tokenizer, locate_tokenizer
from dslm.inference.base_models.light_tokenizer import BareTokenizer, NotAtHand, tokenizer_at_hand
from dslm.inference.prompts.prompt import answer_lengths, prompt_ids, row_lengths, tuned_prompt
from dslm.settings.recipe import BaseModelSource

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@functools.cache
def both(style: str) -> tuple[Any, BareTokenizer]:
    folder = tiny_model.base_folder(style=style)
    files = locate_tokenizer(BaseModelSource(folder=str(folder)), folder)
    return load_tokenizer(files), BareTokenizer(folder)


@pytest.mark.parametrize("style", list(tiny_model.STYLES))
@given(text=TEXTS)
def test_it_splits_every_prompt_as_the_whole_tokenizer_does(style: str, text: str) -> None:
    whole, bare = both(style)
    prompt = tuned_prompt(MINI)
    assert prompt_ids(bare, prompt, text) == prompt_ids(whole, prompt, text)


@pytest.mark.parametrize("style", list(tiny_model.STYLES))
def test_control_tokens_in_an_input_are_broken_up_alike(style: str) -> None:
    whole, bare = both(style)
    text = " ".join(tiny_model.STYLES[style].tokens)
    prompt = tuned_prompt(MINI)
    assert prompt_ids(bare, prompt, text) == prompt_ids(whole, prompt, text)


@given(number=st.none() | TEXTS)
def test_rows_and_answers_are_as_long_as_in_training(number: str | None) -> None:
    whole, bare = both("chatml")
    rows = [("one order", {"kind": "order", "number": number})]
    rows += [(case.input, case.target or {}) for case in cases(4)]
    prompt, targets = tuned_prompt(MINI), [target for _, target in rows]
    assert row_lengths(bare, prompt, rows) == row_lengths(whole, prompt, rows)
    assert answer_lengths(bare, MINI, targets) == answer_lengths(whole, MINI, targets)


def test_a_base_that_is_not_prepared_is_said_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSLM_CACHE", str(tmp_path))
    with pytest.raises(NotAtHand, match="not prepared") as told:
        tokenizer_at_hand(BaseModelSource(embedded="smollm2-135m-instruct"), tmp_path)
    assert "dslm base prepare" in (told.value.fix or "")
    assert list(tmp_path.iterdir()) == []  # and none was prepared


def test_a_folder_that_is_not_there_and_a_hub_model_without_commit_are_not_at_hand(
    tmp_path: Path,
) -> None:
    for source in (BaseModelSource(folder="models/x"), BaseModelSource(hub="a/b")):
        with pytest.raises(NotAtHand):
            tokenizer_at_hand(source, tmp_path)


def test_a_broken_tokenizer_file_is_not_at_hand(tmp_path: Path) -> None:
    folder = tiny_model.write_base(tmp_path / "base")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(NotAtHand, match="cannot be read"):
        tokenizer_at_hand(BaseModelSource(folder="base"), tmp_path)
