"""The documents name only commands and make targets that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.documents.code_reader import ROOT
from typer.main import get_command

from dslm.cli.app import app

TEXTS = sorted(
    p
    for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/*/README.md")]
    if ".venv" not in p.parts
)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
COMMAND = re.compile(r"(?:^|[`\s$])dslm ([a-z]+)(?: ([a-z]+))?")
TARGET = re.compile(r"(?:^|[`\s$])make ([a-z][a-z-]*)")
STAGE = re.compile(r"-m pipelines\.([a-z_]+)")


def code_in(path: Path) -> str:
    return "\n".join(CODE.findall(path.read_text(encoding="utf-8")))


def known(command: str, word: str) -> bool:
    """Whether `dslm command word` can be called; of a plain command any word is an argument."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    if command not in commands:
        return False
    inner = getattr(commands[command], "commands", None)
    return inner is None or not word or word in inner


@pytest.mark.slow
@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_document_names_only_what_exists(path: Path) -> None:
    text = code_in(path)
    assert [pair for pair in COMMAND.findall(text) if not known(*pair)] == []
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?m)^([a-z][a-z-]*):", makefile))
    assert set(TARGET.findall(text)) <= targets
    stages = {p.stem for p in (ROOT / "pipelines").glob("*.py")}
    assert set(STAGE.findall(text)) <= stages


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_document_links_only_to_files_that_exist(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_there_are_documents() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= {p.name for p in TEXTS}
