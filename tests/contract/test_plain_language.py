"""Pages open with who reads them and what for, use the glossary's words, and no retired ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from support.documents.code_reader import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.glob("*.md"))
GLOSSARY = DOCS / "glossary.md"
TEMPLATES = sorted((ROOT / "dslm" / "reporting" / "templates").iterdir())
LETTERS = [ROOT / "README.md", ROOT / "registry" / "README.md", *PAGES, *TEMPLATES]
SPEAKING = sorted(
    path for path in (ROOT / "dslm").rglob("*.py")
    if not {"sources", "personal"} & set(path.parts)
)  # fmt: skip
FIRST_LINE = re.compile(
    r"# [^\n]+\n\nFor [^\n]+\. Afterwards you [^\n]+ Words: \[glossary\]\(glossary\.md\)\.\n\n"
)
# What was said before in other words: left of each, what it is called now.
RETIRED = {
    "an alarm triggers": r"\brings?\b (from|at|in|later)|\bgoes off\b|\bgo off\b|hard of hearing",
    "a gold set can decide a margin": r"\bdecides? margins\b",
    "a value meets a bound": r"\bvalue (clears|misses) it\b|\bclears it with\b",
    "one of the labels is wrong": r"\bsomebody erred\b",
    "rolled back to": r"\bgone back to\b|\bgoes back no further\b",
    "registration record": r"\breceipt of\b|\b(a|its|their|no) receipts?\b|\breceipts:",
    "correct, fix or repair": r"\bmends?\b|\bmended\b",
    "again": r"\banew\b",
    "the ledger": r"\bcuration's books\b",
    "near-duplicates": r"\bwho meets whom\b|\bnear cop(y|ies)\b",
}


def words() -> list[str]:
    return re.findall(r"(?m)^\| \*\*(.+?)\*\* \|", GLOSSARY.read_text(encoding="utf-8"))


def retired_in(text: str) -> list[str]:
    found = {now: re.search(old, text) for now, old in RETIRED.items()}
    return [f"{one[0]!r}: {now}" for now, one in found.items() if one]


def spoken(path: Path) -> str:
    """The texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return "\n".join(
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
    )  # fmt: skip


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_a_page_opens_with_its_reader_what_it_gives_and_the_glossary(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path == GLOSSARY:
        assert re.match(r"# Glossary\n\nFor [^\n]+\. Afterwards you [^\n]+\n\n", text)
    else:
        assert FIRST_LINE.match(text)


def test_every_word_of_the_glossary_is_used_by_a_page() -> None:
    pages = [p.read_text(encoding="utf-8").casefold() for p in PAGES if p != GLOSSARY]
    forms = {w: re.compile(rf"\b{re.escape(w.casefold())}".replace(r"\ ", r"\s+")) for w in words()}
    assert [word for word, form in forms.items() if not any(map(form.search, pages))] == []


def test_the_glossary_has_each_word_once() -> None:
    assert len(words()) == len(set(words())) >= 30


@pytest.mark.parametrize("path", LETTERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_or_template_has_no_retired_word(path: Path) -> None:
    assert retired_in(path.read_text(encoding="utf-8")) == []


def test_no_message_has_a_retired_word() -> None:
    found = {str(path.relative_to(ROOT)): retired_in(spoken(path)) for path in SPEAKING}
    assert {name: said for name, said in found.items() if said} == {}
    assert len(SPEAKING) > 50
