from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.inference.base_models.base_files import load_tokenizer, locate_tokenizer
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.records import Case
from dslm.settings.recipe import BaseModelSource
from dslm.training.doctor.checked_workflow import CheckedWorkflow, subject

BLANKS = Case(id="blanks", input="order  A-3,\n\n now ", target={"kind": "order", "number": "A-3"})


@pytest.fixture
def patient(tmp_path: Path) -> Callable[..., CheckedWorkflow]:
    """A subject on a base folder of its own, read from disk as training reads it."""

    def made(
        style: str = "chatml",
        template: str | None = None,
        *,
        tokenizer: Any = None,
        of: Sequence[Case] = (*cases(6), BLANKS),
        max_tokens: int = 256,
    ) -> CheckedWorkflow:
        folder = tiny_model.write_base(tmp_path / "base", style=style)
        if tokenizer is not None:
            tokenizer.save_pretrained(folder)
        if template is not None:
            (folder / "chat_template.jinja").write_text(template)
        files = locate_tokenizer(BaseModelSource(folder=str(folder)), tmp_path)
        return subject(load_tokenizer(files), files, tuned_prompt(MINI), of, max_tokens)

    return made
