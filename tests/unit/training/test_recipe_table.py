from __future__ import annotations

from pathlib import Path

import pytest
from support.documents.code_reader import ROOT

from dslm.errors import InputError
from dslm.settings.bases import TIERS
from dslm.training.recipe_table import DOCUMENT, hardware, table, with_table

REFRESH = "python -m dslm.training.recipe_table"


def rows() -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table(ROOT).splitlines()[2:]]


def test_the_table_in_the_document_is_current() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert text == with_table(text, ROOT), f"run {REFRESH}"


@pytest.mark.slow
def test_every_recipe_has_a_row_small_bases_first() -> None:
    assert {r[0].strip("`") for r in rows()} == {p.stem for p in ROOT.glob("recipes/*.yaml")}
    tiers = [TIERS.index(r[2]) for r in rows()]
    assert tiers == sorted(tiers)
    assert {TIERS[n] for n in set(tiers)} == {"tiny", "core SLM"}


def test_the_document_says_that_memory_is_predicted() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert "**Predicted.**" in text
    assert "on GPUs to [six runs on one H200](measurements/gpu.md)" in text.replace("\n", " ")


@pytest.mark.parametrize(
    ("name", "said"),
    [("a-lora-gpu24", "GPU of 24 GB"), ("a-lora-cpu", "CPU"), ("a-lora-cpu-long", "CPU"),
     ("my-base", "any")],
)  # fmt: skip
def test_hardware_is_read_off_the_name(name: str, said: str) -> None:
    assert hardware(name) == said


def test_a_document_without_its_marks_is_refused() -> None:
    with pytest.raises(InputError, match="no marks"):
        with_table("# Recipes\n", ROOT)


def test_a_recipe_of_an_unknown_base_is_named(tmp_path: Path) -> None:
    text = (ROOT / "recipes" / "qwen3-4b-lora-gpu24.yaml").read_text()
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "x.yaml").write_text(text.replace("Qwen/Qwen3-4B", "a/unknown"))
    with pytest.raises(InputError, match=r"x\.yaml: the base a/unknown is not in"):
        table(tmp_path)
