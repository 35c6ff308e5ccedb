"""What the repository's own Python says of itself: modules, imports, functions, by syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Import:
    """One import: where, of what, and whether it happens when the module is loaded."""

    line: int
    name: str
    at_load: bool


@dataclass(frozen=True)
class Module:
    """A Python file of ours."""

    path: Path

    @property
    def name(self) -> str:
        """Dotted, as it is imported."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    def imports(self) -> list[Import]:
        """All imports but those for type checkers alone."""
        return list(_imports(self.tree, at_load=True))

    def functions(self) -> list[tuple[str, int]]:
        """Each function and how many lines it has, docstring and signature counted."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, kinds)]
        return [(n.name, (n.end_lineno or n.lineno) - n.lineno + 1) for n in nodes]


def _imports(node: ast.AST, *, at_load: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(child.lineno, alias.name, at_load) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative import"
            for alias in child.names:
                yield Import(child.lineno, f"{child.module}.{alias.name}", at_load)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            for other in child.orelse:
                yield from _imports(other, at_load=at_load)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, at_load=at_load and not inside)


def modules(*folders: str) -> list[Module]:
    """All Python files below some folders of the repository."""
    return [Module(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
