"""An environment with nothing but what some extras of ours bring, made of packages that are here.

Takes a folder and names of extras; gives a virtual environment that holds what pip would install
for them and no other package, in seconds and without a network: a package's folder is a link to
the one of this environment, and where packages share a folder (`mlflow-skinny` and `mlflow`), each
file is.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import tomllib
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.documents.code_reader import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SCRIPT = "#!{python}\nimport sys\nfrom {module} import {name}\nsys.exit({name}())\n"


def asked_for(*extras: str) -> dict[str, Requirement]:
    """What the project requires with some extras, by name."""
    lines = [
        *PROJECT["dependencies"],
        *(r for e in extras for r in PROJECT["optional-dependencies"][e]),
    ]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def brought_by(names: Iterable[str]) -> set[str]:
    """Packages that come with these: what they require, and what that does."""
    found, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        needed = [Requirement(line) for line in lines]
        needed = [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
        waiting |= {canonicalize_name(r.name) for r in needed} - found
    return found


def fresh_environment(folder: Path, *extras: str) -> Path:
    """A virtual environment with `dslm[extras]` alone; gives its folder of programs."""
    venv.create(folder, symlinks=True)
    major, minor = sys.version_info[:2]
    packages = folder / "lib" / f"python{major}.{minor}" / "site-packages"
    wanted = brought_by(asked_for(*extras))
    shared = _tops(d for d in importlib.metadata.distributions() if _name(d) not in wanted)
    for one in importlib.metadata.distributions():
        if _name(one) in wanted:
            _link(one, packages, shared)
            _write_scripts(one, folder / "bin")
    (packages / "dslm").symlink_to(ROOT / "dslm")
    return folder / "bin"


def _name(distribution: Distribution) -> str:
    return canonicalize_name(distribution.metadata["Name"])


def _files(distribution: Distribution) -> Iterator[PurePosixPath]:
    """A package's files beside others' in site-packages; programs lie elsewhere."""
    for path in distribution.files or ():
        if ".." not in path.parts:
            yield PurePosixPath(path)


def _tops(distributions: Iterable[Distribution]) -> set[str]:
    return {path.parts[0] for one in distributions for path in _files(one)}


def _link(distribution: Distribution, packages: Path, shared: set[str]) -> None:
    own: set[str] = set()
    for path in _files(distribution):
        top = path.parts[0]
        if top in shared:
            _link_file(distribution, packages, path)
        elif top not in own:
            own.add(top)
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(distribution.locate_file(top))))
            elif not (packages / top).is_symlink():  # a namespace that another began to fill
                _link_file(distribution, packages, path)


def _link_file(distribution: Distribution, packages: Path, path: PurePosixPath) -> None:
    source, target = Path(str(distribution.locate_file(path))), packages / path
    if not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    cached = Path(importlib.util.cache_from_source(str(target))) if path.suffix == ".py" else None
    compiled = cached and source.parent / "__pycache__" / cached.name
    for link, to in ((target, source), (cached, compiled)):
        if link and to and to.is_file() and not link.exists():
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(to)


def _write_scripts(distribution: Distribution, programs: Path) -> None:
    for point in distribution.entry_points.select(group="console_scripts"):
        path = programs / point.name
        text = SCRIPT.format(python=programs / "python", module=point.module, name=point.attr)
        path.write_text(text)
        path.chmod(0o755)
