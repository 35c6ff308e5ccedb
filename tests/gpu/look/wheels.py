"""Which Python packages a first look needs, and which of them are there, in what version.

Takes nothing but what is installed; gives versions, and of what is installed the needs that are
not met. Loads none of them. Called by `tests/gpu/first_look.py`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re

from gpu.look.steps import STEPS

# Modules whose distribution has another name; in others only `_` and `-` differ.
DISTRIBUTIONS = {"flash_attn": "flash-attn", "liger_kernel": "liger-kernel"}
# Of use, and no step imports them.
BESIDE = ("evaluate", "mlflow", "triton", "unsloth", "flash_attn", "liger_kernel")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def distribution(module: str) -> str:
    return DISTRIBUTIONS.get(module, module.replace("_", "-"))


def version(module: str) -> str | None:
    """Of a module's package; None where there is none."""
    try:
        return importlib.metadata.version(distribution(module))
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version" if _found(module) else None


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package that a dotted name is in
        return False


def needed() -> list[str]:
    """Every module that the steps need, but for those that one step alone is about."""
    every = dict.fromkeys(name for step in STEPS for name in step.needs)
    return [name for name in every if name not in BESIDE]


def missing(needs: tuple[str, ...]) -> list[str]:
    """Packages that are not there: what is needed, and what that needs in turn."""
    lacking = [distribution(name) for name in needs if version(name) is None]
    seen: set[str] = set()
    for name in needs:
        lacking += _lacking_below(distribution(name), seen)
    return list(dict.fromkeys(lacking))


def _lacking_below(package: str, seen: set[str]) -> list[str]:
    """Requirements of an installed package, and of those, that are not installed."""
    if package.lower() in seen:
        return []
    seen.add(package.lower())
    try:
        wanted = importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    lacking = []
    for line in wanted:
        requirement, _, marker = line.partition(";")
        if marker.strip():  # of an extra, another system or another Python
            continue
        match = NAME.match(requirement)
        if match is None:
            continue
        name = match[0]
        if version(name.replace("-", "_")) is None and version(name) is None:
            lacking.append(name)
        lacking += _lacking_below(name, seen)
    return lacking


def table() -> dict[str, str | None]:
    """Version of each package that is needed or of use; None where it is not there."""
    names = dict.fromkeys([*needed(), *BESIDE])
    return {distribution(name): version(name) for name in names}
